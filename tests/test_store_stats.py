"""Figures of a day, from what is stored."""

from __future__ import annotations

from bot.domain import Author, ChannelId, Fingerprint, MessageTs, Millis, SessionId, State
from bot.relay.decisions import Change, Decision, NewMessage
from bot.store.stats import DAY_MS, figures
from bot.store.transaction import Transaction
from tests.core_kit import NOW, database, transaction

MINUTE = 60_000


def said(
    tx: Transaction, session: str, minute: int, author: Author, kind: str = "text", **more: str
) -> None:
    """Store a message that was written so many minutes after the day began."""
    at = Millis(NOW - DAY_MS + minute * MINUTE)
    place = (
        {"channel": ChannelId("C1"), "ts": MessageTs(f"{session[-1]}{minute:09d}.000001")}
        if author is Author.AGENT
        else {"fingerprint": Fingerprint(at)}
    )
    message = NewMessage(
        SessionId(session), author, kind, "Hi", at, **place, **more  # type: ignore[arg-type]
    )  # fmt: skip
    change = Change(SessionId(session), {"active_at": at}, create=True, card=False)
    tx.apply(Decision(change=change, message=message), inbox_id=0)


def test_a_day_is_counted_both_ways_with_the_median_time_to_a_reply() -> None:
    """A turn counts from its first message to the team's first; notes and asides count nothing."""
    tx = transaction(database())
    visitor, agent = Author.VISITOR, Author.AGENT
    said(tx, "s1", -5, visitor)  # the day before
    for minute, author in ((10, visitor), (12, visitor), (20, agent), (21, Author.OPERATOR)):
        said(tx, "s1", minute, author)
    said(tx, "s1", 15, agent, "note")
    said(tx, "s1", 16, agent, state="kept")
    said(tx, "s1", 30, visitor)
    said(tx, "s1", 50, agent)
    said(tx, "s2", 1, agent)  # nobody had asked
    said(tx, "s2", 2, visitor)
    said(tx, "s2", 102, agent)
    said(tx, "s3", 60, visitor)  # nobody has answered
    found = figures(tx)
    assert (found.from_customers, found.to_customers) == (5, 5)
    assert found.reply_ms == 20 * MINUTE


def test_the_queue_is_counted_and_its_longest_waiting_named() -> None:
    """What is resolved waits no more."""
    tx = transaction(database())
    assert figures(tx).longest is None
    for name, state, since in (
        ("s1", "resolved", 1),
        ("s2", "pending", 7),
        ("s3", "unresolved", 5),
    ):
        columns = {"state": state, "waiting_since": since}
        tx.change(Change(SessionId(name), columns, create=True, card=False))
    found = figures(tx)
    assert found.states == {State.PENDING: 1, State.UNRESOLVED: 1, State.RESOLVED: 1}
    assert found.longest == (3, 5)
    assert found.reply_ms is None
