"""Opening the way to both platforms, and learning who we are in Slack.

Responsible for what must be there before anything can run; whoever opens it closes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import structlog

from bot import wiring
from bot.bridge import Clients, now, now_ms
from bot.config import Settings
from bot.crisp.client import CrispClient
from bot.crisp.sparing import SparingTransport
from bot.errors import ApiError, ConfigError, Refused
from bot.slack.client import SlackClient
from bot.slack.models import Identity
from bot.slack.web import open_session
from bot.store.files import Files
from bot.store.reader import Reader

log = structlog.get_logger()


@asynccontextmanager
async def open_clients(
    settings: Settings, files: Files, stop: asyncio.Event, *, patient: bool
) -> AsyncIterator[Clients | None]:
    """Open both clients and learn who we are in Slack; None if stopped before that."""
    today = datetime.fromtimestamp(now(), UTC).date().isoformat()
    reader = Reader(files.reader, clock_ms=now_ms)
    calls = await reader.ask(lambda view: view.crisp_calls(today))
    quota = wiring.quota(settings, clock=now, calls=calls)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(open_session(settings.slack_api_url))
        transport = wiring.crisp_transport(settings, quota)
        stack.push_async_callback(transport.aclose)
        slack = SlackClient(
            settings.slack_bot_token.get_secret_value(), settings.slack_api_url, session,
            faces=wiring.faces(settings),
        )  # fmt: skip
        identity = await _identity(slack, stop, patient=patient)
        crisp = CrispClient(transport, settings.crisp_website_id)
        sparing = SparingTransport(transport, quota.spares_lookups)
        carrier = wiring.carrier(settings)
        stack.push_async_callback(carrier.aclose)
        movers = wiring.movers(settings, slack, crisp, carrier)
        yield None if identity is None else Clients(
            slack, crisp, identity, quota, movers, transport, CrispClient(sparing, crisp.website_id)
        )  # fmt: skip


async def _identity(slack: SlackClient, stop: asyncio.Event, *, patient: bool) -> Identity | None:
    """Ask Slack who we are, however long it cannot be reached.

    A refused token ends the run, unless we are ``patient`` because it has been taken before.
    """
    pause = 1.0
    while not stop.is_set():
        try:
            return await slack.identity()
        except Refused as err:
            if not patient:
                raise _wrong_token(err) from err
            log.error("slack.refused", code=err.code, retry_in=pause)
        except ApiError as err:
            log.warning("slack.unreachable", reason=str(err), retry_in=pause)
        try:
            async with asyncio.timeout(pause):
                await stop.wait()
        except TimeoutError:
            pause = min(pause * 2, 30.0)
    return None


def _wrong_token(err: Refused) -> ConfigError:
    return ConfigError(
        f"Slack refuses SLACK_BOT_TOKEN ({err.code}): copy the Bot User OAuth Token again "
        "from OAuth & Permissions on the app's page, after installing the app."
    )
