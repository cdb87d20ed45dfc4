"""What a Web API method is: its arguments, its errors and what it demands.

Responsible for the vocabulary of the method modules; ``web_api`` is the HTTP side of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.simulator.slack import people
from bot.simulator.slack.model import Channel, Json, Message
from bot.simulator.slack.workspace import Workspace


class ApiError(Exception):
    """An answer with ``ok: false``."""

    def __init__(self, code: str, **more: Any) -> None:
        """``code`` is Slack's word for it; ``more`` goes into the answer beside it."""
        super().__init__(code)
        self.code = code
        self.more = more


class Args:
    """A call's arguments, whatever way they came: query, form or JSON; unknown ones are ignored."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        """Strings from a form stand for numbers, booleans and JSON as well."""
        self._values = values

    def text(self, name: str, default: str = "") -> str:
        """Return a string."""
        value = self._values.get(name)
        return default if value is None else str(value)

    def has(self, name: str) -> bool:
        """Tell whether the argument was given at all."""
        return self._values.get(name) is not None

    def need(self, name: str, error: str = "invalid_arguments") -> str:
        """Return a string that must be there."""
        if not (value := self.text(name)):
            messages = [f"[ERROR] missing required field: {name}"]
            raise ApiError(error, response_metadata={"messages": messages})
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean."""
        value = self._values.get(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        return str(value).lower() in ("1", "true")

    def number(self, name: str, default: int, *, most: int) -> int:
        """Return a positive number."""
        try:
            value = int(self._values.get(name) or default)
        except ValueError:
            raise ApiError("invalid_arguments") from None
        if value < 1:
            raise ApiError("invalid_limit")
        return min(value, most)

    def data(self, name: str, error: str = "invalid_arguments") -> Any:
        """Return an object or array; in forms and queries it travels as a JSON string."""
        value = self._values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise ApiError(error) from None


@dataclass(slots=True, frozen=True)
class Call:
    """One call of a method."""

    ws: Workspace
    args: Args
    host: str
    """The host and port the caller used, for the addresses in the answer."""

    def scope(self, *wanted: str) -> None:
        """Raise missing_scope unless the token has one of these."""
        granted = self.ws.config.scopes
        if not any(scope in granted for scope in wanted):
            raise ApiError("missing_scope", needed=",".join(wanted), provided=",".join(granted))

    def channel(self, *, member: bool = True, what: str = "") -> Channel:
        """Return the channel argument's channel; ``what`` is a scope's second half, as history."""
        channel = self.visible(self.args.text("channel"))
        if what:
            group = {"channel": "channels", "group": "groups", "im": "im"}[channel.kind]
            self.scope(f"{group}:{what}")
        if member and people.BOT_USER not in channel.members:
            raise ApiError("not_in_channel")
        return channel

    def visible(self, channel_id: str) -> Channel:
        """Return a channel that the app may know of."""
        channel = self.ws.channels.get(channel_id)
        hidden = channel is not None and (channel.is_private or channel.is_im)
        if channel is None or (hidden and people.BOT_USER not in channel.members):
            raise ApiError("channel_not_found")
        return channel

    def message(self, channel: Channel, name: str = "ts") -> Message:
        """Return the message that an argument names."""
        message = channel.messages.get(self.args.text(name))
        if message is None:
            raise ApiError("message_not_found")
        return message


Handler = Callable[[Call], Json]


@dataclass(slots=True, frozen=True)
class Method:
    """A method and what it demands of its caller."""

    run: Handler
    tier: int = 3
    scopes: tuple[str, ...] = ()
    """Any one of them is enough."""
    caller: Literal["bot", "app", "anybody"] = "bot"
    """Whose token it takes."""


def page(items: list[Any], call: Call, *, default: int, most: int) -> tuple[list[Any], Json]:
    """Return one page of a list and its response_metadata."""
    limit = call.args.number("limit", default, most=most)
    cursor = call.args.text("cursor")
    if cursor and not cursor.removeprefix("at:").isdecimal():
        raise ApiError("invalid_cursor")
    start = int(cursor.removeprefix("at:")) if cursor else 0
    following = f"at:{start + limit}" if start + limit < len(items) else ""
    return items[start : start + limit], {"next_cursor": following}
