"""Edits of what the customer has that wait for their writer's word.

Responsible for the last such edit of a message; whatever becomes of the message ends it.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.files import SlackFile
from bot.relay.decisions import HoldEdit
from bot.store.rows import dump_files, files_from
from bot.store.transaction import Transaction
from bot.store.view import View


@dataclass(frozen=True, slots=True)
class HeldEdit:
    """The version that may be meant for the customer."""

    content: str
    files: tuple[SlackFile, ...]


def find(view: View, message: int) -> HeldEdit | None:
    """Return the edit of a message that is held, if one is."""
    row = view.conn.execute(
        "SELECT content, files FROM held_edits WHERE message = ?", (message,)
    ).fetchone()
    return HeldEdit(row[0], files_from(row[1])) if row else None


def hold(tx: Transaction, edit: HoldEdit) -> None:
    """Keep an edit until its writer has said what to do with it; without content, forget it."""
    forget(tx, edit.message)
    if edit.content is not None:
        tx.conn.execute(
            "INSERT INTO held_edits (message, content, files, held_at) VALUES (?, ?, ?, ?)",
            (edit.message, edit.content, dump_files(edit.files), tx.now),
        )


def forget(tx: Transaction, message: int) -> None:
    """Forget an edit: it is carried, or another version counts by now."""
    tx.conn.execute("DELETE FROM held_edits WHERE message = ?", (message,))
