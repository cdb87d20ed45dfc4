"""Modals over sockets: opened, done once, answered in place, whatever fails on the way."""

from __future__ import annotations

import json

from bot.simulator.slack.people import ANA, GUEST
from tests.e2e_kit import modal, modal_of, notices, press, rest, shortcut, stored, submit
from tests.harness import Json, World, eventually, is_context
from tests.test_e2e_crash import Scene, launcher, scene, up

__all__ = ["launcher", "scene"]

ROUTING = "PATCH /website/*/conversation/*/routing"

BUSY = {"on": ROUTING, "do": "rate_limit", "times": 0, "retry_after": 0.1}


def says(view: Json | None) -> str:
    """Return all that a modal shows."""
    return json.dumps((view or {}).get("blocks"), ensure_ascii=False)


async def open_form(world: World, verb: str) -> tuple[str, Json]:
    """Have a customer write, and open a verb's form by the shortcut on their message."""
    session = world.visitor("Hi", nickname="Maya")
    root = await eventually(lambda: world.root_of(session), what="the card")
    await shortcut(world, ANA, "conversation_actions", root["ts"])
    await modal_of(world, ANA, "conversation_actions")
    await press(world, ANA, f"modal:verb_form:{verb}")
    return session, await modal_of(world, ANA, "verb_form")


def lines(world: World, session: str) -> list[Json]:
    """Return the small lines of a thread: one for each change."""
    return [message for message in world.thread(session) if is_context(message)]


async def test_a_verb_is_done_from_its_form_and_answered_there(world: World) -> None:
    """Shortcut, list, form, "Sending…" and the result are one modal; Crisp is told once."""
    async with world.bridge():
        session, form = await open_form(world, "assign")
        assert "Assign #1" in str(form["title"])
        done = await submit(world, ANA, form["id"], {"argument": "Nobody Known"})
        assert "Sending" in says(done["view"])
        again = await modal_of(world, ANA, "verb_form", "No operator is called that")
        assert "Nobody Known" in says(again)
        assert again["submit"]["text"] == "Send again"
        await submit(world, ANA, form["id"], {"argument": "me"})
        await modal_of(world, ANA, "result", "is assigned")
        await rest(world)
        assert len(lines(world, session)) == 1
        root = world.root_of(session) or {}
        await shortcut(world, ANA, "conversation_actions", root["ts"])
        await modal_of(world, ANA, "conversation_actions")
        await press(world, ANA, "verb:resolve")
        await modal_of(world, ANA, "result", "is resolved")
        assert notices(world, ANA) == []


async def test_a_late_acknowledgement_does_nothing_twice(world: World) -> None:
    """Sent again as it was, a form is the same wish; changed, it is asked for anew."""
    busy = world.crisp.faults.add(BUSY)
    async with world.bridge():
        session, form = await open_form(world, "assign")
        world.slack.configure(ack_timeout=0)
        assert not (await submit(world, ANA, form["id"], {"argument": "me"}))["acked"]
        world.slack.configure(ack_timeout=3)
        await eventually(lambda: stored(world, "SELECT 1 FROM inbox WHERE kind = 'view:verb_form'"))
        await submit(world, ANA, form["id"], {"argument": "nobody"})
        again = await modal_of(world, ANA, "verb_form", "taken already")
        assert "nobody" in says(again)
        world.crisp.faults.remove(busy.id)
        await eventually(lambda: "is assigned" in str(notices(world, ANA)), what="the answer")
        await rest(world)
        assert "nobody" in says(modal(world, ANA))
        assert len(lines(world, session)) == 1


async def test_a_repeated_submission_shows_the_result_again(world: World) -> None:
    """What was submitted twice is done once, and the modal does not wait for a second result."""
    world.slack.faults.add({"on": "event:view_submission", "do": "duplicate"})
    async with world.bridge():
        session, form = await open_form(world, "assign")
        await submit(world, ANA, form["id"], {"argument": "me"})
        await modal_of(world, ANA, "result", "is assigned")
        await rest(world)
        assert len(lines(world, session)) == 1
        assert len(stored(world, "SELECT 1 FROM inbox WHERE kind = 'view:verb_form'")) == 1


async def test_what_fails_can_be_sent_again_as_it_was_typed(world: World) -> None:
    """Crisp's refusal stands above the form, which is still filled in; closed, it is said."""
    world.crisp.faults.add({"on": ROUTING, "do": "error", "status": 400, "code": "invalid_data"})
    async with world.bridge():
        session, form = await open_form(world, "assign")
        await submit(world, ANA, form["id"], {"argument": "me"})
        again = await modal_of(world, ANA, "verb_form", "did not accept")
        assert '"initial_value": "me"' in says(again)
        busy = world.crisp.faults.add(BUSY)
        await submit(world, ANA, form["id"], {"argument": "me"})
        await world.slack.act({"as": ANA, "do": "close", "view_id": form["id"]})
        world.crisp.faults.remove(busy.id)
        world.crisp.faults.add({"on": ROUTING, "do": "error", "status": 400, "code": "quota"})
        await eventually(lambda: "quota" in str(notices(world, ANA)), what="the notice")
        await rest(world)
        assert lines(world, session) == []


async def test_guests_get_no_form(world: World) -> None:
    """Who may not act is told so by the modal, and sees nothing of the customer."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        root = await eventually(lambda: world.root_of(session), what="the card")
        await shortcut(world, GUEST, "conversation_actions", root["ts"])
        shown = await modal_of(world, GUEST, "result", "Only full members")
        assert "Maya" not in str(shown)


async def test_a_form_survives_the_end_of_the_process(scene: Scene) -> None:
    """Kill -9 after the commit, before the acknowledgement: it is done once, and shown."""
    world = scene.world
    async with scene.crashing("form-committed") as victim:
        assert await up(world, victim)
        session, form = await open_form(world, "assign")
        assert not (await submit(world, ANA, form["id"], {"argument": "me"}))["acked"]
    async with world.bridge():
        await modal_of(world, ANA, "result", "is assigned")
        await rest(world)
        assert len(lines(world, session)) == 1
