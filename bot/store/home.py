"""The queue from what is stored: pages of open conversations, how many there are, people's names.

Responsible for reads that cost the same however long the queue is. It must not ask Crisp, and
nothing here decides what is shown of a conversation: that is in ``bot.cards.home``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain import Conversation, OperatorId
from bot.store.rows import CONVERSATION_COLUMNS, conversation_from
from bot.store.view import View

PAGE = 20
"""Conversations on a page."""
SEARCHED = 50_000
"""So many of the newest conversations are searched for a person."""

_SHELVES = {
    "mine": "WHERE c.state <> 'resolved' AND c.gone = 0 AND c.snoozed_until IS NULL"
    " AND c.assignee = :me",
    "unassigned": "WHERE c.state <> 'resolved' AND c.gone = 0 AND c.snoozed_until IS NULL"
    " AND c.assignee IS NULL",
    "snoozed": "WHERE c.state <> 'resolved' AND c.gone = 0 AND c.snoozed_until IS NOT NULL",
    "all": "WHERE c.state <> 'resolved' AND c.gone = 0",
}
"""Which of the open conversations each list holds; the words are those of the indexes."""
_NAMED = ("nickname", "email")
SHELVES = tuple(_SHELVES)


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A conversation's place in the queue: the longest waiting has the lowest."""

    turn: int
    number: int


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of the queue, in order; the spots are where the pages beside it begin and end."""

    conversations: tuple[Conversation, ...]
    before: Spot | None = None
    """What the page before ends in front of; None where this is the first."""
    after: Spot | None = None
    """What the next page begins behind; None where this is the last."""


def page(
    view: View,
    shelf: str,
    *,
    me: OperatorId | None = None,
    after: Spot | None = None,
    before: Spot | None = None,
    size: int = PAGE,
) -> Page:
    """Return the page of a list behind a spot, or the one in front of it; else the first.

    What is left of the queue may be less than where somebody had got to: then it is the first page.
    """
    if before is not None:
        rows = _rows(view, shelf, me, before, size + 1, backwards=True)
        if len(rows) > size:
            return _page(rows[:size][::-1], before=True, after=True)
        return page(view, shelf, me=me, size=size)
    rows = _rows(view, shelf, me, after, size + 1)
    if not rows and after is not None:
        return page(view, shelf, me=me, size=size)
    return _page(rows[:size], before=after is not None, after=len(rows) > size)


def _page(rows: Sequence[sqlite3.Row], *, before: bool, after: bool) -> Page:
    return Page(
        tuple(conversation_from(row) for row in rows),
        before=_spot(rows[0]) if before and rows else None,
        after=_spot(rows[-1]) if after and rows else None,
    )


def _spot(row: sqlite3.Row) -> Spot:
    return Spot(row["turn"], row["number"])


def _rows(
    view: View,
    shelf: str,
    me: OperatorId | None,
    spot: Spot | None,
    limit: int,
    *,
    backwards: bool = False,
) -> list[sqlite3.Row]:
    beside, order = ("<", "DESC") if backwards else (">", "ASC")
    there = f" AND (c.turn, c.number) {beside} (:turn, :number)" if spot else ""
    sql = (
        f"SELECT {CONVERSATION_COLUMNS}, turn FROM conversations c"  # noqa: S608 - fixed texts
        f" {_SHELVES[shelf]}{there}"
        f" ORDER BY c.turn {order}, c.number {order} LIMIT :limit"
    )
    values = {"me": me or "", "limit": limit}
    if spot:
        values |= {"turn": spot.turn, "number": spot.number}
    return view.conn.execute(sql, values).fetchall()


def counts(view: View, me: OperatorId | None) -> dict[str, int]:
    """Return how many open conversations each list holds; of the indexes alone."""
    return {shelf: _count(view, where, me) for shelf, where in _SHELVES.items()}


def _count(view: View, where: str, me: OperatorId | None) -> int:
    sql = f"SELECT count(*) FROM conversations c {where}"  # noqa: S608 - fixed texts
    return int(view.conn.execute(sql, {"me": me or ""}).fetchone()[0])


def search(view: View, wanted: str, *, limit: int = PAGE) -> tuple[Conversation, ...]:
    """Return the newest conversations whose customer's name or e-mail has these letters in it.

    They may be resolved. Case does not count, beyond ASCII as far as people write names.
    """
    cases = {_lowered(cased) for cased in (wanted.lower(), wanted.title(), wanted.upper())}
    named = " OR ".join([f"instr(lower({column}), ?)" for column in _NAMED] * len(cases))
    sql = (
        f"SELECT {CONVERSATION_COLUMNS} FROM conversations c WHERE number IN"  # noqa: S608 - fixed texts
        " (SELECT number FROM conversations INDEXED BY conversations_named"
        f" WHERE number > (SELECT max(number) FROM conversations) - ? AND ({named})"
        " ORDER BY number DESC LIMIT ?) ORDER BY number DESC"
    )
    values = [cased for cased in sorted(cases) for _ in _NAMED]
    rows = view.conn.execute(sql, (SEARCHED, *values, limit))
    return tuple(conversation_from(row) for row in rows)


def _lowered(text: str) -> str:
    """Return text as SQLite's lower() has it, which knows ASCII only."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)
