"""Accepting: committed once, decided, and never dropped."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, cast

import pytest

from bot.domain import Arrival, Author, Fingerprint, Key, Millis, Receipt, Source
from bot.errors import StoreError
from bot.inbox import Inbox
from bot.relay.access import Rules
from bot.relay.decisions import Change, Decision, NewMessage
from bot.relay.effects import Learn
from bot.router import Router
from bot.store import queue
from bot.store.transaction import Transaction
from bot.store.view import View
from bot.store.writer import Job, Writer, run_jobs
from tests.core_kit import ANA, NOW, RULES, SESSION, database, effect, transaction

HELLO = Arrival(Source.CRISP, "hello", {"text": "Hi"}, fact="f1", occurred_at=Millis(5))


class AtOnce:
    """A writer that commits each job alone, at once."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.conn = conn

    async def submit(self, job: Callable[[Transaction], Any]) -> Any:
        (outcome,), _, _ = run_jobs(self.conn, [job], NOW)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class Desk:
    """An inbox whose handler does what a test says."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.conn = conn
        self.seen: list[str | None] = []
        self.receipts: list[Receipt] = []
        self.decide: Callable[[Arrival, View], Decision | None] = lambda _a, _v: Decision()
        router = Router()

        @router.on(Source.CRISP, "hello", "message:send")
        def handle(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
            del rules
            self.seen.append(arrival.fact)
            return self.decide(arrival, view)

        self.inbox = Inbox(
            cast("Writer", AtOnce(conn)),
            router,
            RULES,
            on_receipt=lambda _arrival, receipt: self.receipts.append(receipt),
        )

    def rows(self) -> list[tuple[object, ...]]:
        """Return the stored arrivals: fact, state, error, and whether the payload is there."""
        sql = "SELECT fact, state, error, payload IS NOT NULL FROM inbox ORDER BY id"
        return [tuple(row) for row in self.conn.execute(sql)]

    def waiting(self) -> list[str]:
        """Return the keys of the outbox."""
        return [row[0] for row in self.conn.execute("SELECT key FROM outbox ORDER BY id")]


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Give an inbox on an empty database."""
    conn = database()
    yield Desk(conn)
    conn.close()


def sending(arrival: Arrival, _view: View) -> Decision:
    """Decide: one row, named by the fact."""
    return Decision(effects=(effect(f"k:{arrival.fact}"),))


async def test_an_arrival_and_what_follows_are_committed_together(desk: Desk) -> None:
    """What was accepted is a fact, its text gone, and its rows are there."""
    desk.decide = sending
    assert await desk.inbox.accept(HELLO) is Receipt.ACCEPTED
    assert desk.rows() == [("f1", "done", None, 0)]
    assert desk.waiting() == ["k:f1"]


async def test_a_fact_counts_once_whichever_way_it_comes(desk: Desk) -> None:
    """The second arrival of a fact is not even decided, live or swept."""
    desk.decide = sending
    await desk.inbox.accept(HELLO)
    again = replace(HELLO, swept=True, payload={"text": "Other"})
    assert await desk.inbox.accept(again) is Receipt.DUPLICATE
    assert desk.seen == ["f1"]
    assert desk.receipts == [Receipt.ACCEPTED, Receipt.DUPLICATE]


async def test_the_same_words_of_the_other_platform_are_another_fact(desk: Desk) -> None:
    """A fact is unique within its platform."""
    await desk.inbox.accept(HELLO)
    slack = replace(HELLO, source=Source.SLACK)
    assert await desk.inbox.accept(slack) is Receipt.IGNORED


async def test_what_has_no_identity_is_compared_each_time(desk: Desk) -> None:
    """Edits and changes bear no fact: their handler decides whether they are news."""
    for _ in range(2):
        assert await desk.inbox.accept(replace(HELLO, fact=None)) is Receipt.ACCEPTED
    assert len(desk.seen) == 2


@pytest.mark.parametrize("kind", ["hello", "unheard-of"])
async def test_what_is_nobodys_business_leaves_no_row(desk: Desk, kind: str) -> None:
    """An ignored arrival costs nothing, and may be decided when it comes again."""
    desk.decide = lambda _a, _v: None
    arrival = replace(HELLO, kind=kind)
    assert await desk.inbox.accept(arrival) is Receipt.IGNORED
    assert desk.rows() == []
    assert await desk.inbox.accept(arrival) is Receipt.IGNORED


def failing(arrival: Arrival, view: View) -> Decision:
    """Write a little, then raise with a customer's words."""
    view.conn.execute("INSERT INTO slack_names VALUES ('C1', 'x', 0)")
    raise KeyError(str(arrival.payload["text"]))


async def test_a_handler_that_raises_leaves_a_failed_row(desk: Desk) -> None:
    """The arrival is kept whole for a person, what the handler did is undone, no text is shown."""
    desk.decide = failing
    assert await desk.inbox.accept(HELLO) is Receipt.FAILED
    (row,) = desk.rows()
    assert row[:2] == ("f1", "failed")
    assert str(row[2]).startswith(f"KeyError at {__name__}.failing:")
    assert "Hi" not in str(row[2])
    assert row[3] == 1
    assert desk.conn.execute("SELECT count(*) FROM slack_names").fetchone()[0] == 0


async def test_a_customers_message_that_fails_is_missing_in_its_thread(desk: Desk) -> None:
    """The team is told where it would stand: also of a conversation that nobody has heard of."""
    desk.decide = failing
    payload = {"text": "Hi", "session_id": SESSION}
    assert await desk.inbox.accept(replace(HELLO, kind="message:send", payload=payload)) is (
        Receipt.FAILED
    )
    (line,) = desk.waiting()
    assert line.startswith(f"missing:post:{SESSION}:")
    text = desk.conn.execute("SELECT payload FROM outbox").fetchone()[0]
    assert "could not be shown" in text
    assert "Hi" not in text


async def test_telling_of_a_failure_may_fail_too(desk: Desk) -> None:
    """The arrival is listed all the same, and is not sent again and again."""
    desk.decide = failing
    desk.conn.execute("DROP TABLE conversations")
    payload = {"text": "Hi", "session_id": SESSION}
    assert await desk.inbox.accept(replace(HELLO, kind="message:send", payload=payload)) is (
        Receipt.FAILED
    )
    assert desk.rows()[0][1] == "failed"
    assert desk.waiting() == []


def test_a_failed_arrival_does_not_touch_its_neighbours(desk: Desk) -> None:
    """In one commit, those before and after a failing arrival are accepted."""

    def one_fails(arrival: Arrival, view: View) -> Decision:
        return failing(arrival, view) if arrival.fact == "f1" else sending(arrival, view)

    desk.decide = one_fails
    arrivals = [replace(HELLO, fact=f"f{n}") for n in range(3)]
    jobs: list[Job] = [partial(desk.inbox.receive, arrival=arrival) for arrival in arrivals]
    outcomes, _, _ = run_jobs(desk.conn, jobs, NOW)
    assert outcomes == [Receipt.ACCEPTED, Receipt.FAILED, Receipt.ACCEPTED]
    assert desk.waiting() == ["k:f0", "k:f2"]


async def test_what_a_decision_breaks_in_the_database_fails_it_alone(desk: Desk) -> None:
    """A decision that the schema refuses is a failed arrival, not a broken bridge."""
    desk.decide = lambda _a, _v: Decision(
        message=NewMessage(
            SESSION, Author.VISITOR, "text", "", Millis(1), fingerprint=Fingerprint(1)
        )
    )
    assert await desk.inbox.accept(HELLO) is Receipt.FAILED
    assert str(desk.rows()[0][2]).startswith("IntegrityError")


async def test_the_databases_trouble_is_not_the_arrivals_fault(desk: Desk) -> None:
    """When the disk is full nothing is marked failed: it is not accepted, and comes again."""

    def full(arrival: Arrival, view: View) -> Decision:
        view.conn.execute("INSERT INTO slack_names VALUES ('C1', ?, 0)", ("x" * 500_000,))
        return sending(arrival, view)

    desk.decide = full
    pages = desk.conn.execute("PRAGMA page_count").fetchone()[0]
    desk.conn.execute(f"PRAGMA max_page_count = {pages + 10}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        await desk.inbox.accept(HELLO)
    assert desk.rows() == []
    assert desk.receipts == []


async def test_what_cannot_be_committed_is_not_counted(desk: Desk) -> None:
    """No receipt is given for what was not stored."""

    class Refusing:
        async def submit(self, _job: object) -> object:
            raise StoreError("full")

    inbox = Inbox(
        cast("Writer", Refusing()),
        Router(),
        RULES,
        on_receipt=lambda _a, r: desk.receipts.append(r),
    )
    with pytest.raises(StoreError):
        await inbox.accept(HELLO)
    assert desk.receipts == []


# --- waiting


async def test_a_parked_arrival_is_decided_again(desk: Desk) -> None:
    """A reply in a thread that is not known yet waits for it, and is a fact meanwhile."""
    desk.decide = lambda _a, _v: Decision(park_on="C1:1.0")
    assert await desk.inbox.accept(HELLO) is Receipt.PARKED
    assert await desk.inbox.accept(HELLO) is Receipt.DUPLICATE
    assert desk.rows() == [("f1", "parked", None, 1)]
    tx = transaction(desk.conn)
    assert tx.undecided(Source.CRISP, "f1")
    desk.decide = sending
    desk.inbox.redecide(tx, tx.parked("C1:1.0"))
    assert desk.rows() == [("f1", "done", None, 0)]
    assert desk.waiting() == ["k:f1"]


async def test_an_arrival_waits_until_somebody_is_known(desk: Desk) -> None:
    """It is decided again once the row that asks is done, which bears its id."""

    def asks(arrival: Arrival, view: View) -> Decision:
        if view.user(ANA.user_id):
            return sending(arrival, view)
        return Decision(effects=(effect("learn", payload=Learn((ANA.user_id,))),), waits=True)

    desk.decide = asks
    assert await desk.inbox.accept(HELLO) is Receipt.PARKED
    assert desk.rows() == [("f1", "waiting", None, 1)]
    tx = transaction(desk.conn)
    row = queue.head(tx, "lane")
    assert row is not None
    payload = row.payload()
    assert isinstance(payload, Learn)
    tx.save_user(ANA)
    queue.finish(tx, row)
    desk.inbox.redecide(tx, (payload.inbox_id,))
    assert desk.rows() == [("f1", "done", None, 0)]
    assert desk.waiting() == ["k:f1"]


async def test_deciding_again_fails_like_deciding(desk: Desk) -> None:
    """A handler that raises the second time leaves a failed row, whole, and undoes itself."""
    desk.decide = lambda _a, _v: Decision(park_on="C1:1.0")
    for fact in ("f1", "f2"):
        await desk.inbox.accept(replace(HELLO, fact=fact))
    desk.decide = lambda a, v: failing(a, v) if a.fact == "f1" else sending(a, v)
    tx = transaction(desk.conn)
    desk.inbox.redecide(tx, tx.parked("C1:1.0"))
    assert [row[:2] for row in desk.rows()] == [("f1", "failed"), ("f2", "done")]
    desk.decide = sending
    desk.inbox.redecide(tx, (1, 2, 99))
    assert [row[1] for row in desk.rows()] == ["done", "done"]
    assert desk.waiting() == ["k:f2", "k:f1"]


async def test_what_turns_out_to_be_nobodys_is_done(desk: Desk) -> None:
    """A parked reply of a thread that is not ours ends as done, and is not asked about again."""
    desk.decide = lambda _a, _v: Decision(park_on="C1:1.0")
    await desk.inbox.accept(HELLO)
    desk.decide = lambda _a, _v: None
    desk.inbox.redecide(transaction(desk.conn), (1,))
    assert desk.rows() == [("f1", "done", None, 0)]


# --- what a decision may do


async def test_a_decision_confirms_requeues_and_dismisses(desk: Desk) -> None:
    """An echo or a person's word changes rows that are there, in the arrival's own transaction."""
    tx = transaction(desk.conn)
    for key in ("echoed", "again", "arrived"):
        tx.enqueue(effect(key, lane=key))
        row = queue.head(tx, key)
        assert row is not None
        if key != "echoed":
            queue.give_up(tx, row, certain=False, error="x")
    desk.decide = lambda _a, _v: Decision(
        confirm=Key("echoed"), requeue=Key("again"), dismiss=Key("arrived"), users=(ANA,),
        change=Change(SESSION, {"state": "resolved"}, create=True),
    )  # fmt: skip
    assert await desk.inbox.accept(HELLO) is Receipt.ACCEPTED
    assert desk.waiting() == ["again"]
    assert tx.waits(Key("again"))
    assert tx.user(ANA.user_id) == ANA
    assert tx.conversation(SESSION) is not None
