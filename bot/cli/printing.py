"""Strangers' words on a terminal: what of them it would obey is not printed.

Responsible for text that goes to stdout and stderr: no escape sequence, no control character, and
nothing that turns or hides what stands beside it. It must not know what is printed.
"""

from __future__ import annotations

import json
import re
from typing import Any

from rich.text import Text

_OBEYED = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Return text with a blank for whatever a terminal would obey, or could not write."""
    return _OBEYED.sub(" ", text)


def cell(value: object, style: str = "") -> Text:
    """Return a value for a table: as it is, without markup, in one line."""
    return Text(" ".join(printable(str(value)).split()), style=style)


def as_json(value: Any, *, indent: int | None = None) -> str:
    """Return JSON that keeps every character: what a terminal would obey is written as its code."""
    return _OBEYED.sub(_code, json.dumps(value, ensure_ascii=False, indent=indent))


def _code(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
