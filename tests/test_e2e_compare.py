"""After a gap: what was edited or removed meanwhile, and nobody told of, is found on both sides."""

from __future__ import annotations

from bot import texts
from bot.simulator.slack.people import ANA
from tests.e2e_kit import answers, notices, rest
from tests.harness import World, eventually
from tests.test_e2e_edits import change, is_struck, take_back
from tests.test_e2e_edits import replies as posts
from tests.test_e2e_edits_to_crisp import EDIT, REMOVE, SEND, calls, delete, edit

LISTS = "GET /website/*/conversation/*/messages"
ASKED = "GET /website/*/conversation/*/message/*"


async def talked(world: World, *said: str) -> tuple[str, list[str]]:
    """Have a conversation with Ana's replies; return its session and the replies' ts."""
    session = world.visitor("Hello")
    stamps = []
    for text in said:
        stamps.append(await world.reply(session, text, user=ANA))
        await eventually(lambda: len(answers(world, session)) == len(stamps), what="the reply")
    await rest(world)
    return session, stamps


def deaf(world: World) -> None:
    """Let no event of Slack's about edits and deletions come any more."""
    for subtype in ("message_changed", "message_deleted"):
        world.slack.faults.add({"on": f"event:message/{subtype}", "do": "drop", "times": 0})


async def test_edits_and_deletions_in_slack_that_nobody_told_of(world: World) -> None:
    """After a gap the agents' latest replies are read again; what is as it was costs no call."""
    async with world.bridge():
        session, (first, second, _) = await talked(world, "one", "two", "three")
    deaf(world)
    await edit(world, first, "One")
    await delete(world, second)
    async with world.bridge():
        await eventually(lambda: answers(world, session) == ["One", "three"], what="both")
        await rest(world)
    assert (calls(world, EDIT), calls(world, REMOVE)) == (1, 1)
    async with world.bridge():
        await rest(world)
    assert (calls(world, EDIT), calls(world, REMOVE)) == (1, 1)
    assert answers(world, session) == ["One", "three"]
    assert notices(world, ANA) == []


async def test_a_refused_edit_that_nobody_told_of_is_told_once(world: World) -> None:
    """It is decided as it would have been, and not at each gap again."""
    async with world.bridge():
        session, (ts,) = await talked(world, "one")
    deaf(world)
    await edit(world, ts, "note: one")
    for _ in range(2):
        async with world.bridge():
            await eventually(lambda: notices(world, ANA), what="the sentence")
            await rest(world)
    assert len(notices(world, ANA)) == 1
    assert answers(world, session) == ["one"]


async def test_what_waits_is_compared_before_it_goes(world: World) -> None:
    """A reply that was deleted while nobody told of it never reaches the customer."""
    async with world.bridge():
        session, _ = await talked(world, "one")
        world.crisp.faults.add({"on": SEND, "do": "error", "status": 503, "times": 0})
        sent = calls(world, SEND)
        ts = await world.reply(session, "wrong", user=ANA)
        await eventually(lambda: calls(world, SEND) > sent, what="an attempt")
        deaf(world)
        await delete(world, ts)
        read = world.slack.workspace.calls["conversations.replies"]
        world.slack.disconnect()
        await eventually(
            lambda: world.slack.workspace.calls["conversations.replies"] > read, what="the look"
        )
        world.crisp.faults.remove()
        await rest(world)
        assert answers(world, session) == ["one"]


async def test_a_thread_whose_root_is_gone_takes_nothing_back(world: World) -> None:
    """Where the whole thread was deleted, what the customer has stays."""
    async with world.bridge():
        session, _ = await talked(world, "one")
        root = world.root_of(session)
    assert root is not None
    deaf(world)
    act = {"as": "U0ADMIN001", "do": "delete", "channel": world.channel, "ts": root["ts"]}
    await world.slack.act(act)
    async with world.bridge():
        await rest(world)
    assert answers(world, session) == ["one"]
    assert calls(world, REMOVE) == 0


async def test_edits_and_removals_in_crisp_that_nobody_told_of(world: World) -> None:
    """After a gap the latest conversations are read again, and Crisp asked about what differs."""
    async with world.bridge():
        session, _ = await talked(world, "reply")
        world.visitor("frist", session)
        world.visitor("secret", session)
        world.visitor("as it is", session)
        await eventually(lambda: len(posts(world, session)) == 3, what="the messages")
        await rest(world)
    change(world, session, "first", 2)
    take_back(world, session, 3)
    change(world, session, "Reply", 1, by="operator")
    async with world.bridge():
        await eventually(lambda: posts(world, session) and "first" in world.shown(session))
        await eventually(lambda: is_struck(posts(world, session)[1]), what="the removal")
        said = texts.REPLY_EDITED_IN_CRISP.format(text="Reply")
        await eventually(lambda: said in str(world.thread(session)), what="the line")
        await rest(world)
    asked = calls(world, ASKED)
    async with world.bridge():
        await rest(world)
    assert calls(world, ASKED) == asked, "what is known by now costs no call"
