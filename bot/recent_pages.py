"""The pages that each customer looked at last, as far as Crisp has told.

Responsible for remembering a bounded number of them in memory: a page is told before the first
message, when there is no conversation yet, and is worth neither a call nor a row.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from bot.domain import Contact, Json, SessionId

KEPT = 5000
TRAIL = 4
"""How many pages before the last one are remembered."""
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Page:
    """A page's title and address."""

    title: str
    url: str

    @property
    def name(self) -> str:
        """Return what the page is called among others: its title, else its path."""
        return self.title.strip() or _path(self.url)


class RecentPages:
    """Last pages by conversation, the longest unseen forgotten first."""

    def __init__(self, *, kept: int = KEPT) -> None:
        """Remember those of at most ``kept`` conversations."""
        self._kept = kept
        self._seen: OrderedDict[str, Contact] = OrderedDict()

    def remember(self, payload: Json) -> None:
        """Take the payload of ``session:sync:pages``."""
        session_id, pages = payload.get("session_id"), pages_of(payload)
        if not pages or not isinstance(session_id, str):
            return
        self._seen[session_id] = with_pages(self._seen.get(session_id, Contact()), pages)
        self._seen.move_to_end(session_id)
        while len(self._seen) > self._kept:
            self._seen.popitem(last=False)

    def recall(self, session_id: SessionId, contact: Contact) -> Contact:
        """Return the contact with the last pages, or as it is where none are known."""
        seen = self._seen.get(session_id)
        if seen is None:
            return contact
        return replace(
            contact, page_title=seen.page_title, page_url=seen.page_url, trail=seen.trail
        )


def pages_of(payload: Json) -> tuple[Page, ...]:
    """Return the pages that an event lists, the oldest first; Crisp lists the newest first."""
    pages = payload.get("pages")
    found = [p for p in pages if isinstance(p, Mapping)] if isinstance(pages, list) else []
    found.reverse()
    return tuple(
        Page(_text(page.get("page_title")), _text(page.get("page_url")))
        for page in sorted(found, key=_seen_at)
    )


def with_pages(contact: Contact, pages: Sequence[Page]) -> Contact:
    """Return the contact with these pages added; several at once are all that there are."""
    if not pages:
        return contact
    last = pages[-1]
    known = Page(contact.page_title, contact.page_url).name
    before = [] if len(pages) > 1 else [*reversed(contact.trail), known]
    names = [name for name in (*before, *(page.name for page in pages)) if name]
    walked = [name for at, name in enumerate(names) if at == 0 or name != names[at - 1]]
    trail = tuple(reversed(walked[:-1]))[:TRAIL]
    return replace(contact, page_title=last.title, page_url=last.url, trail=trail)


def _seen_at(page: Mapping[str, Any]) -> float:
    stamp = page.get("timestamp")
    return stamp if isinstance(stamp, int | float) else 0.0  # not float(): a number may be too big


def _text(value: object) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""


def _path(url: str) -> str:
    try:
        return urlsplit(url).path or url
    except ValueError:
        return url
