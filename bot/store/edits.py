"""Replies that are changed: what waits sends the last version, what was sent is edited in Crisp.

Responsible for the race between an edit and the call that sends. What is in flight is known to
the dispatcher alone, so an edit goes into the row in any case, and the commit that ends the
attempt compares what was sent with what is wanted by then. What is in doubt keeps the version that
may have been sent, until that is known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot import cards
from bot.domain import Fingerprint, Json, Key
from bot.relay import failures
from bot.relay.decisions import Amend, Decided, Decision, Effect, Rewrite
from bot.relay.effects import (
    FOR_CUSTOMER,
    EditSent,
    ForCustomer,
    SendMessage,
    dump_payload,
    load_payload,
)
from bot.relay.file_effects import SendFile
from bot.relay.replies import edit_sent, is_chatbox
from bot.store import held_edits, queue, recasting, truth, undoing
from bot.store.rows import OutboxRow, dump_files, files_from
from bot.store.transaction import Transaction
from bot.store.view import View
from bot.store.written import piece


@dataclass(frozen=True, slots=True)
class Wanted:
    """What Crisp is to show of a part of a reply; ``content`` is None for nothing.

    A file is sent as it was: its content is its id.
    """

    message: int
    note: bool
    content: str | None
    version: int
    held: bool = False
    """Its writer is asked what it is meant to be."""


def apply(tx: Transaction, decision: Decision) -> None:
    """Store what a decision says of replies that are known."""
    if decision.rewrite is not None:
        rewrite(tx, decision.rewrite)
    if decision.amend is not None:
        amend(tx, decision.amend)
        held_edits.forget(tx, decision.amend.message)
    if decision.hurry is not None:
        undoing.hurry(tx, decision.hurry)
    if decision.hold_edit is not None:
        held_edits.hold(tx, decision.hold_edit)
    if decision.decided is not None:
        _note(tx, decision.decided)


def rewrite(tx: Transaction, change: Rewrite) -> None:
    """Change an arrival that is not decided yet, or forget it, also before it comes."""
    where = (change.source.value, change.fact)
    if change.payload is not None:
        sql = "UPDATE inbox SET payload = ? WHERE source = ? AND fact = ? AND state <> 'done'"
        tx.conn.execute(sql, (json.dumps(change.payload), *where))
        return
    tx.conn.execute(
        "INSERT INTO inbox (source, kind, fact, occurred_at, accepted_at, swept, state)"
        " VALUES (?, 'message', ?, 0, ?, 0, 'done') ON CONFLICT (source, fact)"
        " WHERE fact IS NOT NULL DO UPDATE"
        " SET state = 'done', payload = NULL, parked_on = NULL, error = NULL",
        (*where, tx.now),
    )


def amend(tx: Transaction, change: Amend) -> None:
    """Store a reply's new version, and let the customer see that."""
    before = tx.conn.execute(
        "SELECT content FROM messages WHERE id = ?", (change.message,)
    ).fetchone()[0]
    tx.conn.execute(
        "UPDATE messages SET state = ?, content = ?, kind = coalesce(?, kind), files = ?,"
        " removed = ?, version = version + 1, forgotten = 0 WHERE id = ?",
        (
            change.state, change.content, change.kind, dump_files(change.files),
            int(change.removed), change.message,
        ),
    )  # fmt: skip
    rows = tx.conn.execute(
        "SELECT part, id, state, file, overwritten FROM parts WHERE message = ?",
        (change.message,),
    ).fetchall()
    parts = {row[0]: (row[1], row[2], row[4]) for row in rows}
    files = {row[3]: row[0] for row in rows if row[3]}
    for effect in (_placed(effect, files) for effect in change.sends):
        part_id, state, overwritten = parts.pop(effect.part, (None, "", None))
        if part_id is None:
            tx.enqueue(effect, part_id=tx.insert_part(change.message, effect))
        elif state != "delivered":
            _fold(tx, effect, part_id=part_id)
        elif change.recast:
            recasting.recast(tx, effect, part_id=part_id)
        elif isinstance(effect.payload, SendMessage):
            shown = piece(before, effect.part) if overwritten is None else overwritten
            if effect.payload.content != shown:
                _carry(tx, part_id, effect.payload.content)
    for part_id, state, _ in parts.values():
        if state == "delivered":
            _carry(tx, part_id, None)
        else:
            _withdraw(tx, part_id)
    truth.refresh(tx, change.message)


def _placed(effect: Effect, files: Mapping[str, int]) -> Effect:
    """Give a file the number that it has had: one before it may have been taken back."""
    if not isinstance(effect.payload, SendFile) or not files:
        return effect
    number = files.get(effect.payload.file.id)
    return replace(effect, part=max(files.values()) + effect.part if number is None else number)


def _note(tx: Transaction, decided: Decided) -> None:
    tx.conn.execute(
        "UPDATE messages SET digest = ?, revised_at = max(revised_at, ?), heard_at = ?"
        " WHERE id = ?",
        (decided.digest, decided.at, tx.now, decided.message),
    )


def _fold(tx: Transaction, effect: Effect, *, part_id: int) -> None:
    """Let a row send the last version; not while it is in doubt which one was sent."""
    if not isinstance(effect.payload, ForCustomer):
        raise TypeError(f"a {effect.payload.kind} row is no reply")
    row = tx.conn.execute(
        "SELECT id, must_look OR state = 'uncertain', destination, lane,"
        " coalesce(json_extract(payload, '$.undo'), 0) FROM outbox WHERE part_id = ?",
        (part_id,),
    ).fetchone()
    if row is not None and row[1]:
        return
    sql = "UPDATE parts SET state = 'waiting' WHERE id = ? AND state = 'dropped'"
    dropped = tx.conn.execute(sql, (part_id,)).rowcount
    if row is None:
        if dropped:  # by another name: what bore the old one was removed
            tx.conn.execute(
                "UPDATE parts SET fingerprint = ?, seen = 'sent', seen_at = NULL WHERE id = ?",
                (tx.next_fingerprint(), part_id),
            )
        tx.enqueue(effect, part_id=part_id)
        return
    named = tx.conn.execute("SELECT fingerprint FROM parts WHERE id = ?", (part_id,)).fetchone()
    undo = effect.payload.undo and bool(row[4])  # once it is released it may be in flight
    payload = replace(effect.payload, fingerprint=Fingerprint(named[0]), undo=undo)
    if isinstance(payload, SendFile):
        payload = replace(payload, resource=_uploaded(tx, part_id))
    tx.conn.execute("UPDATE outbox SET payload = ? WHERE id = ?", (dump_payload(payload), row[0]))
    tx.lanes.add((row[2], row[3]))


def _uploaded(tx: Transaction, part_id: int) -> str:
    """Return where the bytes of a file are by now, if they are there: they do not change."""
    row = tx.conn.execute(
        "SELECT json_extract(payload, '$.resource') FROM outbox WHERE part_id = ?", (part_id,)
    ).fetchone()
    return str(row[0] or "") if row else ""


def _withdraw(tx: Transaction, part_id: int) -> None:
    """Let nothing be sent of a part; its row stays, it may be in flight."""
    row = tx.conn.execute(
        "SELECT id, kind, payload, state, destination, lane FROM outbox"
        " WHERE part_id = ? AND must_look = 0 AND state <> 'uncertain'",
        (part_id,),
    ).fetchone()
    if row is None:
        return
    tx.conn.execute("UPDATE parts SET state = 'dropped' WHERE id = ?", (part_id,))
    if row[3] == "dead":
        tx.conn.execute("DELETE FROM outbox WHERE id = ?", (row[0],))
        truth.refresh_part(tx, part_id)
        return
    payload = load_payload(row[1], row[2])
    if isinstance(payload, ForCustomer):
        # Nothing is called any more: there is nothing to wait for, and its lane goes on.
        sql = "UPDATE outbox SET payload = ?, not_before = 0 WHERE id = ?"
        tx.conn.execute(sql, (dump_payload(_nothing(payload)), row[0]))
    tx.lanes.add((row[4], row[5]))


def _nothing(payload: ForCustomer) -> ForCustomer:
    """Return a payload of which nothing is sent."""
    if isinstance(payload, SendMessage):
        return replace(payload, content="", withdrawn=True)
    return replace(payload, withdrawn=True)


# --- what was sent


def wanted(view: View, part_id: int | None) -> Wanted | None:
    """Return what Crisp is to show of a part by now; None if nobody knows, or it is no reply's.

    Of a text that was forgotten because of its age nothing can be said: it stays as it is.
    """
    row = view.conn.execute(
        "SELECT m.id, m.kind = 'note', m.content, m.version, m.files, p.part, p.file,"
        " m.state = 'relayed' AND NOT m.removed, m.state = 'held'"
        " FROM parts p JOIN messages m ON m.id = p.message WHERE p.id = ? AND m.ts IS NOT NULL"
        " AND NOT m.forgotten",
        (part_id,),
    ).fetchone()
    if row is None:
        return None
    content = None
    if row[7] and row[6]:
        kept = not row[1] and row[6] in {file.id for file in files_from(row[4])}
        content = row[6] if kept else None
    elif row[7]:
        content = piece(row[2], row[5])
    return Wanted(row[0], bool(row[1]), content, row[3], bool(row[8]))


def _content(sent: ForCustomer) -> str:
    return sent.content if isinstance(sent, SendMessage) else sent.file.id


def _is_note(sent: ForCustomer) -> bool:
    return isinstance(sent, SendMessage) and sent.type == "note"


def finish(tx: Transaction, row: OutboxRow, record: Callable[[Transaction], None]) -> None:
    """Store that a row is done; what was sent may not be what is wanted by now."""
    if _wanted_after_all(tx, row):
        return
    queue.finish(tx, row)
    record(tx)
    if row.kind in FOR_CUSTOMER:
        _answer(tx, row.key, row.payload())
        # What was found by looking may be any version.
        _compare(tx, row.part_id, row.payload(), certain=not row.must_look)


def _wanted_after_all(tx: Transaction, row: OutboxRow) -> bool:
    """Tell whether a row of which nothing was sent has got something to send meanwhile."""
    payload = row.payload() if row.kind in FOR_CUSTOMER else None
    if not isinstance(payload, ForCustomer) or not payload.withdrawn:
        return False
    sql = "SELECT 1 FROM outbox WHERE id = ? AND payload <> ?"
    return tx.conn.execute(sql, (row.id, row.payload_json)).fetchone() is not None


def confirm(tx: Transaction, key: Key, remote: Json) -> bool:
    """Finish a row that was proved to have arrived; False if there is no such row."""
    row = tx.conn.execute(
        "SELECT kind, payload, part_id FROM outbox WHERE key = ?", (key,)
    ).fetchone()
    if not queue.confirm(tx, key, remote):
        return False
    if row[0] in FOR_CUSTOMER:
        _answer(tx, key, load_payload(row[0], row[1]))
        _compare(tx, row[2], load_payload(row[0], row[1]), certain=False)
    return True


def _answer(tx: Transaction, key: Key, sent: object) -> None:
    """Tell who sent it from elsewhere that Crisp has it."""
    answer = sent.answer if isinstance(sent, SendMessage) and not sent.withdrawn else None
    if answer is not None and answer.success:
        post = cards.sentence(answer.success)
        tx.enqueue(failures.answer_with(answer, post, name=f"done:{key}"))


def _compare(tx: Transaction, part_id: int | None, sent: object, *, certain: bool) -> None:
    """Let Crisp show what is wanted of a part that has just been delivered."""
    now = wanted(tx, part_id)
    sql = "SELECT 1 FROM parts WHERE id = ? AND state = 'delivered'"
    if part_id is None or now is None or not isinstance(sent, ForCustomer) or not now.version:
        return
    if now.held:
        return  # the customer keeps the version before until its writer has said what to do
    if tx.conn.execute(sql, (part_id,)).fetchone() is None:
        return
    if isinstance(sent, SendFile):
        if now.content is None:
            _carry(tx, part_id, None)
    elif now.content is not None and now.note != _is_note(sent):
        # A note cannot become a reply, nor a reply a note: it stays what it is in Crisp.
        tx.conn.execute("UPDATE messages SET kind = ? WHERE id = ?", (sent.type, now.message))
        tx.conn.execute("UPDATE parts SET overwritten = ? WHERE id = ?", (sent.content, part_id))
        tx.enqueue(failures.unchangeable(sent, note=_is_note(sent), now=tx.now))
    elif now.content != sent.content or not certain:
        _carry(tx, part_id, now.content, shown=sent.content if certain else None)


def _carry(tx: Transaction, part_id: int, content: str | None, *, shown: str | None = None) -> None:
    """Have a part changed in Crisp, or tell its writer where that cannot be."""
    row = tx.conn.execute(
        "SELECT m.id, m.kind, m.version, m.channel, m.ts, m.slack_user, p.fingerprint,"
        " c.session_id FROM parts p JOIN messages m ON m.id = p.message"
        " JOIN conversations c ON c.number = m.conversation WHERE p.id = ?",
        (part_id,),
    ).fetchone()
    conversation = tx.conversation(row[7])
    if conversation is None:
        return
    payload = EditSent(
        part_id, Fingerprint(row[6]), content, channel=row[3], ts=row[4],
        thread_ts=conversation.thread_ts, user=row[5], version=row[2], note=row[1] == "note",
    )  # fmt: skip
    if row[1] == "note" or is_chatbox(conversation):
        change = edit_sent(payload, conversation.session_id)
        # What was given up goes: taken up again it would come before what is in flight.
        sql = "DELETE FROM outbox WHERE key = ? AND state <> 'pending'"
        tx.conn.execute(sql, (change.key,))
        tx.enqueue(change)
        return
    if shown is not None:
        tx.conn.execute("UPDATE parts SET overwritten = ? WHERE id = ?", (shown, part_id))
    tx.enqueue(failures.not_in_a_chatbox(payload, conversation))


def became(tx: Transaction, done: EditSent, *, gone: bool = False) -> None:
    """Store what a part is in Crisp, and tell its writer what they cannot know."""
    told = tx.conn.execute(
        "UPDATE parts SET overwritten = NULL, shown = ?,"
        " state = CASE WHEN ? THEN 'dropped' ELSE state END"
        " WHERE id = ? RETURNING seen = 'read'",
        (done.version, done.content is None or gone, done.part),
    ).fetchone()
    if gone and done.content is not None:
        tx.enqueue(failures.gone_in_crisp(done))
    elif told is not None and told[0]:
        tx.enqueue(failures.was_read(done))
    truth.refresh_part(tx, done.part)


# --- what is in doubt


def doubted(tx: Transaction, row: OutboxRow) -> None:
    """Go back to the version that may have been sent: it is looked for, and compared then."""
    if row.kind not in FOR_CUSTOMER:
        return
    undone = tx.conn.execute(
        "UPDATE outbox SET payload = ?1 WHERE id = ?2 AND payload <> ?1",
        (row.payload_json, row.id),
    ).rowcount
    if undone:
        sql = "UPDATE parts SET state = 'waiting' WHERE id = ? AND state = 'dropped'"
        tx.conn.execute(sql, (row.part_id,))


def is_outdated(view: View, row: OutboxRow) -> bool:
    """Tell whether a row that was looked for and is not there is to send something else by now."""
    sent, now = row.payload(), wanted(view, row.part_id)
    if now is None or not now.version or not isinstance(sent, ForCustomer):
        return False
    return now.content != _content(sent) or (
        isinstance(sent, SendMessage) and now.note != _is_note(sent)
    )


def bring_up_to_date(tx: Transaction, row: OutboxRow) -> None:
    """Let a row of which nothing has arrived send what is wanted by now."""
    sent, now = row.payload(), wanted(tx, row.part_id)
    if now is None or not isinstance(sent, ForCustomer):
        return
    payload = sent
    if now.content is None:
        payload = _nothing(sent)
        tx.conn.execute("UPDATE parts SET state = 'dropped' WHERE id = ?", (row.part_id,))
    elif isinstance(sent, SendMessage):
        payload = replace(sent, content=now.content, type="note" if now.note else "text")
    tx.conn.execute("UPDATE outbox SET payload = ? WHERE id = ?", (dump_payload(payload), row.id))
