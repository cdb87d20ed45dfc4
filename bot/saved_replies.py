"""The file of saved replies: read, checked, and read again when it changes.

Responsible for the file and for one sentence for each mistake in it. A broken file changes
nothing: what was read before goes on being used, and it is said once. What is made of a reply is
in ``bot.relay.saved``.
"""

from __future__ import annotations

import asyncio
import difflib
import re
import tomllib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import structlog
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from bot.errors import ConfigError
from bot.relay.saved import PLACEHOLDERS, Gap, SavedReply

log = structlog.get_logger()

LOOK_SECONDS = 2.0
"""How often it is looked whether the file has changed."""

_CODE = re.compile(r"[\w.-]{1,40}")
_PIECE = re.compile(
    r"(?P<brace>\{\{|\}\})|\{(?P<name>[^{}|]*)(?:\|(?P<fallback>[^{}]*))?\}|(?P<stray>[{}])"
)

Stamp = tuple[int, int, int]


class _Entry(BaseModel):
    """One table of the file."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    language: Annotated[str, StringConstraints(strip_whitespace=True, max_length=35)] = ""


def read(path: Path) -> Mapping[str, SavedReply]:
    """Read a file of replies, by code; ConfigError with one sentence for each mistake."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as err:
        raise ConfigError(f"{path} cannot be read: it is not UTF-8 text.") from err
    except OSError as err:
        reason = (err.strerror or type(err).__name__).lower()
        raise ConfigError(f"{path} cannot be read: {reason}.") from err
    except tomllib.TOMLDecodeError as err:
        raise ConfigError(f"{path} is not valid TOML: {err}.") from err
    found: dict[str, SavedReply] = {}
    problems: list[str] = []
    for code, value in values.items():
        try:
            reply = _reply(code, value)
        except ConfigError as err:
            problems += (f"{path}: {problem}" for problem in err.problems)
            continue
        if reply.code in found:
            problems.append(f"{path}: {code} is there twice: case makes no difference.")
        found[reply.code] = reply
    if problems:
        raise ConfigError(*problems)
    return MappingProxyType(found)


def _reply(code: str, value: Any) -> SavedReply:
    if not _CODE.fullmatch(code):
        raise ConfigError(
            f'"{code}" is no code: at most 40 letters, digits, "-", "_" and ".", without blanks.'
        )
    if not isinstance(value, Mapping):
        raise ConfigError(f"{code} must be a table with a text, as in [{code}].")
    try:
        entry = _Entry.model_validate(dict(value))
    except ValidationError as err:
        raise ConfigError(
            *(_wrong(code, d["loc"], d["type"], d["msg"]) for d in err.errors())
        ) from err
    pieces, problems = _pieces(entry.text)
    if problems:
        raise ConfigError(*(f"{code}.text {problem}" for problem in problems))
    return SavedReply(code.casefold(), pieces, entry.title, entry.language)


def _wrong(code: str, where: tuple[int | str, ...], kind: str, said: str) -> str:
    name = ".".join((code, *map(str, where)))
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(where[-1]), _Entry.model_fields, n=1, cutoff=0.0)
        return f"{name} is an unknown key: did you mean {near[0]}?"
    if kind == "missing":
        return f"{name} is not set: it is required."
    clause = said.replace("Input should", "must", 1)
    return f"{name} {clause[:1].lower()}{clause[1:]}."


def _pieces(text: str) -> tuple[tuple[str | Gap, ...], list[str]]:
    """Take a text apart at its placeholders; the sentences say what is wrong with it."""
    pieces: list[str | Gap] = []
    problems: list[str] = []
    end = 0
    for match in _PIECE.finditer(text):
        pieces.append(text[end : match.start()])
        end = match.end()
        if match["brace"]:
            pieces.append(match["brace"][0])
        elif match["stray"]:
            problems.append(f'has a single "{match["stray"]}": write "{match["stray"] * 2}".')
        elif (name := match["name"].strip()) in PLACEHOLDERS:
            pieces.append(Gap(name, match["fallback"]))
        else:
            problems.append(_unknown(name))
    pieces.append(text[end:])
    return tuple(piece for piece in pieces if piece), problems


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, PLACEHOLDERS, n=1, cutoff=0.0)[0]
    return (
        f"has an unknown placeholder {{{name}}}: did you mean {{{near}}}? "
        "For a brace in the text write it twice."
    )


class SavedReplies:
    """The replies as they are by now; none where no file is named."""

    def __init__(self, path: Path | None) -> None:
        """Read nothing yet."""
        self._path = path
        self._stamp: Stamp | None = None
        self._looked = False
        self._replies: Mapping[str, SavedReply] = {}

    def current(self) -> Mapping[str, SavedReply]:
        """Return what was read last."""
        return self._replies

    def refresh(self) -> None:
        """Read the file if it has changed; a broken one is logged, once for each version of it."""
        if self._path is None:
            return
        stamp = _stamp(self._path)
        if self._looked and stamp == self._stamp:
            return
        self._looked, self._stamp = True, stamp
        try:
            self._replies = read(self._path)
        except ConfigError as err:
            for problem in err.problems:
                log.warning("saved_replies.broken", problem=problem, kept=len(self._replies))
            return
        log.info("saved_replies.read", replies=len(self._replies))

    async def watch(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Keep up with the file, until cancelled."""
        while self._path is not None:
            self.refresh()
            await sleep(LOOK_SECONDS)


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def problems_of(path: Path) -> Iterator[str]:
    """Yield what is wrong with a file."""
    try:
        read(path)
    except ConfigError as err:
        yield from err.problems
