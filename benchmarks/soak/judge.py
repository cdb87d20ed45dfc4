"""What was written, held against what arrived; pure.

Responsible for the verdict: lost, doubled, reordered, out of date, leaked. It knows texts by their
marks only (``[12.0]``: message 12, version 0), so that no formatting matters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_MARK = re.compile(r"\[(\d+)\.(\d+)\]")


@dataclass(slots=True)
class Written:
    """One message as its writer last left it."""

    number: int
    conversation: str
    note: bool = False
    version: int = 0
    removed: bool = False

    def text(self) -> str:
        """Return the text that bears the mark of the present version."""
        return f"[{self.number}.{self.version}] Hello, this is about order {self.number}."


@dataclass(slots=True)
class Verdict:
    """What became of everything."""

    sent: int = 0
    delivered: int = 0
    lost: list[int] = field(default_factory=list)
    doubled: list[int] = field(default_factory=list)
    reordered: list[int] = field(default_factory=list)
    outdated: list[int] = field(default_factory=list)
    """Not the last version, or shown though it was removed."""
    leaked: list[str] = field(default_factory=list)
    """What reached a customer, or the channel, and must not have."""

    @property
    def is_clean(self) -> bool:
        """Tell whether the promise was kept."""
        return not (self.lost or self.doubled or self.reordered or self.outdated or self.leaked)

    def add(self, other: Verdict) -> None:
        """Count another verdict's findings in."""
        self.sent += other.sent
        self.delivered += other.delivered
        for name in ("lost", "doubled", "reordered", "outdated", "leaked"):
            getattr(self, name).extend(getattr(other, name))


def marks(text: str) -> list[tuple[int, int]]:
    """Return the messages that a text shows, each with its version."""
    return [(int(number), int(version)) for number, version in _MARK.findall(text)]


def judge(
    written: Sequence[Written],
    shown: Sequence[str],
    *,
    struck: Sequence[str] = (),
    as_notes: Mapping[int, bool] | None = None,
) -> Verdict:
    """Hold one side of one conversation, in the order of writing, against what it shows.

    ``struck`` are the texts shown as removed; ``as_notes`` says of a message's number whether it
    arrived as a note, where that can be told.
    """
    found = [mark for text in shown for mark in marks(text)]
    gone = {number for text in struck for number, _ in marks(text)}
    times = Counter(number for number, _ in found)
    version = dict(found)
    verdict = Verdict(sent=len(written))
    for one in written:
        count = times[one.number]
        if one.removed:
            verdict.outdated += [one.number] if count else []
            verdict.delivered += 1
            continue
        if count == 0:
            verdict.lost.append(one.number)
            continue
        verdict.delivered += 1
        if count > 1:
            verdict.doubled.append(one.number)
        if version[one.number] != one.version or one.number in gone:
            verdict.outdated.append(one.number)
        if as_notes is not None and as_notes.get(one.number, False) is not one.note:
            verdict.leaked.append(
                f"message {one.number}: a note and a reply were taken for each other"
            )
    verdict.reordered = _late([number for number, _ in found], [one.number for one in written])
    known = {one.number for one in written}
    verdict.leaked += [
        f"message {number}: shown elsewhere" for number in times if number not in known
    ]
    return verdict


def _late(shown: Sequence[int], written: Sequence[int]) -> list[int]:
    """Return what is shown after something that was written later."""
    place = {number: at for at, number in enumerate(written)}
    late: list[int] = []
    latest = -1
    for number in dict.fromkeys(shown):
        at = place.get(number, latest)
        if at < latest:
            late.append(number)
        latest = max(latest, at)
    return late
