"""The life of outbox rows: order, doubt, retries, giving up."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

import pytest

from bot.domain import Author, Fingerprint, Key, Millis, Posted, Source, Speaker
from bot.relay.decisions import Change, Decision, NewMessage
from bot.relay.effects import PostMessage, SendMessage
from bot.store import deliveries, gap, posted, queue, restored
from bot.store.gap import Gap
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction
from bot.store.view import View
from tests.core_kit import ANA, CHANNEL, NOW, ROOT, SESSION, database, effect, transaction

POST = PostMessage("Hi", Speaker("Maya"), Author.VISITOR)
SEND = SendMessage("text", "Hi", Speaker("Ana"), CHANNEL, ROOT, ROOT, ANA.user_id)


@pytest.fixture
def tx() -> Iterator[Transaction]:
    """Write to an empty database."""
    conn = database()
    yield transaction(conn)
    conn.close()


def add(tx: Transaction, key: str, *, order: int, lane: str = "lane", part: int = 0) -> None:
    """Store a post's row; ids count up in the order of calls."""
    tx.enqueue(effect(key, payload=POST, lane=lane, order=order, part=part))


def head(tx: Transaction, lane: str = "lane") -> OutboxRow:
    """Return the lane's next row, which there must be."""
    row = queue.head(tx, lane)
    assert row is not None
    return row


def column(tx: Transaction, key: str, name: str) -> object:
    """Return one column of a row."""
    return tx.conn.execute(f"SELECT {name} FROM outbox WHERE key = ?", (key,)).fetchone()[0]  # noqa: S608 - the test's own names


def doubted(tx: Transaction) -> set[str]:
    """Return the keys of rows that must be looked for."""
    return {row[0] for row in tx.conn.execute("SELECT key FROM outbox WHERE must_look = 1")}


# --- order


def test_a_lane_is_in_platform_order_whatever_came_first(tx: Transaction) -> None:
    """The head is the smallest order key, then then what was stored first, all its parts."""
    add(tx, "late", order=30)
    add(tx, "part-0", order=20, part=0)
    add(tx, "part-1", order=20, part=1)
    add(tx, "twin-0", order=20, part=0)
    add(tx, "early", order=10)
    seen = []
    while (row := queue.head(tx, "lane")) is not None:
        seen.append(row.key)
        queue.finish(tx, row)
    assert seen == ["early", "part-0", "part-1", "twin-0", "late"]


def test_what_an_echo_ended_ends_no_later_row(tx: Transaction) -> None:
    """The number of a row that is gone is not given to another, which its attempt would end."""
    add(tx, "in-flight", order=10)
    row = head(tx)
    assert queue.confirm(tx, Key("in-flight"), {})
    add(tx, "next", order=20)
    queue.finish(tx, row)
    assert head(tx).key == "next"


def test_lanes_do_not_see_each_other(tx: Transaction) -> None:
    """Each lane has its own head; an empty one has none; open lanes are named once."""
    add(tx, "a", order=2, lane="A")
    add(tx, "b", order=1, lane="B")
    add(tx, "b2", order=3, lane="B")
    found = queue.heads(tx, ["A", "B", "C"])
    assert {lane: row and row.key for lane, row in found.items()} == {"A": "a", "B": "b", "C": None}
    assert sorted(queue.open_lanes(tx)) == [("slack", "A"), ("slack", "B")]


def test_the_same_key_is_the_same_row(tx: Transaction) -> None:
    """A row that is there is not stored again, not even given up."""
    add(tx, "a", order=1)
    queue.give_up(tx, head(tx), certain=True, error="x")
    add(tx, "a", order=2)
    assert column(tx, "a", "order_key") == 1
    assert queue.head(tx, "lane") is None


# --- doubt after a crash


def test_only_heads_are_doubted(tx: Transaction) -> None:
    """What stands behind a row that was there before cannot have been in flight."""
    add(tx, "a1", order=1, lane="A")
    add(tx, "a2", order=2, lane="A")
    add(tx, "b1", order=9, lane="B")
    assert queue.doubt_heads(tx) == 2
    assert doubted(tx) == {"a1", "b1"}


def test_a_displaced_head_is_doubted_with_the_row_that_displaced_it(tx: Transaction) -> None:
    """A row that came later and sorts before: either of the two may have been in flight."""
    add(tx, "was-head", order=20)
    add(tx, "behind", order=30)
    add(tx, "came-later", order=10)
    add(tx, "between", order=15)
    queue.doubt_heads(tx)
    assert doubted(tx) == {"was-head", "came-later"}


def test_repeatable_kinds_are_not_doubted(tx: Transaction) -> None:
    """A reaction may be set twice: looking for it would only cost."""
    tx.enqueue(effect("r"))
    assert queue.doubt_heads(tx) == 0


def test_doubt_counts_from_the_start_not_from_an_older_attempt(tx: Transaction) -> None:
    """The attempt of a row that was tried before may have ended as late as now."""
    add(tx, "a", order=1)
    queue.doubt(
        tx, head(tx), not_before=Millis(0), attempt_ended=Millis(NOW - 60_000), looks=1,
        counts=True, error="timeout",
    )  # fmt: skip
    queue.doubt_heads(tx)
    row = head(tx)
    # It may have been sent again after the last look, without a commit, when the run ended.
    assert (row.must_look, row.looks, row.attempt_ended) == (True, 0, NOW)


def test_a_requeued_row_hides_no_head(tx: Transaction) -> None:
    """A retry goes last even if the platform's clock is ahead: the head before it is doubted."""
    add(tx, "dead", order=1)
    queue.give_up(tx, head(tx), certain=True, error="x")
    add(tx, "in-flight", order=(NOW + 2_000) * 1000)
    queue.requeue(tx, Key("dead"))
    assert head(tx).key == "in-flight"
    queue.doubt_heads(tx)
    assert "in-flight" in doubted(tx)


def test_a_clean_end_leaves_no_doubt_once(tx: Transaction) -> None:
    """After a clean end nothing was in flight; the mark counts for one start only."""
    add(tx, "a", order=1)
    queue.end_cleanly(tx)
    queue.end_cleanly(tx)
    assert queue.take_up(tx) == 0
    assert doubted(tx) == set()
    assert queue.take_up(tx) == 1
    assert doubted(tx) == {"a"}


# --- later


def test_postponing_keeps_doubt_unless_it_is_settled(tx: Transaction) -> None:
    """Only a certain answer ends the doubt; attempts count where the platform took them up."""
    add(tx, "a", order=1)
    queue.doubt(
        tx, head(tx), not_before=Millis(5), attempt_ended=Millis(3), looks=1, counts=True, error="t"
    )
    queue.postpone(tx, head(tx), not_before=Millis(9), counts=False, error="ratelimited")
    row = head(tx)
    assert (row.must_look, row.looks, row.attempts, row.not_before) == (True, 1, 1, 9)
    queue.postpone(tx, row, not_before=Millis(0), counts=True, error=None, resend=True)
    row = head(tx)
    assert (row.must_look, row.looks, row.attempts) == (False, 0, 2)


# --- given up, and tried again


def message(
    tx: Transaction, *, payload: PostMessage | SendMessage = SEND, key: str = "send:1"
) -> int:
    """Store a reply with one part and its row; return the part's fingerprint."""
    crisp = payload.kind == "send"
    tx.apply(
        Decision(
            change=Change(SESSION, {}, create=True),
            message=NewMessage(
                SESSION, Author.AGENT, "text", "Hi", Millis(NOW),
                fingerprint=None if crisp else Fingerprint(77),
                channel=CHANNEL if crisp else None, ts=ROOT if crisp else None,
            ),
            effects=(
                effect(
                    key, payload=payload, order=1, session_id=SESSION, of_message=True,
                    destination=Source.CRISP if crisp else Source.SLACK,
                ),
            ),
        ),
        inbox_id=0,
    )  # fmt: skip
    tx.lanes.clear()
    found = tx.conn.execute("SELECT fingerprint FROM parts").fetchone()[0]
    return int(found or 0)


def part(tx: Transaction) -> tuple[object, ...]:
    """Return the one part's state and place."""
    return tuple(tx.conn.execute("SELECT state, channel, ts FROM parts").fetchone())


@pytest.mark.parametrize(
    ("certain", "state", "part_state"),
    [(True, "dead", "failed"), (False, "uncertain", "uncertain")],
)
def test_a_given_up_row_stays_and_frees_its_lane(
    tx: Transaction, *, certain: bool, state: str, part_state: str
) -> None:
    """It is kept for a person, says whether it was certain, and the next row is the head."""
    message(tx)
    tx.enqueue(effect("next", lane="lane", order=2, destination=Source.CRISP))
    assert queue.give_up(tx, head(tx), certain=certain, error="boom")
    given = tx.given_up(Key("send:1"))
    assert given is not None
    assert (given.state, given.session_id) == (state, SESSION)
    assert part(tx)[0] == part_state
    assert head(tx).key == "next"


@pytest.mark.parametrize(("certain", "looks"), [(True, False), (False, True)])
def test_a_retry_goes_last_and_looks_first_if_it_was_uncertain(
    tx: Transaction, *, certain: bool, looks: bool
) -> None:
    """Requeued, it is the lane's last; only what may have arrived is looked for before."""
    message(tx)
    queue.give_up(tx, head(tx), certain=certain, error="boom")
    tx.enqueue(effect("next", order=2, destination=Source.CRISP))
    assert queue.requeue(tx, Key("send:1"))
    assert ("crisp", "lane") in tx.lanes
    assert part(tx)[0] == "waiting"
    queue.finish(tx, head(tx))
    row = head(tx)
    assert (row.key, row.must_look, row.attempts, row.not_before) == ("send:1", looks, 0, 0)


def test_a_retried_post_is_marked_late(tx: Transaction) -> None:
    """In the thread it stands out of order, and says so."""
    message(tx, payload=POST, key="post:1")
    queue.give_up(tx, head(tx), certain=True, error="boom")
    queue.requeue(tx, Key("post:1"))
    payload = head(tx).payload()
    assert isinstance(payload, PostMessage)
    assert payload.late


def test_only_what_was_given_up_is_requeued(tx: Transaction) -> None:
    """A pending row keeps its place, whoever presses Retry how often."""
    message(tx)
    assert not queue.requeue(tx, Key("send:1"))
    assert not queue.requeue(tx, Key("send:none"))
    assert head(tx).order_key == 1


def test_an_echo_finishes_a_row_and_keeps_where_it_is(tx: Transaction) -> None:
    """A confirmed row is gone, its part delivered, and its lane goes on."""
    message(tx, payload=POST, key="post:1")
    assert queue.confirm(tx, Key("post:1"), {"channel": "C1", "ts": "1.000001"})
    assert part(tx) == ("delivered", "C1", "1.000001")
    assert tx.lanes == {("slack", "lane")}
    assert not queue.confirm(tx, Key("post:1"), {})


def test_what_an_echo_confirmed_is_not_given_up(tx: Transaction) -> None:
    """A row that was proved delivered while it was being given up stays delivered."""
    message(tx)
    row = head(tx)
    queue.confirm(tx, Key("send:1"), {})
    assert not queue.give_up(tx, row, certain=False, error="boom")
    assert part(tx)[0] == "delivered"


def test_a_delivered_part_keeps_its_remote_place(tx: Transaction) -> None:
    """What a post became is stored with it, so that replies to it are understood."""
    message(tx, payload=POST, key="post:1")
    queue.deliver_part(tx, head(tx), channel="C1", ts="2.000002")
    assert part(tx) == ("delivered", "C1", "2.000002")


@pytest.mark.parametrize(
    ("fate", "open_row", "in_doubt"),
    [
        ("pending", True, False),
        ("doubt", True, True),
        ("uncertain", True, True),
        ("dead", True, True),
    ],
)
def test_our_own_send_is_told_by_its_fingerprint(
    tx: Transaction, fate: str, *, open_row: bool, in_doubt: bool
) -> None:
    """An echo is told by identity; it settles what is in doubt, uncertain or even dead."""
    ours = Fingerprint(message(tx))
    if fate == "doubt":
        queue.doubt_heads(tx)
    elif fate != "pending":
        queue.give_up(tx, head(tx), certain=fate == "dead", error="x")
    assert tx.own_send(SESSION, ours) == ("send:1" if open_row else None, in_doubt)
    assert tx.own_send(SESSION, Fingerprint(ours + 1)) is None


def test_another_conversations_fingerprint_is_not_our_echo(tx: Transaction) -> None:
    """A customer elsewhere who drew the same number is not dropped as an echo."""
    ours = Fingerprint(message(tx))
    tx.change(Change("session_other", {}, create=True))  # type: ignore[arg-type]  # any id will do
    assert tx.own_send("session_other", ours) is None  # type: ignore[arg-type]  # as above


# --- figures and upkeep


def test_depths_and_given_up_are_counted(tx: Transaction) -> None:
    """Pending rows count as queue, given-up ones as work for a person."""
    add(tx, "a", order=1)
    add(tx, "b", order=2)
    queue.give_up(tx, head(tx), certain=False, error="x")
    assert queue.depths(tx) == {Source.SLACK: (1, NOW)}
    assert deliveries.counts(tx) == {"uncertain": 1}


def test_only_old_decided_arrivals_are_pruned(tx: Transaction) -> None:
    """What is not decided stays, however old."""
    insert = (
        "INSERT INTO inbox (source, kind, fact, occurred_at, accepted_at, swept, state, parked_on,"
        " payload, error) VALUES ('slack', 'message', ?, 0, ?, 0, ?, ?, '{}', ?)"
    )
    for fact, accepted, state, parked, error in (
        ("old", 10, "done", None, None), ("new", 20, "done", None, None),
        ("parked", 1, "parked", "C1:1", None), ("failed", 1, "failed", None, "KeyError"),
        ("waiting", 1, "waiting", None, None),
    ):  # fmt: skip
        tx.conn.execute(insert, (fact, accepted, state, parked, error))
    assert queue.prune(tx, done_before=Millis(20)) == 1
    left = {row[0] for row in tx.conn.execute("SELECT fact FROM inbox")}
    assert left == {"new", "parked", "failed", "waiting"}


# --- what is asked often is answered by an index

BIG = ("messages", "parts", "inbox", "conversations", "slack_users", "slack_names")
"""What grows for years; the outbox holds only what is open."""
ALIASES = {"m": "messages", "p": "parts", "c": "conversations"}


class Plans:
    """A connection that notes the plan of every statement it is given."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self.scans: list[str] = []

    def execute(self, sql: str, values: object = ()) -> sqlite3.Cursor:
        for row in self._conn.execute(f"EXPLAIN QUERY PLAN {sql}", values):  # type: ignore[arg-type]  # passed on
            words = row["detail"].split()
            if words[0] == "SCAN" and ALIASES.get(words[1], words[1]) in BIG:
                self.scans.append(f"{row['detail']}: {sql}")
        return self._conn.execute(sql, values)  # type: ignore[arg-type]  # passed on

    def executemany(self, sql: str, rows: Iterable[object]) -> None:
        for values in rows:
            self.execute(sql, values)


@pytest.mark.parametrize(
    "ask",
    [
        lambda v: queue.head(v, "lane"),
        lambda v: v.conversation(SESSION),
        lambda v: v.conversation_in(CHANNEL, ROOT),
        lambda v: v.knows_fact(Source.SLACK, "f"),
        lambda v: v.knows_fingerprint(SESSION, 1),
        lambda v: v.knows_ts(CHANNEL, ROOT),
        lambda v: v.own_send(SESSION, 1),
        lambda v: v.in_doubt("k"),
        lambda v: v.waits("k"),
        lambda v: v.undecided(Source.SLACK, "f"),
        lambda v: v.message(CHANNEL, ROOT),
        lambda v: v.change_waits(SESSION, "state", "pending"),
        lambda v: posted.at(v, CHANNEL, ROOT),
        lambda v: posted.on_post(v, 1),
        lambda v: posted.of_message(v, 1),
        lambda v: v.version(SESSION),
        lambda v: v.given_up("k"),
        lambda v: v.roots_waiting(),
        lambda v: v.user("U1"),
        lambda v: v.names(["C1"]),
        lambda v: v.of_customer("a@b.test", limit=5),
        lambda v: v.active_threads(Millis(5), 10),
        lambda v: v.parked("C1:1"),
        lambda v: v.knows_thread(CHANNEL, ROOT),
        lambda v: v.open_payload(Source.SLACK, "message:C1:1"),
        lambda v: v.unsent(1),
        lambda v: queue.confirm(v, Key("k"), {}),
        lambda v: queue.requeue(v, Key("k")),
        lambda v: queue.prune(v, done_before=Millis(1)),
        lambda v: gap.is_unclaimed(v, 1),
        lambda v: gap.is_new_file(v, 1, "F1"),
        lambda v: gap.place(v, 1, Posted(CHANNEL, ROOT, None)),
        lambda v: restored.doubt_all(v, Gap(Millis(1), Millis(NOW), Millis(NOW))),
    ],
)  # fmt: skip
def test_what_is_asked_often_reads_no_whole_table(tx: Transaction, ask) -> None:  # type: ignore[no-untyped-def]  # a table of lambdas
    """With a million stored, no question on a message's path may go through a whole table."""
    fill(tx)
    plans = Plans(tx.conn)
    ask(Transaction(plans, NOW))  # type: ignore[arg-type]  # as much of a connection as is used
    assert plans.scans == []


def fill(tx: Transaction) -> None:
    """Let SQLite know tables of a realistic shape: many stored, little open."""
    conn = tx.conn
    conn.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
        " INSERT INTO conversations (session_id, channel, thread_ts, email)"
        " SELECT 'session_' || i, 'C1', i || '.000100', i || '@a.test' FROM n"
    )
    conn.execute("ANALYZE")


def test_a_view_of_nothing_answers_nothing() -> None:
    """On an empty database every question has an empty answer."""
    conn = database()
    view = View(conn, NOW)
    assert (view.conversation(SESSION), view.user("U"), view.watermark("crisp")) == (None,) * 3
    assert not view.roots_waiting()
    conn.close()


def test_what_failed_is_hurried_once_it_is_mended(tx: Transaction) -> None:
    """What a failure put off goes at once; doubt settles first, and what was delayed waits."""
    later = Millis(NOW + 60_000)
    for lane in ("failed", "doubted", "delayed", "crisp"):
        source = Source.CRISP if lane == "crisp" else Source.SLACK
        tx.enqueue(effect(lane, payload=POST, lane=lane, destination=source, delay_ms=60_000))
    for lane in ("failed", "crisp"):
        queue.postpone(tx, head(tx, lane), not_before=later, counts=True, error="is_archived")
    queue.doubt(
        tx, head(tx, "doubted"), not_before=later, attempt_ended=Millis(NOW), looks=0,
        counts=True, error="timeout",
    )  # fmt: skip
    assert queue.hurry(tx, Source.SLACK) == ("failed",)
    waits = {lane: head(tx, lane).not_before for lane in ("failed", "doubted", "delayed", "crisp")}
    assert waits == {"failed": 0, "doubted": later, "delayed": later, "crisp": later}
