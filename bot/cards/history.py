"""What was said before, in one compact post: a new thread's history, or three lines of it.

Responsible for fitting it into one message. It must not read anything.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot import texts
from bot.cards.parts import (
    Part,
    actions,
    button,
    context,
    fallback_text,
    link,
    moment,
    plain_text,
    rich_text,
    words,
)
from bot.domain import Author, Block, Post, SessionId
from bot.lookups import Earlier, Said
from bot.markup import one_line
from bot.markup.read_crisp import read
from bot.markup.tree import flat
from bot.markup.visible import measure, shortened

_SAID_LIMIT = 300
_NAME_LIMIT = 80
_BUDGET = 7_500
"""Characters of JSON for what was said; a message takes about 13,000 over all blocks."""

OLDER_ACTION = "history:older"
Line = list[Part]


def history_post(earlier: Earlier, *, session_id: SessionId, former: str = "") -> Post:
    """Return earlier messages, oldest first, and a button where there may be still older ones.

    ``former`` is the address of the thread that the conversation had before. The button's value
    is ``session_id:milliseconds``: older than that.
    """
    lines = _fitting(earlier.said)
    head: Line = [words(texts.HISTORY, bold=True), *_former(former)]
    blocks: list[Block] = [rich_text([head, *lines])]
    left_out = len(earlier.said) - len(lines)
    if earlier.older is not None or left_out:
        value = f"{session_id}:{earlier.said[left_out].at}"
        blocks.append(actions([button(texts.OLDER, OLDER_ACTION, value=value)]))
    return Post(fallback_text(texts.HISTORY), blocks)


def recap_post(earlier: Earlier, *, former: str) -> Post:
    """Return three lines: where the old thread is, the last that each side said."""
    lines: list[Line] = [[words(texts.BACK_AGAIN, bold=True), *_former(former)]]
    ours = [said for said in earlier.said if said.author is not Author.VISITOR and not said.note]
    theirs = [said for said in earlier.said if said.author is Author.VISITOR]
    last = sorted((group[-1] for group in (theirs, ours) if group), key=lambda said: said.at)
    lines += [_line(said) for said in last]
    return Post(fallback_text(texts.BACK_AGAIN), [rich_text(lines)])


def pointer_post(to: str, *, said: str = "") -> Post:
    """Return the line that says where a conversation goes on, or ``said`` and where it is."""
    before, label = (said, texts.TO_THE_THREAD) if said else (texts.GOES_ON, texts.IN_NEW_THREAD)
    line: Line = [words(f"{before} "), link(label, to)]
    return Post(fallback_text(f"{before} {label}"), [rich_text([line])])


def nothing_earlier() -> Post:
    """Return the sentence for who asks for more than there is."""
    text = plain_text(texts.NOTHING_EARLIER, _SAID_LIMIT)
    return Post(fallback_text(texts.NOTHING_EARLIER), [context([text])])


def _former(address: str) -> Line:
    return [words(" · "), link(texts.FORMER_THREAD, address)] if address else []


def _fitting(said: Sequence[Said]) -> list[Line]:
    """Return the lines of the last messages, as many as fit."""
    budget, lines = _BUDGET, list[Line]()
    for one in reversed(said):
        line = _line(one)
        budget -= measure(json.dumps(rich_text([line]), ensure_ascii=False))
        if budget < 0 and lines:
            break
        lines.insert(0, line)
    return lines


def _line(said: Said) -> Line:
    name = one_line(said.speaker, _NAME_LIMIT) or texts.UNTITLED
    mark = f"{texts.NOTE_SIGN} " if said.note else ""
    beginning = shortened(said.markdown, _SAID_LIMIT)
    shown = one_line(flat(read(beginning, trusted=False)), _SAID_LIMIT) or texts.EMPTY_MESSAGE
    return [words(f"{mark}{name}", bold=True), words(" · "), moment(said.at), words(f"  {shown}")]
