"""Changing a ``bridge.toml`` in place: comments, order and every other value stay.

Responsible for text in, text out. Pure.
"""

from __future__ import annotations

from collections.abc import MutableMapping

import tomlkit
from tomlkit.exceptions import TOMLKitError

from bot.errors import ConfigError


def changed(text: str, table: str, values: dict[str, str]) -> str:
    """Return ``text`` with these keys of one table set; keys that say so already are left alone."""
    try:
        document = tomlkit.parse(text)
        found = document.get(table)
        if found is None:
            found = tomlkit.table()
            document[table] = found
        if not isinstance(found, MutableMapping):
            raise ConfigError(f"{table} in bridge.toml must be a table.")
        for name, value in values.items():
            if found.get(name) != value:
                found[name] = value
        return tomlkit.dumps(document)
    except TOMLKitError as err:
        raise ConfigError(f"bridge.toml is not valid TOML: {err}.") from err
