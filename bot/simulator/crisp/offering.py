"""Files that acts bring along: their bytes, their message content, and how they are given out.

Responsible for reading the ``file`` of an act. Must not send anything.
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
from typing import Any

from bot.simulator.crisp import talk
from bot.simulator.crisp.stage import ActError, Stage, conversation_of
from bot.simulator.crisp.wire import Json
from bot.simulator.serving import made_up, manner

CARRIERS = ("file", "animation", "audio")
"""The message types whose content is a URL."""


def content_of(stage: Stage, act: Json) -> tuple[str, Any]:
    """Return type and content: ``text``, or ``type`` and ``content``, or a ``file`` to store."""
    if "file" in act:
        return _file(stage, act)
    if "content" in act:
        return str(act.get("type", "text")), act["content"]
    return str(act.get("type", "text")), act["text"]


def _file(stage: Stage, act: Json) -> tuple[str, Json]:
    file, kind = act["file"], str(act.get("type", "file"))
    if kind not in CARRIERS:
        raise ActError(f"a file travels in a message of type {', '.join(CARRIERS)}, not {kind}")
    name = str(file["name"])
    mime = str(file.get("type") or mimetypes.guess_type(name)[0] or "application/octet-stream")
    url = stage.bucket.store(name, mime, _bytes(file), manner(file.get("serve", {})))
    content: Json = {"url": url, "type": mime}
    if kind == "file":
        content["name"] = name
    if kind == "audio":
        content["duration"] = file.get("duration", 1)
    return kind, content


def _bytes(file: Json) -> bytes:
    if "size" in file:
        return made_up(str(file["name"]), int(file["size"]))
    if "base64" in file:
        try:
            return base64.b64decode(file["base64"], validate=True)
        except binascii.Error as err:
            raise ActError("file.base64 must be base64") from err
    return str(file.get("text", "")).encode()


def serve_file(stage: Stage, act: Json) -> Json:
    """Change how a file is given out from now on: the one at ``url``, or a message's."""
    url = act.get("url")
    if url is None:
        message = talk.find(conversation_of(stage, act), act["fingerprint"])
        url = message["content"]["url"] if message["type"] in CARRIERS else ""
    slot = stage.bucket.slot_of(str(url))
    if slot is None:
        raise ActError("no file of the simulator's own storage is there")
    slot.manner = manner(act["serve"])
    return {}
