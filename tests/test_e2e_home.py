"""App Home, end to end: the queue as one person sees it, pressed and kept up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot import texts
from tests.core_kit import database
from tests.e2e_kit import home, modal_of, open_home, press, rest, stored, submit
from tests.harness import Json, World, eventually
from tests.home_kit import MANY, fill, many

HELD = "SELECT 1 FROM outbox WHERE kind = 'send' AND not_before > accepted_at"
STATE = "PATCH /website/*/conversation/*/state"
ANA, ADMIN, GUEST = "U0ANA00001", "U0ADMIN001", "U0GUEST001"


def walk(value: Any) -> list[Json]:
    """Return every object inside a view."""
    if isinstance(value, list):
        return [item for inner in value for item in walk(inner)]
    if not isinstance(value, dict):
        return []
    return [value, *(item for inner in value.values() for item in walk(inner))]


def said(view: Json | None) -> str:
    """Return all texts of a view."""
    found = (item["text"] for item in walk(view) if isinstance(item.get("text"), str))
    return "\n".join(str(text) for text in found)


def listed(view: Json | None) -> list[str]:
    """Return the customers that a view lists, in order."""
    blocks = view["blocks"] if view else []
    return [b["text"]["text"] for b in blocks if b["type"] == "section" and "fields" in b]


def pressable(view: Json | None) -> list[str]:
    """Return what can be pressed in a view."""
    return [item["action_id"] for item in walk(view) if "action_id" in item]


def opens(view: Json | None, link: str) -> bool:
    """Tell whether a button leads to an address that ends so."""
    opened = [i for i in walk(view) if i.get("action_id") == "conversation:open"]
    return any(button["url"].endswith(link) for button in opened)


async def shows(world: World, names: list[str], user: str = ANA) -> Json:
    """Wait until somebody's home lists these customers."""
    shown: Json = await eventually(
        lambda: home(world, user) if listed(home(world, user)) == names else None,
        what=f"a home with {names}",
    )
    return shown


async def test_the_queue_can_be_worked_off_in_app_home(world: World) -> None:
    """Opened, assigned and resolved without leaving it; it follows what others do meanwhile."""
    async with world.bridge():
        anna = world.visitor("Hi", nickname="Anna")
        await eventually(lambda: world.root_of(anna), what="the thread")
        await open_home(world, ANA)
        await shows(world, ["Anna"])
        link = f"p{(world.root_of(anna) or {})['ts'].replace('.', '')}"
        await eventually(lambda: opens(home(world, ANA), link), what="one press to the thread")

        bea = world.visitor("Hello", nickname="Bea")
        await shows(world, ["Anna", "Bea"])  # nobody pressed anything
        await eventually(lambda: world.root_of(bea), what="the second thread")

        number = stored(world, "SELECT number FROM conversations WHERE session_id = ?", bea)[0][0]
        await press(world, ANA, f"verb:assign:{number}")
        await eventually(lambda: "Mine (1)" in said(home(world, ANA)), what="one of mine")
        await press(world, ANA, "home:shelf:mine")
        await shows(world, ["Bea"])
        world.crisp.faults.add({"on": STATE, "do": "error", "status": 400, "code": "invalid_data"})
        await press(world, ANA, f"verb:resolve:{number}")
        await eventually(
            lambda: texts.REASONS["invalid_data"] in said(home(world, ANA)), what="the failure"
        )
        await press(world, ANA, f"verb:resolve:{number}")
        assert texts.HOME_NOTHING["mine"] in said(await shows(world, []))
        assert world.crisp.dump(bea)["state"] == "resolved"

        await press(world, ANA, "home:shelf:all")
        await shows(world, ["Anna"])
        await press(world, ANA, "modal:conversation_actions:1")  # all other verbs
        await modal_of(world, ANA, "conversation_actions")
        await press(world, ANA, "verb:pending")
        await modal_of(world, ANA, "result", "is pending")
        await world.slack.act({"as": ANA, "do": "close"})
        await eventually(lambda: "Pending" in said(home(world, ANA)), what="the new state")
        await press(world, ANA, "home:shelf:mine")
        await shows(world, [])

        await press(world, ANA, "home:search", value="BE")
        found = await shows(world, ["Bea"])
        assert texts.REASONS["invalid_data"] not in said(found)
        assert "verb:unresolve" in " ".join(pressable(found))
        await press(world, ANA, "home:shelf:back")
        await shows(world, [])


async def test_a_newcomer_is_told_what_to_do_and_a_guest_sees_no_customer(world: World) -> None:
    """Before the first customer: what will be here, and where. To guests: one sentence, always."""
    async with world.bridge():
        assert f"<#{world.channel}>" in said(await open_home(world, ANA))
        world.visitor("Hi", nickname="Anna")
        await shows(world, ["Anna"])
        view = await open_home(world, GUEST)
        assert said(view) == texts.HOME_CLOSED
        assert pressable(view) == []


async def test_my_settings_decide_how_i_speak_to_customers(world: World) -> None:
    """Opened in App Home, saved, and what the customer sees from then on; it is in the audit."""
    async with world.bridge():
        session_id = world.visitor("Hi", nickname="Anna")
        await open_home(world, ADMIN)
        await shows(world, ["Anna"], ADMIN)
        await press(world, ADMIN, "modal:settings")
        form = await modal_of(world, ADMIN, "settings")
        wrong = await submit(world, ADMIN, form["id"], {"shown_as": "\u200b"})
        assert list(wrong["errors"]) == ["field:shown_as"]
        chosen = {"shown_as": "Ada of Acme", "hold_seconds": "60"}
        await submit(world, ADMIN, form["id"], chosen)
        await modal_of(world, ADMIN, "result", texts.DONE)
        ts = await world.reply(session_id, "Oh no", ADMIN)
        await eventually(lambda: stored(world, HELD), what="a reply that is held")
        await world.slack.act({"as": ADMIN, "do": "delete", "channel": world.channel, "ts": ts})
        await rest(world)
        assert world.customer_sees(session_id) == []

        await world.slack.act({"as": ADMIN, "do": "close"})
        await press(world, ADMIN, "modal:settings")
        form = await modal_of(world, ADMIN, "settings")
        await submit(world, ADMIN, form["id"], {"shown_as": "Ada of Acme", "hold_seconds": "0"})
        await modal_of(world, ADMIN, "result", texts.DONE)
        await world.reply(session_id, "Hello", ADMIN)
        (seen,) = await eventually(lambda: world.customer_sees(session_id), what="the reply")
        assert seen["user"]["nickname"] == "Ada of Acme"
        assert stored(world, "SELECT outcome FROM audit WHERE verb = 'settings'") == [("done",)] * 2


async def test_ten_thousand_open_conversations_are_turned_page_by_page(world: World) -> None:
    """A long queue is counted, and each page of it is a view that Slack takes."""
    conn = database(Path(world.env["BRIDGE_DATABASE"]))
    fill(conn, many())
    conn.close()
    async with world.bridge():
        first = await open_home(world, ANA)
        assert f"All open ({MANY:,})" in said(first)
        assert listed(first)[0] == f"Visitor {MANY - 1} · visitor{MANY - 1}@example.com"
        assert "Page 1 of 500" in said(first)
        assert "home:before" not in pressable(first)
        await press(world, ANA, "home:after")
        second = await eventually(
            lambda: "Page 2 of 500" in said(home(world, ANA)) and home(world, ANA),
            what="the second page",
        )
        assert len(second["blocks"]) <= 100
        assert not set(listed(first)) & set(listed(second))
        await press(world, ANA, "home:before")
        await shows(world, listed(first))
