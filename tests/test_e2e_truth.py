"""What became of a reply, end to end: read marks on both sides, and at most one reaction."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e_kit import notices, press, rest, stored
from tests.harness import FAST, Json, World, eventually, is_context

ANA, BEN = "U0ANA00001", "U0BEN00001"
SEND = "POST /website/*/conversation/*/message"
LETTER = "mailbox_with_mail"
HOURGLASS = "hourglass_flowing_sand"


def reaction_calls(world: World) -> int:
    """Return how many calls added or removed a reaction."""
    calls = world.slack.dump("calls")["calls"]
    return sum(calls.get(name, 0) for name in ("reactions.add", "reactions.remove"))


def read_by_customer(world: World, session_id: str, **more: Any) -> None:
    """Let the customer read all that was sent to them."""
    world.crisp.act({"do": "visitor_read", "session_id": session_id, **more})


async def answered(world: World, session_id: str, text: str = "Hello") -> str:
    """Reply in a conversation's thread; return the ts once the customer has it."""
    ts = await world.reply(session_id, text)
    await eventually(lambda: world.customer_sees(session_id), what="the reply")
    await rest(world)
    return ts


async def test_a_reply_that_is_delivered_costs_no_reaction(world: World) -> None:
    """Silence on success: not one reaction is added or removed, however many replies go out."""
    async with world.bridge():
        session_id = world.visitor("Hi")
        for number in range(3):
            await answered(world, session_id, f"Hello {number}")
        assert reaction_calls(world) == 0


@pytest.mark.parametrize("whole", [False, True])
async def test_a_letter_says_that_the_customer_has_read_it(world: World, *, whole: bool) -> None:
    """Once the customer has read a reply it bears one letter, put there by one call."""
    async with world.bridge():
        session_id = world.visitor("Hi")
        ts = await answered(world, session_id)
        read_by_customer(world, session_id, whole=whole)
        await eventually(lambda: world.reactions(ts) == {LETTER}, what="the letter")
        await rest(world)
        assert reaction_calls(world) == 1


async def test_swapped_names_are_understood(world: World) -> None:
    """Whichever of Crisp's two names means the customer's reading, the letter is right."""
    world.crisp.config({"swap_acknowledges": True})
    async with world.bridge():
        session_id = world.visitor("Hi")
        ts = await answered(world, session_id)
        world.crisp.act({"do": "operator_read", "session_id": session_id})
        await rest(world)
        assert world.reactions(ts) == set()
        read_by_customer(world, session_id)
        await eventually(lambda: world.reactions(ts) == {LETTER}, what="the letter")


async def test_a_warning_gives_way_to_the_letter(world: World) -> None:
    """A note that failed and a reply that waited bear one reaction at each time."""
    world.crisp.faults.add({"on": SEND, "do": "error", "status": 400, "code": "invalid_data"})
    async with world.bridge():
        session_id = world.visitor("Hi")
        ts = await world.reply(session_id, "Hello")
        told = (await eventually(lambda: world.ephemerals(ANA), what="the notice"))[0]
        await eventually(lambda: world.reactions(ts) == {"warning"}, what="the warning")
        await press(world, ANA, "delivery:retry", ts=told["ts"])
        await eventually(lambda: world.customer_sees(session_id), what="the reply")
        read_by_customer(world, session_id)
        await eventually(lambda: world.reactions(ts) == {LETTER}, what="the letter")
        await rest(world)
        assert world.reactions(ts) == {LETTER}


async def test_the_hourglass_gives_way_too(world: World) -> None:
    """What waits bears the hourglass until Crisp takes it, and then nothing until it is read."""
    patient = FAST.replace("[pacing]", "tell_waiting = 0.05\n[pacing]")
    async with world.bridge(patient):
        session_id = world.visitor("Hi")
        await eventually(lambda: world.root_of(session_id), what="the card")
        world.crisp.faults.add({"on": SEND, "do": "error", "status": 429, "times": 0})
        ts = await world.reply(session_id, "Hello")
        await eventually(lambda: world.reactions(ts) == {HOURGLASS}, what="the hourglass")
        assert "Waiting" in says(await ask(world, ts))
        world.crisp.faults.remove()
        await eventually(lambda: world.customer_sees(session_id), what="the reply")
        await eventually(lambda: world.reactions(ts) == set(), what="the hourglass to go")
        read_by_customer(world, session_id)
        await eventually(lambda: world.reactions(ts) == {LETTER}, what="the letter")


async def test_each_step_is_shown_if_that_is_wanted(world: World) -> None:
    """With ``delivery_reactions = "all"`` a reply bears the last step, in place of the others."""
    async with world.bridge(FAST + '[relay]\ndelivery_reactions = "all"\n'):
        session_id = world.visitor("Hi")
        ts = await answered(world, session_id)
        assert world.reactions(ts) == {"outbox_tray"}
        world.crisp.act({"do": "visitor_delivered", "session_id": session_id})
        await eventually(lambda: world.reactions(ts) == {"incoming_envelope"}, what="delivered")
        read_by_customer(world, session_id)
        await eventually(lambda: world.reactions(ts) == {LETTER}, what="read")


async def test_nothing_is_shown_if_that_is_wanted(world: World) -> None:
    """With ``delivery_reactions = "off"`` only trouble is shown."""
    async with world.bridge(FAST + '[relay]\ndelivery_reactions = "off"\n'):
        session_id = world.visitor("Hi")
        await answered(world, session_id)
        read_by_customer(world, session_id)
        await eventually(lambda: seen(world) == ["read"], what="the acknowledgement")
        await rest(world)
        assert reaction_calls(world) == 0


async def test_what_was_read_meanwhile_is_found_by_the_sweep(world: World) -> None:
    """A customer who reads and writes while the bridge is away has read: no event ever comes."""
    async with world.bridge():
        session_id = world.visitor("Hi")
        ts = await answered(world, session_id)
    read_by_customer(world, session_id)
    world.visitor("Thank you", session_id)
    async with world.bridge():
        await eventually(lambda: world.reactions(ts) == {LETTER}, what="the letter")


async def test_hooks_tell_it_too(world: World) -> None:
    """Over hooks the same events lead to the same letter."""
    async with world.bridge(CRISP_EVENTS="webhook") as port:
        world.crisp.config({"hook_url": f"http://127.0.0.1:{port}/crisp/events"})
        session_id = world.visitor("Hi")
        ts = await answered(world, session_id)
        read_by_customer(world, session_id)
        await eventually(lambda: world.reactions(ts) == {LETTER}, what="the letter")


def seen(world: World) -> list[str]:
    """Return how far the customer is known to have got with each part of a reply."""
    return [row[0] for row in stored(world, "SELECT seen FROM parts WHERE fingerprint IS NOT NULL")]


def unread(world: World, session_id: str) -> int:
    """Return how many of the customer's messages count as unread in Crisp."""
    count: int = world.crisp.dump(session_id)["unread"]["operator"]
    return count


def marks(world: World) -> int:
    """Return how many calls marked something as read in Crisp."""
    routes = world.crisp.dump()["calls"]["routes"]
    return sum(number for route, number in routes.items() if route.endswith("/read"))


async def test_a_reply_marks_read_in_crisp_what_it_answers(world: World) -> None:
    """What the team answers in Slack is no longer unread in Crisp, for one call in a burst."""
    async with world.bridge():
        session_id = world.visitor("Hi")
        world.visitor("Are you there?", session_id)
        await eventually(lambda: len(world.shown(session_id)) == 2, what="both messages")
        assert unread(world, session_id) == 2
        for text in ("Yes", "I am", "here"):
            await world.reply(session_id, text)
        await eventually(lambda: unread(world, session_id) == 0, what="the mark")
        await rest(world)
        assert marks(world) == 1
        assert all(m["read"] for m in world.crisp_messages(session_id) if m["from"] == "user")
        assert not any(m["read"] for m in world.customer_sees(session_id))


async def test_the_cards_menu_marks_read(world: World) -> None:
    """Who reads in Slack without an answer can say so with the card's menu, and is told."""
    async with world.bridge():
        session_id = world.visitor("Hi")
        root = await eventually(lambda: world.root_of(session_id), what="the card")
        await world.slack.act(
            {"as": ANA, "do": "press", "channel": world.channel, "ts": root["ts"],
             "action_id": "conversation:menu", "value": "mark_read"}
        )  # fmt: skip
        await eventually(lambda: unread(world, session_id) == 0, what="the mark")
        await eventually(lambda: "marked as read" in str(world.ephemerals(ANA)), what="the answer")
        await rest(world)


async def test_a_refused_mark_is_told_to_who_asked(world: World) -> None:
    """What a person asked for and Crisp refuses is said; a mark of the bridge's own is dropped."""
    world.crisp.faults.add(
        {"on": "PATCH /website/*/conversation/*/read", "do": "error", "status": 400,
         "code": "invalid_data", "times": 0}
    )  # fmt: skip
    async with world.bridge():
        session_id = world.visitor("Hi")
        await answered(world, session_id)
        root = await eventually(lambda: world.root_of(session_id), what="the card")
        assert (world.ephemerals(ANA), unread(world, session_id)) == ([], 1)
        await world.slack.act(
            {"as": ANA, "do": "press", "channel": world.channel, "ts": root["ts"],
             "action_id": "conversation:menu", "value": "mark_read"}
        )  # fmt: skip
        await eventually(lambda: "did not work" in str(world.ephemerals(ANA)), what="the answer")
        await rest(world)
        assert stored(world, "SELECT count(*) FROM outbox") == [(0,)]


async def ask(world: World, ts: str, user: str = ANA) -> Json:
    """Use the *Delivery status* shortcut on a message; return the modal that opens."""
    before = len(modals(world, user))
    await world.slack.act(
        {"as": user, "do": "shortcut", "callback_id": "delivery_status", "ts": ts,
         "channel": world.channel}
    )  # fmt: skip
    await eventually(lambda: len(modals(world, user)) > before, what="the modal")
    return modals(world, user)[-1]


def modals(world: World, user: str = ANA) -> list[Json]:
    """Return the modals that somebody has open, the topmost last."""
    found: list[Json] = world.slack.dump("views")["views"].get(user, [])
    return found


def says(view: Json) -> str:
    """Return all that a modal shows."""
    return json.dumps(view["blocks"], ensure_ascii=False)


async def test_the_shortcut_tells_each_step(world: World) -> None:
    """Asked about a reply, the bot says whether Crisp has it and whether the customer read it."""
    async with world.bridge():
        session_id = world.visitor("Hi")
        ts = await answered(world, session_id)
        shown = says(await ask(world, ts))
        assert "Taken by Crisp" in shown
        assert "Ana" in shown
        assert '"date"' in shown
        read_by_customer(world, session_id)
        await eventually(lambda: world.reactions(ts) == {LETTER}, what="the letter")
        assert "Read by the customer" in says(await ask(world, ts))


async def test_the_shortcut_mends_what_failed(world: World) -> None:
    """What was not sent can be tried again from the modal, which then shows what came of it."""
    world.crisp.faults.add({"on": SEND, "do": "error", "status": 400, "code": "invalid_data"})
    async with world.bridge():
        session_id = world.visitor("Hi")
        ts = await world.reply(session_id, "Hello")
        await eventually(lambda: world.reactions(ts) == {"warning"}, what="the warning")
        assert "did not accept the content" in says(await ask(world, ts))
        await world.slack.act({"as": ANA, "do": "press", "action_id": "delivery:retry"})
        await eventually(lambda: world.customer_sees(session_id), what="the reply")
        await eventually(
            lambda: "delivery:retry" not in says(modals(world)[-1]), what="the modal to follow"
        )
        await rest(world)
        assert world.reactions(ts) == set()
        assert any("tried again" in text for text in notices(world, ANA))


async def test_a_held_reply_is_decided_in_the_modal(world: World) -> None:
    """The question about a held reply can be answered there, by its writer alone."""
    async with world.bridge():
        session_id = world.visitor("Hi")
        ts = await world.reply(session_id, "!urgent call me")
        await eventually(lambda: world.reactions(ts) == {"raised_hand"}, what="the hand")
        for user, count in ((BEN, 0), (ANA, 1)):
            await ask(world, ts, user)
            await world.slack.act({"as": user, "do": "press", "action_id": "held:send"})
            await rest(world)
            assert len(world.customer_sees(session_id)) == count
        assert "Only who wrote it" in str(notices(world, BEN))
        await eventually(lambda: "Taken by Crisp" in says(modals(world)[-1]), what="the modal")


async def test_the_shortcut_on_the_customers_and_on_other_messages(world: World) -> None:
    """It says when a customer wrote and whether the team has read it, and what is not relayed."""
    async with world.bridge():
        session_id = world.visitor("Hi", nickname="Maya")
        root = await eventually(lambda: world.root_of(session_id), what="the card")
        shown = says(await ask(world, root["ts"]))
        assert "From the customer, Maya" in shown
        assert "not marked as read" in shown
        world.crisp.act({"do": "operator_read", "session_id": session_id})
        await eventually(
            lambda: stored(world, "SELECT seen FROM parts") == [("read",)], what="the mark"
        )
        assert "Read by the team" in says(await ask(world, root["ts"]))
        await world.reply(session_id, "!resolve")
        line = await eventually(
            lambda: [m for m in world.thread(session_id) if is_context(m)], what="the line"
        )
        assert "the bridge's own" in says(await ask(world, line[0]["ts"]))
        kept = await world.reply(session_id, "// between us")
        loud = await world.slack.act(
            {"as": ANA, "do": "message", "channel": world.channel, "text": "Lunch?"}
        )
        await rest(world)
        assert "stayed in Slack" in says(await ask(world, kept))
        assert "no conversation with a customer" in says(await ask(world, loud["ts"]))


@pytest.mark.parametrize("user", ["U0GUEST001", "U0STRANGE1"])
async def test_the_shortcut_tells_guests_and_strangers_nothing(world: World, user: str) -> None:
    """Who may not answer customers is told no more than that."""
    async with world.bridge():
        session_id = world.visitor("Hi", nickname="Maya")
        root = await eventually(lambda: world.root_of(session_id), what="the card")
        shown = says(await ask(world, root["ts"], user))
        assert "Only full members" in shown
        assert "Maya" not in shown


async def test_where_no_modal_can_open_the_answer_is_said(world: World) -> None:
    """A trigger that has run out leaves the answer to a message that only the asker sees."""
    world.slack.configure(trigger_ttl=-1)
    async with world.bridge():
        session_id = world.visitor("Hi", nickname="Maya")
        root = await eventually(lambda: world.root_of(session_id), what="the card")
        await world.slack.act(
            {"as": ANA, "do": "shortcut", "callback_id": "delivery_status", "ts": root["ts"],
             "channel": world.channel}
        )  # fmt: skip
        await eventually(lambda: world.ephemerals(ANA), what="the answer")
        assert "Maya" in str(world.ephemerals(ANA))


def card_says(world: World, session_id: str) -> str:
    """Return all that a conversation's card shows."""
    return json.dumps((world.root_of(session_id) or {}).get("blocks"), ensure_ascii=False)


async def test_the_card_says_while_the_customer_types(world: World) -> None:
    """If that is wanted, for as long as they do, and never what they type."""
    async with world.bridge(FAST + "[relay]\nshow_typing = true\n"):
        session_id = world.visitor("Hi")
        await eventually(lambda: world.root_of(session_id), what="the card")
        await rest(world)
        before = world.slack.dump("calls")["calls"].get("chat.update", 0)
        for text in ("My pass", "My password is", "My password is sesame"):
            world.crisp.act({"do": "visitor_typing", "session_id": session_id, "text": text})
        await eventually(lambda: "is typing" in card_says(world, session_id), what="the line")
        assert "sesame" not in card_says(world, session_id)
        await rest(world)
        assert "is typing" not in card_says(world, session_id)
        assert world.slack.dump("calls")["calls"]["chat.update"] == before + 2
        assert "sesame" not in str(stored(world, "SELECT * FROM inbox"))


async def test_typing_is_not_even_heard_unless_that_is_wanted(world: World) -> None:
    """By default the bridge does not subscribe to it."""
    async with world.bridge():
        sockets = json.dumps(world.crisp.dump()["sockets"])
        assert "message:send" in sockets
        assert "compose" not in sockets
