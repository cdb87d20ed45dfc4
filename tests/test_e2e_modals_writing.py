"""Answering from a form: a preview, one post in the thread, one message, and what fails."""

from __future__ import annotations

import json

import pytest

from bot.simulator.slack.people import ANA
from tests.e2e_kit import answers, modal_of, notices, press, rest, shortcut, submit
from tests.harness import Json, World, eventually

SEND = "POST /website/*/conversation/*/message"
REFUSED = {"on": SEND, "do": "error", "status": 400, "code": "invalid_data"}


def says(view: Json | None) -> str:
    """Return all that a modal shows."""
    return json.dumps((view or {}).get("blocks"), ensure_ascii=False)


async def root_of(world: World) -> tuple[str, str]:
    """Have a customer write; return the session and the card's ts."""
    session = world.visitor("Hi", nickname="Maya")
    root = await eventually(lambda: world.root_of(session), what="the card")
    return session, root["ts"]


async def test_a_reply_is_previewed_sent_once_and_resolves(world: World) -> None:
    """The preview is what the customer gets, under the name that they see; the form is checked."""
    async with world.bridge():
        session, ts = await root_of(world)
        await shortcut(world, ANA, "reply_resolve", ts)
        form = await modal_of(world, ANA, "reply_resolve", "from Ana Silva")
        written = "Try *this* & <that>:\none"
        await press(world, ANA, "modal:reply_resolve:preview", values={"text": written})
        previewed = says(await modal_of(world, ANA, "reply_resolve", "rich_text"))
        assert '"text": "this", "style": {"bold": true}' in previewed
        assert " & <that>:" in previewed
        await submit(world, ANA, form["id"], {"text": written})
        await modal_of(world, ANA, "result", "Sent to the customer")
        await rest(world)
        assert answers(world, session) == ["Try **this** & <that>:\none"]
        assert world.customer_sees(session)[0]["user"]["nickname"] == "Ana Silva"
        assert world.crisp.dump(session)["state"] == "resolved"
        assert len([m for m in world.thread(session) if "Try" in str(m["blocks"])]) == 1


async def test_the_cards_menu_notes_and_lists(world: World) -> None:
    """A note from the menu reaches nobody; an empty one is missed at its field."""
    async with world.bridge():
        session, ts = await root_of(world)
        await press(world, ANA, "conversation:menu", ts=ts, value="note")
        form = await modal_of(world, ANA, "note", "never sees it")
        done = await submit(world, ANA, form["id"], {"text": "   "})
        assert "Fill this in" in json.dumps(done["errors"])
        await submit(world, ANA, form["id"], {"text": "rude"})
        await modal_of(world, ANA, "result", "Saved as a note")
        await rest(world)
        assert answers(world, session) == []
        assert [m["content"] for m in world.crisp_messages(session) if m["type"] == "note"] == [
            "rude"
        ]
        await press(world, ANA, "conversation:menu", ts=ts, value="more")
        assert "Resolve" in says(await modal_of(world, ANA, "conversation_actions"))


async def test_what_crisp_refuses_is_sent_again_once(world: World) -> None:
    """Unchanged, the form sends the same message again; what is not plainly meant is held back."""
    world.crisp.faults.add(REFUSED)
    async with world.bridge():
        session, ts = await root_of(world)
        await press(world, ANA, "conversation:menu", ts=ts, value="reply")
        form = await modal_of(world, ANA, "reply")
        await submit(world, ANA, form["id"], {"text": "!urgent call me"})
        again = await modal_of(world, ANA, "reply", "not be meant for the customer")
        assert "!urgent call me" in says(again)
        await submit(world, ANA, form["id"], {"text": "Call me"})
        again = await modal_of(world, ANA, "reply", "did not accept")
        assert '"initial_value": "Call me"' in says(again)
        await submit(world, ANA, form["id"], {"text": "Call me"})
        await modal_of(world, ANA, "result", "Sent to the customer")
        await rest(world)
        assert answers(world, session) == ["Call me"]
        assert len([m for m in world.thread(session) if "Call me" in str(m["blocks"])]) == 1
        assert notices(world, ANA) == []


@pytest.mark.parametrize("fault", ["error", "error_after", "drop_after"])
async def test_a_form_whose_send_gets_no_answer_sends_once(world: World, fault: str) -> None:
    """Crisp breaks, before it has acted or after: it is looked for, and the modal says the end."""
    world.crisp.faults.add({"on": SEND, "do": fault})
    async with world.bridge():
        session, ts = await root_of(world)
        await press(world, ANA, "conversation:menu", ts=ts, value="reply")
        form = await modal_of(world, ANA, "reply")
        await submit(world, ANA, form["id"], {"text": "Call me"})
        await modal_of(world, ANA, "result", "Sent to the customer")
        await rest(world)
        assert answers(world, session) == ["Call me"]
