"""Agents' edits and deletions, end to end: the customer sees the last, or the agent knows."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest

from bot import texts
from bot.simulator.slack.people import ADMIN, ANA
from tests.e2e_kit import answers, notices, rest, stored
from tests.files_kit import at_customer, customer_has, made, share
from tests.harness import World, eventually

SEND = "POST /website/*/conversation/*/message"
EDIT = "PATCH /website/*/conversation/*/message/*"
A, B = made("a.png", 900), made("b.txt", 800)
REMOVE = "DELETE /website/*/conversation/*/message/*"


async def edit(world: World, ts: str, text: str, **more: Any) -> None:
    """Let Ana edit her message."""
    await world.slack.act(
        {"as": ANA, "do": "edit", "channel": world.channel, "ts": ts, "text": text, **more}
    )


async def delete(world: World, ts: str, user: str = ANA) -> None:
    """Delete a message, one's own or as an admin."""
    await world.slack.act({"as": user, "do": "delete", "channel": world.channel, "ts": ts})


async def replied(world: World, text: str = "Helo", **more: Any) -> tuple[str, str]:
    """Let the customer have a reply of Ana's; return the conversation and the reply's ts."""
    session = world.visitor("Hi", **more)
    ts = await world.reply(session, text, user=ANA)
    await eventually(lambda: sent(world, session), what="the reply")
    await rest(world)
    return session, ts


def sent(world: World, session: str) -> list[str]:
    """Return all that Crisp shows of the team, notes too."""
    return [str(m["content"]) for m in world.crisp_messages(session) if m["from"] == "operator"]


def decided(world: World, text: str) -> bool:
    """Tell whether this is the version of a reply that is wanted."""
    return stored(world, "SELECT 1 FROM messages WHERE content = ?", text) != []


def calls(world: World, route: str) -> int:
    """Return how often a route was called."""
    routes = world.crisp.dump()["calls"]["routes"]
    return sum(count for name, count in routes.items() if fnmatchcase(name, route))


async def customer_sees(world: World, session: str, *wanted: str) -> None:
    """Wait until this is what the customer sees, and everything rests."""
    await eventually(lambda: answers(world, session) == list(wanted), what=f"{wanted}")
    await rest(world)
    assert answers(world, session) == list(wanted)


async def told(world: World, text: str) -> None:
    """Wait until Ana has been told something, once."""
    await eventually(lambda: [t for t in notices(world, ANA) if text in t], what=text)
    await rest(world)
    assert len([t for t in notices(world, ANA) if text in t]) == 1


async def test_an_edit_and_a_deletion_reach_the_customer(world: World) -> None:
    """The reply changes in place, then it is gone; nobody is told, nothing is sent anew."""
    async with world.bridge():
        session, ts = await replied(world)
        await edit(world, ts, "Hello there")
        await customer_sees(world, session, "Hello there")
        await delete(world, ts)
        await customer_sees(world, session)
    assert (calls(world, SEND), calls(world, EDIT), calls(world, REMOVE)) == (1, 1, 1)
    assert notices(world, ANA) == []
    assert stored(world, "SELECT content FROM messages WHERE author = 'agent'") == [("",)]


async def test_a_moderators_deletion_counts(world: World) -> None:
    """Whoever may delete a message takes it back from the customer."""
    async with world.bridge():
        session, ts = await replied(world)
        await delete(world, ts, user=ADMIN)
        await customer_sees(world, session)


async def test_edits_while_crisp_is_away_end_in_the_last(world: World) -> None:
    """What waits is mended, what was sent is changed once."""
    async with world.bridge():
        session, ts = await replied(world)
        world.crisp.faults.add({"on": "*", "do": "error", "status": 503, "times": 3})
        for text in ("one", "two", "three"):
            await edit(world, ts, text)
            await eventually(lambda: decided(world, text), what="the edit")  # noqa: B023 - awaited
        await customer_sees(world, session, "three")
    assert calls(world, EDIT) <= 4 + 3, "each edit and each refused call"
    assert notices(world, ANA) == []


@pytest.mark.parametrize("fault", ["delay", "drop_after", "disconnect"])
@pytest.mark.parametrize("deleted", [True, False])
async def test_an_edit_during_the_send_is_not_lost(
    world: World, fault: str, *, deleted: bool
) -> None:
    """Whether the call is on its way or its answer lost: the last version, once, or nothing."""
    async with world.bridge():
        session = world.visitor("Hi")
        await eventually(lambda: world.root_of(session), what="the thread")
        await rest(world)
        before = calls(world, SEND)
        seconds = {"seconds": 0.5} if fault == "delay" else {}
        world.crisp.faults.add({"on": SEND, "do": fault, "times": 1, **seconds})
        ts = await world.reply(session, "Helo", user=ANA)
        await eventually(lambda: stored(world, "SELECT 1 FROM parts WHERE fingerprint > 0"))
        if deleted:
            await delete(world, ts)
        else:
            await edit(world, ts, "Hello")
        await customer_sees(world, session, *([] if deleted else ["Hello"]))
    assert calls(world, SEND) - before <= 2
    assert notices(world, ANA) == []


async def test_a_lost_answer_to_an_edit_is_no_trouble(world: World) -> None:
    """Edits and removals may be repeated; a message that is gone by then was removed."""
    async with world.bridge():
        session, ts = await replied(world)
        world.crisp.faults.add({"on": EDIT, "do": "drop_after", "times": 1})
        await edit(world, ts, "Hello")
        await customer_sees(world, session, "Hello")
        world.crisp.faults.add({"on": REMOVE, "do": "drop_after", "times": 1})
        await delete(world, ts)
        await customer_sees(world, session)
    assert notices(world, ANA) == []
    assert stored(world, "SELECT count(*) FROM outbox") == [(0,)]


async def test_an_edit_that_crisp_refuses_is_told(world: World) -> None:
    """It is a dead letter, and the next edit replaces it."""
    async with world.bridge():
        session, ts = await replied(world)
        refusal = {"on": EDIT, "do": "error", "status": 400, "code": "invalid_data", "times": 1}
        world.crisp.faults.add(refusal)
        await edit(world, ts, "Hello")
        await told(world, texts.EDIT_FAILED.partition("{")[0])
        assert stored(world, "SELECT kind FROM outbox WHERE state = 'dead'") == [("edit",)]
        await edit(world, ts, "Hello!")
        await customer_sees(world, session, "Hello!")
    assert stored(world, "SELECT count(*) FROM outbox") == [(0,)]


@pytest.mark.parametrize("deleted", [True, False])
async def test_what_was_read_is_changed_and_told(world: World, *, deleted: bool) -> None:
    """The customer has seen the first version: its writer is told that they have."""
    async with world.bridge():
        session, ts = await replied(world)
        world.crisp.act({"do": "visitor_read", "session_id": session})
        await eventually(lambda: "mailbox_with_mail" in world.reactions(ts), what="the mark")
        if deleted:
            await delete(world, ts)
            await told(world, texts.REMOVED_AFTER_READ)
            await customer_sees(world, session)
        else:
            await edit(world, ts, "Hello")
            await told(world, texts.EDITED_AFTER_READ)
            await customer_sees(world, session, "Hello")


async def test_what_went_out_by_email_stays(world: World) -> None:
    """Crisp changes nothing outside its chatbox: each is told in one sentence, no call is made."""
    async with world.bridge():
        session, ts = await replied(world, origin="email", email="jane@example.com")
        await edit(world, ts, "Hello")
        await told(world, texts.EDIT_OUTSIDE_CHATBOX.partition("{")[0])
        await delete(world, ts)
        await told(world, texts.REMOVAL_OUTSIDE_CHATBOX.partition("{")[0])
        assert answers(world, session) == ["Helo"]
    assert calls(world, EDIT) + calls(world, REMOVE) == 0


@pytest.mark.parametrize(
    ("first", "text", "said"),
    [
        ("Hello", "note: he is angry", texts.EDIT_TO_NOTE),
        ("note: hm", "Hello", texts.EDIT_TO_REPLY),
        ("Hello", "!urgent hello", texts.EDIT_UNCLEAR),
    ],
)
async def test_an_edit_between_reply_and_note_is_refused(
    world: World, first: str, text: str, said: str
) -> None:
    """Nothing internal goes out by an edit, and its writer learns why."""
    async with world.bridge():
        session, ts = await replied(world, first)
        await edit(world, ts, text)
        await told(world, said)
        assert sent(world, session) == [first.removeprefix("note: ")]
    assert calls(world, EDIT) == 0


async def test_a_preview_of_a_link_changes_nothing(world: World) -> None:
    """Slack attaches previews to messages: the event looks like an edit and is none."""
    async with world.bridge():
        _, ts = await replied(world, "See https://acme.test/help")
        act = {"as": ANA, "do": "unfurl", "channel": world.channel, "ts": ts}
        await world.slack.act({**act, "url": "https://acme.test/help", "title": "Help"})
        await rest(world)
    assert calls(world, EDIT) == 0
    assert notices(world, ANA) == []


async def test_a_longer_edit_is_sent_whole_and_can_shrink(world: World) -> None:
    """Parts come and go; each is one message at the customer."""
    long = "word " * 700
    async with world.bridge():
        session, ts = await replied(world)
        await edit(world, ts, long)
        await eventually(lambda: len(answers(world, session)) == 2, what="two parts")
        await rest(world)
        assert " ".join(answers(world, session)).split() == long.split()
        await edit(world, ts, "Hello")
        await customer_sees(world, session, "Hello")
        await edit(world, ts, long + "end")
        await eventually(lambda: len(answers(world, session)) == 2, what="two parts again")
        await rest(world)
    assert " ".join(answers(world, session)).split() == f"{long} end".split()


async def test_an_operators_removal_comes_before_the_edit(world: World) -> None:
    """What somebody has removed in Crisp is not brought back, and the agent is told."""
    async with world.bridge():
        session, ts = await replied(world)
        (message,) = world.customer_sees(session)
        act = {"do": "operator_remove", "session_id": session}
        world.crisp.act({**act, "fingerprint": message["fingerprint"]})
        await eventually(lambda: not world.customer_sees(session), what="the removal")
        await rest(world)
        await edit(world, ts, "Hello")
        await told(world, texts.EDIT_OF_REMOVED)
        assert answers(world, session) == []


async def shared(world: World, text: str) -> tuple[str, str, list[str]]:
    """Let the customer have a reply with two files; return the conversation, ts and file ids."""
    session = world.visitor("Hi")
    files = ({"name": "a.png", "size": 900}, {"name": "b.txt", "size": 800})
    done = await share(world, session, *files, text=text)
    await customer_has(world, session, *([("text", text)] if text else []), A, B)
    return session, done["ts"], [str(file) for file in done["files"]]


async def test_a_file_that_is_taken_out_of_a_message_is_removed(world: World) -> None:
    """What stays is left alone, with its place; the text is edited beside it."""
    async with world.bridge():
        session, ts, (first, second) = await shared(world, "look")
        await edit(world, ts, "look here", files=[second])
        wanted = [("text", "look here"), B]
        await eventually(lambda: at_customer(world, session) == wanted, what="the removal")
        await rest(world)
        assert at_customer(world, session) == wanted
        assert first != second
        await edit(world, ts, "look again", files=[second])
        wanted = [("text", "look again"), B]
        await eventually(lambda: at_customer(world, session) == wanted, what="the edit")
        await rest(world)
    assert (calls(world, SEND), calls(world, REMOVE)) == (3, 1)
    assert notices(world, ANA) == []


async def test_a_file_that_is_deleted_in_slack_is_removed(world: World) -> None:
    """The message keeps a tombstone of it, and the customer the other file; then nothing."""
    async with world.bridge():
        session, _, (first, second) = await shared(world, "")
        await world.slack.act({"as": ANA, "do": "delete_file", "file": first})
        await eventually(lambda: at_customer(world, session) == [B], what="the removal")
        await rest(world)
        await world.slack.act({"as": ANA, "do": "delete_file", "file": second})
        await eventually(lambda: at_customer(world, session) == [], what="the other removal")
        await rest(world)
    assert notices(world, ANA) == []


async def test_a_deleted_message_takes_its_files_along(world: World) -> None:
    """Text and files are gone."""
    async with world.bridge():
        session, ts, _ = await shared(world, "look")
        await delete(world, ts)
        await eventually(lambda: at_customer(world, session) == [], what="the removal")
        await rest(world)
    assert notices(world, ANA) == []
