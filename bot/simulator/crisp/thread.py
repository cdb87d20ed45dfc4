"""The messages of one conversation, in the order of their timestamps.

Responsible for order, paging and finding by fingerprint. Messages are never changed in place: a
changed one is swapped in, so that whoever holds the old one still sees it as it was. Must not
know of events, and must not decide what a message may hold.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from operator import itemgetter

from bot.simulator.crisp.wire import Json

_timestamp = itemgetter("timestamp")


class Thread:
    """An ordered list of messages; two may carry the same fingerprint (a send that doubled)."""

    __slots__ = ("_items", "_known", "_later")

    def __init__(self, later: Callable[[], list[Json]] | None = None) -> None:
        """``later`` makes seeded messages when somebody first looks: a million cost nothing."""
        self._items: list[Json] = []
        self._known: dict[int, int] = {}
        self._later = later

    def _load(self) -> list[Json]:
        if self._later is not None:
            make, self._later = self._later, None
            for message in make():
                self._items.append(message)
                self._known[message["fingerprint"]] = 1
        return self._items

    def __len__(self) -> int:
        return len(self._load())

    def __iter__(self) -> Iterator[Json]:
        return iter(list(self._load()))

    def __reversed__(self) -> Iterator[Json]:
        return reversed(list(self._load()))

    def newest_first(self) -> Iterator[Json]:
        """Walk backwards without a copy; do not change the thread meanwhile."""
        return reversed(self._load())

    def loaded(self) -> list[Json]:
        """Return the messages made so far: a search must not make a million."""
        return self._items

    def add(self, message: Json) -> None:
        """Insert by timestamp, after those of the same millisecond."""
        items = self._load()
        items.insert(bisect_right(items, message["timestamp"], key=_timestamp), message)
        fingerprint = message["fingerprint"]
        self._known[fingerprint] = self._known.get(fingerprint, 0) + 1

    def discard(self, message: Json) -> None:
        """Remove this very message."""
        del self._items[self._position(message)]
        left = self._known[message["fingerprint"]] - 1
        if left:
            self._known[message["fingerprint"]] = left
        else:
            del self._known[message["fingerprint"]]

    def swap(self, old: Json, new: Json) -> None:
        """Put ``new`` where ``old`` is; fingerprint and timestamp are the same in both."""
        self._items[self._position(old)] = new

    def copies(self, fingerprint: int) -> list[Json]:
        """Return every message with this fingerprint: none, one, or a doubled send's two."""
        items = self._load()
        count = self._known.get(fingerprint, 0)
        if not count:
            return []
        found = []
        for message in reversed(items):
            if message["fingerprint"] == fingerprint:
                found.append(message)
                if len(found) == count:
                    break
        return found[::-1]

    def knows(self, fingerprint: int) -> bool:
        """Tell whether a message with this fingerprint is here."""
        self._load()
        return fingerprint in self._known

    def last(self) -> Json | None:
        """Return the newest message."""
        items = self._load()
        return items[-1] if items else None

    def newest(self, count: int) -> list[Json]:
        """Return the last ``count`` messages, oldest first."""
        return self._load()[-count:]

    def before(self, timestamp: int, count: int) -> list[Json]:
        """Return the last ``count`` messages older than ``timestamp``, oldest first."""
        items = self._load()
        end = bisect_left(items, timestamp, key=_timestamp)
        return items[max(0, end - count) : end]

    def after(self, timestamp: int, count: int) -> list[Json]:
        """Return the first ``count`` messages younger than ``timestamp``, oldest first."""
        items = self._load()
        start = bisect_right(items, timestamp, key=_timestamp)
        return items[start : start + count]

    def around(self, timestamp: int, count: int) -> list[Json]:
        """Return about ``count`` messages, half older and half at or after ``timestamp``."""
        items = self._load()
        middle = bisect_left(items, timestamp, key=_timestamp)
        return items[max(0, middle - count // 2) : middle + (count + 1) // 2]

    def _position(self, message: Json) -> int:
        items = self._load()
        at = bisect_left(items, message["timestamp"], key=_timestamp)
        while items[at] is not message:
            at += 1
        return at
