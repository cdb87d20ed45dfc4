"""HTTP mode: events, commands and interactions posted to the app's request URLs, signed.

Responsible for requests and signatures; retries are ``delivery``'s business.
https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.simulator.slack.delivery import Delivery, Dispatcher
from bot.simulator.slack.model import Json
from bot.simulator.slack.workspace import Workspace

_OK = 200
_REASONS = {"timeout": "http_timeout", "no_socket": "connection_failed"}


@dataclass(slots=True)
class Urls:
    """Where to post; empty where Socket Mode is used."""

    events: str = ""
    commands: str = ""
    interactivity: str = ""

    def for_kind(self, kind: str) -> str:
        """Return the URL for a kind of delivery; the events URL stands in for the others."""
        wanted = {"slash_commands": self.commands, "interactive": self.interactivity}.get(kind, "")
        return wanted or self.events


class Hooks:
    """Posts to the request URLs."""

    def __init__(self, ws: Workspace, dispatcher: Dispatcher) -> None:
        """Nothing is posted until URLs are set."""
        self._ws = ws
        self._dispatcher = dispatcher
        self.urls = Urls()
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def carry(self, delivery: Delivery, envelope: Json) -> bool:
        """Post the delivery, if there is a URL for it."""
        url = self.urls.for_kind(delivery.kind)
        if not url or self._ws.config.outage:
            return False
        task = asyncio.get_running_loop().create_task(self._post(url, delivery, envelope))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _post(self, url: str, delivery: Delivery, envelope: Json) -> None:
        body, content_type = _encoded(delivery)
        headers = {"Content-Type": content_type}
        if delivery.attempt:
            reason = _REASONS.get(delivery.reason, delivery.reason)
            headers |= {"X-Slack-Retry-Num": str(delivery.attempt), "X-Slack-Retry-Reason": reason}
        envelope_id = str(envelope["envelope_id"])
        try:
            status, answer = await self._send(url, body, headers)
        except TimeoutError:
            return  # the dispatcher has been counting the seconds, too
        except (aiohttp.ClientError, OSError):
            self._dispatcher.failed(envelope_id, "connection_failed")
            return
        if status == _OK:
            self._dispatcher.acked(envelope_id, answer)
        else:
            self._dispatcher.failed(envelope_id, "http_error")

    async def _send(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        timestamp = str(int(self._ws.clock()))
        signed = headers | {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._ws.signing_secret, timestamp, body),
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }
        timeout = aiohttp.ClientTimeout(total=self._ws.config.ack_timeout)
        async with self._session.post(url, data=body, headers=signed, timeout=timeout) as response:
            return response.status, _decoded(await response.text())

    async def verify(self, urls: Mapping[str, str]) -> None:
        """Set the URLs, once the events URL has answered the challenge; ValueError if it does not.

        Keys: ``events_url``, ``commands_url``, ``interactivity_url``; all empty: Socket Mode.
        """
        if unknown := set(urls) - {"events_url", "commands_url", "interactivity_url"}:
            known = "events_url, commands_url, interactivity_url"
            raise ValueError(f"unknown key {min(unknown)!r}; known: {known}")
        wanted = Urls(
            urls.get("events_url", ""),
            urls.get("commands_url", ""),
            urls.get("interactivity_url", ""),
        )
        if wanted.events:
            await self._challenge(wanted.events)
        self.urls = wanted

    async def _challenge(self, url: str) -> None:
        challenge = self._ws.ids.secret("challenge")
        asked = {"type": "url_verification", "token": "verification", "challenge": challenge}
        body = json.dumps(asked).encode()
        try:
            status, answer = await self._send(url, body, {"Content-Type": "application/json"})
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ValueError(f"{url} did not answer the challenge: {error!r}") from error
        given = answer.get("challenge") if isinstance(answer, dict) else answer
        if status != _OK or given != challenge:
            raise ValueError(f"{url} answered the challenge with {status} and not with its value")

    async def close(self) -> None:
        """Stop posting."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the v0 signature of a request."""
    base = f"v0:{timestamp}:".encode() + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def _encoded(delivery: Delivery) -> tuple[bytes, str]:
    form = "application/x-www-form-urlencoded"
    if delivery.kind == "events_api":
        return json.dumps(delivery.payload).encode(), "application/json"
    if delivery.kind == "slash_commands":
        return urlencode(delivery.payload).encode(), form
    return urlencode({"payload": json.dumps(delivery.payload)}).encode(), form


def _decoded(text: str) -> Any:
    """Return an answer's JSON, or its text, or None if it is empty."""
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text
