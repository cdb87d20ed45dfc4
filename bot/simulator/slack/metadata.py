"""Message metadata: what an app may attach to its posts for programs to read.

Responsible for Slack's checks. Whether a refusal or a silent loss follows is Slack's choice.
https://docs.slack.dev/messaging/message-metadata
"""

from __future__ import annotations

import json
import re
from typing import Any

from bot.simulator.slack.api import ApiError, Call
from bot.simulator.slack.model import Json

MOST = 8000
"""Characters of JSON. Slack does not say where metadata_too_large begins."""
_NAME = re.compile(r"[A-Za-z0-9_-]+")


def checked_metadata(call: Call) -> Json | None:
    """Return the metadata argument; None if there is none, or if its name makes Slack drop it."""
    metadata = call.args.data("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise ApiError("invalid_metadata_schema")
    payload = metadata.get("event_payload")
    if not isinstance(payload, dict) or not all(_fits(value) for value in payload.values()):
        raise ApiError("invalid_metadata_schema")
    if len(json.dumps(metadata)) > MOST:
        raise ApiError("metadata_too_large")
    return metadata if _NAME.fullmatch(metadata["event_type"]) else None


def _fits(value: Any) -> bool:
    """Tell whether a value is plain, an object of plain ones, or a list of such objects."""
    if isinstance(value, list):
        return all(isinstance(one, dict) and _fits(one) for one in value)
    if isinstance(value, dict):
        return all(_is_plain(one) for one in value.values())
    return _is_plain(value)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)
