"""Files of customers' and operators' that are to be shown in Slack, and what they become there.

Responsible for the commits between the steps of one row: which words stand in for a file, what is
stored of a share, and how one is taken back. It must not call Slack.
"""

from __future__ import annotations

from dataclasses import replace

from bot import texts
from bot.domain import Author, ChannelId, Key, MessageTs, Posted, SessionId, Source, Speaker
from bot.markup import one_line
from bot.relay import keys
from bot.relay.asides import aside
from bot.relay.decisions import Effect
from bot.relay.effects import PostMessage, Priority
from bot.relay.failures import reason_of, removal
from bot.relay.file_effects import PostFile, RemoveFile, TidyShares
from bot.store import posted, queue
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction
from bot.store.view import View

_NAME_LIMIT = 120


def words_first(tx: Transaction, row: OutboxRow, payload: PostFile) -> None:
    """Let the words of a file's message open the thread; the file itself follows behind."""
    message, session_id = _message_of(tx, row)
    taken = tx.conn.execute("SELECT max(part) FROM parts WHERE message = ?", (message,))
    number = max(taken.fetchone()[0] + 1, keys.FIRST_FILE)
    effect = Effect(
        payload=replace(payload, follows=True, file_id="", shared=False),
        lane=row.lane,
        destination=Source.SLACK,
        key=Key(f"{row.key}:file{number}"),
        order_key=row.order_key,
        priority=Priority.MESSAGE,
        part=number,
        session_id=session_id,
        of_message=True,
    )
    queue.become(tx, row, _words(tx, row, payload))
    tx.enqueue(effect, part_id=tx.insert_part(message, effect))


def words_before(tx: Transaction, row: OutboxRow, payload: PostFile, *, opened: bool) -> None:
    """Look for the words of a file's message that bear its key: ``opened``: they are the root."""
    if opened and not payload.follows:
        words_first(tx, row, payload)
    else:
        queue.become(tx, row, _words(tx, row, payload))
    queue.look_again(tx, row)


def words_instead(
    tx: Transaction, row: OutboxRow, payload: PostFile, *, code: str, silently: bool = False
) -> None:
    """Show the words of a file's message, with its address, in place of it; and say why.

    Where the words have opened the thread, only the reason is said.
    """
    if payload.file_id:
        tx.enqueue(removal_of(payload.file_id))  # it may still come to be shared
    name = one_line(payload.file.name, _NAME_LIMIT)
    why = PostMessage(
        texts.FILE_NOT_SHOWN.format(name=name, reason=reason_of(code)),
        Speaker(""),
        Author.BOT,
        "context",
    )
    if payload.follows:
        tx.conn.execute("UPDATE parts SET state = 'dropped' WHERE id = ?", (row.part_id,))
        tx.conn.execute("UPDATE outbox SET part_id = NULL WHERE id = ?", (row.id,))
        queue.become(tx, row, why)
        return
    queue.become(tx, row, _words(tx, row, payload))
    if not silently:
        _, session_id = _message_of(tx, row)
        tx.enqueue(_line(row, why, session_id, name="why"))


def shown(
    tx: Transaction, row: OutboxRow, payload: PostFile, share: Posted, *, nameless: bool
) -> None:
    """Store where a file is shown; ``nameless``: it bears the app's name, so say whose it is."""
    queue.deliver_part(tx, row, channel=share.channel, ts=share.ts, file=payload.file_id)
    if nameless:
        name = one_line(payload.file.name, _NAME_LIMIT)
        line = texts.FILE_FROM.format(file=name, name=payload.speaker.name)
        _, session_id = _message_of(tx, row)
        said = PostMessage(line, Speaker(""), Author.BOT, "context")
        tx.enqueue(_line(row, said, session_id, name="whose"))
    removed = tx.conn.execute(
        "SELECT m.removed FROM parts p JOIN messages m ON m.id = p.message WHERE p.id = ?",
        (row.part_id,),
    ).fetchone()
    if removed is not None and removed[0]:
        tx.enqueue(removal_of(payload.file_id, share.channel, share.ts))


def surplus(tx: Transaction, key: Key, shares: tuple[Posted, ...]) -> None:
    """Take all shares of a file back but the first."""
    for share in shares[1:]:
        tx.enqueue(removal(share.channel, share.ts, key))


def tidy(file_id: str, channel: ChannelId, thread_ts: MessageTs, *, delay_ms: int) -> Effect:
    """Return the row that looks once more, later, whether a file was shared twice."""
    key = Key(f"tidy:{file_id}")
    return aside(TidyShares(file_id, channel, thread_ts), key, delay_ms=delay_ms)


def removal_of(
    file_id: str, channel: ChannelId | None = None, ts: MessageTs | None = None
) -> Effect:
    """Return the row that deletes a file of ours, and the message that carries it."""
    key = Key(f"unfile:{file_id}:{ts or ''}")
    return aside(RemoveFile(file_id, channel, ts), key)


def file_of(view: View, part_id: int) -> str | None:
    """Return Slack's id of the file that a part is shown as; None if it is a text."""
    row = view.conn.execute("SELECT file FROM parts WHERE id = ?", (part_id,)).fetchone()
    return row[0] if row else None


def _words(tx: Transaction, row: OutboxRow, payload: PostFile) -> PostMessage:
    parts = posted.on_post(tx, row.part_id) if row.part_id is not None else ()
    known = posted.payload_of(parts[0]) if parts else None
    words = known or PostMessage(payload.markdown, payload.speaker, payload.author)
    return replace(words, speaker=payload.speaker, late=payload.late)


def _message_of(tx: Transaction, row: OutboxRow) -> tuple[int, SessionId]:
    found = tx.conn.execute(
        "SELECT m.id, c.session_id FROM parts p JOIN messages m ON m.id = p.message"
        " JOIN conversations c ON c.number = m.conversation WHERE p.id = ?",
        (row.part_id,),
    ).fetchone()
    return found[0], SessionId(found[1])


def _line(row: OutboxRow, said: PostMessage, session_id: SessionId, *, name: str) -> Effect:
    return Effect(
        payload=said,
        lane=row.lane,
        destination=Source.SLACK,
        key=Key(f"context:{session_id}:{name}:{row.key}"),
        order_key=row.order_key,  # behind its file, before what was written later
        priority=Priority.CONTEXT,
        session_id=session_id,
    )
