"""From pydantic's findings to one sentence each, in an operator's words.

Responsible for wording alone. Pure; it never repeats the value of a setting, for it may be a
secret, but it does repeat values of ``bridge.toml``, which holds none.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from bot.config.bridge import BridgeConfig, Channel, Route

_PATTERNS = {
    "access": 'must name people and user groups by id, as in ["U0123456789", "S0123456789"]',
    "agents": 'must name a Slack user by id, as in U0123456789 = "ada@example.com"',
    "reactions": 'must name an emoji without colons, as in white_check_mark = "resolve"',
    "channel": "must be a channel's id such as C0123456789, not its name",
    "channels": "must name a channel by its id, as in [channels.C0123456789]",
    "company_avatar": "must be an https:// URL",
}
_TABLES_OF: Mapping[str, type[BaseModel]] = {"routes": Route, "channels": Channel}
"""What stands in a list or a table of tables."""
_TYPES = {
    "model_type": "must be a table",
    "dict_type": "must be a table",
    "tuple_type": "must be a list",
    "string_too_short": "must not be empty",
}
_WHERE = {
    "SLACK_BOT_TOKEN": "set it to the bot token (xoxb-…) of your Slack app",
    "CRISP_WEBSITE_ID": "set it to the website id from Crisp's workspace settings",
}


def wrong_setting(name: str, detail: ErrorDetails, given: Mapping[str, str]) -> str:
    """Say what is wrong with the setting ``name``."""
    if detail["type"] == "missing":
        return f"{name} is not set: {_WHERE.get(name, 'it is required')}."
    if detail["type"] == "literal_error":
        return f"{name} must be {detail.get('ctx', {})['expected']}, not '{given[name]}'."
    return f"{name} {_clause(detail)}."


def wrong_key(path: Path, detail: ErrorDetails) -> str:
    """Say what is wrong with one key of the ``bridge.toml`` at ``path``."""
    name = _dotted(detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"{path} has an unknown key {name}: did you mean {nearest_key(name)}?"
    if detail["type"] == "missing":
        return f"{path}: {name} is not set: it is required."
    if detail["type"] == "string_pattern_mismatch":
        parts = [part for part in detail["loc"] if part in _PATTERNS]
        return f"{path}: {name} {_PATTERNS[str(parts[0])]}."
    return f"{path}: {name} {_clause(detail)}, not {_shown(detail['input'])}."


def nearest_key(unknown: str) -> str:
    """Name the key of ``bridge.toml`` that looks most like ``unknown``, its own table first."""
    table, _, leaf = unknown.rpartition(".")
    table = table.partition("[")[0].partition(".")[0]

    def likeness(known: str) -> float:
        known_table, _, known_leaf = known.rpartition(".")
        here = 0.2 if known_table == table else 0.0
        return difflib.SequenceMatcher(None, leaf, known_leaf).ratio() + here

    return max(known_keys(), key=likeness)


def known_keys() -> Iterator[str]:
    """Yield every key of ``bridge.toml``, dotted, such as ``relay`` and ``relay.backfill``."""
    for name, field in BridgeConfig.model_fields.items():
        yield name
        table = _TABLES_OF.get(name) or field.annotation
        if isinstance(table, type) and issubclass(table, BaseModel):
            for key in table.model_fields:
                yield f"{name}.{key}"


def _dotted(loc: tuple[int | str, ...]) -> str:
    """Write a place as TOML does: ``relay.backfill``; routes are counted from 1."""
    name = ""
    for part in loc:
        if isinstance(part, int):
            name += f"[{part + 1}]"
        elif part != "[key]":
            name += f".{part}" if name else part
    return name


def _clause(detail: ErrorDetails) -> str:
    """Turn "Input should be a valid integer" into "must be a valid integer"."""
    if detail["type"] == "tuple_type" and detail["loc"] == ("routes",):
        return "must be a list of [[routes]] tables"
    if detail["type"] in _TYPES:
        return _TYPES[detail["type"]]
    message = detail["msg"].replace("Input should", "must", 1)
    return message[:1].lower() + message[1:]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a table"
    return f"'{value}'" if isinstance(value, str) else str(value)
