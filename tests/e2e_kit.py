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
        "SELECT (SELECT count(*) FROM outbox WHERE state = 'pending')"
        " + (SELECT count(*) FROM inbox WHERE state IN ('waiting', 'parked'))"
    )
    return int(stored(world, sql)[0][0])


def at_rest(world: World) -> bool:
    """Tell whether Slack has nothing to deliver to the app and the bridge nothing to do."""
    return not world.slack.dump()["pending"] and waiting(world) == 0


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


async def press(world: World, user: str, action: str, *, ts: str) -> Json:
    """Press a button of a message."""
    return await world.slack.act(
        {"as": user, "do": "press", "channel": world.channel, "ts": ts, "action_id": action}
    )


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
