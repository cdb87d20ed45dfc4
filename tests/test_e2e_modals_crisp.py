"""/crisp alone, and verbs without a conversation: a form asks for what was not typed."""

from __future__ import annotations

import json

from bot.simulator.slack.people import ANA, BEN, GUEST
from tests.e2e_kit import command, modal, modal_of, notices, rest, submit
from tests.harness import Json, World, eventually


def options(view: Json) -> list[list[str]]:
    """Return what can be chosen of the conversations, by group."""
    menus = [block["element"] for block in view["blocks"] if block["type"] == "input"]
    groups = next(menu["option_groups"] for menu in menus if "option_groups" in menu)
    return [[option["text"]["text"] for option in group["options"]] for group in groups]


async def test_a_verb_without_a_conversation_asks_which(world: World) -> None:
    """Offered are one's own first, then the newest open ones; the chosen one is resolved."""
    async with world.bridge():
        first = world.visitor("Hi", nickname="Maya")
        await eventually(lambda: world.root_of(first), what="the card")
        second = world.visitor("Ho", nickname="<!channel> *Bo* " + "x" * 200)
        await eventually(lambda: world.root_of(second), what="the card")
        await world.reply(first, "Hello")
        await rest(world)
        await command(world, ANA, "resolve")
        form = await modal_of(world, ANA, "pick_conversation", "Maya")
        mine, others = options(form)
        assert [text[:7] for text in mine] == ["#1 Maya"]
        assert [text[:2] for text in others] == ["#2"]
        await submit(world, ANA, form["id"], {"conversation": second})
        await modal_of(world, ANA, "result", "is resolved")
        assert world.crisp.dump(second)["state"] == "resolved"
        assert world.crisp.dump(first)["state"] != "resolved"


async def test_crisp_alone_asks_for_everything(world: World) -> None:
    """Verb, conversation and argument are in one form; what a verb needs is asked at its field."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        await eventually(lambda: world.root_of(session), what="the card")
        await command(world, BEN, "")
        form = await modal_of(world, BEN, "crisp")
        chosen = {"conversation": session, "verb": "segments add"}
        done = await submit(world, BEN, form["id"], chosen)
        assert "Fill this in" in json.dumps(done["errors"])
        await submit(world, BEN, form["id"], {**chosen, "argument": "vip"})
        await modal_of(world, BEN, "result")
        await rest(world)
        assert "vip" in str(world.crisp.dump(session)["meta"])


async def test_where_no_form_opens_it_is_said(world: World) -> None:
    """Too late for a form, or not allowed one, people get the sentence and the help as before."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        await eventually(lambda: world.root_of(session), what="the card")
        await command(world, GUEST, "")
        await eventually(lambda: "What you can do" in str(world.ephemerals(GUEST)), what="the help")
        world.slack.configure(trigger_ttl=-1)
        await command(world, ANA, "resolve")
        await eventually(
            lambda: "and which conversation" in str(notices(world, ANA)), what="the sentence"
        )
        await command(world, ANA, "")
        await eventually(lambda: "What you can do" in str(world.ephemerals(ANA)), what="the help")
        assert modal(world, ANA) is None
