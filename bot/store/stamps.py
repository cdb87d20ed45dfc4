"""Telling a database that was put back from the one that was used last.

Responsible for a number that grows with what the database goes through, kept in it and in a file
beside it. A database whose number is the smaller one is older than what ran here last: a copy. The
database is always ahead, since its commit comes first, so that no crash makes one look old.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from bot.domain import Millis
from bot.store.transaction import Transaction
from bot.store.view import View

STAMP = "stamp"
"""The counter; its values are epoch milliseconds, as far as the clock does not go back."""


def file_of(database: Path) -> Path:
    """Name the file beside a database that holds its number."""
    return database.with_name(database.name + ".stamp")


def read(file: Path) -> Millis | None:
    """Return the number in the file; None if there is none that can be read."""
    try:
        return Millis(int(file.read_text(encoding="ascii")))
    except (OSError, ValueError):
        return None


def write(file: Path, stamp: Millis) -> None:
    """Store a number in the file, readable by its owner only; OSError if that is impossible."""
    unfinished = file.with_name(f"{file.name}.part")
    with contextlib.suppress(FileNotFoundError):
        unfinished.unlink()
    descriptor = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(f"{stamp}\n")
    unfinished.replace(file)


def current(view: View) -> Millis:
    """Return the database's own number, 0 if it has never had one."""
    row = view.conn.execute("SELECT value FROM counters WHERE name = ?", (STAMP,)).fetchone()
    return Millis(row[0]) if row else Millis(0)


def advance(tx: Transaction, *, above: Millis = Millis(0)) -> Millis:
    """Give the database its next number, which is to be written beside it after the commit."""
    stamp = Millis(max(current(tx) + 1, above + 1, tx.now))
    tx.conn.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (STAMP, stamp))
    return stamp
