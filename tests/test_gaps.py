"""Absences: which messages count as missed, and what each channel is told, once."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import TypeVar, cast

import pytest
import structlog

from bot.domain import Author, ChannelId, Fingerprint, Key, Millis, SessionId, Source
from bot.errors import StoreError
from bot.gaps import BEAT, PATIENCE_MS, SOON, Gaps, span
from bot.relay.access import Rules
from bot.relay.announcing import gap_report
from bot.relay.channel_effects import Announce
from bot.relay.decisions import Change, NewMessage
from bot.relay.effects import load_payload
from bot.store import absences
from bot.store.absences import Absence
from bot.store.transaction import Transaction
from bot.store.writer import Writer, run_jobs
from tests.core_kit import CHANNEL, NOW, RULES, database

T = TypeVar("T")
MINUTE = 60_000
OTHER_CHANNEL = ChannelId("C2")


class Desk:
    """A bridge that hears messages and absences, with a clock that is set."""

    def __init__(self, *, conn: sqlite3.Connection | None = None, rules: Rules = RULES) -> None:
        self.conn = conn or database()
        self.now, self.full = NOW, False
        self.numbers = iter(range(1, 1000))
        self.gaps = Gaps(
            cast("Writer", self), rules, clock_ms=lambda: self.now, least=6 * MINUTE / 1000
        )

    async def submit(self, job: Callable[[Transaction], T]) -> T:
        if self.full:
            raise StoreError("full")
        (outcome,), _, _ = run_jobs(self.conn, [job], self.now)
        if isinstance(outcome, Exception):
            raise outcome
        return cast("T", outcome)

    async def later(self, minutes: float) -> None:
        self.now += int(minutes * MINUTE)

    async def wrote(
        self,
        session: str,
        *,
        at: int,
        delivered: int | None = None,
        channel: str | None = CHANNEL,
        state: str = "relayed",
    ) -> None:
        """Store a customer's message, and when it was posted."""
        number = next(self.numbers)
        place = {"channel": channel, "thread_ts": f"{session}.000001"} if channel else {}

        def job(tx: Transaction) -> None:
            tx.change(Change(SessionId(session), dict(place), create=True, card=False))
            message = tx.insert_message(
                NewMessage(
                    SessionId(session), Author.VISITOR, "text", "hi", Millis(at),
                    fingerprint=Fingerprint(number), state=state,
                )
            )  # fmt: skip
            tx.conn.execute(
                "INSERT INTO parts (message, part, state, delivered_at) VALUES (?, 0, ?, ?)",
                (message, "delivered" if delivered else "waiting", delivered),
            )

        await self.submit(job)

    async def absent(self, minutes: float, *sources: Source) -> tuple[int, int]:
        """Let platforms be away for so long; return from when to when."""
        since = self.now
        for source in sources:
            self.gaps.away(source)
        await self.gaps.look_after()
        self.now += int(minutes * MINUTE)
        for source in sources:
            self.gaps.back(source)
        return since, self.now

    def caught_up(self) -> None:
        for source in Source:
            self.gaps.caught_up(source)

    def told(self) -> dict[str, str]:
        """Return what each channel is told."""
        rows = self.conn.execute("SELECT payload FROM outbox WHERE kind = 'announce'")
        found = [json_payload(row[0]) for row in rows]
        return {one.channel: one.text for one in found}

    def noted(self) -> int:
        found: int = self.conn.execute("SELECT count(*) FROM absences").fetchone()[0]
        return found


def json_payload(text: str) -> Announce:
    """Read an announcement."""
    payload = load_payload(Announce.kind, text)
    assert isinstance(payload, Announce)
    return payload


async def test_a_long_absence_is_told_once() -> None:
    """What was written meanwhile and came after it is counted; the rows of it are gone then."""
    desk = Desk()
    await desk.gaps.begin()
    await desk.wrote("a", at=desk.now, delivered=desk.now)
    await desk.later(5)
    since, back = await desk.absent(14, Source.CRISP)
    await desk.wrote("a", at=since + MINUTE)
    await desk.wrote("a", at=since + 2 * MINUTE, delivered=back + 1)
    await desk.wrote("b", at=since + 3 * MINUTE)
    desk.caught_up()
    assert await desk.gaps.look_after() == BEAT
    assert desk.told() == {CHANNEL: "Away 14 min: 3 messages in 2 conversations caught up."}
    assert desk.noted() == 0
    await desk.gaps.look_after()
    assert len(desk.told()) == 1


async def test_nothing_missed_is_not_worth_a_line() -> None:
    """Hours in which nobody wrote are no news; neither is what went its way meanwhile."""
    desk = Desk()
    await desk.gaps.begin()
    since, back = await desk.absent(300, Source.SLACK)
    await desk.wrote("a", at=since + MINUTE, delivered=since + MINUTE + 1000)
    await desk.wrote("a", at=since + MINUTE, state="kept")
    await desk.wrote("a", at=back + 2000)
    desk.caught_up()
    await desk.gaps.look_after()
    assert desk.told() == {}
    assert desk.noted() == 0


async def test_what_was_late_before_everything_was_back_was_missed_too() -> None:
    """Slack's calls may work before its socket does: what had waited for them was missed."""
    desk = Desk()
    await desk.gaps.begin()
    since, back = await desk.absent(14, Source.SLACK)
    await desk.wrote("a", at=since + MINUTE, delivered=back - 1000)
    await desk.wrote("a", at=back - MINUTE + 1, delivered=back - 1000)
    desk.caught_up()
    await desk.gaps.look_after()
    assert desk.told() == {CHANNEL: "Away 14 min: 1 message in 1 conversation caught up."}


async def test_a_short_absence_is_not_told() -> None:
    """For as long as Slack itself delivers again nobody needs to be told."""
    desk = Desk()
    await desk.gaps.begin()
    since, _ = await desk.absent(5.9, Source.SLACK, Source.CRISP)
    await desk.wrote("a", at=since + MINUTE)
    desk.caught_up()
    await desk.gaps.look_after()
    assert desk.told() == {}
    assert desk.noted() == 0


async def test_each_channel_is_told_of_its_own() -> None:
    """What belongs to another channel is not counted; a channel that missed nothing hears nothing.

    A conversation that has no thread yet is counted where its thread will be.
    """
    desk = Desk()
    await desk.gaps.begin()
    since, _ = await desk.absent(90, Source.CRISP)
    await desk.wrote("a", at=since + 1, channel=OTHER_CHANNEL)
    await desk.wrote("b", at=since + 1, channel=None)
    await desk.wrote("b", at=since + 2, channel=None)
    desk.caught_up()
    assert await desk.gaps.look_after() == SOON  # its thread may be opened in a moment
    desk.now += PATIENCE_MS
    assert await desk.gaps.look_after() == BEAT
    assert desk.told() == {
        OTHER_CHANNEL: "Away 1 h 30 min: 1 message in 1 conversation caught up.",
        CHANNEL: "Away 1 h 30 min: 2 messages in 1 conversation caught up.",
    }


async def test_it_waits_for_both_sides() -> None:
    """One report at the end, however the absences of the two sides lie over each other."""
    desk = Desk()
    await desk.gaps.begin()
    desk.gaps.away(Source.SLACK)
    since = desk.now
    await desk.later(4)
    desk.gaps.away(Source.CRISP)
    await desk.gaps.look_after()
    await desk.later(4)
    desk.gaps.back(Source.SLACK)
    desk.gaps.caught_up(Source.SLACK)
    await desk.wrote("a", at=since + MINUTE)
    await desk.gaps.look_after()
    assert desk.told() == {}
    await desk.later(2)
    desk.gaps.back(Source.CRISP)
    desk.gaps.caught_up(Source.CRISP)
    await desk.gaps.look_after()
    assert desk.told() == {CHANNEL: "Away 10 min: 1 message in 1 conversation caught up."}


async def test_a_stop_of_the_bridge_is_an_absence() -> None:
    """From when it was last known to be alive until both sides are connected again."""
    desk = Desk()
    await desk.gaps.begin()
    assert desk.noted() == 0, "there was nothing before the first start"
    await desk.later(3)
    await desk.gaps.end()
    since = desk.now
    await desk.later(20)
    again = Desk(conn=desk.conn)
    again.now, again.numbers = desk.now, desk.numbers
    await again.gaps.begin()
    for source in Source:
        again.gaps.back(source)
    await again.wrote("a", at=since + MINUTE)
    again.caught_up()
    await again.gaps.look_after()
    assert again.told() == {CHANNEL: "Away 20 min: 1 message in 1 conversation caught up."}


async def test_a_crash_in_the_middle_of_the_catch_up_changes_no_count() -> None:
    """What was caught up before the crash is counted by the run after it, and told once."""
    desk = Desk()
    await desk.gaps.begin()
    since, back = await desk.absent(14, Source.CRISP)
    await desk.gaps.look_after()
    await desk.wrote("a", at=since + MINUTE, delivered=back + 1)
    await desk.later(1)
    again = Desk(conn=desk.conn)
    again.now, again.numbers = desk.now, desk.numbers
    await again.gaps.begin()
    for source in Source:
        again.gaps.back(source)
    await again.wrote("b", at=since + MINUTE)
    await again.wrote("b", at=again.now - 1000)
    again.caught_up()
    await again.gaps.look_after()
    assert again.told() == {CHANNEL: "Away 15 min: 3 messages in 2 conversations caught up."}


async def test_what_cannot_be_stored_is_kept() -> None:
    """A full disk loses no absence: it is stored once there is room."""
    desk = Desk()
    await desk.gaps.begin()
    await desk.wrote("a", at=desk.now - 1, delivered=desk.now - 1)
    desk.full = True
    desk.gaps.away(Source.SLACK)
    with pytest.raises(StoreError):
        await desk.gaps.look_after()
    since = desk.now
    await desk.later(30)
    desk.gaps.back(Source.SLACK)
    desk.full = False
    await desk.wrote("a", at=since + MINUTE)  # a sweep may be sooner
    desk.caught_up()
    await desk.gaps.look_after()
    assert desk.told() == {CHANNEL: "Away 30 min: 1 message in 1 conversation caught up."}


async def test_a_report_that_cannot_be_made_ends_nothing() -> None:
    """What is told of an absence is worth less than the bridge; the log says where it failed."""
    desk = Desk()
    await desk.gaps.begin()
    since, _ = await desk.absent(14, Source.CRISP)
    await desk.wrote("a", at=since + MINUTE)
    desk.conn.execute("UPDATE conversations SET contact = '{}'")
    desk.conn.execute("PRAGMA ignore_check_constraints = ON")
    desk.conn.execute("UPDATE conversations SET state = 'unknown'")
    desk.caught_up()
    with structlog.testing.capture_logs() as logged:
        task = asyncio.create_task(desk.gaps.run())
        async with asyncio.timeout(5):
            while not logged:  # noqa: ASYNC110 - the log is no event
                await asyncio.sleep(0)
        assert not task.done()
        task.cancel()
        await asyncio.wait([task])
    assert [line["event"] for line in logged] == ["gap.not_told"]
    assert str(logged[0]["reason"]).startswith("ValueError at ")


def test_time_that_both_were_away_counts_once() -> None:
    """The union of the absences, whatever their order."""

    def absence(since: int, back: int) -> Absence:
        return Absence(Source.SLACK, Millis(since), Millis(back))

    assert span([]) == 0
    assert span([absence(0, 10), absence(5, 20), absence(6, 7), absence(30, 31)]) == 21


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (7500, "2 h 5 min")],
)
def test_how_long_in_words(seconds: int, words: str) -> None:
    """Seconds, minutes, or hours and minutes, rounded down."""
    row = gap_report(CHANNEL, away_ms=seconds * 1000, messages=1, conversations=1, name="1")
    assert isinstance(row.payload, Announce)
    assert row.payload.text.startswith(f"Away {words}: 1 message in 1 conversation")
    assert row.key == Key(f"announce:gap:1:{CHANNEL}")


async def test_absences_are_not_doubled() -> None:
    """A platform that is away is away once, from when it was first noticed."""
    desk = Desk()
    desk.gaps.away(Source.SLACK)
    desk.now += 1
    desk.gaps.away(Source.SLACK)
    await desk.gaps.look_after()
    found = absences.absences(Transaction(desk.conn, desk.now))
    assert found == (Absence(Source.SLACK, Millis(NOW), None),)
