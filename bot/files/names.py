"""What a file is called on the other side; pure.

Responsible for making any name harmless: no path, nothing invisible, nothing that turns the
direction of the text, not too long, and an ending that says what it is.
"""

from __future__ import annotations

import mimetypes
import re

import regex

from bot import texts
from bot.files.kinds import ANY
from bot.markup import neutralise

LONGEST = 120
"""Characters; both platforms take 255 bytes, and UTF-8 has up to four to a character."""
_LONGEST_ENDING = 16
_LOOKED_AT = 4_000
"""Of a longer name the beginning and the end are looked at: cleaning takes its time."""
_LONGEST_BYTES = 240
_UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*\u2028\u2029]+')
_ENDING = re.compile(r"\.[A-Za-z0-9_-]{1,15}\Z")
_GRAPHEME = regex.compile(r"\X")


def clean_name(name: str, mime: str = "") -> str:
    """Return a name that is safe to show and to store; its ending fits ``mime`` if it had none."""
    if len(name) > _LOOKED_AT:
        name = name[: _LOOKED_AT // 2] + name[-_LOOKED_AT // 2 :]
    last = re.split(r"[/\\]", neutralise(name))[-1]
    shown = " ".join(_UNFIT.sub(" ", last).split()).strip(" .")
    ending = _ENDING.search(shown)
    stem, suffix = (shown[: ending.start()], ending.group()) if ending else (shown, "")
    stem = stem.strip(" .") or texts.UNNAMED_FILE
    return _cut(stem, len(suffix)) + (suffix or _ending_of(mime))


def _cut(stem: str, reserved: int) -> str:
    """Shorten at the end, never inside a grapheme."""
    room, octets = LONGEST - max(reserved, _LONGEST_ENDING), _LONGEST_BYTES - _LONGEST_ENDING
    kept, used, size = [], 0, 0
    for grapheme in _GRAPHEME.findall(stem):
        used, size = used + len(grapheme), size + len(grapheme.encode("utf-8", "replace"))
        if used > room or size > octets:
            break
        kept.append(grapheme)
    return "".join(kept).rstrip(" .") or texts.UNNAMED_FILE


def _ending_of(mime: str) -> str:
    """Return the ending that says what a file is; plain bytes have none."""
    return "" if mime in {"", ANY} else mimetypes.guess_extension(mime) or ""
