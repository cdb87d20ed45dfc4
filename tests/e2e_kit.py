"""What the end-to-end suites share: what is stored, and whether everything has come to rest.

Responsible for questions about a World; it asserts nothing.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import Any

from tests.harness import Json, World, eventually, get

PATIENT = 30.0
"""Seconds that the slowest of these tests may wait for a condition."""


def stored(world: World, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Ask the bridge's database, whether or not the bridge runs."""
    path = world.env["BRIDGE_DATABASE"]
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as conn:
        return [tuple(row) for row in conn.execute(sql, values)]


def waiting(world: World) -> int:
    """Return how much the bridge still has to do: rows to deliver, arrivals to decide."""
    sql = (
        "SELECT (SELECT count(*) FROM outbox WHERE state = 'pending' AND kind <> 'wake')"
        " + (SELECT count(*) FROM inbox WHERE state IN ('waiting', 'parked'))"
    )
    return int(stored(world, sql)[0][0])


def at_rest(world: World) -> bool:
    """Tell whether Slack has nothing to deliver to the app and the bridge nothing to do."""
    return not world.slack.dump("pending")["pending"] and waiting(world) == 0


async def rest(world: World) -> None:
    """Wait until everything has come to rest: what doubles has doubled by now."""
    await eventually(lambda: at_rest(world), what="everything to come to rest", within=PATIENT)


def quick_redelivery(world: World) -> None:
    """Have Slack send again at once what is not acknowledged."""
    world.slack.configure(ack_timeout=0.5, retry_schedule=[0, 0.2, 0.5])


def answers(world: World, session_id: str) -> list[str]:
    """Return what the customer has been sent, in the order in which they see it."""
    return [str(m["content"]) for m in world.customer_sees(session_id)]


def notices(world: World, user: str) -> list[str]:
    """Return the texts that only this person sees, oldest first."""
    return [str(e["text"]) for e in world.ephemerals(user)]


async def press(
    world: World, user: str, action: str, *, ts: str = "", view_id: str = "", **more: Any
) -> Json:
    """Press a button: of a message (``ts``), of a view, of the topmost modal, or of the App Home.

    ``value`` is what is chosen in a menu or select, ``values`` what was typed into the view before.
    """
    where: Json = {"channel": world.channel, "ts": ts} if ts else {"view_id": view_id}
    return await world.slack.act({"as": user, "do": "press", "action_id": action, **where, **more})


def home(world: World, user: str) -> Json | None:
    """Return somebody's App Home as it is now."""
    found: Json | None = world.slack.dump("homes")["homes"].get(_id(world, user))
    return found


async def open_home(world: World, user: str) -> Json:
    """Open the App Home; return it once there is one."""
    await world.slack.act({"as": user, "do": "open_home", "wait": True})
    found: Json = await eventually(lambda: home(world, user), what="the App Home")
    return found


def modal(world: World, user: str) -> Json | None:
    """Return the modal that somebody sees, the topmost one."""
    stack = world.slack.dump("views")["views"].get(_id(world, user))
    return stack[-1] if stack else None


async def modal_of(world: World, user: str, callback: str, text: str = "") -> Json:
    """Wait until somebody sees the modal with this callback_id, and with this text in it."""

    def seen() -> Json | None:
        found = modal(world, user)
        fits = found is not None and found["callback_id"] == callback and text in str(found)
        return found if fits else None

    shown: Json = await eventually(seen, what=f"the modal {callback}")
    return shown


async def submit(world: World, user: str, view_id: str = "", values: Json | None = None) -> Json:
    """Submit a modal, the topmost one unless said otherwise; values by action_id or block_id.

    The answer has the ``view`` that is seen after the acknowledgement (None: closed) and its
    ``errors`` by block_id.
    """
    return await world.slack.act(
        {"as": user, "do": "submit", "view_id": view_id, "values": values or {}}
    )


async def suggest(
    world: World, user: str, action: str, typed: str, view_id: str = ""
) -> list[Json]:
    """Type into an external select of a view; return the options that the app offers."""
    order = {"as": user, "do": "suggest", "action_id": action, "value": typed, "view_id": view_id}
    done = await world.slack.act(order)
    options: list[Json] = done["options"]
    return options


async def shortcut(world: World, user: str, callback: str, ts: str | None) -> Json:
    """Use a shortcut on a message of the channel, or a global one (``ts`` None)."""
    if ts is None:
        order: Json = {"do": "global_shortcut", "callback_id": callback}
    else:
        order = {"do": "shortcut", "callback_id": callback, "ts": ts, "channel": world.channel}
    return await world.slack.act({"as": user, **order})


async def react(world: World, user: str, ts: str, name: str) -> None:
    """React to a message of the channel, and wait until the app has taken note."""
    order = {"as": user, "do": "react", "ts": ts, "name": name, "channel": world.channel}
    await world.slack.act({**order, "wait": True})


async def unreact(world: World, user: str, ts: str, name: str) -> None:
    """Take a reaction back, and wait until the app has taken note."""
    order = {"as": user, "do": "unreact", "ts": ts, "name": name, "channel": world.channel}
    await world.slack.act({**order, "wait": True})


async def invite(world: World, user: str, channel: str, *, who: str = "bridge") -> None:
    """Bring somebody into a channel, the app unless said otherwise."""
    order = {"as": user, "do": "invite", "who": who, "channel": channel}
    await world.slack.act({**order, "wait": True})


async def command(world: World, user: str, text: str) -> Json:
    """Use /crisp in the channel."""
    order = {"as": user, "do": "command", "text": text, "channel": world.channel}
    return await world.slack.act(order)


def _id(world: World, user: str) -> str:
    """Return the id of whoever has this id, name or e-mail address."""
    return world.slack.workspace.user(user).id


async def figure(port: int, name: str) -> float:
    """Return one of the bridge's figures, summed over its labels."""
    _, body = await get(port, "/metrics")
    lines = [line for line in body.splitlines() if line.split("{")[0].split(" ")[0] == name]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def hooks(world: World, kind: str) -> dict[str, str]:
    """Have Crisp send hooks to the bridge; return the settings that go with it."""
    url = f"http://127.0.0.1:{world.http_port}/crisp/events"
    world.crisp.config({"hook_url": url, "hook_kind": kind, "hook_delays": [0.05] * 5})
    secret = "CRISP_HOOK_TOKEN" if kind == "plugin" else "CRISP_HOOK_SECRET"
    return {"CRISP_EVENTS": "webhook", "BRIDGE_HTTP_PORT": str(world.http_port), secret: ""}
