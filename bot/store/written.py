"""What is stored of one message in Crisp, by the name that Crisp has for it.

Responsible for reading: a message that was written there, or a part of a reply of ours.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot import markup
from bot.domain import Fingerprint, Millis, SessionId
from bot.relay.privacy import from_list
from bot.sensitive import Kind
from bot.store.view import View


@dataclass(frozen=True, slots=True)
class Written:
    """A message that was written in Crisp, as it was when it was last heard of."""

    id: int
    kind: str
    content: str
    version: int
    removed: bool
    heard_at: Millis
    hides: frozenset[Kind]
    """What was hidden in it before it was stored."""
    forgotten: bool
    """Its text was deleted because of its age."""

    @property
    def is_first(self) -> bool:
        """Tell whether what is known is what was written first: any revision is newer."""
        return not self.version and not self.heard_at


@dataclass(frozen=True, slots=True)
class OwnPart:
    """A part of a reply of ours, and what Crisp is to show of it."""

    id: int
    session_id: SessionId
    content: str | None
    """None if nothing is to be shown of it any more."""
    overwritten: str | None
    """What somebody has made of it in Crisp; empty if they removed it."""
    pending: bool
    """Something of ours is on its way to it."""
    forgotten: bool
    """What was sent was deleted because of its age: ``content`` is empty."""


def written(view: View, session_id: SessionId, fingerprint: Fingerprint) -> Written | None:
    """Find a message that was written in Crisp."""
    row = view.conn.execute(
        "SELECT m.id, m.kind, m.content, m.version, m.removed, m.heard_at, m.hides, m.forgotten"
        " FROM messages m JOIN conversations c ON c.number = m.conversation"
        " WHERE c.session_id = ? AND m.fingerprint = ?",
        (session_id, fingerprint),
    ).fetchone()
    if row is None:
        return None
    return Written(
        row[0], row[1], row[2], row[3], bool(row[4]), row[5], from_list(row[6]), bool(row[7])
    )


def own_part(view: View, session_id: SessionId, fingerprint: Fingerprint) -> OwnPart | None:
    """Find a part of a reply of ours."""
    row = view.conn.execute(
        "SELECT p.id, p.part, p.state, p.overwritten, m.content, m.removed,"
        " EXISTS (SELECT 1 FROM outbox o WHERE o.part_id = p.id)"
        " OR EXISTS (SELECT 1 FROM outbox o WHERE o.key = 'edit:' || p.id), m.forgotten"
        " FROM parts p JOIN messages m ON m.id = p.message"
        " JOIN conversations c ON c.number = m.conversation"
        " WHERE p.fingerprint = ? AND c.session_id = ?",
        (fingerprint, session_id),
    ).fetchone()
    if row is None:
        return None
    gone = bool(row[5]) or row[2] == "dropped"
    content = "" if row[7] else piece(row[4], row[1])
    return OwnPart(
        row[0], session_id, None if gone else content, row[3], bool(row[6]), bool(row[7])
    )


def piece(content: str, part: int) -> str | None:
    """Return the text of one part of a reply; None if the reply has become shorter."""
    texts = markup.split(content, markup.CRISP_TEXT_LIMIT)
    return texts[part] if part < len(texts) else None
