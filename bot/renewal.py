"""Taking up other credentials while the bridge runs, once those that it has are refused.

Responsible for reading the settings again, for trying what is new in them, and for nothing else:
who runs the bridge begins anew with what is returned. The process stays, and so does its database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import AsyncExitStack

import structlog

from bot import wiring
from bot.config import SECRETS, Settings
from bot.crisp.client import CrispClient
from bot.crisp.quota import DailyCount
from bot.errors import ApiError, ConfigError
from bot.slack.client import SlackClient
from bot.slack.web import open_session
from bot.troubles import Troubles

log = structlog.get_logger()

CRISP = ("CRISP_TOKEN_IDENTIFIER", "CRISP_TOKEN_KEY")
REFUSED = {
    "slack_token": ("SLACK_BOT_TOKEN",),
    "slack_app_token": ("SLACK_APP_TOKEN",),
    "crisp_token": CRISP,
    "crisp_socket": CRISP,
    "crisp_unsubscribed": CRISP,
    "crisp_website": (),
    "membrane": ("MEMBRANE_TOKEN",),
}
"""Troubles that other credentials end, and which of the present ones are of no use."""
TAKEN_UP = (*SECRETS, "CRISP_WEBSITE_ID", "CRISP_TIER", "MEMBRANE_CONNECTION_ID")
"""What is taken up of the settings; all else stays as it was at the start."""

MOST_TURNS = 31
"""So many turns, at most, until what failed is tried again as it is: each try is a call of few."""

Reload = Callable[[Collection[str]], Settings]
"""Reads the settings again as if these values, which were refused, were not set."""


class Renewal:
    """Waits for credentials that both platforms take."""

    def __init__(
        self,
        settings: Settings,
        troubles: Troubles,
        reload: Reload,
        *,
        quota: DailyCount,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """``quota`` counts the call that tries Crisp's token."""
        self._settings = settings
        self._troubles = troubles
        self._reload = reload
        self._quota = quota
        self._sleep = sleep
        self._complained = ""

    async def wait(self) -> Settings:
        """Return settings with other credentials, once both platforms take them."""
        failed: Settings | None = None
        turns = rest = 0
        while True:
            await self._sleep(self._settings.bridge.timers.renew_every)
            if not any(code in self._troubles for code in REFUSED):
                continue
            fresh = self._read(self._refused())
            if fresh is None or fresh == self._settings:
                continue
            if fresh == failed and rest > 0:
                rest -= 1
                continue
            if await self._tried(fresh):
                log.info("settings.renewed")
                return fresh
            turns = min(turns * 2 + 1, MOST_TURNS) if fresh == failed else 0
            rest, failed = turns, fresh

    def _refused(self) -> frozenset[str]:
        """Return the values of no use."""
        names = {
            name for trouble in self._troubles.current for name in REFUSED.get(trouble.code, ())
        }
        values = (getattr(self._settings, name.lower()) for name in names)
        return frozenset(value.get_secret_value() for value in values if value is not None)

    def _read(self, refused: frozenset[str]) -> Settings | None:
        try:
            fresh = self._reload(refused)
        except ConfigError as err:
            self._complain(str(err))
            return None
        taken = {name.lower(): getattr(fresh, name.lower()) for name in TAKEN_UP}
        return self._settings.model_copy(update=taken)

    async def _tried(self, fresh: Settings) -> bool:
        """Tell whether both platforms take the credentials."""
        try:
            async with AsyncExitStack() as stack:
                session = await stack.enter_async_context(open_session(fresh.slack_api_url))
                token = fresh.slack_bot_token.get_secret_value()
                slack = SlackClient(token, fresh.slack_api_url, session)
                await slack.identity()
                if fresh.slack_app_token is not None and self._is_news(fresh):
                    await slack.app_connections_open(fresh.slack_app_token.get_secret_value())
                transport = wiring.crisp_transport(fresh, self._quota)
                stack.push_async_callback(transport.aclose)
                await CrispClient(transport, fresh.crisp_website_id).get_website()
        except (ApiError, ConfigError) as err:
            self._complain(str(err))
            return False
        return True

    def _is_news(self, fresh: Settings) -> bool:
        """Tell whether nobody knows that Slack takes the app token: a try takes a ticket of few."""
        changed = fresh.slack_app_token != self._settings.slack_app_token
        return changed or "slack_app_token" in self._troubles

    def _complain(self, reason: str) -> None:
        """Say once why the new settings are of no use."""
        if reason != self._complained:
            self._complained = reason
            log.warning("settings.not_renewed", reason=reason)
