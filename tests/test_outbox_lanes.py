"""Which lane goes next: buckets in turn, then priority, then who waits longest."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.domain import Conversation, Key, Millis, Source
from bot.outbox.lanes import LONGEST_WAIT_MS, Lanes
from bot.outbox.pacing import Pacer, Rate
from bot.relay.effects import Priority
from bot.store.rows import OutboxRow
from tests.core_kit import OPEN

UNOPENED = replace(OPEN, channel=None, thread_ts=None)


def row(
    lane: str,
    *,
    number: int = 1,
    kind: str = "post",
    priority: Priority = Priority.MESSAGE,
    not_before: int = 0,
    conversation: Conversation | None = OPEN,
) -> OutboxRow:
    """Return a lane's head."""
    return OutboxRow(
        id=number,
        destination=Source.SLACK,
        lane=lane,
        order_key=0,
        part=0,
        priority=priority,
        kind=kind,
        key=Key(f"{lane}:{number}"),
        part_id=None,
        payload_json="{}",
        attempts=0,
        looks=0,
        must_look=False,
        attempt_ended=None,
        not_before=Millis(not_before),
        accepted_at=Millis(0),
        conversation=conversation,
        version=0,
    )


def lanes(pacer: Pacer | None = None, *, bucket: str = "kind") -> Lanes:
    """Return lanes whose buckets are the rows' kinds, or one for all."""
    return Lanes(pacer or Pacer({}), lambda row: row.kind if bucket == "kind" else bucket)


def put(waiting: Lanes, *rows: OutboxRow) -> None:
    """Let heads wait, in this order."""
    for head in rows:
        waiting.put(head.lane, head, 0)


def picked(waiting: Lanes, now: float = 1.0) -> list[str]:
    """Start all that may go now and return their lanes, in order."""
    order = []
    while (found := waiting.pick(now)[0]) is not None:
        order.append(found.lane)
    return order


def test_who_waits_longest_goes_first() -> None:
    """Lanes of the same rank go in the order in which they came."""
    waiting = lanes()
    put(waiting, row("a"), row("b"), row("c"))
    assert picked(waiting) == ["a", "b", "c"]
    assert waiting.busy == {"a", "b", "c"}
    assert len(waiting) == 0


def test_a_first_post_and_messages_go_before_edits() -> None:
    """Behind one limit a new conversation is first, then messages, notices, lines and cards."""
    waiting = lanes(bucket="all")
    put(
        waiting,
        row("card", kind="card", priority=Priority.CARD),
        row("line", priority=Priority.CONTEXT),
        row("notice", kind="tell", priority=Priority.NOTICE),
        row("message"),
        row("new", conversation=UNOPENED),
    )
    assert picked(waiting) == ["new", "message", "notice", "line", "card"]


def test_lanes_behind_one_limit_take_turns() -> None:
    """A lane that has had its turn goes behind those that wait."""
    waiting = lanes(Pacer({"post": Rate(1.0, 1)}))
    put(waiting, row("a"), row("b"))
    order = []
    for second in range(4):
        found, _ = waiting.pick(float(second))
        assert found is not None
        order.append(found.lane)
        waiting.busy.discard(found.lane)
        waiting.put(found.lane, row(found.lane, number=second + 2), 0)
    assert order == ["a", "b", "a", "b"]


def test_a_lane_in_which_much_is_written_keeps_its_turn() -> None:
    """Reading a waiting head anew, as each new message does, does not put it off."""
    waiting = lanes(Pacer({"post": Rate(1.0, 1)}))
    put(waiting, row("first"), row("busy"), row("c"))
    assert waiting.pick(0.0)[0] is not None
    for _ in range(3):
        put(waiting, row("busy", conversation=replace(OPEN, assignee=None, number=8)))
    found, _ = waiting.pick(1.0)
    assert found is not None
    assert found.lane == "busy"
    assert found.conversation is not None
    assert found.conversation.number == 8


def test_a_head_whose_bucket_changed_waits_in_the_new_one() -> None:
    """Once its thread is open a row counts under its own channel's limit, not the old one's."""
    pacer = Pacer({})
    pacer.hold("new", until=100.0, now=0.0)
    waiting = Lanes(
        pacer, lambda r: "open" if r.conversation and r.conversation.thread_ts else "new"
    )
    put(waiting, row("a", conversation=UNOPENED))
    assert picked(waiting) == []
    put(waiting, row("a"))
    assert picked(waiting) == ["a"]


def test_one_bucket_held_never_stops_another() -> None:
    """A limited method or channel keeps its own rows back, and tells for how long."""
    pacer = Pacer({})
    pacer.hold("post", until=31.0, now=1.0)
    waiting = lanes(pacer)
    put(waiting, row("a"), row("b"), row("c", kind="tell"), row("d", kind="card"))
    assert picked(waiting) == ["c", "d"]
    assert waiting.pick(1.0) == (None, 30.0)
    assert picked(waiting, now=31.0) == ["a", "b"]


def test_buckets_take_turns() -> None:
    """A full bucket does not keep the others waiting until it is empty."""
    waiting = lanes()
    put(waiting, row("a"), row("b"), row("c"), row("x", kind="tell"), row("y", kind="tell"))
    assert picked(waiting) == ["a", "x", "b", "y", "c"]


def test_a_row_waits_for_its_time() -> None:
    """What is for later is not started before, and says when to come back."""
    waiting = lanes()
    put(waiting, row("later", not_before=5_000), row("sooner", not_before=3_000))
    assert waiting.pick(1.0) == (None, 2.0)
    assert picked(waiting, now=3.0) == ["sooner"]
    assert picked(waiting, now=5.0) == ["later"]


def test_a_lane_is_never_started_twice() -> None:
    """While a lane's row is under way its next head waits, however often it is put."""
    waiting = lanes()
    put(waiting, row("a"))
    assert picked(waiting) == ["a"]
    put(waiting, row("a", number=2), row("a", number=3))
    assert picked(waiting) == []


def test_an_earlier_head_replaces_the_one_that_waited() -> None:
    """What came later but belongs before is started in its place, once."""
    waiting = lanes()
    put(waiting, row("a", number=2), row("a", number=1))
    found, _ = waiting.pick(1.0)
    assert found is not None
    assert found.id == 1
    waiting.busy.discard("a")
    assert picked(waiting) == []


def test_an_empty_lane_waits_for_nothing() -> None:
    """A head that is gone is not started, nor waited for."""
    waiting = lanes()
    put(waiting, row("a"), row("b", not_before=9_000))
    for lane in "ab":
        waiting.put(lane, None, 0)
    assert waiting.pick(1.0) == (None, None)
    assert list(waiting.rows()) == []


@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.integers(1, 4), st.sampled_from([0, 0, 3_000])),
        max_size=40,
    )
)
def test_each_lane_starts_its_latest_head_once(puts: list[tuple[str, int, int]]) -> None:
    """However heads come and change, in the end each lane's last one is started, and once."""
    waiting = lanes()
    last: dict[str, int] = {}
    for lane, number, not_before in puts:
        waiting.put(lane, row(lane, number=number, not_before=not_before), 0)
        last[lane] = number
    started = []
    while (found := waiting.pick(10.0)[0]) is not None:
        started.append((found.lane, found.id))
    assert sorted(started) == sorted(last.items())


def test_a_clock_that_goes_back_delays_a_head_by_minutes_at_most() -> None:
    """A time that was set by a clock which was hours ahead does not keep a row for hours."""
    waiting = lanes()
    put(waiting, row("A", not_before=5 * 3600 * 1000))
    assert picked(waiting, now=LONGEST_WAIT_MS / 1000 - 1) == []
    assert picked(waiting, now=LONGEST_WAIT_MS / 1000) == ["A"]


def test_a_clock_that_goes_back_while_a_head_waits_delays_it_by_minutes_at_most() -> None:
    """The hour that a clock was ahead is not waited for, whatever else waits by the right time."""
    hour, longest = 3600.0, LONGEST_WAIT_MS / 1000
    waiting = lanes()
    waiting.put("A", row("A", not_before=int(hour * 1000) + 3_000), int(hour * 1000))
    assert waiting.pick(hour) == (None, 3.0)
    waiting.put("soon", row("soon", not_before=2_000), 0)
    assert waiting.pick(0.0) == (None, 2.0)
    assert picked(waiting, now=2.0) == ["soon"]
    waiting.put("later", row("later", not_before=int(longest * 1000) + 1_000), 2_000)
    assert picked(waiting, now=longest - 1) == []
    assert picked(waiting, now=longest) == ["A"]


def test_a_lane_is_crowded_when_its_row_had_to_wait_for_the_bucket() -> None:
    """What went at once was alone; what found the bucket used up may take others along."""
    waiting = lanes(Pacer({"post": Rate(1.0, 3)}))
    put(waiting, *(row(lane) for lane in "abcd"))
    assert picked(waiting, now=0.0) == ["a", "b", "c"]
    assert "a" not in waiting.crowded
    assert picked(waiting, now=1.0) == ["d"]
    assert "d" in waiting.crowded
    waiting.free(row("d"))
    assert waiting.crowded == {"b", "c"}
    assert "d" not in waiting.busy


def test_a_lane_is_crowded_when_the_burst_is_running_low() -> None:
    """The second half of a burst is kept for more than one message a post."""
    waiting = lanes(Pacer({"post": Rate(1.0, 4)}))
    put(waiting, *(row(lane) for lane in "abc"))
    assert picked(waiting, now=0.0) == ["a", "b", "c"]
    assert waiting.crowded == {"c"}


def test_a_lane_that_waited_for_a_pause_is_crowded() -> None:
    """Also where nothing but the platform's own word keeps a bucket back."""
    pacer = Pacer({})
    waiting = lanes(pacer)
    put(waiting, row("a"))
    pacer.hold("post", until=30.0, now=0.0)
    assert picked(waiting, now=0.0) == []
    put(waiting, row("x", kind="tell"))
    assert picked(waiting, now=31.0) == ["a", "x"]
    assert waiting.crowded == {"a"}
    waiting.free(row("a"))
    put(waiting, row("a"))
    assert picked(waiting, now=31.0) == ["a"]
    assert waiting.crowded == set()
