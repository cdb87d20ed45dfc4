"""Delivering: each row once, in order, whatever fails; with a courier that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial

import pytest

from bot.domain import Key
from bot.errors import ApiError, StoreError
from bot.outbox import dispatcher as dispatching
from bot.outbox.courier import Again, Done, Result
from bot.policy import FLEETING_ATTEMPTS
from bot.relay.effects import UpdateCard
from bot.store import queue
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction
from tests.core_kit import react
from tests.outbox_kit import (
    AWAY,
    BAD,
    LIMITED,
    LOST,
    STATE,
    Bench,
    Puppet,
    bench,
    running,
    send,
)

__all__ = ["bench"]  # the fixture


# --- delivered


async def test_what_is_delivered_is_gone_in_one_commit(bench: Bench) -> None:
    """A delivery and what it brought are the second commit of a message's path."""
    bench.courier.will("attempt", "a", Done(lambda tx: tx.save_name("C1", "kept")))
    await bench.add(send("a"))
    async with running(bench):
        commits: list[int] = []
        bench.writer.on_commit = commits.append
        await bench.until(lambda: commits)
        await bench.idle()
    assert bench.courier.calls == [("attempt", "a")]
    assert await bench.keys() == []
    assert await bench.names() == {"C1": "kept"}
    assert len(commits) == 1


async def test_a_lane_is_delivered_in_the_platforms_order(bench: Bench) -> None:
    """One at a time, by the platform's time; what comes late but belongs before goes next."""
    gate = asyncio.Event()
    bench.courier.will("attempt", "20", gate)
    await bench.add(send("20", order=20), send("40", order=40))
    async with running(bench):
        await bench.until(lambda: bench.courier.calls)
        await bench.add(send("30", order=30), send("10", order=10))
        gate.set()
        await bench.until(lambda: len(bench.courier.calls) == 4)
        await bench.idle()
    assert bench.courier.attempts() == ["20", "10", "30", "40"]


async def test_a_late_arrival_takes_the_head_that_waits(bench: Bench) -> None:
    """A head that has not been started gives way to what belongs before it."""
    await bench.add(send("20", order=20))
    async with running(bench, held=True):
        await bench.idle()
        await bench.add(send("10", order=10))
        bench.dispatcher.release()
        await bench.until(lambda: len(bench.courier.calls) == 2)
    assert bench.courier.attempts() == ["10", "20"]


async def test_lanes_do_not_wait_for_each_other(bench: Bench) -> None:
    """While one conversation's call hangs, the others are delivered."""
    gate = asyncio.Event()
    bench.courier.will("attempt", "slow", gate)
    await bench.add(send("slow", lane="A"), send("b", lane="B"), send("c", lane="C"))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 3)
        await bench.until(lambda: bench.dispatcher.busy == 1)
        gate.set()
        await bench.idle()
    assert await bench.keys() == []


async def test_no_more_calls_than_allowed_are_in_flight(bench: Bench) -> None:
    """However many lanes have work, the calls made at the same time are bounded."""
    gates = [asyncio.Event() for _ in range(9)]
    for number, gate in enumerate(gates):
        bench.courier.will("attempt", str(number), gate)
    await bench.add(*(send(str(n), lane=str(n)) for n in range(9)))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 4)
        assert bench.dispatcher.busy == 4
        gates[int(bench.courier.attempts()[0])].set()
        await bench.until(lambda: len(bench.courier.calls) == 5)
        assert bench.dispatcher.busy == 4
        for gate in gates:
            gate.set()
        await bench.idle()
    assert len(bench.courier.calls) == 9


async def test_nothing_starts_while_held(bench: Bench) -> None:
    """Until the catch-up is in, nothing is delivered; what is in flight is not disturbed."""
    await bench.add(send("a"))
    async with running(bench, held=True):
        await bench.idle()
        assert bench.courier.calls == []
        bench.dispatcher.release()
        await bench.until(lambda: bench.courier.calls)
        await bench.idle()
        bench.dispatcher.hold()
        await bench.add(send("b"))
        await bench.idle()
        assert bench.courier.attempts() == ["a"]


async def test_a_head_that_is_read_late_is_not_delivered_again(bench: Bench) -> None:
    """What was delivered while the answer of a reading was on its way is not taken from it."""
    await bench.add(send("a", lane="A"))
    async with running(bench, held=True):
        await bench.idle()
        bench.reader.gate = asyncio.Event()
        bench.dispatcher.wake(["A"])
        await bench.until(lambda: bench.reader.asking)
        bench.dispatcher.release()
        await bench.add(send("b", lane="B"), send("a2", lane="A", order=2))
        await asyncio.sleep(0)
        assert bench.courier.calls == []
        bench.reader.gate.set()
        await bench.until(lambda: len(bench.courier.calls) >= 3)
        await bench.idle()
    assert sorted(bench.courier.attempts()) == ["a", "a2", "b"]
    assert bench.courier.attempts()[0] == "a"


async def test_news_of_a_lane_while_its_head_is_read_are_read_first(bench: Bench) -> None:
    """What belongs before goes before, however late in the reading it came."""
    await bench.add(send("20", order=20))
    async with running(bench, held=True):
        await bench.idle()
        bench.reader.gate = gate = asyncio.Event()
        bench.dispatcher.wake(["lane"])
        await bench.until(lambda: bench.reader.asking)
        await bench.add(send("10", order=10))
        bench.dispatcher.release()
        bench.reader.gate = None
        gate.set()
        await bench.until(lambda: len(bench.courier.calls) == 2)
    assert bench.courier.attempts() == ["10", "20"]


async def test_a_lane_of_which_there_is_always_news_goes_on(bench: Bench) -> None:
    """It is not put off for ever for what might belong before."""
    await bench.add(send("20", order=20))
    async with running(bench, held=True):
        await bench.idle()
        bench.reader.on_answer = lambda: bench.dispatcher.wake(["lane"])
        bench.dispatcher.wake(["lane"])
        bench.dispatcher.release()
        await bench.until(lambda: bench.courier.calls)
        bench.reader.on_answer = None
        await bench.idle()
    assert bench.courier.attempts() == ["20"]


async def test_stopping_finishes_what_is_in_flight(bench: Bench) -> None:
    """The call that is being made is finished and stored; no other is started."""
    gate = asyncio.Event()
    bench.courier.will("attempt", "a", gate)
    await bench.add(send("a"), send("b", order=2))
    bench.dispatcher.release()
    task = asyncio.create_task(bench.dispatcher.run())
    await bench.until(lambda: bench.courier.calls)
    bench.dispatcher.stop()
    gate.set()
    await asyncio.wait_for(task, 5)
    assert bench.courier.attempts() == ["a"]
    assert await bench.keys() == ["b"]
    assert not bench.dispatcher.unsure


# --- in doubt


async def test_doubt_is_looked_into_twice_before_the_same_key_is_sent_again(bench: Bench) -> None:
    """Absent in two looks, the last 5 s after the attempt ended: only then is it sent again."""
    bench.courier.will("attempt", "a", LOST)
    await bench.add(send("a"), send("next", order=2))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 2)
        await bench.at(4.9)
        assert bench.courier.calls == [("attempt", "a"), ("look", "a")]
        await bench.at(5.0)
    assert bench.courier.calls == [
        ("attempt", "a"), ("look", "a"), ("look", "a"), ("attempt", "a"), ("attempt", "next"),
    ]  # fmt: skip
    assert await bench.keys() == []


async def test_what_a_look_finds_is_not_sent_again(bench: Bench) -> None:
    """An answer that was lost is found by its key, and counted as delivered."""
    bench.courier.will("attempt", "a", LOST)
    bench.courier.will("look", "a", None, Done(lambda tx: tx.save_name("C1", "found")))
    await bench.add(send("a"))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 2)
        await bench.at(5.0)
    assert bench.courier.attempts() == ["a"]
    assert await bench.keys() == []
    assert await bench.names() == {"C1": "found"}


async def test_a_resend_that_is_lost_is_looked_for_anew(bench: Bench) -> None:
    """Each attempt has its own two looks and its own time to settle."""
    bench.courier.will("attempt", "a", LOST, LOST)
    await bench.add(send("a"))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 2)
        await bench.at(6.0)  # looked, sent again, lost again, looked once
        await bench.at(10.9)
        assert bench.courier.attempts() == ["a", "a"]
        await bench.at(11.0)
    assert bench.courier.attempts() == ["a", "a", "a"]
    assert [verb for verb, _ in bench.courier.calls].count("look") == 4


async def test_after_a_crash_what_may_have_been_in_flight_is_looked_for(bench: Bench) -> None:
    """A head of the last run is looked for before anything; what stood behind it is sent."""
    bench.courier.will("look", "a", Done())
    await bench.add(send("a"), send("b", order=2))
    await bench.writer.submit(queue.take_up)
    bench.dispatcher.wake(["lane"])
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 2)
        await bench.idle()
    assert bench.courier.calls == [("look", "a"), ("attempt", "b")]


@pytest.mark.parametrize("error", [AWAY, LOST, LIMITED])
async def test_a_look_that_fails_leads_to_a_look(bench: Bench, error: ApiError) -> None:
    """While it cannot be looked for it is not sent; the lane waits."""
    bench.courier.will("attempt", "a", LOST)
    bench.courier.will("look", "a", *[error] * 3, Done())
    await bench.add(send("a"))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 2)
        for minute in (1, 2, 3):
            await bench.at(60.0 * minute)
    assert bench.courier.attempts() == ["a"]
    assert await bench.keys() == []


async def test_what_can_never_be_looked_for_is_uncertain_and_told(bench: Bench) -> None:
    """The agent is told that it may not have been sent, the mark is on it, the lane goes on."""
    bench.courier.will("attempt", "send:C1:1.0:0", LOST)
    bench.courier.will("look", "send:C1:1.0:0", AWAY, AWAY)
    await bench.add(send("send:C1:1.0:0"), send("next", order=2))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 2)
        await bench.at(3600.0)
        await bench.at(3601.0)
    row = await bench.row("send:C1:1.0:0")
    assert row is not None
    assert (row["state"], row["error"]) == ("uncertain", "unreachable")
    told = [key for key in await bench.keys() if key.startswith(("tell:", "react:"))]
    assert len(told) == 2
    assert bench.courier.attempts()[-1] == "next"


# --- other failures


async def test_a_limit_holds_its_bucket_and_no_other(bench: Bench) -> None:
    """A 429 moves the whole bucket to when the platform said, and counts as no attempt."""
    bench.courier.will("attempt", "a", LIMITED)
    await bench.add(send("a", lane="A"))
    async with running(bench):
        await bench.until(lambda: bench.courier.calls)
        await bench.idle()
        await bench.add(send("b", lane="B"), send("s", lane="C", payload=STATE))
        await bench.idle()
        assert bench.courier.attempts() == ["a", "s"]
        await bench.at(29.9)
        assert bench.courier.attempts() == ["a", "s"]
        row = await bench.row("a")
        assert row is not None
        assert (row["attempts"], row["must_look"]) == (0, 0)
        await bench.at(30.0)
    assert sorted(bench.courier.attempts()) == ["a", "a", "b", "s"]


async def test_what_never_left_is_sent_again_without_a_look(bench: Bench) -> None:
    """A request that certainly did nothing is repeated, later."""
    bench.courier.will("attempt", "a", AWAY, AWAY)
    await bench.add(send("a"))
    async with running(bench):
        await bench.until(lambda: bench.courier.calls)
        for second in (60, 120):
            await bench.at(second)
    assert bench.courier.calls == [("attempt", "a")] * 3
    assert await bench.keys() == []


async def test_a_refusal_is_a_dead_letter_that_is_told(bench: Bench) -> None:
    """It is kept for a person, its writer is told, and its lane goes on."""
    bench.courier.will("attempt", "send:C1:1.0:0", BAD)
    await bench.add(send("send:C1:1.0:0"), send("next", order=2))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 2)
        await bench.idle()
    row = await bench.row("send:C1:1.0:0")
    assert row is not None
    assert (row["state"], row["error"]) == ("dead", "invalid_data")
    assert len(await bench.keys()) == 3
    assert bench.courier.attempts() == ["send:C1:1.0:0", "next"]


async def test_a_row_that_breaks_stops_no_other(bench: Bench) -> None:
    """A mistake of the program on one row makes that row uncertain, and nothing else."""
    bench.courier.will("attempt", "a", KeyError("x"))
    await bench.add(send("a", lane="A"), send("b", lane="B"), send("a2", lane="A", order=2))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 3)
        await bench.idle()
    row = await bench.row("a")
    assert row is not None
    assert (row["state"], row["error"]) == ("uncertain", "KeyError")
    assert sorted(bench.courier.attempts()) == ["a", "a2", "b"]


@pytest.mark.parametrize("error", [KeyError("x"), BAD])
async def test_an_edit_that_fails_stops_no_later_edit(bench: Bench, error: Exception) -> None:
    """A card that could not be edited is dropped: its key must be free for the next change."""
    bench.courier.will("attempt", "card", error)
    async with running(bench):
        for count in (1, 2):
            await bench.add(send("card", payload=UpdateCard()))
            await bench.until(partial(bench.attempted, count))
            await bench.idle()
    assert bench.courier.attempts() == ["card", "card"]
    assert await bench.keys() == []


async def test_a_database_that_cannot_be_read_for_a_while_ends_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lanes that could not be read are read again, and all is delivered."""
    monkeypatch.setattr(dispatching, "UNREAD", 0.01)
    async with running(bench):
        await bench.add(send("first"))
        await bench.until(lambda: bench.attempted(1))
        bench.reader.failures = 2
        bench.dispatcher.wake(["lane", "other"])
        await bench.add(send("second"), send("third", lane="other"))
        await bench.until(lambda: bench.attempted(3))
        assert bench.reader.failures == 0
    assert await bench.keys() == []


async def test_what_an_attempt_could_not_read_leaves_it_in_doubt(bench: Bench) -> None:
    """It may have acted before it asked the database: it is looked for, and not given up."""
    async with running(bench):
        bench.courier.will("attempt", "k", StoreError("The database cannot be read now."))
        await bench.add(send("k"))
        await bench.idle()
        row = await bench.row("k")
        assert row is not None
        assert (row["state"], row["must_look"]) == ("pending", 1)
    assert bench.courier.attempts() == ["k"]


async def test_an_outcome_that_cannot_be_stored_stops_no_other(bench: Bench) -> None:
    """A delivery whose record fails becomes uncertain; the others go on."""

    def broken(_tx: Transaction) -> None:
        raise KeyError("x")

    bench.courier.will("attempt", "a", Done(broken))
    await bench.add(send("a", lane="A"), send("b", lane="B"))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 2)
        await bench.idle()
    row = await bench.row("a")
    assert row is not None
    assert row["state"] == "uncertain"


async def test_a_commit_that_fails_is_repeated_and_the_message_is_not(bench: Bench) -> None:
    """What was delivered is stored as soon as the database allows; it is not sent again."""
    await bench.add(send("a"))
    bench.writer.failures = 1
    async with running(bench):
        await bench.until(lambda: bench.courier.calls)
        await bench.idle()
    assert bench.courier.calls == [("attempt", "a")]
    assert await bench.keys() == []


async def test_a_commit_that_fails_at_the_end_is_remembered_as_doubt(bench: Bench) -> None:
    """If the outcome cannot be stored any more, the end was not clean: the next start looks."""
    gate = asyncio.Event()
    bench.courier.will("attempt", "a", gate)
    await bench.add(send("a"))
    async with running(bench):
        await bench.until(lambda: bench.courier.calls)
        bench.writer.failures = 99
        bench.dispatcher.stop()
        gate.set()
    assert bench.dispatcher.unsure
    assert await bench.keys() == ["a"]


async def test_a_notice_is_dropped_after_a_few_attempts(bench: Bench) -> None:
    """What is worth nothing later is not kept as a dead letter."""
    bench.courier.will("attempt", "r", *[AWAY] * 9)
    await bench.add(send("r", payload=react()))
    async with running(bench):
        await bench.until(lambda: bench.courier.calls)
        for minute in range(1, 9):
            await bench.at(60.0 * minute)
    assert len(bench.courier.calls) == FLEETING_ATTEMPTS
    assert await bench.keys() == []


async def test_what_may_be_done_twice_is_repeated_without_a_look(bench: Bench) -> None:
    """A state whose answer was lost is set again; past its age it no longer blocks the lane."""
    bench.courier.will("attempt", "s", LOST, LOST, LOST)
    await bench.add(send("s", payload=STATE), send("next", order=2))
    async with running(bench):
        await bench.until(lambda: bench.courier.calls)
        await bench.at(299.0)
        assert bench.courier.attempts() == ["s", "s"]
        await bench.at(900.0)
    assert bench.courier.attempts() == ["s", "s", "s", "next"]
    assert len(bench.courier.calls) == 4
    row = await bench.row("s")
    assert row is not None
    assert (row["state"], row["error"]) == ("uncertain", "no_answer")


async def test_again_is_no_attempt_and_ends_the_doubt(bench: Bench) -> None:
    """What certainly did not arrive is tried anew after what was learned is stored."""

    def rename(tx: Transaction) -> None:
        tx.conn.execute("UPDATE outbox SET key = 'b' WHERE key = 'a'")

    bench.courier.will("attempt", "a", Again(rename, after=2.0))
    await bench.add(send("a"))
    async with running(bench):
        await bench.until(lambda: bench.courier.calls)
        await bench.at(1.9)
        assert bench.courier.attempts() == ["a"]
        await bench.at(2.0)
    assert bench.courier.attempts() == ["a", "b"]
    assert await bench.keys() == []


async def test_an_echo_settles_a_row_that_is_being_given_up(bench: Bench) -> None:
    """What the platform's event proved delivered is not reported as failed."""
    gate = asyncio.Event()
    waiting: Awaitable[object] = gate.wait()

    class Slow(Puppet):
        async def attempt(self, row: OutboxRow) -> Result:
            self.calls.append(("attempt", row.key))
            await waiting
            raise BAD

    slow = Slow()
    bench.dispatcher._courier = slow
    await bench.add(send("a"))
    async with running(bench):
        await bench.until(lambda: slow.calls)
        await bench.writer.submit(lambda tx: queue.confirm(tx, Key("a"), {}))
        gate.set()
        await bench.idle()
    assert await bench.keys() == []


async def test_what_is_settled_while_a_look_is_away_is_not_sent_again(bench: Bench) -> None:
    """An echo that proves a reply to have arrived counts, though the look did not find it."""
    away = asyncio.Event()
    bench.courier.will("attempt", "a", LOST)
    bench.courier.will("look", "a", None, away)
    await bench.add(send("a"))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 2)
        bench.clock.now += 10
        bench.dispatcher.wake([])
        await bench.until(lambda: len(bench.courier.calls) == 3)
        await bench.writer.submit(lambda tx: queue.confirm(tx, Key("a"), {}))
        away.set()
        await bench.idle()
    assert bench.courier.attempts() == ["a"]
    assert await bench.row("a") is None
