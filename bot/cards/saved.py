"""Saved replies to choose from: the menu, the preview with its button, the list.

Responsible for fitting them into one message. It must not fill anything in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from bot import texts
from bot.cards.messages import fits, message_post
from bot.cards.parts import (
    BUTTON_LIMIT,
    Part,
    actions,
    button,
    context,
    fallback_text,
    option,
    plain_text,
    rich_text,
    section,
    words,
)
from bot.domain import Block, Post
from bot.markup import one_line
from bot.markup.visible import measure
from bot.relay.saved import SavedReply

_MOST = 100
"""Options of one select."""
_BUDGET = 7_500
"""Characters of JSON for what is chosen from; a message takes about 13,000 over all blocks."""
_LINE_LIMIT = 120


def reply_menu(
    replies: Sequence[SavedReply], question: str, value_of: Callable[[SavedReply], str]
) -> Post:
    """Return a select of saved replies; ``value_of`` says what choosing one orders."""
    options: list[Part] = []
    room = _BUDGET
    for reply in replies[:_MOST]:
        one = option(_label(reply, BUTTON_LIMIT), value_of(reply))
        room -= measure(json.dumps(one, ensure_ascii=False))
        if room < 0:
            break
        options.append(one)
    select: Part = {
        "type": "static_select",
        "action_id": "verb:r:choose",
        "placeholder": plain_text(texts.SAVED_REPLIES, BUTTON_LIMIT),
        "options": options,
    }
    return Post(
        fallback_text(question),
        [section(question), actions([select]), *_more(len(options), len(replies))],
    )


def reply_preview(text: str, question: str, *, value: str) -> Post:
    """Return a reply as the customer gets it, with the button that sends it."""
    first, *rest = message_post(text, trusted=True)
    shown: list[Block] = [*first.blocks]
    if rest:
        shown.append(context([plain_text(texts.PREVIEW_CUT, BUTTON_LIMIT)]))
    send = actions([button(texts.SEND, "verb:r:send", value=value, style="primary")])
    blocks = [section(question), *shown, send]
    post = Post(fallback_text(f"{question}\n{first.text}"), blocks)
    return post if fits(post) else Post(post.text, [section(question), section(text), send])


def reply_list(replies: Sequence[SavedReply], title: str) -> Post:
    """Return saved replies, one each line: the code, the title, how it begins."""
    lines: list[list[Part]] = []
    room = _BUDGET
    for reply in replies:
        said = one_line(reply.title or reply.template, _LINE_LIMIT)
        language = f" ({one_line(reply.language, 20)})" if reply.language else ""
        line = [words(reply.code, code=True), words(f"{language} {said}")]
        room -= measure(json.dumps(line, ensure_ascii=False))
        if room < 0:
            break
        lines.append(line)
    head = [words(title, bold=True)]
    blocks = [rich_text([head, *lines]), *_more(len(lines), len(replies))]
    return Post(fallback_text(title), blocks)


def _label(reply: SavedReply, limit: int) -> str:
    return one_line(f"{reply.code} · {reply.title or reply.template}", limit)


def _more(shown: int, total: int) -> list[Block]:
    if shown >= total:
        return []
    return [section(texts.MORE_REPLIES.format(shown=shown, total=total))]
