"""What can be done, and how: all verbs at a glance, or one with its examples.

Responsible for fitting them into one message; which verbs there are it is told.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot import texts
from bot.cards.lists import Line, titled
from bot.cards.parts import words
from bot.domain import Post
from bot.markup import one_line
from bot.markup.visible import measure

_BUDGET = 10_000
"""Characters of JSON for all commands; a message takes about 13,000 over all blocks."""


@dataclass(frozen=True, slots=True)
class HelpGroup:
    """The verbs that are about one thing: each as it is typed, with what it does."""

    title: str
    commands: Sequence[tuple[str, str]]


def help_card(groups: Sequence[HelpGroup], *, more: str = "") -> Post:
    """Return the verbs, grouped; ``more`` ends it. What does not fit is left out."""
    budget = _BUDGET
    lines: list[Line] = []
    for group in groups:
        line: Line = [words(one_line(group.title, 80), bold=True)]
        for command in group.commands:
            parts = _command(command)
            budget -= measure(json.dumps(parts, ensure_ascii=False))
            line += parts if budget > 0 else []
        lines.append(line)
    return titled(texts.HELP_TITLE, [*lines, *([[words(more, italic=True)]] if more else [])])


def _command(command: tuple[str, str]) -> Line:
    """Return one command on a line of its own: a section for each would cost twice the room."""
    typed, does = one_line(command[0], 100), one_line(command[1], 200)
    return [words("\n"), words(typed, code=True), words(f" {does}")]


def verb_card(
    usage: str, summary: str, *, examples: Sequence[tuple[str, str]], facts: Sequence[str]
) -> Post:
    """Return one verb: how it is typed, what it does, an example for each face."""
    lines: list[Line] = [[words(usage, code=True), words(f" {summary}")]]
    lines += [[words(f"{face}: "), words(typed, code=True)] for face, typed in examples]
    lines += [[words(fact)] for fact in facts]
    return titled(usage, lines)
