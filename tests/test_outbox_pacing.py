"""Rate buckets: a burst, then a steady rate, and pauses that a platform orders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.outbox.pacing import Pacer, Rate

POSTS = "chat.postMessage:C1"
RATES = {"chat.postMessage": Rate(1.0, 5)}


def burst(pacer: Pacer, name: str, now: float) -> int:
    """Use a bucket as often as it lets us at one moment, 100 times at most; return how often."""
    for count in range(100):
        if pacer.wait(name, now) > 0:
            return count
        pacer.take(name, now)
    return 100


def test_a_burst_is_followed_by_the_steady_rate() -> None:
    """The allowance goes at once, then one use comes free after the other."""
    pacer = Pacer(RATES)
    assert burst(pacer, POSTS, 100.0) == 5
    assert pacer.wait(POSTS, 100.0) == pytest.approx(1.0)
    assert burst(pacer, POSTS, 100.5) == 0
    assert burst(pacer, POSTS, 101.0) == 1
    assert burst(pacer, POSTS, 104.0) == 3


def test_the_allowance_does_not_grow_without_bound() -> None:
    """A quiet night is no licence for a flood in the morning."""
    pacer = Pacer(RATES)
    burst(pacer, POSTS, 0.0)
    assert burst(pacer, POSTS, 1_000_000.0) == 5


def test_buckets_are_apart() -> None:
    """One channel's posts do not use up another's, nor another method's."""
    pacer = Pacer(RATES)
    burst(pacer, POSTS, 0.0)
    assert burst(pacer, "chat.postMessage:C2", 0.0) == 5
    assert burst(pacer, "chat.update:C1", 0.0) == 100


def test_a_hold_stops_its_bucket_only() -> None:
    """What the platform says to wait is waited for, in that bucket, rated or not."""
    pacer = Pacer(RATES)
    for name in (POSTS, "crisp"):
        pacer.hold(name, until=30.0, now=10.0)
        assert pacer.wait(name, 10.0) == 20.0
        assert pacer.wait(name, 29.0) == 1.0
        assert pacer.wait(name, 30.0) == 0.0
    assert pacer.wait("chat.postMessage:C2", 10.0) == 0.0


def test_a_longer_hold_is_not_cut_short() -> None:
    """Of two orders to wait the later moment counts, whichever came first."""
    pacer = Pacer({})
    pacer.hold("crisp", until=30.0, now=0.0)
    pacer.hold("crisp", until=5.0, now=1.0)
    assert pacer.wait("crisp", 6.0) == 24.0


def test_a_limited_bucket_loses_its_burst() -> None:
    """Who was told to wait has no burst left to go on with at once."""
    pacer = Pacer(RATES)
    pacer.hold(POSTS, until=1.0, now=0.0)
    assert burst(pacer, POSTS, 1.0) <= 2


@given(st.lists(st.floats(0, 20), min_size=1, max_size=60), st.floats(0.1, 10), st.integers(1, 9))
def test_no_window_holds_more_than_the_burst_and_the_rate(
    gaps: list[float], rate: float, size: int
) -> None:
    """In any stretch of time a bucket is used at most burst + rate x time often."""
    pacer = Pacer({"m": Rate(rate, size)})
    now, uses = 0.0, []
    for gap in gaps:
        now += gap
        uses += [now] * burst(pacer, "m", now)
    for first, start in enumerate(uses):
        for last in range(first, len(uses)):
            assert last - first + 1 <= size + rate * (uses[last] - start) + 1e-6


def test_a_clock_that_goes_back_gains_nothing() -> None:
    """Time that runs backward frees no use, and does not break."""
    pacer = Pacer(RATES)
    burst(pacer, POSTS, 100.0)
    assert burst(pacer, POSTS, 50.0) == 0


def test_a_clock_that_goes_back_does_not_lengthen_a_hold() -> None:
    """A pause of ten seconds stays one, though the clock is set back by an hour meanwhile."""
    pacer = Pacer({})
    pacer.hold("crisp", until=4010.0, now=4000.0)
    assert pacer.wait("crisp", 400.0) == 10.0


def test_a_bucket_is_used_so_often_at_a_time() -> None:
    """Where uses take long, there may be only so many at once; each bucket counts its own."""
    pacer = Pacer({}, at_once={"transfer": 2})
    for _ in range(2):
        assert not pacer.is_full("transfer")
        pacer.take("transfer", 0.0)
    assert pacer.is_full("transfer")
    assert not pacer.is_full("transfer:large")
    assert not pacer.is_full("other")
    pacer.give_back("transfer")
    assert not pacer.is_full("transfer")


def test_a_hold_for_what_was_mended_ends_at_once() -> None:
    """A refused token holds a bucket until it is mended; what the platform asked for is kept."""
    pacer = Pacer({})
    pacer.hold("refused", 100.0, 0.0, mendable=True)
    pacer.hold("limited", 100.0, 0.0, mendable=True)
    pacer.hold("limited", 90.0, 0.0)
    pacer.mended()
    assert (pacer.wait("refused", 1.0), pacer.wait("limited", 1.0)) == (0.0, 99.0)
