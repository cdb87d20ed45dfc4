"""Forgiving field types for what Crisp sends: a wrong or missing value becomes an empty one.

Responsible for turning any JSON value into a harmless value of the declared type. It must not
know of any particular resource; those are in ``bot.crisp.models``. Identities are the exception:
an item without a usable one is refused, because nothing could be joined to it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

BIGGEST = 2**53
"""The first integer that JavaScript, and so Crisp, cannot tell from its neighbour."""


DEEPEST = 50
"""How deeply JSON may nest."""

_DIGITS = re.compile(r"[0-9]{1,16}")


def clean(text: str) -> str:
    """Replace lone surrogates, which JSON can carry and UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def scrub(value: Any, *, depth: int = DEEPEST) -> Any:
    """Return JSON in which every text can be written as UTF-8 and nothing nests too deeply.

    What lies deeper than ``depth`` becomes null: Crisp's own resources nest less than ten deep,
    and what a stranger nests without end could be neither stored nor sent.
    """
    match value:
        case str():
            return clean(value)
        case Mapping() | list() | tuple() if depth <= 0:
            return None
        case Mapping():
            return {clean(str(key)): scrub(v, depth=depth - 1) for key, v in value.items()}
        case list() | tuple():
            return [scrub(item, depth=depth - 1) for item in value]
        case _:
            return value


def whole(value: Any) -> int | None:
    """Read a whole number below 2^53 out of a JSON value, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = int(value) if _DIGITS.fullmatch(value) else None
    if isinstance(value, float):
        value = int(value) if math.isfinite(value) and value.is_integer() else None
    return value if isinstance(value, int) and 0 <= value < BIGGEST else None


def _text(value: Any) -> str:
    match value:
        case str():
            return clean(value)
        case bool() | None:
            return ""
        case int() | float() if -BIGGEST < value < BIGGEST:
            return str(value)
        case _:
            return ""


def _identity(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or clean(value) != value:
        raise ValueError("not an identity")
    return value


def _fingerprint(value: Any) -> int:
    number = whole(value)
    if not number:
        raise ValueError("not a fingerprint")
    return number


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(text for item in value if (text := _text(item))) if _is_list(value) else ()


def _fingerprints(value: Any) -> tuple[int, ...]:
    return tuple(number for item in value if (number := whole(item))) if _is_list(value) else ()


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _mapping(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value
    return {clean(str(k)): v for k, v in value.items()} if isinstance(value, Mapping) else {}


def _data(value: Any) -> Any:
    return scrub(value) if isinstance(value, Mapping) else {}


def _mapping_or_none(value: Any) -> Any:
    return _mapping(value) if isinstance(value, Mapping | BaseModel) else None


Text = Annotated[str, BeforeValidator(_text)]
"""A text; anything else becomes the empty one, a number its digits."""
Mark = Annotated[str, BeforeValidator(lambda value: "yes" if value is True else _text(value))]
"""Who has read or got something, empty if nobody has; Crisp may say no more than ``true``."""
Identity = Annotated[str, BeforeValidator(_identity)]
"""A non-empty text; anything else refuses the item."""
FingerprintField = Annotated[int, BeforeValidator(_fingerprint)]
"""A number of 1 to 2^53; anything else refuses the item."""
Whole = Annotated[int, BeforeValidator(lambda value: whole(value) or 0)]
"""A whole number, often epoch milliseconds; anything else becomes 0."""
Flag = Annotated[bool, BeforeValidator(lambda value: value is True or value == 1)]
"""True for ``true`` and 1 alone."""
Strings = Annotated[tuple[str, ...], BeforeValidator(_strings)]
Fingerprints = Annotated[tuple[int, ...], BeforeValidator(_fingerprints)]
Data = Annotated[dict[str, Any], BeforeValidator(_data)]
"""A JSON object; anything else becomes the empty one."""
Anything = Annotated[Any, BeforeValidator(scrub)]
"""Any JSON, as ``scrub`` leaves it."""
NESTED = BeforeValidator(_mapping)
"""For a nested model: anything but an object becomes the empty one."""
NESTED_OR_NONE = BeforeValidator(_mapping_or_none)
"""For an optional nested model: anything but an object becomes None."""


class Wire(BaseModel):
    """What Crisp sends: unknown fields are ignored, known ones are forgiving."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, populate_by_name=True, protected_namespaces=()
    )
