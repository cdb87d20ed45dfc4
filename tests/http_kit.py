"""The HTTP side as the bridge has it: all routes, both real doors, a book in the inbox's place.

Responsible for requests, byte by byte as an attacker may write them; it asserts nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot import hooks
from bot.domain import Arrival, Receipt, Source
from bot.server import BODY_TIMEOUT, Health, build, listening
from bot.slack.http import slack_events_handler
from bot.slack.listener import Intake, build_app
from bot.telemetry import Metrics
from tests.slack_fakes import ME, fake_slack

SIGNING = "signing-secret-of-slack"
HOOK_SECRET = "hook-secret-of-crisp"
HOOK_TOKEN = "hook-token-of-crisp"
WEBSITE = "8c842203-7ed8-4e29-a608-7cf78a7d2fcc"
SLACK, CRISP = "/slack/events", "/crisp/events"
READS = ("/healthz", "/readyz", "/metrics", "/avatar/A-red.png")
"""What is only read; the two doors are the other routes."""
DOORS = (SLACK, CRISP)
MARK = "what-only-the-request-says"
"""Stands in each forged body: it must turn up nowhere."""

Headers = list[tuple[str, str]]


@dataclass
class Ground:
    """A server under attack."""

    port: int
    metrics: Metrics
    accepted: list[Arrival] = field(default_factory=list)
    logs: list[Any] = field(default_factory=list)
    """Whatever was logged, by us or by a library."""

    async def send(self, data: bytes) -> bytes:
        """Send bytes and return the whole answer, up to where the server hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        with contextlib.suppress(ConnectionError):
            writer.write(data)
            await writer.drain()
        answer = b""
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(65_536):
                answer += piece
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        return answer

    def said(self) -> str:
        """Return the logs and the figures as one text."""
        return f"{self.logs} {self.metrics.render().decode()}"


@asynccontextmanager
async def attacked(
    *,
    now: Callable[[], float] = time.time,
    body_timeout: float = BODY_TIMEOUT,
    **limits: Any,
) -> AsyncIterator[Ground]:
    """Run a server with every route there is."""
    metrics = Metrics()
    ground = Ground(0, metrics)

    async def accept(arrival: Arrival) -> Receipt:
        ground.accepted.append(arrival)
        return Receipt.ACCEPTED

    refusals = hooks.Refusals(metrics, clock=time.monotonic)
    async with fake_slack() as (_, client):
        bolt = build_app(Intake(ME, accept), client.web, signing_secret=SIGNING)
        application = build(
            health=Health,
            metrics=metrics,
            tiles=True,
            slack_events=slack_events_handler(
                bolt, signing_secret=SIGNING, refused=refusals.at(Source.SLACK)
            ),
            crisp_events=hooks.crisp_door(
                accept, website_id=WEBSITE, secret=HOOK_SECRET, token=HOOK_TOKEN,
                now_ms=lambda: int(now() * 1000), refused=refusals.at(Source.CRISP),
            ),
            body_timeout=body_timeout,
        )  # fmt: skip
        with (
            structlog.testing.capture_logs() as ours,
            records() as theirs,
        ):
            async with listening(
                application, host="127.0.0.1", port=0, shutdown=1.0, **limits
            ) as port:
                ground.port = port
                ground.logs = [ours, theirs]
                yield ground


@contextlib.contextmanager
def records() -> Any:
    """Collect what libraries log, at any level that the bridge would show."""
    found: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(f"{record.name} {record.getMessage()} {record.exc_info}")

    handler = Keeping(logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        yield found
    finally:
        logging.getLogger().removeHandler(handler)


def request(
    method: str,
    path: str,
    headers: Headers | None = None,
    body: bytes = b"",
    *,
    version: str = "1.0",
) -> bytes:
    """Write a request; HTTP/1.0 has the server hang up after its answer."""
    given = [("Host", "localhost"), *(headers or [])]
    names = {name.lower() for name, _ in given}
    if body and not names & {"content-length", "transfer-encoding"}:
        given.append(("Content-Length", str(len(body))))
    head = "".join(f"{name}: {value}\r\n" for name, value in given)
    return f"{method} {path} HTTP/{version}\r\n{head}\r\n".encode("utf-8", "surrogateescape") + body


def status(answer: bytes) -> int:
    """Return the status of an answer, 0 if the server hung up without a word."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


def statuses(answer: bytes) -> list[int]:
    """Return the status of each answer that came over one connection."""
    found = re.finditer(rb"HTTP/1\.[01] (\d{3}) [A-Z][A-Za-z ]*\r$", answer, re.MULTILINE)
    return [int(match[1]) for match in found]


def by_slack(body: bytes, *, at: float | None = None, secret: str = SIGNING) -> Headers:
    """Sign as Slack does."""
    stamp = str(int(time.time() if at is None else at))
    mac = hmac.new(secret.encode(), b"v0:%s:%s" % (stamp.encode(), body), hashlib.sha256)
    return [
        ("X-Slack-Request-Timestamp", stamp), ("X-Slack-Signature", f"v0={mac.hexdigest()}"),
        ("Content-Type", "application/json"),
    ]  # fmt: skip


def by_crisp(body: bytes, *, at: float | None = None, secret: str = HOOK_SECRET) -> Headers:
    """Sign as Crisp does."""
    stamp = str(int((time.time() if at is None else at) * 1000))
    mac = hmac.new(secret.encode(), b"[%s;%s]" % (stamp.encode(), body), hashlib.sha256)
    return [
        ("X-Crisp-Request-Timestamp", stamp), ("X-Crisp-Signature", mac.hexdigest()),
        ("Content-Type", "application/json"),
    ]  # fmt: skip


def signed(path: str, body: bytes, *, at: float | None = None, secret: str = "") -> Headers:
    """Sign as whoever may knock at a door does; ``secret`` is another than theirs."""
    if path.startswith(SLACK):
        return by_slack(body, at=at, secret=secret or SIGNING)
    return by_crisp(body, at=at, secret=secret or HOOK_SECRET)
