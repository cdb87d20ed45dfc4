"""Files as Crisp's messages describe them; pure.

Responsible for reading the content of file, animation and audio messages. It must take any JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot import texts
from bot.files.kinds import mime_type
from bot.files.names import clean_name

CARRIERS = ("file", "animation", "audio")
"""The types of messages whose content is the address of some bytes."""


@dataclass(frozen=True, slots=True)
class CrispFile:
    """The file of a message; how large it is, Crisp does not say."""

    url: str
    name: str
    mime: str
    kind: str = "file"


def read_crisp_file(kind: str, content: object) -> CrispFile | None:
    """Return the file of a message of this type, or None if it has none."""
    if kind not in CARRIERS or not isinstance(content, Mapping):
        return None
    url, name = content.get("url"), content.get("name")
    if not isinstance(url, str) or not url.strip():
        return None
    mime = mime_type(content.get("type"), name if isinstance(name, str) else "")
    given = name if isinstance(name, str) and name.strip() else texts.FILE_NAMES.get(kind, "")
    return CrispFile(url.strip(), clean_name(given, mime), mime, kind)
