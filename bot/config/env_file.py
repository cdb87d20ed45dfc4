"""Changing a ``.env`` in place: every line, comment and value that is not changed stays.

Responsible for text in, text out, by the parser that reads the file later. Pure; a setting that
is to go is commented out, so that nothing is lost.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Mapping

from dotenv.parser import Binding, parse_stream

from bot.errors import ConfigError

HEADER = "# Written by slack-crisp-bridge setup; docs/settings.md explains each setting."
_BEFORE = re.compile(r"\s*(?:export[^\S\r\n]+)?(?:'[^']+'|[^=#\s]+)[^\S\r\n]*(?:=[^\S\r\n]*)?")
_QUOTED = re.compile(r"""'(?:\\'|[^'])*'|"(?:\\"|[^"])*\"""")
_PLAIN = re.compile(r"[\w./:@%+=,~-]+", re.ASCII)
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]|\$\{")


def changed(text: str, values: Mapping[str, str], *, gone: Collection[str] = ()) -> str:
    """Return ``text`` with these settings set, and the ``gone`` ones commented out."""
    bindings = list(parse_stream(io.StringIO(text, newline="")))
    last = {binding.key: index for index, binding in enumerate(bindings) if binding.key}
    end = "\r\n" if "\r\n" in text else "\n"
    parts = []
    for index, binding in enumerate(bindings):
        name, whole = binding.key or "", binding.original.string
        if name in values and last[name] == index and binding.value != values[name]:
            whole = _with_value(binding, name, values[name])
        elif name in gone:
            whole = _commented(whole)
        parts.append(whole)
    new = "".join(parts)
    for name, value in values.items():
        if name not in last:
            new += "" if not new or new.endswith(("\n", "\r")) else end
            new += f"{name}={_written(name, value)}{end}"
    return new


def _with_value(binding: Binding, name: str, value: str) -> str:
    """Replace the value alone: what stands before it and the comment behind it stay."""
    whole = binding.original.string
    found = _BEFORE.match(whole)
    before = found.group() if found else f"{name}="
    rest = whole[len(before) :]
    quoted = _QUOTED.match(rest)
    if quoted:
        after = rest[quoted.end() :]
    else:
        line = re.match(r"[^\r\n]*", rest)
        old = re.sub(r"\s+#.*", "", line.group() if line else "").rstrip()
        after = rest[len(old) :]
    if binding.value is None:
        before = f"{before.rstrip()}="
    return f"{before}{_written(name, value, apart=not after or after[0].isspace())}{after}"


def _commented(whole: str) -> str:
    body = whole.lstrip()
    lines = body.splitlines(keepends=True)
    return whole[: len(whole) - len(body)] + "".join(f"# {line}" for line in lines)


def _written(name: str, value: str, *, apart: bool = True) -> str:
    """Write a value so that it is read back as it is."""
    if _UNWRITABLE.search(value):
        raise ConfigError(f"{name} holds a line break or ${{, which .env cannot hold.")
    if not value or (apart and _PLAIN.fullmatch(value)):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
