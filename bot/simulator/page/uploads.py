"""Files that the page sends: a form with one act and the files that belong to it.

Responsible for the form and its limit; the act goes to a simulator's control API, which alone
decides what it does. Nothing is written to the disk.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from aiohttp import BodyPartReader, web

Json = dict[str, Any]
MOST_BYTES = 20_000_000
"""Of all files of one form together."""
_LONGEST_ACT = 100_000
_CHUNK = 1 << 16
_WITH_FILES = {"slack": "upload", "crisp": "visitor_message"}


class UploadError(Exception):
    """A form that is refused, with one sentence that says why."""

    def __init__(self, sentence: str, *, status: int = 400) -> None:
        """``status`` is HTTP's."""
        super().__init__(sentence)
        self.status = status


async def read_act(request: web.Request, side: str) -> Json:
    """Return the form's act with its files in it, as the side's control API takes them."""
    if request.content_type != "multipart/form-data":
        raise UploadError("Files come as multipart/form-data.")
    act: Json | None = None
    found: list[Json] = []
    left = MOST_BYTES
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise UploadError("A form within a form is not taken.")
        if part.name == "act":
            act = _parsed(await _bytes(part, _LONGEST_ACT))
        elif part.name == "file":
            content = await _bytes(part, left)
            left -= len(content)
            found.append(_named(part, content))
    return _joined(act, found, side)


def _joined(act: Json | None, found: list[Json], side: str) -> Json:
    if act is None or act.get("do") != _WITH_FILES[side]:
        raise UploadError(f"The form's act must be {_WITH_FILES[side]}.")
    if not found:
        raise UploadError("The form carries no file.")
    if side == "slack":
        return {**act, "files": found}
    if len(found) > 1:
        raise UploadError("A message in Crisp carries one file.")
    (only,) = found
    return {**act, "file": {**only, "type": only["mimetype"]}}


async def _bytes(part: BodyPartReader, most: int) -> bytes:
    """Read a part, but never more than ``most`` bytes of it."""
    content = bytearray()
    while chunk := await part.read_chunk(_CHUNK):
        content += chunk
        if len(content) > most:
            sentence = f"The demo takes up to {MOST_BYTES // 1_000_000} MB at a time."
            raise UploadError(sentence, status=413)
    return bytes(content)


def _parsed(raw: bytes) -> Json:
    try:
        act = json.loads(raw)
    except ValueError:
        act = None
    if not isinstance(act, dict):
        raise UploadError("The form's act must be a JSON object.")
    return act


def _named(part: BodyPartReader, content: bytes) -> Json:
    """Return a file; of a path that a browser may send only the last part is its name."""
    name = (part.filename or "").replace("\\", "/").rpartition("/")[2] or "file"
    kind = part.headers.get("Content-Type", "").partition(";")[0].strip()
    return {
        "name": name,
        "mimetype": kind or "application/octet-stream",
        "base64": base64.b64encode(content).decode(),
    }
