"""Answering by a verb, end to end: once at the customer, once in the thread, from everywhere."""

from __future__ import annotations

import pytest

from bot.simulator.slack.people import ANA
from tests.e2e_kit import answers, rest
from tests.harness import World, eventually, paragraphs
from tests.ordering_kit import Team, begun
from tests.test_e2e_crash import Scene, launcher, scene, up

__all__ = ["launcher", "scene"]
SEND = "POST /website/*/conversation/*/message"


def said_as(team: Team, name: str) -> list[str]:
    """Return what the thread shows under somebody's name."""
    thread = team.world.thread(team.session)
    return [text for m in thread if m.get("username") == name for text in paragraphs(m)]


async def test_a_reply_by_command_is_a_reply_like_any_other(world: World) -> None:
    """The customer has it once, and the thread shows it once: both under the agent's name."""
    async with world.bridge():
        team = await begun(world)
        await team.slash("reply #1 Hello\n\nHow are you?", says="Sent to the customer of #1")
        await world.reply(team.session, "!reply --resolve Bye\nfor now")
        await team.crisp_has(state="resolved")
        await team.slash("note #1 call her", says="Saved as a note on #1")
        await rest(world)
        assert answers(world, team.session) == ["Hello\n\nHow are you?", "Bye\nfor now"]
        sent = world.customer_sees(team.session)
        assert {m["user"]["nickname"] for m in sent} == {"Ana Silva"}
        notes = [m["content"] for m in world.crisp_messages(team.session) if m["type"] == "note"]
        assert notes == ["call her"]
        shown = "\n".join(said_as(team, "Ana Silva"))
        assert shown.count("How are you?") == 1
        assert shown.count("call her") == 1
        assert "Bye" not in shown
        world.crisp.act({"do": "visitor_read", "session_id": team.session})
        first = next(m for m in world.thread(team.session) if "How are you?" in str(m))
        await eventually(lambda: "mailbox_with_mail" in world.reactions(first["ts"]), what="📬")


async def test_a_reply_by_command_that_fails_is_told_where_it_was_typed(world: World) -> None:
    """With a button to try again; the post in the thread bears the warning."""
    async with world.bridge():
        team = await begun(world)
        world.crisp.faults.add({"on": SEND, "do": "error", "status": 400, "code": "invalid_data"})
        await team.slash("reply #1 --resolve Hello")
        told = await team.told("was not sent to the customer")
        post = next(m for m in world.thread(team.session) if "Hello" in str(m))
        await eventually(lambda: world.reactions(post["ts"]) == {"warning"}, what="the warning")
        await world.slack.act(
            {
                "as": ANA, "do": "press", "channel": world.channel, "ts": told["ts"],
                "action_id": "delivery:retry",
            }
        )  # fmt: skip
        await team.told("Sent to the customer of #1")
        await rest(world)
        assert answers(world, team.session) == ["Hello"]
        assert world.reactions(post["ts"]) == set()
        await team.crisp_has(state="unresolved")  # nor was it resolved behind what was not sent


async def test_a_conversation_that_has_no_thread_gets_one(world: World) -> None:
    """What is said goes into a thread that is opened for it, with what was said before."""
    session = world.visitor("Before the bridge", nickname="Maya")
    async with world.bridge():
        team = Team(world, session)
        await team.slash(f"reply {session} Hello", says="Sent to the customer of")
        await rest(world)
        assert answers(world, session) == ["Hello"]
        assert world.root_of(session) is not None
        assert "Hello" in "\n".join(said_as(team, "Ana Silva"))


@pytest.mark.parametrize("point", ["before-post", "after-post"])
async def test_killed_while_a_reply_by_command_is_shown(scene: Scene, point: str) -> None:
    """Killed before or behind the post, the customer and the thread have it once."""
    world = scene.world
    async with scene.crashing(point) as victim:
        await up(world, victim)
        team = await begun(world)
        await team.slash("reply #1 --resolve Hello")
    async with world.bridge():
        await team.crisp_has(state="resolved")
        await rest(world)
    assert answers(world, team.session) == ["Hello"]
    assert "\n".join(said_as(team, "Ana Silva")).count("Hello") == 1
