"""Crisp's message types other than text, in words.

Responsible for showing what a file, picker, field, carousel or event holds. It must take any
content: it comes from outside. https://docs.crisp.chat/references/rest-api/v1/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import regex

from bot import texts
from bot.markup import one_line

LONGEST = 40_000
"""Characters of a message that are shown, as many as Slack itself takes for one; the customer may
send a megabyte, and the channel would show nothing else for minutes."""
_WORD = 200
_LABEL_LIMIT = 200
_MANY = 50

Fields = Mapping[str, Any]


def generic_summary(
    type: str,  # noqa: A002 - Crisp's own word
    content: object,
    *,
    inbox_url: str = "",
) -> str:
    """Return a message of any Crisp type as markdown, answered or not.

    An unknown type is named; ``inbox_url`` is where it can be seen then. Of what is longer than
    ``LONGEST`` the beginning is returned, and how much is left out.
    """
    return _bounded(_summary(type, content, inbox_url))


def _bounded(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    kept = text[:LONGEST]
    space = max(kept.rfind(sign, LONGEST - _WORD) for sign in " \n")
    kept = kept[: space if space > 0 else LONGEST].rstrip()
    return f"{kept}\n\n{texts.REST_IN_CRISP.format(more=f'{len(text) - len(kept):,}')}"


def _summary(type: str, content: object, inbox_url: str) -> str:  # noqa: A002 - as above
    if isinstance(content, str) and type in {"text", "note"}:
        return content
    fields: Fields = content if isinstance(content, Mapping) else {}
    match type:
        case "file" | "image":
            return _file(type, fields)
        case "animation" | "audio":
            return _recording(type, fields)
        case "picker":
            return _picker(fields)
        case "field":
            return _field(fields)
        case "carousel":
            return _carousel(fields)
        case "event":
            said = _string(fields, "text") or _string(fields, "namespace")
            return texts.EVENT.format(text=said).rstrip()
        case _:
            return _unknown(type, content, inbox_url)


def _unknown(type_: str, content: object, inbox_url: str) -> str:
    line = texts.UNKNOWN_TYPE.format(type=_code(one_line(type_, 60) or "?"))
    fields = content if isinstance(content, Mapping) else {"text": content}
    return _lines(line, _string(fields, "text"), inbox_url)


def _file(type_: str, fields: Fields) -> str:
    kind = _string(fields, "type").lower().partition("/")[0] or type_
    name = _code(_string(fields, "name") or texts.UNNAMED_FILE)
    titles = {
        "image": texts.IMAGE.format(name=name),
        "video": texts.VIDEO.format(name=name),
        "audio": texts.SOUND.format(name=name),
    }
    return _lines(titles.get(kind, texts.FILE.format(name=name)), _string(fields, "url"))


def _recording(type_: str, fields: Fields) -> str:
    seconds = fields.get("duration")
    title = texts.AUDIO if type_ == "audio" else texts.ANIMATION
    if type_ == "audio" and isinstance(seconds, int | float) and 0 < seconds < 10**6:
        minutes, rest = divmod(max(round(seconds), 1), 60)
        title = texts.AUDIO_LASTING.format(duration=f"{minutes}:{rest:02}")
    return _lines(title, _string(fields, "url"))


def _picker(fields: Fields) -> str:
    choices = []
    for choice in _objects(fields, "choices"):
        label = _string(choice, "label") or _string(choice, "value")
        icon = _string(choice, "icon")
        chosen = choice.get("selected") is True
        shown = f"{icon} {label}" if icon and not icon.startswith("http") else label
        mark = texts.CHOSEN if chosen else texts.NOT_CHOSEN
        choices.append(f"- {mark} {_bold(shown) if chosen else shown}".rstrip())
    return _lines(texts.PICKER.format(text=_text(fields)), "\n" + "\n".join(choices))


def _field(fields: Fields) -> str:
    value = _string(fields, "value")
    return _lines(
        texts.FIELD.format(text=_text(fields)),
        _string(fields, "explain"),
        f"\n> {value}" if value else f"\n{texts.FIELD_EMPTY}",
    )


def _carousel(fields: Fields) -> str:
    cards = []
    for target in _objects(fields, "targets"):
        title, image = _string(target, "title"), _string(target, "image")
        parts = [_bold(title) if title else "", _string(target, "description"), image]
        parts += [_action(action) for action in _objects(target, "actions")]
        cards.append("- " + " · ".join(part for part in parts if part))
    return _lines(texts.CAROUSEL.format(text=_text(fields)), "\n" + "\n".join(cards))


def _action(action: Fields) -> str:
    """Return a button of a card as its label and its address, both visible."""
    return f"{_string(action, 'label')} {_string(action, 'url')}".strip()


def _bold(text: str) -> str:
    """Return text in bold, or as it is where marks inside would make something else of it."""
    return text if regex.search(r"[*_`~\[\\]", text) else f"**{text}**"


def _lines(*lines: str) -> str:
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _code(text: str) -> str:
    return "`" + text.replace("`", "'") + "`"


def _string(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    limit = 2_000 if name in {"url", "image", "value"} else _LABEL_LIMIT
    return one_line(value, limit) if isinstance(value, str) else ""


def _text(fields: Fields) -> str:
    value = fields.get("text")
    return value if isinstance(value, str) else ""


def _objects(fields: Fields, name: str) -> Iterator[Fields]:
    value = fields.get(name)
    if isinstance(value, list | tuple):
        yield from (item for item in value[:_MANY] if isinstance(item, Mapping))
