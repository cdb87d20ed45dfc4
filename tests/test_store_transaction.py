"""What a transaction stores, and which rules the database itself keeps."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import Arrival, Author, Contact, Fingerprint, Key, Millis, SessionId, Source, State
from bot.relay.decisions import Amend, Change, Decision, NewMessage
from bot.relay.effects import Learn, SendMessage, UpdateCard
from bot.store import edits, queue
from bot.store.transaction import Transaction, card_effect
from tests.core_kit import (
    ANA,
    CHANNEL,
    NOW,
    OPERATOR,
    OTHER,
    ROOT,
    SESSION,
    VISITOR,
    database,
    effect,
    transaction,
)


@pytest.fixture
def tx() -> Iterator[Transaction]:
    """Write to a database with one conversation that has its thread."""
    conn = database()
    tx = transaction(conn)
    tx.change(Change(SESSION, {"channel": CHANNEL, "thread_ts": ROOT}, create=True, card=False))
    tx.change(Change(OTHER, {}, create=True))
    yield tx
    conn.close()


# --- rules of the schema, each violated once

MESSAGE = (
    "INSERT INTO messages (conversation, author, kind, fingerprint, channel, ts, content,"
    " occurred_at)"
)
PART = "INSERT INTO parts (message, part, state, channel, ts)"
INBOX = (
    "INSERT INTO inbox (source, kind, fact, occurred_at, accepted_at, swept, state, parked_on,"
    " payload, error)"
)
OUTBOX = (
    "INSERT INTO outbox (destination, lane, order_key, priority, kind, key, payload, state, error,"
    " accepted_at)"
)
CONVERSATION = "INSERT INTO conversations (session_id, channel, thread_ts)"

VIOLATIONS = {
    "the same fact twice": [
        f"{INBOX} VALUES ('slack', 'm', 'f', 0, 0, 0, 'done', NULL, NULL, NULL)",
        f"{INBOX} VALUES ('slack', 'm', 'f', 0, 0, 1, 'done', NULL, NULL, NULL)",
    ],
    "a third platform": [
        f"{INBOX} VALUES ('email', 'm', 'f', 0, 0, 0, 'done', NULL, NULL, NULL)"
    ],
    "a swept that is no flag": [
        f"{INBOX} VALUES ('slack', 'm', 'f', 0, 0, 2, 'done', NULL, NULL, NULL)"
    ],
    "parked on nothing": [
        f"{INBOX} VALUES ('slack', 'm', 'f', 0, 0, 0, 'parked', NULL, '{{}}', NULL)"
    ],
    "done and still parked": [
        f"{INBOX} VALUES ('slack', 'm', 'f', 0, 0, 0, 'done', 'C1:1', NULL, NULL)"
    ],
    "failed without a reason": [
        f"{INBOX} VALUES ('slack', 'm', 'f', 0, 0, 0, 'failed', NULL, '{{}}', NULL)"
    ],
    "waiting without its payload": [
        f"{INBOX} VALUES ('slack', 'm', 'f', 0, 0, 0, 'waiting', NULL, NULL, NULL)"
    ],
    "a conversation twice": [f"{CONVERSATION} VALUES ('{SESSION}', NULL, NULL)"],
    "two conversations in one thread": [f"{CONVERSATION} VALUES ('s2', '{CHANNEL}', '{ROOT}')"],
    "a thread in no channel": [f"{CONVERSATION} VALUES ('s2', NULL, '1.0')"],
    "a state Crisp does not have": ["UPDATE conversations SET state = 'open'"],
    "known that is no flag": ["UPDATE conversations SET known = 2"],
    "a message of no conversation": [f"{MESSAGE} VALUES (99, 'bot', 'text', 1, NULL, NULL, '', 0)"],
    "an unknown author": [f"{MESSAGE} VALUES (1, 'ghost', 'text', 1, NULL, NULL, '', 0)"],
    "a message of both sides": [f"{MESSAGE} VALUES (1, 'agent', 'text', 1, 'C1', '1.0', '', 0)"],
    "a message of no side": [f"{MESSAGE} VALUES (1, 'agent', 'text', NULL, NULL, NULL, '', 0)"],
    "a ts in no channel": [f"{MESSAGE} VALUES (1, 'agent', 'text', NULL, NULL, '1.0', '', 0)"],
    "a fingerprint twice": [
        f"{MESSAGE} VALUES (1, 'visitor', 'text', 1, NULL, NULL, '', 0)",
        f"{MESSAGE} VALUES (1, 'visitor', 'text', 1, NULL, NULL, '', 0)",
    ],
    "a reply twice": [
        f"{MESSAGE} VALUES (1, 'agent', 'text', NULL, 'C1', '1.0', '', 0)",
        f"{MESSAGE} VALUES (2, 'agent', 'text', NULL, 'C1', '1.0', '', 0)",
    ],
    "a part twice": [
        f"{MESSAGE} VALUES (1, 'agent', 'text', NULL, 'C1', '1.0', '', 0)",
        "INSERT INTO parts (message, part, state) VALUES (1, 0, 'waiting')",
        "INSERT INTO parts (message, part, state) VALUES (1, 0, 'waiting')",
    ],
    "a fingerprint of ours twice": [
        f"{MESSAGE} VALUES (1, 'agent', 'text', NULL, 'C1', '1.0', '', 0)",
        "INSERT INTO parts (message, part, state, fingerprint) VALUES (1, 0, 'waiting', 5)",
        "INSERT INTO parts (message, part, state, fingerprint) VALUES (1, 1, 'waiting', 5)",
    ],
    "a post of ours twice": [
        f"{MESSAGE} VALUES (1, 'visitor', 'text', 1, NULL, NULL, '', 0)",
        f"{PART} VALUES (1, 0, 'delivered', 'C', '1')",
        f"{PART} VALUES (1, 1, 'delivered', 'C', '1')",
    ],
    "a key twice": [
        f"{OUTBOX} VALUES ('slack', 'l', 0, 0, 'post', 'k', '{{}}', 'pending', NULL, 0)",
        f"{OUTBOX} VALUES ('crisp', 'm', 1, 0, 'send', 'k', '{{}}', 'dead', 'x', 0)",
    ],
    "two card edits waiting": [
        f"{OUTBOX} VALUES ('slack', 'l', 0, 0, 'card', 'k', '{{}}', 'pending', NULL, 0)",
        f"{OUTBOX} VALUES ('slack', 'l', 0, 0, 'card', 'k2', '{{}}', 'pending', NULL, 0)",
    ],
    "dead without a reason": [
        f"{OUTBOX} VALUES ('slack', 'l', 0, 0, 'post', 'k', '{{}}', 'dead', NULL, 0)"
    ],
    "a number that is a text": ["UPDATE conversations SET updated_at = 'now'"],
}  # fmt: skip


@pytest.mark.parametrize("statements", VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_the_database_keeps_its_rules(tx: Transaction, statements: list[str]) -> None:
    """Whatever the code does, the database itself refuses this."""
    *before, last = statements
    for statement in before:
        tx.conn.execute(statement)
    with pytest.raises(sqlite3.IntegrityError):
        tx.conn.execute(last)


# --- fingerprints


@settings(deadline=None)
@given(st.lists(st.integers(1_000_000_000_000, 9_999_999_999_999), min_size=1, max_size=50))
def test_fingerprints_only_grow(times: list[int]) -> None:
    """Whatever the clock does, backward too, each fingerprint is new and larger than all before."""
    conn = database()
    given_out = [transaction(conn, now).next_fingerprint() for now in times]
    conn.close()
    assert given_out == sorted(set(given_out))
    assert given_out[0] == times[0] * 100


def test_a_fingerprint_has_fifteen_digits() -> None:
    """Crisp's own are 13 digits of milliseconds and 2 more."""
    conn = database()
    assert len(str(transaction(conn).next_fingerprint())) == 15
    conn.close()


# --- arrivals

ARRIVAL = Arrival(Source.SLACK, "message", {"text": "Hi"}, fact="f", occurred_at=Millis(5))


def test_a_payload_stays_only_while_it_is_needed(tx: Transaction) -> None:
    """A decided arrival is a fact without its text; a waiting one can be decided again whole."""
    done = tx.record(ARRIVAL)
    assert tx.stored(done) is None
    waiting = tx.record(replace(ARRIVAL, fact="g", swept=True), state="waiting")
    assert tx.stored(waiting) == replace(ARRIVAL, fact="g", swept=True)
    tx.settle(waiting)
    assert tx.stored(waiting) is None
    assert tx.knows_fact(Source.SLACK, "g")
    assert not tx.knows_fact(Source.CRISP, "g")


def test_a_settled_arrival_can_park_and_fail(tx: Transaction) -> None:
    """An arrival keeps its payload through every state but done."""
    inbox_id = tx.record(ARRIVAL, state="waiting")
    tx.settle(inbox_id, state="parked", parked_on="C1:1")
    assert tx.parked("C1:1") == (inbox_id,)
    tx.settle(inbox_id, state="failed", error="KeyError")
    assert tx.parked("C1:1") == ()
    assert tx.stored(inbox_id) == ARRIVAL


def test_parked_arrivals_come_back_oldest_first(tx: Transaction) -> None:
    """They are decided in the order in which they were written, those of one thread alone."""
    ids = [
        tx.record(
            replace(ARRIVAL, fact=str(at), occurred_at=Millis(at)), state="parked", parked_on=on
        )
        for at, on in ((3, "C1:1.0"), (1, "C1:1.0"), (2, "C1:2.0"), (0, "C11:1.0"), (4, "C0:1.0"))
    ]
    assert tx.parked("C1:1.0") == (ids[1], ids[0])


# --- conversations


def test_a_conversation_is_created_only_where_that_is_said(tx: Transaction) -> None:
    """A change of a conversation that is not stored makes none."""
    unknown = SessionId("session_unknown")
    tx.change(Change(unknown, {"state": "resolved"}))
    assert tx.conversation(unknown) is None
    tx.change(Change(unknown, {"state": "resolved"}, create=True))
    found = tx.conversation(unknown)
    assert found is not None
    assert (found.number, found.state) == (3, State.RESOLVED)


def test_a_contact_comes_back_as_it_was(tx: Transaction) -> None:
    """What is known of the customer survives storing, and is found by its e-mail in any case."""
    contact = Contact(nickname="Maya", email="Maya@Example.test", segments=("a", "b"), city="Oslo")
    tx.change(Change(SESSION, {"contact": asdict(contact), "email": contact.email, "known": True}))
    found = tx.conversation(SESSION)
    assert found is not None
    assert (found.contact, found.known) == (contact, True)
    assert tx.of_customer("maya@example.TEST", limit=5) == (found,)
    assert tx.of_customer("", limit=5) == ()


def test_the_last_activity_never_goes_back(tx: Transaction) -> None:
    """A late arrival does not make a conversation look quieter, nor its card change."""
    version = tx.version(SESSION)
    for at in (10, 5):
        tx.change(Change(SESSION, {"active_at": at}))
    assert tx.active_threads(Millis(10), 5) == ((CHANNEL, ROOT),)
    assert tx.version(SESSION) == version


def test_an_unknown_column_is_refused(tx: Transaction) -> None:
    """A change can name no column but those it may change: the names become SQL."""
    with pytest.raises(ValueError, match="no such column"):
        tx.change(Change(SESSION, {"number": 5}))


# --- cards


def cards(tx: Transaction) -> list[tuple[object, ...]]:
    """Return the card rows: key and when they are due."""
    sql = "SELECT key, not_before FROM outbox WHERE kind = 'card'"
    return [tuple(row) for row in tx.conn.execute(sql)]


def test_changes_of_a_card_are_debounced_into_one_edit(tx: Transaction) -> None:
    """Several changes are one edit, a little later; each makes the card's version new."""
    version = tx.version(SESSION)
    tx.change(Change(SESSION, {"state": "resolved"}))
    tx.change(Change(SESSION, {"assignee": "op"}))
    assert cards(tx) == [(f"card:{SESSION}", NOW + 2000)]
    assert tx.version(SESSION) == version + 2
    assert ("slack", f"card:{SESSION}") in tx.lanes


@pytest.mark.parametrize(
    "change",
    [
        Change(SESSION, {"state": "resolved"}, card=False),
        Change(OTHER, {"state": "resolved"}),
        Change(SESSION, {"active_at": 5}),
    ],
)
def test_no_card_is_edited_for_nothing(tx: Transaction, change: Change) -> None:
    """Not without a thread, not for what the card does not show."""
    tx.change(change)
    assert cards(tx) == []


def test_a_card_can_be_edited_again_after_its_row_is_done(tx: Transaction) -> None:
    """The card's key is free again once its row is gone."""
    conversation = tx.conversation(SESSION)
    assert conversation is not None
    for _ in range(2):
        tx.enqueue(card_effect(conversation, delay_ms=0))
        row = queue.head(tx, f"card:{SESSION}")
        assert row is not None
        assert row.payload() == UpdateCard()
        queue.finish(tx, row)


# --- decisions

SEND = SendMessage("text", "Hi", VISITOR, CHANNEL, ROOT, ROOT, ANA.user_id)


def reply(**more: object) -> NewMessage:
    """Return an agent's reply to be stored."""
    message = NewMessage(
        SESSION, Author.AGENT, "text", "Hi", Millis(NOW), channel=CHANNEL, ts=ROOT,
        slack_user=ANA.user_id,
    )  # fmt: skip
    return replace(message, **more)  # type: ignore[arg-type]  # the test's own names


def sends(parts: int) -> tuple[object, ...]:
    """Return the rows of a reply in so many parts."""
    return tuple(
        effect(
            f"send:{n}", payload=SEND, part=n, order=1, session_id=SESSION, of_message=True,
            destination=Source.CRISP,
        )
        for n in range(parts)
    )  # fmt: skip


def test_each_part_gets_a_fingerprint_before_any_attempt(tx: Transaction) -> None:
    """The name that Crisp will know a part by is stored with its row, and grows with the parts."""
    tx.apply(Decision(message=reply(), effects=sends(3)), inbox_id=1)  # type: ignore[arg-type]  # effects
    stored = [row[0] for row in tx.conn.execute("SELECT fingerprint FROM parts ORDER BY part")]
    found = []
    while (row := queue.head(tx, "lane")) is not None:
        payload = row.payload()
        assert isinstance(payload, SendMessage)
        found.append(payload.fingerprint)
        queue.finish(tx, row)
    assert found == stored == sorted(set(stored))
    assert len(found) == 3


def test_a_retried_decision_makes_no_second_row(tx: Transaction) -> None:
    """The same key is the same row, whatever decides it again."""
    tx.enqueue(effect("k", order=1))
    tx.enqueue(effect("k", order=2, lane="another"))
    assert tx.conn.execute("SELECT count(*) FROM outbox").fetchone()[0] == 1


def test_a_held_message_is_released_with_its_rows(tx: Transaction) -> None:
    """What its writer sends after all is a part of the message that was held."""
    tx.apply(Decision(message=reply(state="held")), inbox_id=1)
    held = tx.message(CHANNEL, ROOT)
    assert held is not None
    assert held.state == "held"
    edits.amend(tx, Amend(held.id, "relayed", "Hello", sends=sends(1)))  # type: ignore[arg-type]  # effects
    after = tx.message(CHANNEL, ROOT)
    assert after is not None
    assert after.state == "relayed"
    assert tx.conn.execute("SELECT message FROM parts").fetchone()[0] == held.id


def test_a_question_about_people_knows_who_waits_for_it(tx: Transaction) -> None:
    """A Learn row bears the arrival that is to be decided again."""
    tx.apply(Decision(effects=(effect("l", payload=Learn(("U1",))),), waits=True), inbox_id=42)
    row = queue.head(tx, "lane")
    assert row is not None
    assert row.payload() == Learn(("U1",), inbox_id=42)


def test_what_is_known_is_replaced(tx: Transaction) -> None:
    """The newest profile, name, team and watermark count."""
    tx.save_user(ANA)
    tx.save_user(replace(ANA, name="Ana S."))
    tx.save_name("C1", "support")
    tx.save_operators([OPERATOR, OPERATOR])
    tx.save_operators([replace(OPERATOR, name="Ana")])
    tx.save_watermark("crisp", Millis(5))
    tx.save_watermark("crisp", Millis(9))
    assert tx.users(["UANA", "U2"]) == {"UANA": replace(ANA, name="Ana S.")}
    assert tx.names(["C1", "C2"]) == {"C1": "support"}
    assert [o.name for o in tx.operators()] == ["Ana"]
    assert tx.watermark("crisp") == 9


def test_the_count_of_calls_only_grows(tx: Transaction) -> None:
    """A day's count that is saved late does not undo what was counted meanwhile."""
    for calls in (7, 3):
        tx.save_crisp_calls("2026-11-22", calls)
    assert tx.crisp_calls("2026-11-22") == 7


def test_roots_wait_until_their_thread_is_known(tx: Transaction) -> None:
    """A reply in an unknown thread waits only while some thread is being opened."""
    message = NewMessage(OTHER, Author.VISITOR, "text", "", Millis(1), fingerprint=Fingerprint(1))
    assert not tx.roots_waiting()
    tx.apply(Decision(message=message), inbox_id=1)
    tx.conn.execute(
        f"{OUTBOX} VALUES ('slack', 'l', 0, 0, 'post', 'k', '{{}}', 'pending', NULL, 0)"
    )
    tx.conn.execute("UPDATE outbox SET conversation = 2")
    assert tx.roots_waiting()
    tx.change(Change(OTHER, {"channel": CHANNEL, "thread_ts": "2.000000"}, card=False))
    assert not tx.roots_waiting()
    assert tx.waits(Key("k"))
