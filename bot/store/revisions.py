"""Revisions of messages that were written in Crisp: stored, and shown in Slack.

Responsible for the race between a revision and the post of its message. What waits takes the last
version over; what is being posted is compared in the commit that ends it; what is posted gets a
row that brings it up to date. So whichever comes first, the last version is what stays.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace

from bot import cards, texts
from bot.domain import Fingerprint, Key, SessionId, Source
from bot.markup import one_line
from bot.relay import keys
from bot.relay.changes import context_line
from bot.relay.decisions import Decision, Early, Effect, NewMessage, Overwrite, Revise
from bot.relay.effects import PostMessage, Priority, UpdatePost, dump_payload, load_payload
from bot.relay.file_effects import PostFile
from bot.relay.privacy import summary
from bot.relay.revisions import check
from bot.store import posted, shares
from bot.store.rows import PostedPart
from bot.store.transaction import Transaction, card_effect
from bot.store.written import written

_QUOTED = 700
"""So much of a reply that was changed in Crisp is quoted."""


def apply(tx: Transaction, decision: Decision, *, swept: bool) -> None:
    """Store what a decision says of revisions; after its message, which one may have preceded."""
    if decision.revise is not None:
        revise(tx, decision.revise)
    if decision.overwrite is not None:
        overwrite(tx, decision.overwrite)
    if decision.early is not None:
        _keep(tx, decision.early)
    if decision.message is not None and decision.message.fingerprint is not None:
        _catch_up(tx, decision.message, decision.message.fingerprint, swept=swept)


def revise(tx: Transaction, change: Revise) -> None:
    """Store a message's new version, and let Slack show it."""
    tx.conn.execute(
        "UPDATE messages SET content = coalesce(?1, content), removed = max(removed, ?1 IS NULL),"
        " forgotten = forgotten AND ?1 IS NULL,"
        " version = version + 1, heard_at = ?2 WHERE id = ?3",
        (change.content, tx.now, change.message),
    )
    show(tx, change.message)


def take_back(tx: Transaction, session_id: SessionId, fingerprint: Fingerprint) -> None:
    """Show nothing of a message any more that has turned out to be a reply of ours."""
    found = written(tx, session_id, fingerprint)
    if found is not None:
        tx.conn.execute("UPDATE messages SET kind = ? WHERE id = ?", (posted.OURS, found.id))
        revise(tx, Revise(found.id, None))


def show(tx: Transaction, message: int) -> None:
    """Let every post of a message show its last version, and post what it has become longer by."""
    known = posted.of_message(tx, message)
    for part in known:
        if part.state == "delivered":
            refresh(tx, part.joined_to or part.id)
        elif part.state == "dropped":
            _post_again(tx, part)
        else:
            _fold(tx, part)
    if known:
        first, count = known[0], len(cards.message_parts(known[0].content))
        for number in range(max(part.part for part in known) + 1, count):
            _post_more(tx, replace(first, part=number, placed="edit"))


def refresh(tx: Transaction, leader: int) -> None:
    """Let a post be brought up to date; of a thread's root that is its card."""
    parts = posted.on_post(tx, leader)
    if not parts or parts[0].ts is None or parts[0].channel is None:
        return
    session_id = _session_of(tx, parts[0].message)
    conversation = tx.conversation(session_id)
    if conversation is None:
        return
    place = (parts[0].channel, parts[0].ts)
    if (file := shares.file_of(tx, leader)) is not None:
        if parts[0].removed:  # nothing else about a file can change
            tx.enqueue(shares.removal_of(file, *place))
        return
    if place == (conversation.channel, conversation.thread_ts):
        _refresh_card(tx, session_id)
    elif not tx.knows_thread(*place):  # a former root is left as it is
        tx.enqueue(update_effect(session_id, leader, sum(part.version for part in parts)))


def update_effect(session_id: SessionId, leader: int, version: int) -> Effect:
    """Return the row that brings one post up to date."""
    name = f"update:{leader}"
    return Effect(
        payload=UpdatePost(leader, version),
        lane=name,
        destination=Source.SLACK,
        key=Key(name),
        order_key=0,
        priority=Priority.EDIT,
        session_id=session_id,
    )


def _refresh_card(tx: Transaction, session_id: SessionId) -> None:
    """Let the card be edited at once, also where that was put off or is being done just now."""
    tx.conn.execute(
        "UPDATE conversations SET version = version + 1 WHERE session_id = ?", (session_id,)
    )
    conversation = tx.conversation(session_id)
    if conversation is None:
        return
    effect = replace(card_effect(conversation, delay_ms=0), priority=Priority.EDIT)
    tx.enqueue(effect)
    tx.conn.execute(
        "UPDATE outbox SET not_before = 0, priority = ?"
        " WHERE lane = ? AND kind = 'card' AND state = 'pending'",
        (int(Priority.EDIT), effect.lane),
    )


def overwrite(tx: Transaction, change: Overwrite) -> None:
    """Store that a reply of ours is different in Crisp, and say so: Slack lets nobody edit it."""
    row = tx.conn.execute(
        "UPDATE parts SET overwritten = ? WHERE id = ? RETURNING message, fingerprint",
        (change.content, change.part),
    ).fetchone()
    conversation = tx.conversation(_session_of(tx, row[0]))
    if conversation is None:
        return
    line = texts.REPLY_REMOVED_IN_CRISP
    if change.content:
        line = texts.REPLY_EDITED_IN_CRISP.format(text=one_line(change.content, _QUOTED))
    name = f"overwritten:{row[1]}:{tx.now}"
    for effect in context_line(conversation, line, at=tx.now, name=name):
        tx.enqueue(effect)


def _session_of(tx: Transaction, message: int) -> SessionId:
    row = tx.conn.execute(
        "SELECT c.session_id FROM messages m JOIN conversations c ON c.number = m.conversation"
        " WHERE m.id = ?",
        (message,),
    ).fetchone()
    return SessionId(row[0])


def posted_as(tx: Transaction, part_id: int | None, version: int, *, certain: bool) -> None:
    """Compare, in the commit that ends a post, what it shows with what is stored.

    A post that was found by looking may show any version: not ``certain``.
    """
    row = tx.conn.execute(
        "SELECT m.version, coalesce(p.joined_to, p.id) FROM parts p"
        " JOIN messages m ON m.id = p.message WHERE p.id = ?",
        (part_id,),
    ).fetchone()
    if row is not None and (row[0] != version or (row[0] and not certain)):
        refresh(tx, row[1])


def showed(tx: Transaction, parts: tuple[PostedPart, ...]) -> None:
    """Store which versions a post has been brought to."""
    for part in parts:
        tx.conn.execute("UPDATE parts SET shown = ? WHERE id = ?", (part.version, part.id))


def unposted(tx: Transaction, parts: tuple[PostedPart, ...]) -> None:
    """Store that a post is gone, of whose parts nothing was left; it may be wanted again by now."""
    for part in parts:
        tx.conn.execute(
            "UPDATE parts SET state = 'dropped', channel = NULL, ts = NULL, joined_to = NULL"
            " WHERE id = ?",
            (part.id,),
        )
    for message in {part.message for part in parts}:
        show(tx, message)


def withdrawn(tx: Transaction, part_id: int | None) -> None:
    """Store that nothing was posted of a part."""
    tx.conn.execute("UPDATE parts SET state = 'dropped' WHERE id = ?", (part_id,))


def _fold(tx: Transaction, part: PostedPart) -> None:
    """Let the row that is to post a part post its last version; it may be on its way."""
    row = tx.conn.execute(
        "SELECT id, kind, payload, destination, lane FROM outbox WHERE part_id = ?", (part.id,)
    ).fetchone()
    old = load_payload(row[1], row[2]) if row else None
    if row is not None and isinstance(old, PostFile):
        _change(tx, row, replace(old, withdrawn=part.removed, version=part.version))
        return
    if row is None or not isinstance(old, PostMessage):
        return
    new = posted.payload_of(part)
    payload = replace(old, withdrawn=True, version=part.version)
    if new is not None:
        payload = replace(
            new, speaker=old.speaker, late=old.late, added=old.added, broadcast=old.broadcast
        )
    _change(tx, row, payload)


def _change(tx: Transaction, row: sqlite3.Row, payload: PostMessage | PostFile) -> None:
    tx.conn.execute("UPDATE outbox SET payload = ? WHERE id = ?", (dump_payload(payload), row[0]))
    tx.lanes.add((row[3], row[4]))


def _post_again(tx: Transaction, part: PostedPart) -> None:
    """Post a part anew that an edit had cut off before."""
    effect = None if part.removed else _more(tx, replace(part, placed="edit"))
    if effect is not None:
        tx.conn.execute("UPDATE parts SET state = 'waiting' WHERE id = ?", (part.id,))
        tx.enqueue(effect, part_id=part.id)


def _post_more(tx: Transaction, part: PostedPart) -> None:
    """Post a part that an edit has added, where the thread ends."""
    effect = _more(tx, part)
    if effect is not None:
        tx.enqueue(effect, part_id=tx.insert_part(part.message, effect))


def _more(tx: Transaction, part: PostedPart) -> Effect | None:
    payload, session_id = posted.payload_of(part), _session_of(tx, part.message)
    row = tx.conn.execute("SELECT fingerprint FROM messages WHERE id = ?", (part.message,))
    fingerprint = row.fetchone()[0]
    if payload is None or fingerprint is None:
        return None
    key = keys.post_key(session_id, Fingerprint(fingerprint), part.part)
    return Effect(
        payload=payload,
        lane=keys.to_slack(session_id),
        destination=Source.SLACK,
        key=Key(f"{key}~v{part.version}"),
        order_key=keys.micros(tx.now),
        priority=Priority.MESSAGE,
        part=part.part,
        session_id=session_id,
        of_message=True,
    )


# --- what came before its message


def _keep(tx: Transaction, early: Early) -> None:
    content = None if early.content is None else json.dumps(early.content)
    tx.conn.execute(
        "INSERT INTO early_revisions VALUES (?, ?, ?, ?, 0)"
        " ON CONFLICT (session_id, fingerprint) DO UPDATE SET content = excluded.content,"
        " several = 1 WHERE content IS NOT NULL AND content IS NOT excluded.content",
        (early.session_id, early.fingerprint, content, tx.now),
    )


def _catch_up(
    tx: Transaction, message: NewMessage, fingerprint: Fingerprint, *, swept: bool
) -> None:
    """Revise a message that has just been stored by what came before it.

    What a sweep has read may be newer than an event: its content is known as of now. Where that
    differs, or several came, Crisp is asked.
    """
    where = (message.session_id, fingerprint)
    row = tx.conn.execute(
        "DELETE FROM early_revisions WHERE session_id = ? AND fingerprint = ?"
        " RETURNING content, several",
        where,
    ).fetchone()
    found = written(tx, *where) if swept or row is not None else None
    if found is None:
        return
    if swept:
        sql = "UPDATE messages SET heard_at = ? WHERE id = ?"
        tx.conn.execute(sql, (tx.now, found.id))
    if row is None:
        return
    content = None
    if row[0] is not None:
        content = summary(message.kind, json.loads(row[0]), message.hides)
    if content == message.content:
        return
    if content is not None and (swept or row[1]):
        tx.enqueue(check(message.session_id, fingerprint, now=tx.now, candidate=content))
    if content is None or not swept:
        revise(tx, Revise(found.id, content))
