"""What has become of a message, as the modal that the *Delivery status* shortcut opens.

Responsible for its words, times and buttons. It must not look anything up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bot import texts
from bot.cards.parts import Part, actions, button, moment, rich_text, section, words
from bot.domain import Author, Block, ChannelId, Json, MessageTs, Millis
from bot.lookups import Fate, PartFate
from bot.markup import one_line

CALLBACK = "delivery_status"
_MOST_BLOCKS = 100
_MOST_PARTS = 15
_MOST_MESSAGES = 10
_NAME_LIMIT = 80
_REASON_LIMIT = 300

Line = list[Part]
Words = Callable[[str], str]
"""Turns a platform's code into words."""


def status_view(blocks: Sequence[Block], place: Json) -> dict[str, Any]:
    """Return the modal; ``place`` (channel, ts, thread_ts) comes back with what is pressed."""
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": {"type": "plain_text", "text": texts.STATUS_TITLE, "emoji": False},
        "close": {"type": "plain_text", "text": texts.STATUS_CLOSE, "emoji": False},
        "private_metadata": json.dumps(dict(place)),
        "blocks": list(blocks),
    }


def status_sentence(text: str) -> list[Block]:
    """Return the modal's content where there is one thing to say."""
    return [section(text)]


def status_blocks(
    fates: Sequence[Fate], *, channel: ChannelId, ts: MessageTs, reason: Words
) -> list[Block]:
    """Return what became of each message that a post shows; each speaks for itself."""
    blocks: list[Block] = []
    for fate in fates[:_MOST_MESSAGES]:
        if blocks:
            blocks.append({"type": "divider"})
        if fate.author is Author.AGENT:
            blocks += _of_agent(fate, f"{channel}:{ts}", reason)
        else:
            blocks.append(rich_text(_of_crisp(fate)))
    return blocks[:_MOST_BLOCKS]


def _of_agent(fate: Fate, place: str, reason: Words) -> list[Block]:
    live = [part for part in fate.parts if part.state != "dropped"]
    lines: list[Line] = [[words(_summary(fate, live), bold=True)]]
    if fate.speaker and live:
        name = one_line(fate.speaker, _NAME_LIMIT)
        by, under = texts.STATUS_NOTE_BY.format(name=name), texts.STATUS_AS.format(name=name)
        lines.append([words(by if fate.kind == "note" else under)])
    lines.append([words(texts.STATUS_WRITTEN + " "), moment(fate.written_at)])
    blocks = [rich_text(lines)]
    if fate.state == "held":
        choices = (
            (texts.HELD_SEND, "held:send"), (texts.HELD_NOTE, "held:note"),
            (texts.HELD_DISCARD, "held:discard"),
        )  # fmt: skip
        blocks.append(actions([button(text, what, value=place) for text, what in choices]))
    several = len(live) > 1
    for number, part in enumerate(live[:_MOST_PARTS], 1):
        name = texts.STATUS_PART.format(number=number, total=len(live)) if several else ""
        blocks.append(rich_text([_part_line(name, part, fate, reason)]))
        if part.given_up is not None:
            blocks.append(actions(_remedies(part)))
    if fate.kind != "note" and live and fate.origin not in {"", "chat"}:
        blocks.append(rich_text([[words(texts.STATUS_NO_RECEIPTS, italic=True)]]))
    return blocks


def _summary(fate: Fate, live: Sequence[PartFate]) -> str:
    if fate.state == "held":
        return texts.STATUS_HELD
    if not live:
        return texts.STATUS_WITHDRAWN if fate.parts else texts.STATUS_KEPT
    states = {part.state for part in live}
    for state, text in (
        ("failed", texts.STATUS_FAILED), ("uncertain", texts.STATUS_UNCERTAIN),
        ("waiting", texts.STATUS_WAITING),
    ):  # fmt: skip
        if state in states:
            return text
    if fate.kind == "note":
        return texts.STATUS_NOTED
    seen = {part.seen for part in live}
    if "sent" in seen:
        return texts.STATUS_ACCEPTED
    return texts.STATUS_DELIVERED if "delivered" in seen else texts.STATUS_READ


def _part_line(name: str, part: PartFate, fate: Fate, reason: Words) -> Line:
    line = [words(f"{name}: ")] if name else []
    why = one_line(reason(part.error), _REASON_LIMIT) if part.error else ""
    if part.state == "delivered":
        line += _with_time(texts.STATUS_PART_ACCEPTED, part.delivered_at)
        if part.seen != "sent" and fate.kind != "note":
            said = texts.STATUS_PART_READ if part.seen == "read" else texts.STATUS_PART_DELIVERED
            line += [words(", "), *_with_time(said, part.seen_at)]
        return line
    said = {
        "failed": texts.STATUS_PART_FAILED, "uncertain": texts.STATUS_PART_UNCERTAIN,
    }.get(part.state, texts.STATUS_PART_WAITING)  # fmt: skip
    return [*line, words(f"{said} ({why})" if why else said)]


def _remedies(part: PartFate) -> list[Part]:
    value = str(part.given_up)
    if part.state == "failed":
        return [button(texts.RETRY, "delivery:retry", value=value, style="primary")]
    return [
        button(texts.SEND_AGAIN, "delivery:retry", value=value),
        button(texts.IT_ARRIVED, "delivery:dismiss", value=value),
    ]


def _of_crisp(fate: Fate) -> Iterator[Line]:
    visitor = fate.author is Author.VISITOR
    name = one_line(fate.speaker, _NAME_LIMIT)
    if visitor:
        head = texts.STATUS_BY_VISITOR.format(name=name or texts.UNTITLED)
    else:
        head = texts.STATUS_BY_OPERATOR.format(name=name or texts.OPERATOR)
    yield [words(head, bold=True)]
    yield [words(texts.STATUS_WRITTEN_IN_CRISP + " "), moment(fate.written_at)]
    shown = next((part.post for part in fate.parts if part.post), None)
    if shown is not None:
        yield [words(texts.STATUS_SHOWN + " "), moment(Millis(int(float(shown) * 1000)))]
    if fate.removed:
        yield [words(texts.STATUS_REMOVED)]
    if fate.kind == "note":
        yield [words(texts.STATUS_NOTED)]
        return
    part = fate.parts[0] if fate.parts else None
    if part is not None and part.seen == "read":
        said = texts.STATUS_TEAM_READ if visitor else texts.STATUS_READ_ALREADY
        yield _with_time(said, part.seen_at)
    elif visitor:
        yield [words(texts.STATUS_TEAM_UNREAD)]
    else:
        yield [words(texts.STATUS_NOT_READ)]


def _with_time(text: str, at: Millis | None) -> Line:
    return [words(text), words(" "), moment(at)] if at else [words(text)]
