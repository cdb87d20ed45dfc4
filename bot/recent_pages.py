"""The page that each customer looked at last, as far as Crisp has told.

Responsible for remembering a bounded number of them in memory: a page is told before the first
message, when there is no conversation yet, and is worth neither a call nor a row.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.domain import Contact, Json, SessionId

KEPT = 5000


@dataclass(frozen=True, slots=True)
class Page:
    """A page's title and address."""

    title: str
    url: str


class RecentPages:
    """Last pages by conversation, the longest unseen forgotten first."""

    def __init__(self, *, kept: int = KEPT) -> None:
        """Remember at most ``kept``."""
        self._kept = kept
        self._pages: OrderedDict[str, Page] = OrderedDict()

    def remember(self, payload: Json) -> None:
        """Take the payload of ``session:sync:pages``."""
        session_id, page = payload.get("session_id"), latest_page(payload)
        if page is None or not isinstance(session_id, str):
            return
        self._pages[session_id] = page
        self._pages.move_to_end(session_id)
        while len(self._pages) > self._kept:
            self._pages.popitem(last=False)

    def last(self, session_id: SessionId) -> Page | None:
        """Return the last page, if it is known."""
        return self._pages.get(session_id)


def latest_page(payload: Json) -> Page | None:
    """Return the latest of the pages that an event lists, or None."""
    pages = payload.get("pages")
    found = [p for p in pages if isinstance(p, Mapping)] if isinstance(pages, list) else []
    if not found:
        return None
    newest = max(found, key=_seen_at)
    return Page(_text(newest.get("page_title")), _text(newest.get("page_url")))


def with_page(contact: Contact, page: Page | None) -> Contact:
    """Return the contact with this page, or as it is when there is none."""
    return contact if page is None else replace(contact, page_title=page.title, page_url=page.url)


def _seen_at(page: Mapping[str, Any]) -> float:
    stamp = page.get("timestamp")
    return float(stamp) if isinstance(stamp, int | float) else 0.0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
