"""What kind of thing a file is: its MIME type, and the Crisp message that carries it; pure."""

from __future__ import annotations

import mimetypes
import re
from typing import Any

ANY = "application/octet-stream"
_MIME = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+_-]{0,100}")
_LONGEST = 24 * 3600


def mime_type(given: object, name: str = "") -> str:
    """Return a usable MIME type: the given one without its parameters, else by the name."""
    bare = given.partition(";")[0].strip().lower() if isinstance(given, str) else ""
    if _MIME.fullmatch(bare) and bare != ANY:
        return bare
    return mimetypes.guess_type(name)[0] or ANY


def seconds_of(milliseconds: object) -> int:
    """Return a recording's length in whole seconds, at least 1; 0 where it is not known."""
    if not isinstance(milliseconds, int | float) or isinstance(milliseconds, bool):
        return 0
    seconds = milliseconds / 1000
    return max(round(seconds), 1) if 0 < seconds < _LONGEST else 0


def sent_as(*, name: str, mime: str, url: str, seconds: int) -> tuple[str, dict[str, Any]]:
    """Return the type and content of the Crisp message that carries a file.

    A recording of known length is played in the chat; everything else, pictures too, is a file:
    that alone keeps its name.
    """
    if mime.startswith("audio/") and seconds:
        return "audio", {"url": url, "type": mime, "duration": seconds}
    return "file", {"name": name, "url": url, "type": mime}
