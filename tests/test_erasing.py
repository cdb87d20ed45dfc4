"""Erasing a person: what goes, what stays, and what does not come back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot import cards
from bot.crisp import events
from bot.domain import Arrival, Key, Millis, SessionId, Source, Speaker
from bot.relay.answer import Answer
from bot.relay.decisions import Effect
from bot.relay.effects import Priority, SendMessage
from bot.relay.erase_effects import EraseThreads
from bot.relay.failures import tell
from bot.relay.people_effects import StartConversation
from bot.store import audit, erasing, queue
from tests.core_kit import ANA, CHANNEL, NOW, OTHER, ROOT, RULES, SESSION
from tests.handlers_kit import Stored, crisp, kinds, reply

EMAIL = "Maya@example.com"
SECRET = "where is my order"
FINGERPRINT = NOW * 100 + 7
SPEAKER = Speaker("Ana")
ERASES = replace(RULES, erase_removed=True)


@pytest.fixture
def stored() -> Iterator[Stored]:
    """Give a stored world in which a customer with an e-mail address wrote, and was answered."""
    world = Stored()
    world.apply(crisp("session:set_email", email=EMAIL))
    world.apply(said(SECRET))
    world.apply(reply(f"Your answer: {SECRET}"))
    yield world
    world.conn.close()


def said(text: str, *, fingerprint: int = FINGERPRINT, at: int = NOW, **more: Any) -> Arrival:
    """Return the event of a message."""
    return crisp(
        "message:send",
        **{
            "type": "text", "from": "user", "content": text, "fingerprint": fingerprint,
            "timestamp": at, "user": {"nickname": "Maya Smith"}, **more,
        },
    )  # fmt: skip


def everything(stored: Stored) -> str:
    """Return all that the database holds, as text."""
    return "\n".join(stored.conn.iterdump())


def failed(stored: Stored, kind: str, payload: dict[str, Any]) -> None:
    """Let something that was done in Slack be one that could not be decided."""
    arrival = Arrival(Source.SLACK, kind, payload, None, Millis(NOW))
    stored.tx.record(arrival, state="failed", error="x")


def erase(stored: Stored, who: str = EMAIL) -> erasing.Erased | None:
    """Erase as the command does."""
    email = who if "@" in who else ""
    found = erasing.sessions_of(stored.tx, who)
    return erasing.erase(stored.tx, found, source=erasing.COMMAND, email=email)


def waiting(stored: Stored) -> EraseThreads:
    """Return what is to be cleared in Slack."""
    row = queue.head(stored.tx, f"slack:{SESSION}")
    assert row is not None
    payload = row.payload()
    assert isinstance(payload, EraseThreads)
    return payload


@pytest.mark.parametrize("who", [EMAIL, EMAIL.upper(), f" {EMAIL} ", SESSION])
def test_text_and_contact_go_and_slack_is_to_be_cleared(stored: Stored, who: str) -> None:
    """Whatever names the person, nothing that they wrote or are called by is left."""
    assert "Maya" in everything(stored)
    done = erase(stored, who)
    assert done is not None
    assert (done.numbers, done.messages, done.threads) == ((1,), 2, 1)
    left = everything(stored)
    assert not [word for word in (SECRET, "Maya", "maya@", EMAIL) if word in left]
    assert waiting(stored) == EraseThreads(done.id, SESSION, ((CHANNEL, ROOT),))


def test_others_keep_what_is_theirs(stored: Stored) -> None:
    """Nobody else's conversation is touched."""
    other = replace(said("mine"), payload={**said("mine").payload, "session_id": OTHER})
    stored.apply(other)
    erase(stored)
    assert stored.tx.conversation(OTHER) is not None
    assert "mine" in everything(stored)


def test_a_second_time_there_is_nothing_to_do(stored: Stored) -> None:
    """It can be repeated: what is left to do in Slack is queued once."""
    assert erase(stored) is not None
    assert erase(stored) is None
    (rows,) = stored.conn.execute("SELECT count(*) FROM outbox WHERE kind = 'erase'").fetchone()
    assert rows == 1


def test_a_sweep_does_not_bring_it_back(stored: Stored) -> None:
    """What was written until then is known to be erased, whichever way it comes again."""
    erase(stored)
    for old in (
        said(SECRET),
        replace(said(SECRET), swept=True),
        said("later", fingerprint=FINGERPRINT + 1, at=NOW - 1),
        crisp("message:updated", fingerprint=FINGERPRINT, content=SECRET),
        crisp("message:removed", fingerprint=FINGERPRINT),
        crisp("conversation:seen", meta={"email": EMAIL}),
        crisp("session:set_email", email=EMAIL),
    ):
        assert stored.decide(old) is None
    echo = crisp(
        "message:received", type="text", content="late", fingerprint=FINGERPRINT + 2,
        timestamp=NOW + 5, **{"from": "operator"},
    )  # fmt: skip
    assert stored.decide(echo) is None


def test_who_writes_again_begins_anew(stored: Stored) -> None:
    """A message from after the erasure is relayed, in a conversation with a new number."""
    erase(stored)
    stored.apply(said("hello again", fingerprint=FINGERPRINT + 500, at=NOW + 5))
    fresh = stored.tx.conversation(SESSION)
    assert fresh is not None
    assert (fresh.number, fresh.thread_ts, fresh.contact.email) == (2, None, "")
    assert stored.decide(said(SECRET)) is None
    head = queue.head(stored.tx, f"slack:{SESSION}")
    assert head is not None
    assert head.kind == "erase"  # the new thread waits until the old one is cleared


def test_what_waits_to_be_decided_is_blanked(stored: Stored) -> None:
    """Raw payloads of arrivals that waited or failed go with their conversation."""
    stored.tx.record(said(SECRET, fingerprint=9), state="failed", error="x")
    stored.tx.record(reply(SECRET, ts="1700000009.000100"), state="parked", parked_on="x")
    stored.apply(crisp("message:updated", fingerprint=77, content=SECRET))
    erase(stored)
    assert SECRET not in everything(stored)
    assert (
        stored.conn.execute("SELECT count(*) FROM inbox WHERE state <> 'done'").fetchone()[0] == 0
    )


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("message_changed", {"channel": CHANNEL, "message": {"thread_ts": ROOT, "text": SECRET}}),
        (
            "message_deleted",
            {"channel": CHANNEL, "previous_message": {"thread_ts": ROOT, "text": SECRET}},
        ),
        (
            "action:held:send",
            {
                "channel": {"id": CHANNEL}, "user": {"id": ANA.user_id}, "x": SECRET,
                "container": {"channel_id": CHANNEL, "thread_ts": ROOT},
            },
        ),
        (
            "action:conversation:resolve",
            {
                "channel": {"id": CHANNEL}, "user": {"id": ANA.user_id}, "x": SECRET,
                "container": {"channel_id": CHANNEL, "message_ts": ROOT},
            },
        ),
        (
            "view:verb_form:reply",
            {
                "user": {"id": ANA.user_id},
                "view": {
                    "id": "V1", "type": "modal", "callback_id": "verb_form:reply",
                    "private_metadata": f'{{"s": "{SESSION}", "channel": "{CHANNEL}"}}',
                    "state": {"values": {"b": {"a": {"value": SECRET}}}},
                    "blocks": [
                        {
                            "type": "input", "block_id": "b",
                            "label": {"type": "plain_text", "text": "Text"},
                            "element": {"type": "plain_text_input", "action_id": "a"},
                        }
                    ],
                    "title": {"type": "plain_text", "text": "Reply"},
                },
            },
        ),
        ("view:verb_form:reply", {"user": {}, "view": {"private_metadata": SESSION, "x": SECRET}}),
        (
            "view:new_conversation",
            {
                "user": {"id": ANA.user_id},
                "view": {
                    "id": "V1", "type": "modal", "callback_id": "new_conversation",
                    "private_metadata": "{}", "blocks": [],
                    "title": {"type": "plain_text", "text": "New conversation"},
                    "state": {
                        "values": {"e": {"e": {"value": EMAIL}}, "t": {"t": {"value": SECRET}}},
                    },
                },
            },
        ),
        *(
            (
                "command",
                {
                    "channel_id": CHANNEL, "user_id": ANA.user_id, "command": "/crisp",
                    "text": f"{typed} {SECRET}",
                },
            )
            for typed in (
                f"reply {SESSION}", "reply #1", f"note {EMAIL}", f"new <mailto:{EMAIL}|{EMAIL}>",
                f"person edit {EMAIL} name",
            )
        ),
    ],
)  # fmt: skip
def test_whatever_names_its_thread_is_blanked(
    stored: Stored, kind: str, payload: dict[str, Any]
) -> None:
    """Edits, presses, forms and commands that failed say elsewhere what they are about."""
    failed(stored, kind, payload)
    erase(stored)
    assert SECRET not in everything(stored)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (
            "message",
            {
                "channel": CHANNEL, "thread_ts": "1600000000.000100", "ts": "1600000001.000100",
                "user": ANA.user_id, "text": f"as in {SESSION} of {EMAIL}, #1",
            },
        ),
        (
            "command",
            {
                "channel_id": CHANNEL, "user_id": ANA.user_id, "command": "/crisp",
                "text": f"reply #7 as in #1, of {EMAIL}",
            },
        ),
    ],
)  # fmt: skip
def test_what_only_mentions_it_still_waits(
    stored: Stored, kind: str, payload: dict[str, Any]
) -> None:
    """What is for another customer is decided when it can be, whomever it speaks of."""
    failed(stored, kind, payload)
    erase(stored)
    kept = stored.conn.execute("SELECT payload FROM inbox WHERE state = 'failed'").fetchall()
    assert len(kept) == 1
    assert EMAIL in kept[0][0]


@pytest.mark.parametrize(("due", "told"), [(1 << 60, "was not sent"), (0, "may not have been")])
def test_a_reply_that_was_not_sent_is_told_to_its_writer(
    stored: Stored, due: int, told: str
) -> None:
    """It is dropped with the conversation, never in silence; it may be on its way just now."""
    stored.conn.execute("UPDATE outbox SET not_before = ? WHERE kind = 'send'", (due,))
    done = erase(stored)
    assert done is not None
    assert done.dropped == 1
    (payload,) = stored.conn.execute("SELECT payload FROM outbox WHERE kind = 'tell'").fetchone()
    assert told in payload
    assert ANA.user_id in payload
    assert stored.conn.execute("SELECT 1 FROM outbox WHERE kind = 'react'").fetchone()


def test_who_writes_in_an_erased_thread_is_told(stored: Stored) -> None:
    """It reaches nobody, and whoever wrote it hears so."""
    erase(stored)
    late = stored.decide(reply("too late", ts="1700000020.000100"))
    assert kinds(late) == ["react", "tell"]
    assert late is not None
    assert late.message is None


def test_others_undelivered_replies_are_not_its_business(stored: Stored) -> None:
    """What was given up goes only if it is about this person: texts that name them are others'."""
    other = replace(said("mine"), payload={**said("mine").payload, "session_id": OTHER})
    stored.apply(other)
    rows = {
        "reply": Effect(
            payload=SendMessage(
                "text", f"ask {EMAIL}", SPEAKER, CHANNEL, ROOT, ROOT, ANA.user_id
            ),
            lane="x", destination=Source.CRISP, key=Key("reply"), order_key=0,
            priority=Priority.MESSAGE, session_id=OTHER,
        ),
        "longer": _first("longer", f"x{EMAIL}"),
        "named": _first("named", "bo@example.com", f"ask {EMAIL}"),
        "first": _first("first", EMAIL),
        "tell": _told("t", f"no:\n{EMAIL}."),
        "other": _told("u", f"x.{EMAIL}"),
    }  # fmt: skip
    for row in rows.values():
        stored.tx.enqueue(row)
    stored.conn.execute("UPDATE outbox SET state = 'dead', error = 'x'")
    left = {row[0] for row in stored.conn.execute("SELECT key FROM outbox")}
    erasing.erase(stored.tx, (), source=erasing.COMMAND, email=EMAIL)
    after = {row[0] for row in stored.conn.execute("SELECT key FROM outbox")}
    assert left - after == {rows["first"].key, rows["tell"].key}


def _told(name: str, text: str) -> Effect:
    return tell(CHANNEL, ANA.user_id, cards.refusal(text), thread_ts=None, name=name)


def _first(key: str, email: str, text: str = "Hello") -> Effect:
    payload = StartConversation(email, (text,), SPEAKER, Answer(CHANNEL, ANA.user_id))
    return Effect(
        payload=payload, lane=key, destination=Source.CRISP, key=Key(key), order_key=0,
        priority=Priority.MESSAGE,
    )  # fmt: skip


def test_erasing_reads_only_what_is_still_open(stored: Stored) -> None:
    """What was decided long ago is most of the inbox, and everything waits for the writer."""
    asked: list[str] = []
    stored.conn.set_trace_callback(asked.append)
    erase(stored)
    erasing.gone(stored.tx)
    stored.conn.set_trace_callback(None)
    plans = [
        step["detail"]
        for sql in asked
        if not sql.startswith("--") and (" inbox " in sql or "gone = 1" in sql)
        for step in stored.conn.execute(f"EXPLAIN QUERY PLAN {sql}")
    ]
    assert any("INDEX inbox_open" in plan for plan in plans)
    assert any("INDEX conversations_gone" in plan for plan in plans)
    assert not [plan for plan in plans if plan in {"SCAN inbox", "SCAN conversations"}]


def test_a_file_that_is_not_shared_yet_is_removed(stored: Stored) -> None:
    """Bytes that are in Slack, and shown nowhere yet, are in no thread to be found there."""
    content = {"name": "a.png", "url": "https://storage.crisp.chat/a.png", "type": "image/png"}
    stored.apply(said("", fingerprint=FINGERPRINT + 1, content=content, type="file"))
    stored.conn.execute(
        "UPDATE outbox SET payload = json_set(payload, '$.file_id', 'F1') WHERE kind = 'file'"
    )
    erase(stored)
    (payload,) = stored.conn.execute("SELECT payload FROM outbox WHERE kind = 'unfile'").fetchone()
    assert "F1" in payload


def test_a_conversation_without_a_thread_is_looked_for(stored: Stored) -> None:
    """Its root may have been posted and not stored: it is found by the session in its key."""
    stored.conn.execute("UPDATE conversations SET thread_ts = NULL, channel = NULL")
    erase(stored)
    assert waiting(stored).threads == ()
    assert waiting(stored).since == NOW


def test_former_threads_are_cleared_too(stored: Stored) -> None:
    """Every thread that the conversation ever had holds its posts."""
    stored.conn.execute(
        "INSERT INTO former_threads (channel, thread_ts, conversation) VALUES ('C1', '5.0', 1)"
    )
    erase(stored)
    assert set(waiting(stored).threads) == {(CHANNEL, ROOT), ("C1", "5.0")}


def test_the_audit_says_what_was_erased_and_not_whose_it_was(stored: Stored) -> None:
    """It names the conversations' numbers, and is done once Slack is cleared."""
    erase(stored)
    (row,) = [
        one for one in audit.listing(stored.tx, since=Millis(0), limit=9) if one["verb"] == "erase"
    ]
    assert (row["detail"], row["name"], row["outcome"]) == ("#1", "command", "asked")
    head = queue.head(stored.tx, f"slack:{SESSION}")
    assert head is not None
    queue.finish(stored.tx, head)
    (row,) = [
        one for one in audit.listing(stored.tx, since=Millis(0), limit=9) if one["verb"] == "erase"
    ]
    assert row["outcome"] == "done"


def test_what_crisp_removes_is_erased_where_that_is_wanted(stored: Stored) -> None:
    """A removed conversation is erased, or its thread says so and stays."""
    decision = stored.decide(crisp("session:removed"))
    assert decision is not None
    assert decision.erase is None
    decision = stored.decide(crisp("session:removed"), ERASES)
    assert decision is not None
    assert decision.erase is not None
    assert decision.erase.sessions == (SESSION,)


def test_a_removed_profile_takes_its_conversations_along(stored: Stored) -> None:
    """They are found by Crisp's name for the person, or by the address if it is told."""
    event = {"people_id": "p1", "email": EMAIL.lower(), "website_id": "w"}
    arrival = events.arrival("people:profile:removed", event, website_id="w")
    assert arrival is not None
    assert arrival.source is Source.CRISP
    assert stored.decide(arrival) is None
    assert _sessions(stored, arrival) == (SESSION,)
    named = events.arrival("people:profile:removed", {"people_id": "p1"}, website_id="w")
    assert named is not None
    assert _sessions(stored, named) == ()
    stored.apply(crisp("conversation:seen", people_id="p1", meta={"email": EMAIL}))
    assert _sessions(stored, named) == (SESSION,)
    assert events.arrival("people:profile:removed", {"people_id": ""}, website_id="w") is None


def _sessions(stored: Stored, arrival: Arrival) -> tuple[SessionId, ...]:
    decision = stored.decide(arrival, ERASES)
    return () if decision is None or decision.erase is None else decision.erase.sessions


def test_what_agents_delete_in_crisp_is_erased_later(stored: Stored) -> None:
    """Their thread says so for a while; then it is found by its mark."""
    assert erasing.gone(stored.tx) == ()
    stored.conn.execute("UPDATE conversations SET gone = 1")
    assert erasing.gone(stored.tx) == (SESSION,)
