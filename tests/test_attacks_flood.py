"""One visitor who writes message after message: the others do not wait behind them."""

from __future__ import annotations

from tests.outbox_kit import Bench, bench, running, send

FLOOD = 3_000
__all__ = ["bench"]


async def test_others_do_not_wait_behind_a_flood(bench: Bench) -> None:
    """Who writes last, behind thousands of messages of one visitor, is among the next few."""
    await bench.add(*(send(f"flood:{n}", lane="flood", order=n) for n in range(FLOOD)))
    others = [f"other:{n}" for n in range(5)]
    await bench.add(*(send(key, lane=key, order=FLOOD + 1) for key in others))
    async with running(bench):
        await bench.until(lambda: set(others) <= set(bench.courier.attempts()))
        order = bench.courier.attempts()
        assert max(order.index(key) for key in others) < 4 * len(others)
        assert [key for key in order if key.startswith("flood:")] == [
            f"flood:{n}" for n in range(len(order) - len(others))
        ]


async def test_of_a_flood_only_the_head_is_in_memory(bench: Bench) -> None:
    """However much waits in a lane, the dispatcher holds one row of it; the rest is on the disk."""
    await bench.add(*(send(f"flood:{n}", lane="flood", order=n) for n in range(FLOOD)))
    assert len(bench.dispatcher._lanes) <= 1
