"""Block Kit's rules, as far as they make Slack refuse blocks.

Responsible for saying what is wrong, in the words and with the json-pointers that Slack uses;
it must not change a block. Limits: https://docs.slack.dev/reference/block-kit/blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bot.simulator.slack.model import Json

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MESSAGE_CHARACTERS = 13_000
_ID = 255
_INITIAL_TEXT = 3000
_NOT_IN_INPUTS = frozenset(
    {"button", "feedback_buttons", "icon_button", "image", "overflow", "workflow_button"}
)
_RICH_OPTIONS = ("radio_buttons", "checkboxes")
"""Elements whose options may be mrkdwn."""
_OPTION_TYPES = ("static_select", "multi_static_select", "overflow", "radio_buttons", "checkboxes")
_ELEMENTS = frozenset(
    {
        "button", "channels_select", "checkboxes", "conversations_select", "datepicker",
        "datetimepicker", "email_text_input", "external_select", "feedback_buttons", "file_input",
        "icon_button", "image", "multi_channels_select", "multi_conversations_select",
        "multi_external_select", "multi_static_select", "multi_users_select", "number_input",
        "overflow", "plain_text_input", "radio_buttons", "rich_text_input", "static_select",
        "timepicker", "url_text_input", "users_select", "workflow_button",
    }
)  # fmt: skip

Problems = Iterator[str]


def problems(blocks: Any, *, most: int = MESSAGE_BLOCKS, pointer: str = "/blocks") -> list[str]:
    """Return what is wrong with blocks, one sentence each; empty if nothing is."""
    return list(_all(blocks, most, pointer))


def characters(blocks: list[Json]) -> int:
    """Count the characters of all texts in the blocks."""
    return sum(len(text) for block in blocks for text in _texts(block))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("text", "alt_text", "title") and isinstance(inner, str):
                yield inner
            else:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _at(problem: str, pointer: str) -> str:
    return f"{problem} [json-pointer:{pointer}]"


def _all(blocks: Any, most: int, pointer: str) -> Problems:
    if not isinstance(blocks, list):
        yield _at("must be an array", pointer)
        return
    yield from _count(blocks, most, pointer)
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        here = f"{pointer}/{number}"
        if not isinstance(block, dict) or block.get("type") not in _CHECKS:
            kind = block.get("type") if isinstance(block, dict) else block
            yield _at(f"unsupported type: {kind}", f"{here}/type")
            continue
        yield from _length(block.get("block_id", "x"), _ID, f"{here}/block_id")
        if (block_id := block.get("block_id")) and block_id in seen:
            yield _at(f"duplicate value: {block_id}", f"{here}/block_id")
        seen.add(block_id or "")
        yield from _CHECKS[block["type"]](block, here)


def _count(items: list[Any], most: int, pointer: str, least: int = 0) -> Problems:
    if len(items) > most:
        yield _at(f"no more than {most} items allowed", pointer)
    if len(items) < least:
        yield _at(f"no less than {least} items allowed", pointer)


def _length(text: Any, most: int, pointer: str) -> Problems:
    if not isinstance(text, str):
        yield _at("must be a string", pointer)
    elif not text:
        yield _at("must be more than 0 characters", pointer)
    elif len(text) > most:
        yield _at(f"must be less than {most + 1} characters", pointer)


def _text(value: Any, most: int, pointer: str, *, plain: bool = False) -> Problems:
    allowed = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if not isinstance(value, dict):
        yield _at("missing required field: text", pointer)
        return
    if value.get("type") not in allowed:
        yield _at(f"must be one of: {', '.join(allowed)}", f"{pointer}/type")
    yield from _length(value.get("text"), most, f"{pointer}/text")


def _section(block: Json, here: str) -> Problems:
    if block.get("text") is None and not block.get("fields"):
        yield _at("missing required field: text or fields", here)
    if block.get("text") is not None:
        yield from _text(block["text"], 3000, f"{here}/text")
    fields = block.get("fields") or []
    yield from _count(fields, 10, f"{here}/fields")
    for number, field in enumerate(fields):
        yield from _text(field, 2000, f"{here}/fields/{number}")
    if block.get("accessory") is not None:
        yield from _element(block["accessory"], f"{here}/accessory")


def _header(block: Json, here: str) -> Problems:
    yield from _text(block.get("text"), 150, f"{here}/text", plain=True)


def _context(block: Json, here: str) -> Problems:
    elements = block.get("elements") or []
    yield from _count(elements, 10, f"{here}/elements", least=1)
    for number, element in enumerate(elements):
        pointer = f"{here}/elements/{number}"
        if isinstance(element, dict) and element.get("type") == "image":
            yield from _image(element, pointer)
        else:
            yield from _text(element, 2000, pointer)


def _actions(block: Json, here: str) -> Problems:
    elements = block.get("elements") or []
    yield from _count(elements, 25, f"{here}/elements", least=1)
    seen: set[str] = set()
    for number, element in enumerate(elements):
        yield from _element(element, f"{here}/elements/{number}")
        action_id = element.get("action_id", "") if isinstance(element, dict) else ""
        if action_id and action_id in seen:
            yield _at(f"duplicate value: {action_id}", f"{here}/elements/{number}/action_id")
        seen.add(action_id)


def _input(block: Json, here: str) -> Problems:
    yield from _text(block.get("label"), 2000, f"{here}/label", plain=True)
    if block.get("hint") is not None:
        yield from _text(block["hint"], 2000, f"{here}/hint", plain=True)
    element = block.get("element")
    if isinstance(element, dict) and element.get("type") in _NOT_IN_INPUTS:
        yield _at(f"unsupported type: {element['type']}", f"{here}/element/type")
        return
    yield from _element(element, f"{here}/element")


def _image(block: Json, here: str) -> Problems:
    if not block.get("image_url") and not block.get("slack_file"):
        yield _at("missing required field: image_url", here)
    yield from _length(block.get("image_url", "x"), 3000, f"{here}/image_url")
    yield from _length(block.get("alt_text"), 2000, f"{here}/alt_text")


def _markdown(block: Json, here: str) -> Problems:
    yield from _length(block.get("text"), 12_000, f"{here}/text")


def _rich_text(block: Json, here: str) -> Problems:
    elements = block.get("elements")
    if not isinstance(elements, list):
        yield _at("missing required field: elements", here)
        return
    kinds = {f"rich_text_{kind}" for kind in ("section", "list", "quote", "preformatted")}
    for number, element in enumerate(elements):
        pointer = f"{here}/elements/{number}"
        if not isinstance(element, dict) or element.get("type") not in kinds:
            yield _at("unsupported type", f"{pointer}/type")
            continue
        yield from _rich_elements(element.get("elements"), pointer)


def _rich_elements(elements: Any, here: str) -> Problems:
    if not isinstance(elements, list):
        yield _at("missing required field: elements", here)
        return
    for number, element in enumerate(elements):
        pointer = f"{here}/elements/{number}"
        if not isinstance(element, dict) or "type" not in element:
            yield _at("missing required field: type", pointer)
        elif element["type"] == "rich_text_section":
            yield from _rich_elements(element.get("elements"), pointer)
        elif element["type"] == "text":
            if not element.get("text"):
                yield _at("must be more than 0 characters", f"{pointer}/text")
        elif element["type"] not in _RICH:
            yield _at(f"unsupported type: {element['type']}", f"{pointer}/type")
        elif not element.get(_RICH[element["type"]]):
            yield _at(f"missing required field: {_RICH[element['type']]}", pointer)


_RICH = {
    "link": "url", "user": "user_id", "channel": "channel_id", "usergroup": "usergroup_id",
    "emoji": "name", "broadcast": "range", "date": "timestamp", "team": "team_id",
    "color": "value",
}  # fmt: skip


def _element(element: Any, here: str) -> Problems:
    if not isinstance(element, dict) or element.get("type") not in _ELEMENTS:
        yield _at("unsupported type", f"{here}/type")
        return
    yield from _length(element.get("action_id", "x"), _ID, f"{here}/action_id")
    kind = element["type"]
    if kind == "button":
        yield from _button(element, here)
    elif kind == "image":
        yield from _image(element, here)
    elif kind in _OPTION_TYPES and not element.get("option_groups"):
        most = {"overflow": 5, "radio_buttons": 10, "checkboxes": 10}.get(kind, 100)
        plain = kind not in _RICH_OPTIONS
        yield from _options(element.get("options"), most, f"{here}/options", plain=plain)
        yield from _initial_options(element, here)
    elif kind == "plain_text_input" and element.get("initial_value") is not None:
        yield from _at_most(element["initial_value"], _INITIAL_TEXT, f"{here}/initial_value")
    if element.get("placeholder") is not None:
        yield from _text(element["placeholder"], 150, f"{here}/placeholder", plain=True)
    if element.get("confirm") is not None:
        yield from _confirm(element["confirm"], f"{here}/confirm")


def _button(element: Json, here: str) -> Problems:
    yield from _text(element.get("text"), 75, f"{here}/text", plain=True)
    if element.get("value") is not None:
        yield from _length(element["value"], 2000, f"{here}/value")
    if element.get("url") is not None:
        yield from _length(element["url"], 3000, f"{here}/url")
    if element.get("style") not in (None, "primary", "danger"):
        yield _at("must be one of: primary, danger", f"{here}/style")


def _options(options: Any, most: int, here: str, *, plain: bool = False) -> Problems:
    if not isinstance(options, list):
        yield _at("missing required field: options", here)
        return
    yield from _count(options, most, here, least=1)
    for number, option in enumerate(options):
        if not isinstance(option, dict):
            yield _at("must be an object", f"{here}/{number}")
            continue
        yield from _text(option.get("text"), 75, f"{here}/{number}/text", plain=plain)
        yield from _length(option.get("value", "x"), 150, f"{here}/{number}/value")


def option_problems(options: Any) -> list[str]:
    """Return what is wrong with the options that an app offers for an external select."""
    return list(_options(options, 100, "/options", plain=True))


def _initial_options(element: Json, here: str) -> Problems:
    """Tell whether what is chosen from the start is exactly one of the options."""
    one = element.get("initial_option")
    for option in [one] if one is not None else element.get("initial_options") or []:
        if option not in (element.get("options") or []):
            yield _at("must be one of the options", f"{here}/initial_option")


def _at_most(text: Any, most: int, pointer: str) -> Problems:
    if not isinstance(text, str):
        yield _at("must be a string", pointer)
    elif len(text) > most:
        yield _at(f"must be less than {most + 1} characters", pointer)


def _confirm(confirm: Any, here: str) -> Problems:
    if not isinstance(confirm, dict):
        yield _at("must be an object", here)
        return
    yield from _text(confirm.get("title"), 100, f"{here}/title", plain=True)
    yield from _text(confirm.get("text"), 300, f"{here}/text")
    yield from _text(confirm.get("confirm"), 30, f"{here}/confirm", plain=True)
    yield from _text(confirm.get("deny"), 30, f"{here}/deny", plain=True)


def _anything(_block: Json, _here: str) -> Problems:
    yield from ()


_CHECKS: dict[str, Callable[[Json, str], Problems]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "image": _image,
    "markdown": _markdown,
    "rich_text": _rich_text,
} | dict.fromkeys(
    (
        "alert", "call", "card", "carousel", "container", "context_actions", "data_table",
        "divider", "file", "plan", "table", "task_card", "video",
    ),
    _anything,
)  # fmt: skip
