"""Slack's rich text and Crisp's markdown: one to the other, escaping, emoji, splitting.

Responsible for text alone: pure functions, no I/O. It must not know of cards or conversations.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain import Block
from bot.markup import attachments, read_crisp, read_slack, write_crisp, write_slack
from bot.markup.attachments import of_app, with_shared
from bot.markup.names import ById, ByName, Mentioned, Names, mentioned
from bot.markup.shortcodes import shortcode_to_unicode
from bot.markup.splitting import CRISP_TEXT_LIMIT, SLACK_TEXT_LIMIT, split
from bot.markup.tree import flat
from bot.markup.visible import clip_escaped, escape, neutralise, one_line

__all__ = [
    "CRISP_TEXT_LIMIT",
    "SLACK_TEXT_LIMIT",
    "Mentioned",
    "Names",
    "clip_escaped",
    "crisp_to_blocks",
    "escape",
    "fallback",
    "literal",
    "mentioned",
    "neutralise",
    "of_app",
    "one_line",
    "plain",
    "shared",
    "shortcode_to_unicode",
    "slack_to_crisp",
    "split",
    "with_shared",
]

_QUOTES = "“"
"""Stands for the words of who forwards a message without any."""


def slack_to_crisp(blocks: Sequence[Block], text: str, names: Names) -> str:
    """Return a Slack message as Crisp markdown; ``text`` counts only where no block shows text."""
    return write_crisp.write(read_slack.read(blocks, text, ByName(names)))


def literal(text: str, limit: int) -> str:
    """Return somebody else's words for a place in Crisp markdown: one line, nothing but text."""
    return write_crisp.literal(one_line(text, limit))


def plain(blocks: Sequence[Block], text: str) -> str:
    """Return a Slack message without formatting, for reading markers and commands.

    Mentions are in Slack's notation (``<@U1>``); bullets and quote bars are left out, so that a
    marker counts wherever it is written; what was forwarded comes last, and what it starts with is
    no marker of its forwarder's. Never for a customer's eyes.
    """
    own = [block for block in blocks if not attachments.is_shared(block)]
    said = flat(read_slack.read(own, text, ById()), marks=False)
    if not (quoted := "\n".join(shared(blocks))):
        return said
    return f"{said if said.strip() else _QUOTES}\n{quoted}"


def shared(blocks: Sequence[Block]) -> list[str]:
    """Return each forwarded message in a Slack message, without formatting."""
    found = [block for block in blocks if attachments.is_shared(block)]
    return [flat(read_slack.read([block], "", ById()), marks=False) for block in found]


def crisp_to_blocks(markdown: str, *, trusted: bool = False) -> list[Block]:
    """Return Crisp markdown as a ``rich_text`` block in which nothing acts but visible links.

    Without ``trusted`` (operators) a labelled link shows its label and its address. Every string
    is taken; ``split`` long ones first, a block has its limits.
    """
    return write_slack.blocks(read_crisp.read(markdown, trusted=trusted), trusted=trusted)


def fallback(markdown: str) -> str:
    """Return the ``text`` of a post: escaped, without formatting, within Slack's limit."""
    return clip_escaped(flat(read_crisp.read(markdown, trusted=False)), SLACK_TEXT_LIMIT)
