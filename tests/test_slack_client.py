"""The Slack client against a Web API on a real socket: one call, one outcome."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from bot.domain import METADATA_EVENT, Key, MessageTs, Post, Posted, SlackUserId, Speaker
from bot.errors import Ambiguous, ApiError, RateLimited, Refused, Unauthorized, Unreachable
from bot.simulator.ports import free_port
from bot.slack.client import SlackClient
from bot.slack.failures import MissingScope
from bot.slack.web import open_session
from tests.slack_fakes import (
    CHANNEL,
    TOKEN,
    FakeSlack,
    Json,
    fake_slack,
    hang_up,
    refusing,
    status,
)

TS = MessageTs("1700000001.000100")
ROOT = MessageTs("1700000000.000100")
POST = Post(
    "hello &amp; welcome", [{"type": "section", "text": {"type": "plain_text", "text": "x"}}]
)
ANNA = Speaker("Anna  Meyer", "https://image.crisp.chat/anna.png")


@pytest.fixture
async def fake() -> AsyncIterator[tuple[FakeSlack, SlackClient]]:
    """Serve a fake Slack for one test."""
    async with fake_slack() as both:
        yield both


def posted(ts: str = TS, *, thread_ts: str | None = None) -> Json:
    """Return the answer to a chat.postMessage."""
    message = {"ts": ts, "text": "x"} | ({"thread_ts": thread_ts} if thread_ts else {})
    return {"ok": True, "channel": "C1", "ts": ts, "message": message}


def listed(ts: str, key: str, **more: str) -> Json:
    """Return a listed message of ours."""
    metadata = {"event_type": METADATA_EVENT, "event_payload": {"key": key}}
    return {"type": "message", "ts": ts, "bot_id": "BBOT", "metadata": metadata, **more}


async def test_identity_says_who_the_token_is(fake: tuple[FakeSlack, SlackClient]) -> None:
    """auth.test and its scope header become the identity that echoes are told by."""
    _, client = fake
    me = await client.identity()
    assert (me.bot_user_id, me.bot_id, me.team_id, me.app_id) == ("UBOT", "BBOT", "T1", "A1")
    assert me.scopes == {"chat:write", "chat:write.customize"}


async def test_identity_does_without_the_app_id(fake: tuple[FakeSlack, SlackClient]) -> None:
    """A token that may not read bots still has an identity."""
    server, client = fake
    server.will("bots.info", refusing("missing_scope", needed="users:read"))
    assert (await client.identity()).app_id is None


async def test_post_carries_key_and_name_and_nothing_is_unfurled(
    fake: tuple[FakeSlack, SlackClient],
) -> None:
    """A post bears its key in the metadata and the speaker's name, and interprets nothing."""
    server, client = fake
    server.will("chat.postMessage", posted(thread_ts=ROOT))
    result = await client.post(CHANNEL, POST, key=Key("k1"), thread_ts=ROOT, speaker=ANNA)
    assert result == Posted(CHANNEL, TS, ROOT)
    [call] = server.called("chat.postMessage")
    assert call["metadata"] == {"event_type": METADATA_EVENT, "event_payload": {"key": "k1"}}
    assert (call["username"], call["icon_url"]) == (
        "Anna Meyer",
        "https://image.crisp.chat/anna.png",
    )
    assert (call["unfurl_links"], call["unfurl_media"], call["link_names"]) == (False,) * 3
    assert call["_authorization"] == f"Bearer {TOKEN}"
    assert call["_verb"] == "POST"


async def test_a_post_of_several_messages_is_found_by_each_of_their_keys(
    fake: tuple[FakeSlack, SlackClient],
) -> None:
    """The metadata lists every key, in values of the kinds that Slack takes."""
    server, client = fake
    server.will("chat.postMessage", posted(thread_ts=ROOT))
    others = (Key("k2"), Key("k3"))
    await client.post(CHANNEL, POST, key=Key("k1"), joined=others, thread_ts=ROOT)
    [call] = server.called("chat.postMessage")
    payload = call["metadata"]["event_payload"]
    assert all(isinstance(value, str) for value in payload.values())
    listing = {**listed(TS, "k1"), "metadata": call["metadata"]}
    server.will("conversations.history", {"ok": True, "messages": [listing]})
    wanted = [Key("k3"), Key("k1")]
    found = await client.find(CHANNEL, keys=wanted, thread_ts=None, oldest=ROOT)
    assert found == {"k1": Posted(CHANNEL, TS), "k3": Posted(CHANNEL, TS)}


async def test_post_into_a_dead_thread_is_told_by_its_answer(
    fake: tuple[FakeSlack, SlackClient],
) -> None:
    """What Slack put at the root is reported at the root, whatever thread was asked for."""
    server, client = fake
    server.will("chat.postMessage", posted())
    result = await client.post(CHANNEL, POST, key=Key("k1"), thread_ts=ROOT)
    assert result.thread_ts is None


@pytest.mark.parametrize("avatar", [None, "", "javascript:alert(1)", "data:image/png;base64,x"])
async def test_only_web_pictures_are_sent(
    fake: tuple[FakeSlack, SlackClient], avatar: str | None
) -> None:
    """A picture that is no http address is left out."""
    server, client = fake
    server.will("chat.postMessage", posted())
    await client.post(CHANNEL, POST, key=Key("k1"), speaker=Speaker("Anna", avatar))
    assert "icon_url" not in server.called("chat.postMessage")[0]


async def test_without_customize_the_name_is_a_label(fake: tuple[FakeSlack, SlackClient]) -> None:
    """Refused for the missing scope, a post is made once more with the name inside, then always."""
    server, client = fake
    refused = refusing("missing_scope", needed="chat:write.customize", provided="chat:write")
    server.will("chat.postMessage", refused, posted(), posted())
    for key in ("k1", "k2"):
        await client.post(CHANNEL, POST, key=Key(key), speaker=Speaker("A <b>"))
    first, second, third = server.called("chat.postMessage")
    assert "username" in first
    assert "username" not in second
    assert second["text"] == "A &lt;b&gt;: hello &amp; welcome"
    label = {"type": "plain_text", "text": "A <b>", "emoji": False}
    assert second["blocks"][0] == {"type": "context", "elements": [label]}
    assert third["metadata"]["event_payload"] == {"key": "k2"}


async def test_a_known_lack_of_customize_costs_no_call(
    fake: tuple[FakeSlack, SlackClient],
) -> None:
    """Scopes known from the start spare the attempt under the speaker's name."""
    server, client = fake
    server.scopes = "chat:write"
    await client.identity()
    server.will("chat.postMessage", posted())
    await client.post(CHANNEL, POST, key=Key("k1"), speaker=ANNA)
    [call] = server.called("chat.postMessage")
    assert "username" not in call


async def test_another_missing_scope_is_an_error(fake: tuple[FakeSlack, SlackClient]) -> None:
    """Without chat:write there is nothing to fall back to, and the scope is named."""
    server, client = fake
    server.will("chat.postMessage", refusing("missing_scope", needed="chat:write"))
    with pytest.raises(MissingScope) as caught:
        await client.post(CHANNEL, POST, key=Key("k1"), speaker=ANNA)
    assert caught.value.needed == "chat:write"
    assert len(server.called("chat.postMessage")) == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusing("ratelimited"), RateLimited),
        (status(429, headers={"Retry-After": "7"}), RateLimited),
        (refusing("invalid_auth"), Unauthorized),
        (refusing("token_revoked"), Unauthorized),
        (refusing("account_inactive"), Unauthorized),
        (refusing("not_authed"), Unauthorized),
        (refusing("channel_not_found"), Refused),
        (refusing("msg_too_long"), Refused),
        (refusing("internal_error"), Ambiguous),
        (refusing("fatal_error"), Ambiguous),
        (refusing("request_timeout"), Ambiguous),
        (refusing("service_unavailable"), Ambiguous),
        (refusing("team_added_to_org"), Ambiguous),
        (status(500, text="<html>"), Ambiguous),
        (status(503), Ambiguous),
        (status(200, text="<html>please log in</html>"), Ambiguous),
        (hang_up, Ambiguous),
        ({"ok": True}, Ambiguous),
    ],
)
async def test_every_failure_says_whether_it_is_certain(
    fake: tuple[FakeSlack, SlackClient], answer: Json, expected: type[ApiError]
) -> None:
    """Each answer that is no success becomes exactly one of our errors, after exactly one call."""
    server, client = fake
    server.will("chat.postMessage", answer)
    with pytest.raises(ApiError) as caught:
        await client.post(CHANNEL, POST, key=Key("k1"))
    assert type(caught.value) is expected
    assert caught.value.certain is (expected is not Ambiguous)
    assert len(server.called("chat.postMessage")) == 1


@pytest.mark.parametrize("content_type", ["text/plain", "application/json"])
@pytest.mark.parametrize("body", [b"ok", b"[1]", b"null", b'"ok"', b"{", b"\xff\xfe\xff"])
async def test_a_body_that_is_no_object_is_ambiguous(
    fake: tuple[FakeSlack, SlackClient], content_type: str, body: bytes
) -> None:
    """Whatever a middlebox answers with, the post may have been made."""
    server, client = fake

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type=content_type)

    server.will("chat.postMessage", answer)
    with pytest.raises(Ambiguous):
        await client.post(CHANNEL, POST, key=Key("k1"))


async def test_a_post_on_a_reused_connection_is_not_repeated(
    fake: tuple[FakeSlack, SlackClient],
) -> None:
    """A connection that dies under a second post does not make the library send it again."""
    server, client = fake
    server.will("chat.postMessage", posted(), hang_up)
    await client.post(CHANNEL, POST, key=Key("k1"))
    with pytest.raises(Ambiguous):
        await client.post(CHANNEL, POST, key=Key("k2"))
    assert [c["metadata"]["event_payload"]["key"] for c in server.called("chat.postMessage")] == [
        "k1",
        "k2",
    ]


async def test_retry_after_is_read(fake: tuple[FakeSlack, SlackClient]) -> None:
    """A 429 says how long to wait."""
    server, client = fake
    server.will("chat.postMessage", status(429, headers={"Retry-After": "7"}))
    with pytest.raises(RateLimited) as caught:
        await client.post(CHANNEL, POST, key=Key("k1"))
    assert caught.value.retry_after == 7.0


async def test_nobody_listening_is_unreachable() -> None:
    """A refused connection certainly did nothing."""
    base_url = f"http://127.0.0.1:{free_port()}/api/"
    async with open_session(base_url) as session:
        with pytest.raises(Unreachable):
            await SlackClient(TOKEN, base_url, session).post(CHANNEL, POST, key=Key("k1"))


async def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    """A failed look-up certainly did nothing."""
    base_url = "http://slack.invalid/api/"
    async with open_session(base_url) as session:
        with pytest.raises(Unreachable):
            await SlackClient(TOKEN, base_url, session).identity()


async def test_a_closed_session_is_unreachable(fake: tuple[FakeSlack, SlackClient]) -> None:
    """At shutdown no call opens a session of its own."""
    server, _ = fake
    session = open_session(server.base_url)
    client = SlackClient(TOKEN, server.base_url, session)
    await session.close()
    with pytest.raises(Unreachable):
        await client.post(CHANNEL, POST, key=Key("k1"))
    assert server.calls == []


async def hang(_request: web.Request) -> web.StreamResponse:
    """Take a request and never answer."""
    await asyncio.Event().wait()
    return web.Response()


async def test_no_answer_in_time_is_ambiguous(fake: tuple[FakeSlack, SlackClient]) -> None:
    """What was sent and not answered may have acted, for a response_url as well."""
    server, _ = fake
    server.will("chat.postMessage", hang)
    server.will("hook", hang)
    async with open_session(server.base_url) as session:
        timeout = aiohttp.ClientTimeout(total=0.1, connect=0.05)
        client = SlackClient(TOKEN, server.base_url, session, timeout=timeout)
        with pytest.raises(Ambiguous):
            await client.post(CHANNEL, POST, key=Key("k1"))
        with pytest.raises(Ambiguous):
            await client.respond(f"{server.base_url}hook", POST)
    assert [method for method, _ in server.calls] == ["chat.postMessage", "hook"]


async def test_waiting_too_long_for_a_connection_is_unreachable(
    fake: tuple[FakeSlack, SlackClient],
) -> None:
    """A request that never got a connection of the pool certainly did nothing."""
    server, _ = fake
    server.will("chat.postMessage", hang)
    one = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(connector=one) as session:
        timeout = aiohttp.ClientTimeout(total=5, connect=0.05)
        client = SlackClient(TOKEN, server.base_url, session, timeout=timeout)
        first = asyncio.create_task(client.post(CHANNEL, POST, key=Key("k1")))
        while not server.calls:  # noqa: ASYNC110 - what happens in a server sets no Event here
            await asyncio.sleep(0.001)
        with pytest.raises(Unreachable):
            await client.post(CHANNEL, POST, key=Key("k2"))
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
    assert len(server.calls) == 1


async def test_logs_hold_no_text(
    fake: tuple[FakeSlack, SlackClient], caplog: pytest.LogCaptureFixture
) -> None:
    """The SDK would write whole bodies at DEBUG."""
    server, client = fake
    caplog.set_level(logging.DEBUG)
    server.will("chat.postMessage", posted())
    await client.post(CHANNEL, Post("hunter2"), key=Key("k1"))
    assert "hunter2" not in caplog.text


async def test_errors_hold_no_text_and_no_token(fake: tuple[FakeSlack, SlackClient]) -> None:
    """Neither an error nor what it is chained to quotes a body or the token."""
    server, client = fake
    server.will("chat.postMessage", status(200, text="anna@example.org wrote: secret"))
    with pytest.raises(Ambiguous) as caught:
        await client.post(CHANNEL, POST, key=Key("k1"))
    error: BaseException | None = caught.value
    while error is not None:
        assert "secret" not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


async def test_find_reads_every_page_and_only_our_own(
    fake: tuple[FakeSlack, SlackClient],
) -> None:
    """Somebody else's metadata with our key is no proof; a later page counts like the first."""
    server, client = fake
    forged = {**listed("1700000003.000100", "k1"), "bot_id": "BOTHER"}
    server.will(
        "conversations.history",
        {"ok": True, "messages": [forged], "response_metadata": {"next_cursor": "two"}},
        {"ok": True, "messages": [listed(TS, "k1"), listed(ROOT, "k9")]},
    )
    found = await client.find(CHANNEL, keys=[Key("k1")], thread_ts=None, oldest=ROOT)
    assert found == {"k1": Posted(CHANNEL, TS)}
    first, second = server.called("conversations.history")
    assert (first["include_all_metadata"], first["oldest"], first["_verb"]) == ("1", ROOT, "GET")
    assert second["cursor"] == "two"


async def test_find_in_a_thread_does_not_read_the_channel(
    fake: tuple[FakeSlack, SlackClient],
) -> None:
    """A living thread is read alone, and a key that is not there is not found."""
    server, client = fake
    messages = [{"ts": ROOT, "user": "U1"}, listed(TS, "k1", thread_ts=ROOT)]
    server.will("conversations.replies", {"ok": True, "messages": messages})
    keys = [Key("k1"), Key("k2")]
    found = await client.find(CHANNEL, keys=keys, thread_ts=ROOT, oldest=None)
    assert found == {"k1": Posted(CHANNEL, TS, ROOT)}
    assert server.called("conversations.history") == []


@pytest.mark.parametrize(
    "thread",
    [
        refusing("thread_not_found"),
        {"ok": True, "messages": []},
        {"ok": True, "messages": [{"ts": ROOT, "user": "USLACKBOT", "subtype": "tombstone"}]},
    ],
)
async def test_find_looks_at_the_root_when_the_thread_is_dead(
    fake: tuple[FakeSlack, SlackClient], thread: Json
) -> None:
    """A post into a dead thread lies in the channel, so there it is looked for."""
    server, client = fake
    server.will("conversations.replies", thread)
    server.will("conversations.history", {"ok": True, "messages": [listed(TS, "k1")]})
    found = await client.find(CHANNEL, keys=[Key("k1")], thread_ts=ROOT, oldest=None)
    assert found == {"k1": Posted(CHANNEL, TS)}


async def test_replies_leave_the_root_out(fake: tuple[FakeSlack, SlackClient]) -> None:
    """A thread's replies come without its root, which Slack always sends first."""
    server, client = fake
    server.will("conversations.replies", {"ok": True, "messages": [{"ts": ROOT}, {"ts": TS}]})
    assert [m["ts"] async for m in client.replies(CHANNEL, ROOT, None)] == [TS]


@pytest.mark.parametrize("code", ["already_reacted", "message_not_found"])
async def test_a_reaction_that_is_there_is_fine(
    fake: tuple[FakeSlack, SlackClient], code: str
) -> None:
    """Reacting twice, or to what is gone, is no failure."""
    server, client = fake
    server.will("reactions.add", refusing(code))
    await client.react(CHANNEL, TS, "eyes")
    assert server.called("reactions.add")[0]["timestamp"] == TS


@pytest.mark.parametrize("code", ["no_reaction", "message_not_found"])
async def test_removing_a_reaction_that_is_gone_is_fine(
    fake: tuple[FakeSlack, SlackClient], code: str
) -> None:
    """What is already removed needs no removing."""
    server, client = fake
    server.will("reactions.remove", refusing(code))
    await client.unreact(CHANNEL, TS, "eyes")
    assert len(server.called("reactions.remove")) == 1


async def test_other_refusals_of_a_reaction_are_errors(
    fake: tuple[FakeSlack, SlackClient],
) -> None:
    """Only the harmless codes are swallowed."""
    server, client = fake
    server.will("reactions.add", refusing("invalid_name"))
    with pytest.raises(Refused):
        await client.react(CHANNEL, TS, "nope")


async def test_deleting_what_is_gone_is_fine(fake: tuple[FakeSlack, SlackClient]) -> None:
    """A second delete after an unclear first one is no failure; another refusal is."""
    server, client = fake
    server.will("chat.delete", refusing("message_not_found"), refusing("cant_delete_message"))
    await client.delete(CHANNEL, TS)
    with pytest.raises(Refused):
        await client.delete(CHANNEL, TS)


async def test_update_keeps_the_label_where_names_are_labels(
    fake: tuple[FakeSlack, SlackClient],
) -> None:
    """An edited message still says who speaks, when its post could not bear the name."""
    server, client = fake
    server.scopes = "chat:write"
    await client.identity()
    await client.update(CHANNEL, TS, POST, speaker=ANNA)
    assert server.called("chat.update")[0]["text"].startswith("Anna Meyer: ")


async def test_tell_reaches_one_person_in_the_thread(
    fake: tuple[FakeSlack, SlackClient],
) -> None:
    """An ephemeral names its reader and its thread."""
    server, client = fake
    await client.tell(CHANNEL, SlackUserId("U1"), POST, thread_ts=ROOT)
    [call] = server.called("chat.postEphemeral")
    assert (call["user"], call["thread_ts"]) == ("U1", ROOT)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (status(404, text="expired_url"), Refused),
        (status(500, text="oops"), Ambiguous),
        (status(429, headers={"Retry-After": "1"}), RateLimited),
        (status(200, text="<html>"), Ambiguous),
        (refusing("used_url"), Refused),
        (hang_up, Ambiguous),
    ],
)
async def test_a_response_url_that_fails_says_how(
    fake: tuple[FakeSlack, SlackClient], answer: Json, expected: type[ApiError]
) -> None:
    """A dead address is Refused, and no error shows the address."""
    server, client = fake
    server.will("hook/s3cret", answer)
    with pytest.raises(ApiError) as caught:
        await client.respond(f"{server.base_url}hook/s3cret", POST)
    assert type(caught.value) is expected
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_response_url_gets_the_answer(fake: tuple[FakeSlack, SlackClient]) -> None:
    """An answer is for the asker alone unless told otherwise."""
    server, client = fake
    server.will("hook/1", status(200, text="ok"), {"ok": True})
    await client.respond(f"{server.base_url}hook/1", POST)
    await client.respond(f"{server.base_url}hook/1", POST, replace_original=True, in_channel=True)
    first, second = server.called("hook/1")
    assert (first["response_type"], first["replace_original"]) == ("ephemeral", False)
    assert (second["response_type"], second["replace_original"]) == ("in_channel", True)


async def test_a_broken_response_url_is_refused(fake: tuple[FakeSlack, SlackClient]) -> None:
    """An address that cannot be called is not called."""
    _, client = fake
    with pytest.raises(Refused):
        await client.respond("nonsense", POST)


async def test_user_reads_people_guests_and_strangers(
    fake: tuple[FakeSlack, SlackClient],
) -> None:
    """A stranger's e-mail is left out; guests, bots and the deleted are marked."""
    server, client = fake
    profile = {"display_name": " ", "real_name": "Anna", "email": "a@b.c", "image_192": "https://i"}
    server.will(
        "users.info",
        {"ok": True, "user": {"id": "U1", "team_id": "T1", "profile": profile}},
        {
            "ok": True,
            "user": {
                "id": "U2",
                "team_id": "T2",
                "is_restricted": True,
                "deleted": True,
                "profile": profile,
            },
        },
        {
            "ok": True,
            "user": {
                "id": "U3",
                "team_id": "T2",
                "enterprise_user": {"teams": ["T1", "T2"]},
                "is_bot": True,
                "profile": profile,
            },
        },
    )
    anna, guest, colleague = [await client.user(SlackUserId(u)) for u in ("U1", "U2", "U3")]
    assert (anna.name, anna.email, anna.avatar) == ("Anna", "a@b.c", "https://i")
    assert (anna.stranger, anna.guest, anna.bot, anna.deleted) == (False,) * 4
    assert (guest.stranger, guest.guest, guest.deleted, guest.email) == (True, True, True, "")
    assert (colleague.stranger, colleague.bot) == (False, True)


async def test_channel_and_group_are_read(fake: tuple[FakeSlack, SlackClient]) -> None:
    """A channel says whether we are in it and whether others are; a group has its handle."""
    server, client = fake
    raw = {"id": "C1", "name": "support", "is_member": True, "is_ext_shared": True}
    server.will("conversations.info", {"ok": True, "channel": raw})
    channel = await client.channel(CHANNEL)
    assert (channel.name, channel.member, channel.archived, channel.external) == (
        "support",
        True,
        False,
        True,
    )
    groups = {"ok": True, "usergroups": [{"id": "S1", "handle": "night-shift"}]}
    server.will("usergroups.list", groups, groups)
    assert await client.user_group("S1") == "night-shift"
    with pytest.raises(Refused):
        await client.user_group("S2")
    people = {"id": "S1", "users": ["U1", "U2"]}
    server.will("usergroups.list", {"ok": True, "usergroups": [people, {"id": "S2"}]})
    assert await client.group_members() == {"S1": {"U1", "U2"}, "S2": frozenset()}


async def test_permalink_is_computed(fake: tuple[FakeSlack, SlackClient]) -> None:
    """A link costs no call once the workspace is known, and cannot be made before."""
    server, client = fake
    with pytest.raises(LookupError):
        client.permalink(CHANNEL, TS)
    await client.identity()
    calls = len(server.calls)
    assert client.permalink(CHANNEL, TS) == ("https://acme.slack.com/archives/C1/p1700000001000100")
    assert client.permalink(CHANNEL, TS, ROOT).endswith(f"?thread_ts={ROOT}&cid=C1")
    assert len(server.calls) == calls


async def test_the_app_token_is_checked_with_itself(
    fake: tuple[FakeSlack, SlackClient],
) -> None:
    """The Socket Mode check sends the app token, not the bot's."""
    server, client = fake
    server.will("apps.connections.open", {"ok": True, "url": "wss://x"}, refusing("invalid_auth"))
    assert await client.app_connections_open("xapp-1") == "wss://x"
    assert server.called("apps.connections.open")[0]["_authorization"] == "Bearer xapp-1"
    with pytest.raises(Unauthorized):
        await client.app_connections_open("xapp-2")


async def test_views_are_opened_and_published(fake: tuple[FakeSlack, SlackClient]) -> None:
    """A modal needs its trigger, a Home its person."""
    server, client = fake
    await client.open_view("t1", {"type": "modal"})
    await client.publish_home(SlackUserId("U1"), {"type": "home"})
    assert server.called("views.open")[0]["trigger_id"] == "t1"
    assert server.called("views.publish")[0]["user_id"] == "U1"


async def test_a_proxy_of_the_environment_is_not_used_on_loopback(
    fake: tuple[FakeSlack, SlackClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo and the tests work behind a company proxy."""
    server, _ = fake
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    async with open_session(server.base_url) as session:
        await SlackClient(TOKEN, server.base_url, session).identity()
    assert server.called("auth.test")
