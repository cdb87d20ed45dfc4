"""Messages of the simulated Slack that are not plain: forwarded, bare, expired, unfurled, long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack import SlackSimulator
from bot.simulator.slack.people import ANA, ELSEWHERE, SUPPORT
from tests.simulator_slack_kit import (
    Json,
    Wire,
    act,
    client,
    post,
    refused,
    slack,
    socket,
)

__all__ = ["client", "socket"]  # the fixtures

INBOX = "https://app.crisp.chat/website/W/inbox/session_1/"
PREVIEW: Json = {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Jane"}}]}


@pytest.fixture
async def sim() -> AsyncIterator[SlackSimulator]:
    """Run a simulator."""
    async with slack(limits=False) as simulator:
        yield simulator


async def test_a_forwarded_message_travels_as_an_attachment(
    sim: SlackSimulator, socket: Wire
) -> None:
    """is_share, the author, the text, the blocks and the files are in it; the text is one's own."""
    files = [{"name": "a.txt", "content": "x"}]
    told = await sim.act(as_="ben", do="upload", text="the *plan*", files=files, channel="general")
    await socket.event()
    await socket.event()
    order: Json = {"ts": told["ts"], "channel": "general", "to": "support", "text": "see"}
    event = await act(sim, socket, as_="ana", do="forward", **order)
    (shared,) = event["attachments"]
    assert (event["text"], event.get("subtype"), event["channel"]) == ("see", None, SUPPORT)
    assert (shared["is_share"], shared["is_msg_unfurl"]) == (True, True)
    assert (shared["author_name"], shared["text"]) == ("Ben Okafor", "the *plan*")
    inner = shared["message_blocks"][0]["message"]["blocks"][0]
    assert inner["type"] == "rich_text"
    assert shared["files"][0]["name"] == "a.txt"
    assert shared["from_url"].endswith(told["ts"].replace(".", ""))


async def test_other_apps_post_attachments_alone(sim: SlackSimulator, socket: Wire) -> None:
    """A bot's post has its bot_id and app_id, and may have no text at all."""
    failed = [{"fallback": "Build failed"}]
    event = await act(sim, socket, as_="deploys", do="message", attachments=failed)
    assert (event["bot_id"], event["app_id"]) == ("B0DEPLOYS1", "A0DEPLOYS1")
    assert (event["text"], event["attachments"]) == ("", failed)
    assert "client_msg_id" not in event


async def test_a_change_can_be_bare(sim: SlackSimulator, socket: Wire) -> None:
    """The message has neither ts nor user; previous_message has both."""
    ts = (await act(sim, socket, as_="ana", do="message", text="a"))["ts"]
    sim.configure(bare_changes=True)
    event = await act(sim, socket, as_="ana", do="edit", ts=ts, text="b")
    assert event["message"]["text"] == "b"
    assert {"ts", "user"}.isdisjoint(event["message"])
    assert (event["previous_message"]["ts"], event["previous_message"]["user"]) == (ts, ANA)


async def test_retention_takes_a_thread_without_a_word(
    sim: SlackSimulator, client: AsyncWebClient, socket: Wire
) -> None:
    """Root and replies are gone, no event tells; a post into the thread lands at the root."""
    root = await post(sim, client)
    await socket.event()
    await act(sim, socket, as_="ana", do="message", text="reply", thread_ts=root)
    await sim.act(as_="ada", do="expire", ts=root)
    gone = client.conversations_replies(channel=SUPPORT, ts=root)
    assert (await refused(gone))["error"] == "thread_not_found"
    changed = client.chat_update(channel=SUPPORT, ts=root, text="x")
    assert (await refused(changed))["error"] == "message_not_found"
    stray = await client.chat_postMessage(channel=SUPPORT, text="late", thread_ts=root)
    assert "thread_ts" not in stray["message"]
    assert (await socket.event())["text"] == "late"


async def test_a_channel_changes_its_kind(sim: SlackSimulator, socket: Wire) -> None:
    """A converted channel keeps its id; its messages are of a group from then on."""
    note = await act(sim, socket, as_="ada", do="convert_channel", channel="support", private=True)
    assert note["subtype"] == "channel_convert_to_private"
    event = await act(sim, socket, as_="ana", do="message", text="a")
    assert (event["channel"], event["channel_type"]) == (SUPPORT, "group")
    await act(sim, socket, as_="ada", do="convert_channel", channel="support", private=False)
    event = await act(sim, socket, as_="ana", do="message", text="b")
    assert event["channel_type"] == "channel"


async def test_a_long_text_without_blocks_becomes_several_messages(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """The answer names the first; with blocks the text is a fallback and stays whole."""
    first = await client.chat_postMessage(channel=SUPPORT, text="x" * 9000)
    messages = sim.dump(channel="support")["channel"]["messages"]
    assert [len(m["text"]) for m in messages] == [4000, 4000, 1000]
    assert messages[0]["ts"] == first["ts"]
    await client.chat_postMessage(channel=SUPPORT, text="x" * 9000, blocks=PREVIEW["blocks"])
    messages = sim.dump(channel="support")["channel"]["messages"]
    assert [len(m["text"]) for m in messages[3:]] == [9000]


async def linked(sim: SlackSimulator, socket: Wire, **more: Any) -> Json:
    """Let Ana post a link to an inbox page; return the link_shared event."""
    await sim.act(as_="ana", do="message", text=f"see {INBOX}", **more)
    while (event := await socket.event())["type"] != "link_shared":
        pass
    return event


async def test_a_link_is_unfurled_by_message_or_by_id(
    sim: SlackSimulator, client: AsyncWebClient, socket: Wire
) -> None:
    """The blocks stay with the message, a second unfurl replaces the first, nothing is edited."""
    event = await linked(sim, socket)
    assert event["links"] == [{"url": INBOX, "domain": "app.crisp.chat"}]
    unfurls = {INBOX: PREVIEW}
    await client.chat_unfurl(channel=SUPPORT, ts=event["message_ts"], unfurls=unfurls)
    changed = await socket.event()
    assert "edited" not in changed["message"]
    named: Json = {"unfurl_id": event["unfurl_id"], "source": event["source"]}
    await client.chat_unfurl(unfurls=unfurls, **named)
    (message,) = sim.dump(channel="support")["channel"]["messages"]
    (preview,) = message["attachments"]
    assert preview["blocks"] == PREVIEW["blocks"]
    assert (preview["from_url"], preview["is_app_unfurl"]) == (INBOX, True)


async def test_an_unfurl_is_refused_where_it_does_not_fit(
    sim: SlackSimulator, client: AsyncWebClient, socket: Wire
) -> None:
    """Unknown messages and ids, links that are not there, and wrong blocks have their errors."""
    event = await linked(sim, socket)
    where: Json = {"channel": SUPPORT, "ts": event["message_ts"]}
    other = client.chat_unfurl(**where, unfurls={"https://x.test": PREVIEW})
    assert (await refused(other))["error"] == "cannot_unfurl_url"
    wrong = client.chat_unfurl(**where, unfurls={INBOX: {"blocks": [{"type": "nope"}]}})
    assert (await refused(wrong))["error"] == "invalid_blocks"
    nobody = client.chat_unfurl(channel=SUPPORT, ts="1.000001", unfurls={INBOX: PREVIEW})
    assert (await refused(nobody))["error"] == "message_not_found"
    unknown = client.chat_unfurl(unfurl_id="u", source="composer", unfurls={INBOX: PREVIEW})
    assert (await refused(unknown))["error"] == "cannot_unfurl_message"
    await sim.act(as_="ana", do="delete", ts=event["message_ts"])
    late = client.chat_unfurl(**where, unfurls={INBOX: PREVIEW})
    assert (await refused(late))["error"] == "message_not_found"


async def test_a_link_where_the_app_is_not_is_unfurled_by_its_id_only(
    sim: SlackSimulator, client: AsyncWebClient, socket: Wire
) -> None:
    """The app is told of it, and told that it is no member there."""
    event = await linked(sim, socket, channel="elsewhere")
    assert event["is_bot_user_member"] is False
    where: Json = {"channel": ELSEWHERE, "ts": event["message_ts"]}
    refusal = await refused(client.chat_unfurl(**where, unfurls={INBOX: PREVIEW}))
    assert refusal["error"] == "not_in_channel"
    named: Json = {"unfurl_id": event["unfurl_id"], "source": event["source"]}
    await client.chat_unfurl(unfurls={INBOX: PREVIEW}, **named)
    (message,) = sim.dump(channel="elsewhere")["channel"]["messages"]
    assert message["attachments"][0]["blocks"] == PREVIEW["blocks"]


async def test_a_link_is_unfurled_while_it_is_being_written(
    sim: SlackSimulator, client: AsyncWebClient, socket: Wire
) -> None:
    """In the composer there is no message yet: only the id and the source lead there."""
    event = await act(sim, socket, as_="ana", do="paste", url=INBOX)
    assert (event["source"], event["channel"]) == ("composer", "COMPOSER")
    named: Json = {"unfurl_id": event["unfurl_id"], "source": "composer"}
    await client.chat_unfurl(unfurls={INBOX: PREVIEW}, **named)
    composed = sim.dump()["composer"][event["unfurl_id"]]
    assert composed["unfurls"][0]["blocks"] == PREVIEW["blocks"]


async def test_links_to_look_alikes_are_nobody_s(sim: SlackSimulator, socket: Wire) -> None:
    """Only the domain and what is below it belong to the app."""
    event = await act(sim, socket, as_="ana", do="message", text="https://evilapp.crisp.chat/x")
    assert event["type"] == "message"
    await sim.act(as_="ana", do="message", text="https://eu.app.crisp.chat/x")
    assert (await socket.event())["type"] == "message"
    assert (await socket.event())["links"][0]["domain"] == "eu.app.crisp.chat"


async def test_a_stranger_s_message_names_their_team(sim: SlackSimulator, socket: Wire) -> None:
    """user_team and source_team are there for people of other teams only."""
    event = await act(sim, socket, as_="sam", do="message", text="hi")
    assert event["user_team"] == event["source_team"] == event["team"] == "T0OTHER001"
    assert "user_team" not in await act(sim, socket, as_="ana", do="message", text="hi")


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"keys": ["a", "b"]}, "invalid_metadata_schema"),
        ({"deep": {"er": {"x": 1}}}, "invalid_metadata_schema"),
        ({"none": None}, "invalid_metadata_schema"),
        ({"key": "x" * 8000}, "metadata_too_large"),
    ],
)
async def test_metadata_must_be_flat_and_small(
    client: AsyncWebClient, payload: Json, error: str
) -> None:
    """Lists of strings, nesting and size are refused, in posts and in updates."""
    metadata: Json = {"event_type": "x", "event_payload": payload}
    call = client.chat_postMessage(channel=SUPPORT, text="a", metadata=metadata)
    assert (await refused(call))["error"] == error
    ts = (await client.chat_postMessage(channel=SUPPORT, text="a"))["ts"]
    call = client.chat_update(channel=SUPPORT, ts=ts, text="a", metadata=metadata)
    assert (await refused(call))["error"] == error


async def test_metadata_of_a_wrong_name_is_dropped(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """The message is posted all the same; a good name keeps keys, objects and lists of objects."""
    payload: Json = {"keys": "a b", "more": {"n": 1}, "each": [{"k": "v"}]}
    for name in ("bad.name", "good_name"):
        metadata: Json = {"event_type": name, "event_payload": payload}
        await client.chat_postMessage(channel=SUPPORT, text=name, metadata=metadata)
    dropped, kept = sim.dump(channel="support")["channel"]["messages"]
    assert "metadata" not in dropped
    assert kept["metadata"]["event_payload"] == payload


async def test_what_was_written_long_ago_is_only_read(
    sim: SlackSimulator, client: AsyncWebClient, socket: Wire
) -> None:
    """A message with a time of its own makes no event and stands in its place in history."""
    old = await sim.act(as_="ana", do="message", text="old", at=1_600_000_000)
    assert old["ts"] == "1600000000.000000"
    with pytest.raises(ValueError, match="already"):
        await sim.act(as_="ana", do="message", text="old", at=1_600_000_000)
    await sim.act(as_="ben", do="message", text="answer", thread_ts=old["ts"], at=1_600_000_001.5)
    assert (await act(sim, socket, as_="ana", do="message", text="new"))["text"] == "new"
    history = await client.conversations_history(channel=SUPPORT)
    assert [m["text"] for m in history["messages"]] == ["new", "old"]
    assert history["messages"][1]["latest_reply"] == "1600000001.500000"


async def test_a_fault_can_name_a_subtype(sim: SlackSimulator, socket: Wire) -> None:
    """Edits alone are lost, and a pattern for all messages counts each of them once."""
    sim.faults.add({"on": "event:message/message_changed", "do": "drop"})
    ts = (await act(sim, socket, as_="ana", do="message", text="a"))["ts"]
    await sim.act(as_="ana", do="edit", ts=ts, text="lost")
    assert (await act(sim, socket, as_="ana", do="edit", ts=ts, text="b"))["message"]["text"] == "b"
    sim.faults.add({"on": "event:message*", "do": "drop", "skip": 1})
    assert (await act(sim, socket, as_="ana", do="edit", ts=ts, text="c"))["message"]["text"] == "c"
    await sim.act(as_="ana", do="edit", ts=ts, text="lost")
    assert (await act(sim, socket, as_="ana", do="edit", ts=ts, text="d"))["message"]["text"] == "d"


async def test_writing_to_a_person_takes_a_scope_and_a_tab(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """It opens the direct conversation; without im:write, or where the tab is off, it does not."""
    answer = await client.chat_postMessage(channel=ANA, text="hi")
    assert str(answer["channel"]).startswith("D")
    sim.configure(messages_tab=False)
    call = client.chat_postMessage(channel=ANA, text="hi")
    assert (await refused(call))["error"] == "messages_tab_disabled"
    sim.configure(messages_tab=True, scopes=["chat:write"])
    lacking = await refused(client.chat_postMessage(channel=ANA, text="hi"))
    assert (lacking["error"], lacking["needed"]) == ("missing_scope", "im:write")
