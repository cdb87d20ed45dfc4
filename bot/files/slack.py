"""Files as Slack's messages describe them; pure.

Responsible for reading a file object: https://docs.slack.dev/reference/objects/file-object. It must
take any JSON: an event is stored as it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.files.kinds import mime_type, seconds_of
from bot.files.names import clean_name
from bot.files.reasons import Reason

MOST = 20
"""A message of a person has at most ten files; more are no such message."""


@dataclass(frozen=True, slots=True)
class SlackFile:
    """One file of a Slack message; ``asked`` is False where files.info must be asked first."""

    id: str
    name: str
    mime: str
    size: int = 0
    """Bytes; 0 where Slack does not say."""
    url: str = ""
    seconds: int = 0
    mode: str = "hosted"
    asked: bool = True

    def refusal(self, *, most: int) -> Reason | None:
        """Say why its bytes cannot be had, or are too many; None if they may be asked for."""
        match self.mode:
            case "tombstone":
                return Reason.GONE
            case "hidden_by_limit":
                return Reason.HIDDEN
            case "external":
                return Reason.EXTERNAL
        return Reason.TOO_LARGE if self.size > most else None


def read_files(message: Mapping[str, Any]) -> tuple[SlackFile, ...]:
    """Return the files of a message, in order; what bears no id is no file."""
    given = message.get("files")
    objects = given if isinstance(given, list) else []
    found = (read_file(item) for item in objects[:MOST] if isinstance(item, Mapping))
    return tuple(file for file in found if file.id)


def read_file(item: Mapping[str, Any]) -> SlackFile:
    """Read one file object; a field of another type counts as missing."""
    mode, access = _word(item, "mode"), _word(item, "file_access")
    if item.get("is_external") is True:
        mode = "external"
    if access == "file_not_found":
        mode = "tombstone"
    mime = mime_type(item.get("mimetype"), _word(item, "name"))
    size = item.get("size")
    return SlackFile(
        id=_word(item, "id"),
        name=clean_name(_word(item, "name") or _word(item, "title"), mime),
        mime=mime,
        size=size if isinstance(size, int) and size > 0 else 0,
        url=_word(item, "url_private_download") or _word(item, "url_private"),
        seconds=seconds_of(item.get("duration_ms")),
        mode=mode or "hosted",
        asked="check_file_info" not in (mode, access) and mode != "file_access",
    )


def _word(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""
