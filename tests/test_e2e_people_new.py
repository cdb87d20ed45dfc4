"""A new conversation with a person, end to end: begun once, as the agent, and answered."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot import texts
from bot.simulator.slack.people import ANA, GUEST
from tests.e2e_kit import PATIENT, answers, command, notices, press, rest
from tests.harness import Json, World, eventually
from tests.test_e2e_crash import Scene, launcher, scene, up

__all__ = ["launcher", "scene"]

KIM = "kim@example.com"
TEXT = "Hello Kim &amp; Co,\nhow are *you*?"
AT_CUSTOMER = "Hello Kim & Co,\nhow are **you**?"
SEND = "POST */conversation/*/message"


def with_kim(world: World) -> list[str]:
    """Return the conversations that bear Kim's address."""
    found = world.crisp.world.conversations.values()
    return [c.session_id for c in found if c.meta["email"] == KIM]


def empty(world: World) -> list[Json]:
    """Return the conversations in which nobody has written."""
    found = world.crisp.world.conversations.values()
    return [{"visible": c.visible} for c in found if not list(c.thread.loaded())]


def told(world: World, holding: str, user: str = ANA) -> Callable[[], bool]:
    """Return whether this person was told something."""
    return lambda: any(holding in text for text in notices(world, user))


async def test_a_conversation_is_begun_as_the_agent_and_answered_in_its_thread(
    world: World,
) -> None:
    """The customer gets it under the agent's name, the thread is theirs, and both sides go on."""
    world.crisp.act(
        {"do": "add_person", "profile": {"email": KIM, "person": {"nickname": "Kim Pool"}}}
    )
    async with world.bridge():
        await command(world, ANA, f"new <mailto:{KIM}|{KIM}> {TEXT}")
        (session,) = await eventually(lambda: with_kim(world), what="the conversation")
        root = await eventually(lambda: world.root_of(session), what="the thread")
        await eventually(told(world, texts.TO_THE_THREAD), what="the answer")
        (message,) = world.crisp_messages(session)
        assert (message["from"], message["content"]) == ("operator", AT_CUSTOMER)
        assert message["user"]["nickname"] == "Ana Silva"
        assert world.crisp.dump(session)["meta"]["nickname"] == "Kim Pool"
        assert not world.crisp.world.conversations[session].visible
        assert "Started by Ana" in str(root["blocks"])
        assert str(root["ts"]).replace(".", "") in str(world.ephemerals(ANA)[-1]["blocks"])

        world.visitor("I am well", session)
        await eventually(lambda: world.shown(session)[1:] == ["I am well"], what="the answer")
        await world.reply(session, "Good!")
        await eventually(lambda: answers(world, session) == [AT_CUSTOMER, "Good!"], what="both")
        await rest(world)
        assert len(world.roots()) == 1
        assert with_kim(world) == [session]

        for typed, said in (
            (f"new {KIM}", texts.NEW_NEEDS_TEXT),
            ("new Kim hello", texts.NEW_NEEDS_EMAIL),
            (f"new {KIM} note: call them", texts.NEW_NOT_PLAIN.partition("(")[0]),
        ):
            await command(world, ANA, typed)
            await eventually(told(world, said), what=said)
        await command(world, GUEST, f"new {KIM} hello")
        await eventually(told(world, texts.BY_GUEST, GUEST), what="the refusal")
        await rest(world)
        assert with_kim(world) == [session]
        assert len(answers(world, session)) == 2


async def test_a_long_first_message_goes_out_whole_and_in_order(world: World) -> None:
    """What is split for Crisp is one thread, each part once, also where answers are lost."""
    long = "\n\n".join(f"Paragraph {n}. " + "word " * 150 for n in range(6))
    async with world.bridge():
        world.crisp.faults.add({"on": SEND, "do": "drop_after"})
        world.crisp.faults.add({"on": "POST */conversation", "do": "drop_after"})
        await command(world, ANA, f"new {KIM} {long}")
        await eventually(told(world, texts.TO_THE_THREAD), what="the answer")
        await rest(world)
    (session,) = with_kim(world)
    sent = answers(world, session)
    assert len(sent) > 1
    assert "".join(sent).split() == long.split()
    assert [" ".join(world.shown(session)).count(f"Paragraph {n}.") for n in range(6)] == [1] * 6
    assert empty(world) == [{"visible": False}]


async def test_what_was_written_is_kept_when_crisp_refuses(world: World) -> None:
    """The agent is told why, with their text and a button that tries the rest again."""
    async with world.bridge():
        refused = {"do": "error", "status": 400, "code": "invalid_data"}
        world.crisp.faults.add({"on": SEND, **refused})
        await command(world, ANA, f"new {KIM} {TEXT}")
        await eventually(told(world, "was not sent"), what="the notice")
        notice = world.ephemerals(ANA)[-1]
        assert AT_CUSTOMER in str(notice["blocks"]).replace("\\n", "\n")
        assert world.roots() == []
        await press(world, ANA, "delivery:retry", ts=notice["ts"])
        (session,) = with_kim(world)
        await eventually(lambda: world.root_of(session), what="the thread")
        await rest(world)
        assert answers(world, session) == [AT_CUSTOMER]


@pytest.mark.parametrize(
    ("point", "nth"),
    [
        ("before-creation", 1), ("after-creation", 1), ("start-in-commit", 1),
        ("start-committed", 1), ("described", 1), ("start-committed", 2), ("before-send", 1),
        ("after-send", 1), ("start-committed", 3), ("after-root", 1),
    ],
)  # fmt: skip
async def test_killed_while_a_conversation_is_begun(scene: Scene, point: str, nth: int) -> None:
    """Killed at any step, the next run begins it once: one conversation, one message, one thread.

    A creation that was not stored leaves an empty conversation behind, which nobody sees.
    """
    world = scene.world
    async with scene.crashing(point, nth) as victim:
        await up(world, victim)
        await command(world, ANA, f"new {KIM} {TEXT}")
    async with world.bridge():
        await eventually(world.roots, what="the thread", within=PATIENT)
        await rest(world)
    (session,) = with_kim(world)
    assert answers(world, session) == [AT_CUSTOMER]
    assert world.root_of(session) is not None
    assert len(world.posts()) == 1
    left = 1 if point in {"after-creation", "start-in-commit"} else 0
    assert empty(world) == [{"visible": False}] * left
