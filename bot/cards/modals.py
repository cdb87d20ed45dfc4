"""Modals: forms, what they show while something is done, and what came of it.

Responsible for views within Slack's limits, and for a form as it was filled in. It must not know
what a form is for. https://docs.slack.dev/reference/views/modal-views
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot import texts
from bot.cards.messages import message_post
from bot.cards.parts import BUTTON_LIMIT, Part, button, context, option, plain_text, section
from bot.domain import Block, Json, Post

RESULT_CALLBACK = "result"
"""The callback of a modal that only shows something; nothing in it can be submitted."""
TITLE_LIMIT = 24
INPUT_LIMIT = 3_000
META_LIMIT = 3_000
MOST_BLOCKS = 100
MOST_OPTIONS = 100
_LABEL_LIMIT = 150
_PREVIEW_BLOCKS = 30
_WHY = "why"
"""The block ids of what is said above a form that is shown again begin so."""

_INITIAL: Mapping[str, str] = {
    "value": "initial_value",
    "rich_text_value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_users": "initial_users",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
    "selected_conversation": "initial_conversation",
    "selected_channel": "initial_channel",
}
"""What an element holds, and how it is put there: the two are never called the same."""


def modal(
    title: str,
    blocks: Iterable[Block],
    *,
    callback: str = RESULT_CALLBACK,
    meta: Json | None = None,
    submit: str = "",
) -> dict[str, Any]:
    """Return a modal; ``meta`` comes back with whatever is done in it.

    ValueError if ``meta`` is more than a modal can remember.
    """
    held = json.dumps(dict(meta or {}), ensure_ascii=False, separators=(",", ":"))
    if len(held) > META_LIMIT:
        raise ValueError("a modal cannot remember that much")
    view = {
        "type": "modal",
        "callback_id": callback,
        "title": plain_text(title, TITLE_LIMIT),
        "close": plain_text(texts.MODAL_CLOSE, TITLE_LIMIT),
        "private_metadata": held,
        "blocks": list(blocks)[:MOST_BLOCKS],
    }
    return {**view, "submit": plain_text(submit, TITLE_LIMIT)} if submit else view


def text_input(
    label: str,
    name: str,
    *,
    value: str = "",
    hint: str = "",
    lines: bool = False,
    optional: bool = False,
    most: int = INPUT_LIMIT,
) -> Block:
    """Return a field to type into; ``name`` is its action id."""
    element: Part = {"type": "plain_text_input", "action_id": name, "max_length": most}
    if lines:
        element["multiline"] = True
    if value:
        element["initial_value"] = value[:most]
    return _field(label, element, hint=hint, optional=optional)


def select_input(
    label: str,
    name: str,
    options: Sequence[tuple[str, str]],
    *,
    chosen: str = "",
    hint: str = "",
    optional: bool = False,
) -> Block:
    """Return a menu to choose one of some (text, value) from; there must be at least one."""
    choices = [option(text, value) for text, value in options[:MOST_OPTIONS]]
    element: Part = {"type": "static_select", "action_id": name, "options": choices}
    if now := next((choice for choice in choices if choice["value"] == chosen and chosen), None):
        element["initial_option"] = now
    return _field(label, element, hint=hint, optional=optional)


def pick_input(
    label: str, name: str, groups: Iterable[tuple[str, Sequence[tuple[str, str]]]]
) -> Block:
    """Return a menu whose (text, value) are in named groups; none of them may be empty.

    Slack's own search in it finds by what the texts say.
    """
    grouped = [
        {
            "label": plain_text(title, BUTTON_LIMIT),
            "options": [option(text, value) for text, value in choices],
        }
        for title, choices in groups
    ]
    return _field(label, {"type": "static_select", "action_id": name, "option_groups": grouped})


def _field(label: str, element: Part, *, hint: str = "", optional: bool = False) -> Block:
    """Return an element with its label, under a block id that is told by its action id."""
    block: Block = {
        "type": "input",
        "block_id": f"field:{element['action_id']}",
        "label": plain_text(label, _LABEL_LIMIT),
        "element": element,
        "optional": optional,
    }
    return {**block, "hint": plain_text(hint, _LABEL_LIMIT)} if hint else block


def said(text: str) -> Block:
    """Return a sentence of a modal."""
    return section(text)


def actions_list(rows: Iterable[tuple[str, str, str, str]]) -> list[Block]:
    """Return what can be done, a line each: what it is, its button's text, action id and value."""
    return [
        {**section(line), "accessory": button(text, action_id, value=value)}
        for line, text, action_id, value in rows
    ][:MOST_BLOCKS]


def written_preview(line: str, markdown: str, *, press: tuple[str, str]) -> list[Block]:
    """Return who writes, a button for a preview, and what will be seen of it if there is text.

    ``press`` is the button's text and action id.
    """
    head = {**section(line), "accessory": button(*press)}
    if not markdown:
        return [head]
    post, *more = message_post(markdown, trusted=True)
    blocks = post.blocks[:_PREVIEW_BLOCKS]
    cut = more or len(post.blocks) > len(blocks)
    rest = [context([plain_text(texts.PREVIEW_GOES_ON, _LABEL_LIMIT)])] if cut else []
    return [head, {"type": "divider"}, *blocks, *rest]


def sending_view(view: Json) -> dict[str, Any]:
    """Return what a modal shows from its submission until the result is there."""
    return _instead(view, [section(texts.SENDING)])


def waiting_view(view: Json) -> dict[str, Any]:
    """Return what a modal shows when the result takes its time."""
    return _instead(view, [section(texts.STILL_SENDING)])


def result_view(view: Json, post: Post) -> dict[str, Any]:
    """Return what a modal shows of a result; ``view`` is what it showed before."""
    return _instead(view, post.blocks or [section(post.text)])


def as_typed(view: Json) -> dict[str, Any]:
    """Return a form that was submitted, filled in as it was: what was typed is not lost."""
    state = _part(view, "state").get("values")
    values = state if isinstance(state, Mapping) else {}
    shown = [block for block in _blocks(view) if not _id(block).startswith(_WHY)]
    kept = ("callback_id", "private_metadata", "title", "close", "submit")
    form = {name: view[name] for name in kept if view.get(name)}
    return {**form, "type": "modal", "blocks": [_filled(block, values) for block in shown]}


def remembering(form: Json, **more: str) -> dict[str, Any]:
    """Return a form that remembers something more, if it can."""
    held = {**json.loads(str(form.get("private_metadata") or "{}")), **more}
    text = json.dumps(held, ensure_ascii=False, separators=(",", ":"))
    return {**form, "private_metadata": text} if len(text) <= META_LIMIT else dict(form)


def again_view(form: Json, post: Post) -> dict[str, Any]:
    """Return a form once more, with what is to be said about it above; see ``as_typed``."""
    said = post.blocks or [section(post.text)]
    why = [{**block, "block_id": f"{_WHY}{number}"} for number, block in enumerate(said)]
    blocks = [*why, *_blocks(form)][:MOST_BLOCKS]
    return {**form, "submit": plain_text(texts.SEND_AGAIN, TITLE_LIMIT), "blocks": blocks}


def _filled(block: Json, values: Mapping[str, Any]) -> Block:
    element = block.get("element")
    if block.get("type") != "input" or not isinstance(element, Mapping):
        return dict(block)
    typed = _part(values, _id(block)).get(str(element.get("action_id")))
    bare = {name: held for name, held in element.items() if name not in _INITIAL.values()}
    for name, held in typed.items() if isinstance(typed, Mapping) else ():
        if name in _INITIAL and held:
            bare[_INITIAL[name]] = held
    return {**block, "element": bare}


def _instead(view: Json, blocks: Iterable[Block]) -> dict[str, Any]:
    """Return a modal in place of another: the same title, and it remembers the same."""
    title = _part(view, "title").get("text")
    shown = modal(title if isinstance(title, str) else texts.MODAL_TITLE, blocks)
    return {**shown, "private_metadata": str(view.get("private_metadata") or "")}


def _blocks(view: Json) -> list[Json]:
    found = view.get("blocks")
    return [b for b in found if isinstance(b, Mapping)] if isinstance(found, list) else []


def _id(block: Json) -> str:
    return str(block.get("block_id") or "")


def _part(value: Json, name: str) -> Json:
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}
