"""Which customers are typing just now, and whether their cards say so.

Responsible for a short memory. Nothing of it is stored: Crisp tells again while somebody goes on
typing, and what it tells of the text is not looked at.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain import SessionId

SHOWN_FOR = 6.0
"""Seconds that somebody counts as typing after Crisp last said so; as long as in Crisp."""
BETWEEN = 5.0
"""Seconds between two edits of a card for this alone."""
ASKED_FOR = 60.0
"""Seconds after which a wish to show it is taken for lost."""
KEPT = 5000


@dataclass(slots=True)
class _Typist:
    until: float = 0.0
    shown: bool | None = None
    """What the card says; None: not known, it may be from before a restart."""
    edited_at: float = float("-inf")
    asked_until: float = 0.0


class Typists:
    """Who is typing, by conversation; the longest silent are forgotten first."""

    def __init__(self, *, website_id: str, clock: Callable[[], float], kept: int = KEPT) -> None:
        """``clock`` counts seconds; at most ``kept`` are remembered."""
        self._website_id = website_id
        self._clock = clock
        self._kept = kept
        self._typists: OrderedDict[str, _Typist] = OrderedDict()
        self._wishes: asyncio.Queue[SessionId] = asyncio.Queue()

    def heard(self, data: Any) -> None:
        """Take the payload of ``message:compose:send``; anything else is passed over."""
        if not isinstance(data, Mapping):
            return
        session_id = data.get("session_id")
        ours = data.get("website_id", self._website_id) in (None, self._website_id)
        if not ours or not isinstance(session_id, str) or not session_id:
            return
        if data.get("type") != "start":
            self.stopped(session_id)
            return
        typist, now = self._remember(session_id), self._clock()
        typist.until = now + SHOWN_FOR
        if typist.asked_until <= now:
            typist.asked_until = now + ASKED_FOR
            self._wishes.put_nowait(SessionId(session_id))

    def stopped(self, session_id: object) -> None:
        """Note that somebody types no more: they stopped, or have sent what they wrote."""
        if isinstance(session_id, str) and session_id in self._typists:
            self._typists[session_id].until = 0.0

    async def next_wish(self) -> SessionId:
        """Wait for a conversation whose card is to be looked after."""
        return await self._wishes.get()

    def left(self, session_id: SessionId) -> float:
        """Return for how many seconds somebody still counts as typing; 0 if they do not."""
        typist = self._typists.get(session_id)
        return max(typist.until - self._clock(), 0.0) if typist else 0.0

    def shown(self, session_id: SessionId) -> bool | None:
        """Tell whether the card says that they type; None if that is not known."""
        typist = self._typists.get(session_id)
        return typist.shown if typist else None

    def pause(self, session_id: SessionId) -> float:
        """Return the seconds until the card may be edited for this again."""
        typist = self._typists.get(session_id)
        return max(typist.edited_at + BETWEEN - self._clock(), 0.0) if typist else 0.0

    def card_says(self, session_id: SessionId, *, typing: bool) -> None:
        """Remember what a card was just made to say."""
        if not typing and session_id not in self._typists:
            return
        typist = self._remember(session_id)
        if typist.shown is not typing:
            typist.edited_at = self._clock()
        typist.shown = typing

    def looked_after(self, session_id: SessionId) -> None:
        """Note that nobody looks after the card any more: who types from now on asks anew."""
        if session_id in self._typists:
            self._typists[session_id].asked_until = 0.0

    def _remember(self, session_id: str) -> _Typist:
        typist = self._typists.setdefault(session_id, _Typist())
        self._typists.move_to_end(session_id)
        while len(self._typists) > self._kept:
            self._typists.popitem(last=False)
        return typist
