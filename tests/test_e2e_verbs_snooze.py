"""Putting a conversation off, end to end: it is opened again once, by the clock or the customer."""

from __future__ import annotations

import contextlib
import sqlite3
import time

from tests.e2e_kit import rest, stored
from tests.harness import World, eventually
from tests.ordering_kit import begun

SNOOZED = "SELECT snoozed_until FROM conversations WHERE snoozed_until IS NOT NULL"


def time_has_come(world: World) -> None:
    """Let it be as if the time had come until which everything was put off; the bridge is down."""
    now = int(time.time() * 1000)
    with contextlib.closing(sqlite3.connect(world.env["BRIDGE_DATABASE"])) as conn, conn:
        conn.execute("UPDATE conversations SET snoozed_until = ?", (now,))
        conn.execute("UPDATE outbox SET not_before = ? WHERE kind = 'wake'", (now,))
        conn.execute("DELETE FROM counters WHERE name = 'clean_end'")  # as after kill -9


async def test_it_wakes_once_when_the_time_has_come_also_after_kills(world: World) -> None:
    """Pending until then; killed and started again, it is opened once, and one line says so."""
    async with world.bridge():
        team = await begun(world)
        await team.slash("snooze #1 2099", says="Say until when")
        await team.slash("snooze #1 tomorrow", says="Snoozed until")
        await team.crisp_has(state="pending")
        await eventually(lambda: "💤 until" in team.card(), what="the card to say so")
        await rest(world)
    time_has_come(world)
    async with world.bridge():
        await team.crisp_has(state="unresolved")
        await rest(world)
    async with world.bridge():
        await rest(world)
    lines = team.lines()
    assert [line.split(" until")[0] for line in lines] == [
        "💤 Snoozed", "⏰ Open again: the time has come",
    ]  # fmt: skip
    assert "💤" not in team.card()
    assert stored(world, "SELECT count(*) FROM outbox WHERE kind = 'wake'") == [(0,)]


async def test_the_customer_or_the_team_ends_it_before(world: World) -> None:
    """A message opens it at once; a state or an assignment by anybody ends it without a word."""
    async with world.bridge():
        team = await begun(world)
        session = team.session

        async def snooze() -> None:
            await world.reply(session, "!snooze 2h")
            await eventually(lambda: stored(world, SNOOZED), what="it to be put off")
            await rest(world)

        await snooze()
        world.visitor("Any news?", session)
        await team.crisp_has(state="unresolved")
        await eventually(lambda: not stored(world, SNOOZED), what="it to be awake")
        await rest(world)
        assert any("Reopened" in line or "customer wrote" in line for line in team.lines())
        for ends in ("!resolve", "!assign me"):
            await snooze()
            await world.reply(session, ends)
            await eventually(lambda: not stored(world, SNOOZED), what=f"{ends} to end it")
            await rest(world)
        await snooze()
        world.crisp.act({"do": "set_state", "session_id": session, "state": "unresolved"})
        await eventually(lambda: not stored(world, SNOOZED), what="Crisp to end it")
        await rest(world)
        assert not [line for line in team.lines() if "the time has come" in line]
