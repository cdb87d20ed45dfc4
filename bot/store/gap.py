"""What a database that was put back knows nothing of, and what follows for what is new to it.

Responsible for telling what was written in the gap: it may have been passed on by the bridge of
then, so it is looked for before it goes anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain import MessageTs, Millis, Posted
from bot.relay import keys
from bot.relay.effects import FOR_CUSTOMER, ForCustomer, Learn, Payload
from bot.store.rows import OutboxRow
from bot.store.view import View

SKEW_MS = 60_000
"""So far Crisp's clock and ours may be apart; what is looked for in vain is only late."""
FORGOTTEN_MS = 7 * 24 * 3600 * 1000
"""So long after the restore nothing of the gap turns up any more."""
PATIENCE_MS = 10 * 60 * 1000
"""So long a message of an operator's waits at most."""
SINCE, UNTIL, IN_SLACK = "gap_since", "gap_until", "gap_until_in_slack"
_SHOWN = frozenset({"post", "file", "history", "notify"})


@dataclass(frozen=True, slots=True)
class Gap:
    """From when to when nothing is known, in epoch milliseconds."""

    since: Millis
    """When the copy was made; 0 if that is not known."""
    until: Millis
    """When a bridge was first started on it, by our clock."""
    until_in_slack: Millis
    """The same moment by Slack's clock."""

    def holds_reply(self, ts: MessageTs) -> bool:
        """Tell whether the bridge of then may have read this message in Slack."""
        return keys.ts_micros(ts) // 1000 <= self.until_in_slack

    def doubts(self, payload: Payload, order_key: int) -> bool:
        """Tell whether a row that is new may have been carried out: ``order_key`` is its place."""
        if isinstance(payload, ForCustomer):
            return self.holds_reply(payload.ts)
        return payload.kind in _SHOWN and 0 < order_key // 1000 <= self.until + SKEW_MS


def current(view: View) -> Gap | None:
    """Return the gap of the copy that was put back last, as long as it matters."""
    rows = view.conn.execute(
        "SELECT name, value FROM counters WHERE name IN (?, ?, ?)", (SINCE, UNTIL, IN_SLACK)
    )
    found = {row[0]: Millis(row[1]) for row in rows}
    if UNTIL not in found or view.now > found[UNTIL] + FORGOTTEN_MS:
        return None
    return Gap(found[SINCE], found[UNTIL], found[IN_SLACK])


def may_have_read(view: View, ts: MessageTs) -> bool:
    """Tell whether a message in Slack may have been read before a database was put back."""
    gap = current(view)
    return gap is not None and gap.holds_reply(ts)


def is_of_gap(view: View, row: OutboxRow) -> bool:
    """Tell whether a row is new here, of something that was written in the gap.

    A row that the copy held has its key and its fingerprint: it is looked for by those.
    """
    gap = current(view)
    return gap is not None and row.born_at >= gap.until and gap.doubts(row.payload(), row.order_key)


def may_be_ours(view: View, row: OutboxRow, *, caught_up: bool) -> bool:
    """Tell whether a message of an operator's may be a reply from Slack that was sent in the gap.

    That is known once all replies are read (``caught_up``), and looked for in Crisp; in the end
    nobody waits for it any more, and it is taken back if it turns out to have been one.
    """
    if row.conversation is None or view.now > row.born_at + PATIENCE_MS or not is_of_gap(view, row):
        return False
    if not caught_up:
        return True
    kinds = ", ".join(f"'{kind}'" for kind in sorted(FOR_CUSTOMER))
    found = view.conn.execute(
        "SELECT 1 FROM outbox WHERE lane = ? AND state = 'pending'"  # noqa: S608 - our own words
        f" AND (kind IN ({kinds}) AND must_look OR kind = ?) LIMIT 1",
        (keys.to_crisp(row.conversation.session_id), Learn.kind),
    ).fetchone()
    return found is not None


def place(view: View, part_id: int | None, posted: Posted) -> dict[str, object]:
    """Return where a part is by its post: another part may have been found in that before."""
    found = view.conn.execute(
        "SELECT id FROM parts WHERE channel = ? AND ts = ? AND id IS NOT ?",
        (posted.channel, posted.ts, part_id),
    ).fetchone()
    return {"joined_to": found[0]} if found else {"channel": posted.channel, "ts": posted.ts}


def is_unclaimed(view: View, fingerprint: int) -> bool:
    """Tell whether no reply of ours bears this name."""
    sql = "SELECT 1 FROM parts WHERE fingerprint = ?"
    return view.conn.execute(sql, (fingerprint,)).fetchone() is None


def is_new_file(view: View, conversation: int, file_id: str) -> bool:
    """Tell whether no message of a conversation is known to have become this file in Slack."""
    sql = (
        "SELECT 1 FROM messages m JOIN parts p ON p.message = m.id"
        " WHERE m.conversation = ? AND p.file = ?"
    )
    return view.conn.execute(sql, (conversation, file_id)).fetchone() is None
