"""The benchmark runs, measures all it promises and loses nothing; its timings are nobody's test."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import report, stored, strains
from benchmarks.__main__ import QUICK, plan
from benchmarks.backlog import JOINED, JOINING, Backlog, Drained, bridge_away, slack_away
from benchmarks.burst import Burst, compare
from benchmarks.endurance import Endurance, Held, endure
from benchmarks.faulty import Faulty, Survived, survive
from benchmarks.measure import Plan, measure
from tests.spawning import run_apart

TINY = Plan(
    messages=12, steady=4, per_second=200.0, rounds=1, active=4, window=4,
    stored_conversations=40, stored_messages=200,
)  # fmt: skip


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> report.Subjects:
    """Measure once, with tiny numbers."""
    return run_apart(measure(TINY, tmp_path_factory.mktemp("bench")))


def test_everything_is_measured_of_each_subject(measured: report.Subjects) -> None:
    """Each way has a latency, a rate and a cost, and the process a weight."""
    found = report.figures(measured, fsync=0.001)
    assert list(found["subjects"]) == ["baseline", "bridge", "bridge, full"]
    for subject in found["subjects"].values():
        assert subject["peak_bytes"] > 10_000_000
        for way in ("to_slack", "to_customer"):
            figures = subject[way]
            assert figures["p99_seconds"] >= figures["median_seconds"] > 0
            assert figures["messages_per_second"] > 0


def test_each_message_arrives_once_for_one_call_to_crisp(measured: report.Subjects) -> None:
    """Measuring waits for every message; a customer's message costs no call, a reply one.

    The first reply after a customer's message costs another: it marks that as read.
    """
    found = report.figures(measured, fsync=0.001)["subjects"]
    for name in ("bridge", "bridge, full"):
        assert found[name]["doubled"] == 0
        assert 1.0 <= found[name]["to_customer"]["crisp_calls_per_message"] <= 2.0
        assert found[name]["to_slack"]["crisp_calls_per_message"] == 0.0
    assert found["bridge"]["crisp_calls_per_new_conversation"] == 1.0


def test_every_aim_is_told_whether_it_is_met(measured: report.Subjects) -> None:
    """A missed aim is printed as such, not left out."""
    written = io.StringIO()
    report.show(measured, fsync=0.001, console=Console(file=written, width=120))
    lines = [line for line in written.getvalue().splitlines() if line.startswith(("met", "MISSED"))]
    assert len(lines) == len(report.aims(measured)) == 7


def test_the_full_database_is_what_it_says(tmp_path: Path) -> None:
    """It has that many conversations and messages, each mapped, and keeps every rule."""
    path = tmp_path / "bridge.db"
    threads = {"session_a": "1.000001", "session_b": "1.000002"}
    stored.fill(path, conversations=10, messages=50, channel="C1", threads=threads)
    conn = sqlite3.connect(path)
    try:
        counts = [
            conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
            for table in ("conversations", "messages", "parts", "inbox")
        ]
        assert counts == [10, 50, 50, 50]
        going_on = conn.execute(
            "SELECT number FROM conversations WHERE session_id IN ('session_a', 'session_b')"
        ).fetchall()
        assert going_on == [(1,), (6,)]
        assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        conn.close()


def test_the_number_of_messages_can_be_chosen() -> None:
    """--messages is the size of a flood, and at light load never more than that is measured."""
    chosen, options = plan(["--quick", "--messages", "50", "--json"])
    assert (chosen.messages, chosen.steady, options.json) == (50, 10, True)
    assert plan(["--quick"])[0] == QUICK
    assert plan([])[0] == Plan()


async def test_a_burst_is_complete_joined_and_with_a_post_each(tmp_path: Path) -> None:
    """Both ways show everything once and in order; joined, in fewer posts, none of them refused."""
    compared = await compare(Burst(24, 4, posts_per_second=40.0, at_once=2), tmp_path)
    assert compared.single.posts == 24
    assert compared.joined.posts < 24
    for one in (compared.joined, compared.single):
        assert (one.doubled, one.out_of_order) == (0, 0)
    written = io.StringIO()
    report.show_burst(compared, console=Console(file=written, width=120))
    assert f"time of a post each: {compared.ratio:.2f}" in written.getvalue()
    assert report.burst_figures(compared)["joined"]["posts"] == compared.joined.posts


async def test_a_backlog_is_drained_without_loss(tmp_path: Path) -> None:
    """What comes while the bridge or Slack is away is shown once afterwards, joined or not."""
    plan = Backlog(events=60, conversations=3)
    missed = await bridge_away(plan, tmp_path)
    config = JOINING.format(rate=20)
    waited = await slack_away(plan, tmp_path, f"Slack, {JOINED}", 60, config)
    for found in (missed, waited):
        assert (found.events, found.lost, found.doubled) == (60, 0, 0)
        assert found.peak_bytes > 10_000_000
    assert waited.posts < 30


async def test_the_bridge_loses_nothing_under_the_fault_mix(tmp_path: Path) -> None:
    """Both ways have a median and a 99th percentile, and nothing is lost or doubled."""
    plan = Faulty(messages=12, conversations=3, per_second=60.0, pause=(0.02, 0.1))
    found = await survive(plan, tmp_path, of=["bridge"])
    assert [(one.way, one.lost, one.doubled) for one in found] == [
        ("customer → Slack", 0, 0),
        ("Slack → customer", 0, 0),
    ]
    assert all(one.p99 >= one.median > 0 for one in found)


async def test_memory_is_sampled_under_a_steady_load(tmp_path: Path) -> None:
    """So many samples are taken as were asked for, evenly over the messages."""
    plan = Endurance(minutes=0.01, per_second=60.0, conversations=3, new_every=10, samples=5)
    held = await endure(plan, tmp_path)
    assert (held.messages, len(held.samples)) == (36, 5)
    assert min(held.samples) > 10_000_000


def test_the_slope_is_that_of_the_second_half() -> None:
    """Caches that fill in the first half are no growth; what goes on growing is."""
    flat = Held(3600.0, 100_000, (10, 50, 90, 100, 100, 100, 100, 100))
    assert flat.slope == 0
    growing = Held(3600.0, 100_000, tuple(range(0, 8_000_000, 1_000_000)))
    assert growing.slope == pytest.approx(8_000_000)
    assert growing.per_message == pytest.approx(80)


def test_faults_backlogs_and_memory_are_printed_with_their_aims() -> None:
    """Each has its table and its aims; what was not measured has none."""
    found = strains.Strains(
        faults=[Survived("bridge", "customer → Slack", 0.1, 1.5, lost=1, doubled=0)],
        backlogs=[
            Drained("bridge", 1000, 2.0, 0, 0, 1000, 90_000_000),
            Drained(f"Slack, {JOINED}", 100, 2.0, 0, 0, 10, 90_000_000),
        ],
        memory=Held(60.0, 100, (1, 1, 1)),
    )
    written = io.StringIO()
    strains.show(found, Console(file=written, width=120))
    text = written.getvalue()
    assert "MISSED under faults nothing is lost or doubled: 1" in text
    assert "met    a backlog is drained at 300 events/s or more: 500" in text
    assert "1,000 events joined like that: 0.0 h at Slack's own limit" in text
    figures = strains.figures(found)
    assert figures["backlogs"][1]["seconds_at_slacks_rate"] == 10
    assert len(figures["aims"]) == len(strains.aims(found)) == 5
    assert strains.aims(strains.Strains()) == []
