"""The simulated Slack's Web API, called with the official client over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack import SlackSimulator
from bot.simulator.slack.people import ANA, ARCHIVED, BEN, BOT_USER, ELSEWHERE, PRIVATE, STRANGER
from tests.simulator_slack_kit import button, post, refused, slack, web_client


@pytest.fixture
async def sim() -> AsyncIterator[SlackSimulator]:
    """Run a simulator."""
    async with slack() as simulator:
        yield simulator


@pytest.fixture
async def client(sim: SlackSimulator) -> AsyncIterator[AsyncWebClient]:
    """Return a Web API client of it."""
    async with web_client(sim) as client:
        yield client


async def test_every_way_of_passing_arguments_is_understood(sim: SlackSimulator) -> None:
    """GET query, form, JSON and query on a POST say the same; unknown parameters are ignored."""
    url = f"{sim.base_url}users.info"
    bearer = {"Authorization": f"Bearer {sim.bot_token}"}
    asked = {"user": ANA, "team_id": "T1"}
    async with aiohttp.ClientSession() as session:
        ways = [
            session.get(url, params=asked, headers=bearer),
            session.post(url, data=asked, headers=bearer),
            session.post(url, json=asked, headers=bearer),
            session.post(url, params=asked, headers=bearer),
            session.post(url, data={**asked, "token": sim.bot_token}),
            session.get(url, params={**asked, "token": sim.bot_token}),
        ]
        for way in ways:
            async with way as response:
                assert (await response.json())["user"]["profile"]["email"] == "ana@acme.test"


async def test_tokens_are_checked(sim: SlackSimulator) -> None:
    """No token, a wrong one, and one of the wrong kind are told apart."""
    async with web_client(sim, "") as nobody:
        assert (await refused(nobody.users_list()))["error"] == "not_authed"
    async with web_client(sim, "xoxb-wrong") as stranger:
        assert (await refused(stranger.auth_test()))["error"] == "invalid_auth"
    async with web_client(sim, sim.app_token) as app:
        assert (await refused(app.users_list()))["error"] == "not_allowed_token_type"


async def test_an_unknown_method_is_refused(client: AsyncWebClient) -> None:
    """Slack answers a method that it does not have with unknown_method."""
    assert (await refused(client.api_call("chat.sing")))["error"] == "unknown_method"


async def test_auth_test_tells_who_and_what_the_token_may_do(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """The answer names the bot user; the header lists the scopes, as configured."""
    sim.configure(scopes=["chat:write", "users:read"])
    answer = await client.auth_test()
    assert answer["user_id"] == BOT_USER
    assert answer.headers["x-oauth-scopes"] == "chat:write,users:read"


async def test_a_missing_scope_is_named(sim: SlackSimulator, client: AsyncWebClient) -> None:
    """missing_scope says what is needed and what there is; a plain post needs no customize."""
    sim.configure(scopes=["chat:write"])
    answer = await refused(
        client.chat_postMessage(channel=sim.channel_id, text="hi", username="Vera")
    )
    assert answer["error"] == "missing_scope"
    assert (answer["needed"], answer["provided"]) == ("chat:write.customize", "chat:write")
    assert await post(sim, client)
    history = client.conversations_history(channel=sim.channel_id)
    assert (await refused(history))["needed"] == "channels:history"


async def test_without_the_email_scope_there_is_no_email(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """users:read alone shows a profile without its e-mail."""
    sim.configure(scopes=["users:read"])
    assert "email" not in (await client.users_info(user=ANA))["user"]["profile"]


async def test_channels_are_told_apart(sim: SlackSimulator, client: AsyncWebClient) -> None:
    """Unknown, not joined, archived and private channels are refused in Slack's words."""
    for channel, error in [
        ("C0NOWHERE1", "channel_not_found"),
        (ELSEWHERE, "not_in_channel"),
        (ARCHIVED, "is_archived"),
    ]:
        call = client.chat_postMessage(channel=channel, text="hi")
        assert (await refused(call))["error"] == error
    await sim.act(as_="ada", do="kick", who="bridge", channel=PRIVATE)
    call = client.chat_postMessage(channel=PRIVATE, text="hi")
    assert (await refused(call))["error"] == "channel_not_found"
    await client.conversations_join(channel=ELSEWHERE)
    assert (await client.chat_postMessage(channel=ELSEWHERE, text="hi"))["ok"]


async def test_history_has_roots_and_replies_has_threads(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """History lists roots and broadcasts, the newest first; replies lists the root first."""
    root = await post(sim, client, "root")
    reply = await post(sim, client, "reply", thread_ts=root)
    other = await post(sim, client, "other")
    said = await post(sim, client, "aloud", thread_ts=root, reply_broadcast=True)
    history = (await client.conversations_history(channel=sim.channel_id))["messages"]
    assert [m["ts"] for m in history] == [said, other, root]
    assert (history[0]["subtype"], history[0]["root"]["ts"]) == ("thread_broadcast", root)
    assert (history[2]["reply_count"], history[2]["latest_reply"]) == (2, said)
    replies = (await client.conversations_replies(channel=sim.channel_id, ts=root))["messages"]
    assert [m["ts"] for m in replies] == [root, reply, said]


async def test_windows_and_pages(sim: SlackSimulator, client: AsyncWebClient) -> None:
    """Oldest and latest are exclusive unless inclusive; cursors walk through everything once."""
    root = await post(sim, client)
    sent = [await post(sim, client, str(n), thread_ts=root) for n in range(5)]
    channel = sim.channel_id

    async def listed(**window: object) -> list[str]:
        answer = await client.conversations_replies(channel=channel, ts=root, **window)  # type: ignore[arg-type]  # passes on what the test wants
        return [m["ts"] for m in answer["messages"]]

    assert await listed(oldest=sent[1]) == [root, *sent[2:]]
    assert await listed(oldest=sent[1], latest=sent[3], inclusive=True) == [root, *sent[1:4]]
    assert await listed(latest=sent[1]) == [root, sent[0]]
    first = await client.conversations_replies(channel=channel, ts=root, limit=3)
    assert first["has_more"]
    cursor = first["response_metadata"]["next_cursor"]
    assert await listed(limit=3, cursor=cursor) == [root, *sent[3:]]
    roots = [await post(sim, client, str(n)) for n in range(4)]
    newest = await client.conversations_history(channel=channel, limit=3)
    cursor = newest["response_metadata"]["next_cursor"]
    rest = await client.conversations_history(channel=channel, limit=3, cursor=cursor)
    walked = [m["ts"] for m in [*newest["messages"], *rest["messages"]]]
    assert walked == [*reversed(roots), root]


async def test_metadata_is_shown_only_when_asked_for(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """Reads leave metadata out unless include_all_metadata is set."""
    metadata = {"event_type": "bridge", "event_payload": {"key": "k1"}}
    ts = await post(sim, client, metadata=metadata)
    channel = sim.channel_id
    bare = await client.conversations_history(channel=channel)
    full = await client.conversations_history(channel=channel, include_all_metadata=True)
    assert "metadata" not in bare["messages"][0]
    assert full["messages"][0]["metadata"] == metadata
    thread = await client.conversations_replies(channel=channel, ts=ts, include_all_metadata=True)
    assert thread["messages"][0]["metadata"] == metadata


async def test_a_post_to_a_deleted_root_lands_at_the_channels_root(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """The thread of a deleted message is gone, and nobody says so."""
    root = await post(sim, client)
    await client.chat_delete(channel=sim.channel_id, ts=root)
    answer = await client.chat_postMessage(channel=sim.channel_id, text="leak", thread_ts=root)
    assert "thread_ts" not in answer["message"]
    gone = client.conversations_replies(channel=sim.channel_id, ts=root)
    assert (await refused(gone))["error"] == "thread_not_found"


async def test_a_deleted_root_with_replies_leaves_a_tombstone(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """Slackbot stands where the root was; its thread takes no more posts."""
    root = await post(sim, client)
    await post(sim, client, thread_ts=root)
    await sim.act(as_="ada", do="delete", ts=root)
    thread = await client.conversations_replies(channel=sim.channel_id, ts=root)
    assert thread["messages"][0]["user"] == "USLACKBOT"
    assert thread["messages"][0]["subtype"] == "tombstone"
    answer = await client.chat_postMessage(channel=sim.channel_id, text="leak", thread_ts=root)
    assert "thread_ts" not in answer["message"]


async def test_update_changes_only_own_messages(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """An update keeps what it does not mention; other people's messages cannot be updated."""
    ts = await post(sim, client, "old", blocks=[button()])
    await client.chat_update(channel=sim.channel_id, ts=ts, text="new")
    message = (await client.conversations_history(channel=sim.channel_id))["messages"][0]
    assert (message["text"], message["blocks"][0]["type"]) == ("new", "actions")
    assert message["edited"]["ts"].endswith(".000000")
    await client.chat_update(channel=sim.channel_id, ts=ts, text="bare", blocks=[])
    message = (await client.conversations_history(channel=sim.channel_id))["messages"][0]
    assert "blocks" not in message
    theirs = (await sim.act(as_="ana", do="message", text="mine"))["ts"]
    call = client.chat_update(channel=sim.channel_id, ts=theirs, text="x")
    assert (await refused(call))["error"] == "cant_update_message"
    call = client.chat_delete(channel=sim.channel_id, ts=theirs)
    assert (await refused(call))["error"] == "cant_delete_message"


async def test_posts_under_another_name(sim: SlackSimulator, client: AsyncWebClient) -> None:
    """Name and picture are kept; the post stays the bot's own; the classic subtype is a switch."""
    await post(sim, client, username="Vera", icon_url="https://x.test/v.png")
    message = (await client.conversations_history(channel=sim.channel_id))["messages"][0]
    assert (message["username"], message["user"]) == ("Vera", BOT_USER)
    assert message["icons"]["image_48"] == "https://x.test/v.png"
    assert "subtype" not in message
    sim.configure(bot_message_subtype=True)
    await post(sim, client, username="Vera")
    message = (await client.conversations_history(channel=sim.channel_id))["messages"][0]
    assert message["subtype"] == "bot_message"
    assert "user" not in message


async def test_reactions(sim: SlackSimulator, client: AsyncWebClient) -> None:
    """A reaction is there once per person; reactions.get shows the thread of a reply."""
    root = await post(sim, client)
    ts = await post(sim, client, thread_ts=root)
    channel = sim.channel_id
    picture = client.reactions_add(channel=channel, timestamp=ts, name="👀")
    assert (await refused(picture))["error"] == "invalid_name"
    await client.reactions_add(channel=channel, timestamp=ts, name="eyes")
    again = client.reactions_add(channel=channel, timestamp=ts, name="eyes")
    assert (await refused(again))["error"] == "already_reacted"
    await sim.act(as_="ben", do="react", ts=ts, name=":eyes:")
    message = (await client.reactions_get(channel=channel, timestamp=ts))["message"]
    assert message["reactions"] == [{"name": "eyes", "users": [BOT_USER, BEN], "count": 2}]
    assert message["thread_ts"] == root
    await client.reactions_remove(channel=channel, timestamp=ts, name="eyes")
    again = client.reactions_remove(channel=channel, timestamp=ts, name="eyes")
    assert (await refused(again))["error"] == "no_reaction"


async def test_an_ephemeral_message_is_seen_by_one_member_only(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """It is in nobody's history; outsiders cannot get one; it can be lost without an error."""
    channel = sim.channel_id
    await client.chat_postEphemeral(channel=channel, user=ANA, text="psst")
    outsider = client.chat_postEphemeral(channel=channel, user="U0GONE0001", text="psst")
    assert (await refused(outsider))["error"] == "user_not_in_channel"
    sim.configure(lose_ephemerals=True)
    assert (await client.chat_postEphemeral(channel=channel, user=BEN, text="psst"))["ok"]
    state = sim.dump()
    assert [e["text"] for e in state["ephemerals"][ANA]] == ["psst"]
    assert BEN not in state["ephemerals"]
    assert not (await client.conversations_history(channel=channel))["messages"]


async def test_people_are_of_many_kinds(client: AsyncWebClient) -> None:
    """Guests, strangers, bots and those who left are marked; strangers are not of the team."""
    listed = {u["name"]: u for u in (await client.users_list())["members"]}
    assert listed["gus"]["is_ultra_restricted"]
    assert listed["mia"]["is_restricted"]
    assert listed["ada"]["is_admin"]
    assert listed["deploys"]["is_bot"]
    assert listed["gil"]["deleted"]
    assert "sam" not in listed
    stranger = (await client.users_info(user=STRANGER))["user"]
    team = (await client.auth_test())["team_id"]
    assert stranger["is_stranger"]
    assert stranger["team_id"] != team
    found = await client.users_lookupByEmail(email="BEN@acme.test")
    assert found["user"]["id"] == BEN
    missing = client.users_lookupByEmail(email="sam@other.test")
    assert (await refused(missing))["error"] == "users_not_found"
    assert (await refused(client.users_info(user="U1")))["error"] == "user_not_found"
    groups = (await client.usergroups_list(include_users=True))["usergroups"]
    users = await client.usergroups_users_list(usergroup=groups[0]["id"])
    assert users["users"] == groups[0]["users"] == [ANA, BEN]
    profile = (await client.users_profile_get(user=ANA))["profile"]
    assert profile["display_name"] == "ana"


async def test_pictures_are_served_here(client: AsyncWebClient) -> None:
    """An avatar's address leads to an image of the simulator's own."""
    url = (await client.users_info(user=ANA))["user"]["profile"]["image_72"]
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.content_type == "image/svg+xml"
        assert ">AR<" in await response.text()


async def test_channels_are_listed_and_described(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """Lists page and filter; info tells membership; a direct conversation can be opened."""
    types = "public_channel,private_channel"
    first = await client.conversations_list(types=types, limit=2)
    cursor = first["response_metadata"]["next_cursor"]
    rest = await client.conversations_list(types=types, limit=9, cursor=cursor)
    names = [c["name"] for c in [*first["channels"], *rest["channels"]]]
    assert names == ["support", "general", "vip", "elsewhere", "old-support"]
    public = await client.conversations_list(exclude_archived=True)
    assert [c["name"] for c in public["channels"]] == ["support", "general", "elsewhere"]
    assert not (await client.conversations_info(channel=ELSEWHERE))["channel"]["is_member"]
    members = (await client.conversations_members(channel=sim.channel_id))["members"]
    assert {ANA, BOT_USER} <= set(members)
    direct = (await client.conversations_open(users=[ANA]))["channel"]["id"]
    assert (await client.chat_postMessage(channel=direct, text="hi"))["channel"] == direct
    assert (await client.chat_postMessage(channel=ANA, text="hi"))["channel"] == direct


async def test_permalinks_name_the_thread(sim: SlackSimulator, client: AsyncWebClient) -> None:
    """The link of a reply carries its thread and channel."""
    root = await post(sim, client)
    reply = await post(sim, client, thread_ts=root)
    answer = await client.chat_getPermalink(channel=sim.channel_id, message_ts=reply)
    where = f"/archives/{sim.channel_id}/p{reply.replace('.', '')}"
    assert answer["permalink"].endswith(f"{where}?thread_ts={root}&cid={sim.channel_id}")


async def test_timestamps_never_repeat_and_grow_as_strings(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """Even within one microsecond, later messages have later timestamps."""
    sent = [await post(sim, client, str(n)) for n in range(20)]
    assert sent == sorted(set(sent))
