"""The Bolt application: everything Slack sends is committed first and acknowledged then.

Responsible for the order of those two, in Socket Mode and in HTTP mode alike, and for leaving
nothing unacknowledged for lack of a listener. It must not decide, nor call Slack.

If ``accept`` raises, nothing is acknowledged (HTTP: 500), so that Slack delivers again.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.logger.messages import (
    warning_client_prioritized_and_token_skipped,
    warning_token_skipped,
)

from bot.domain import Arrival, Json, Receipt
from bot.errors import StoreError
from bot.relay.intent import begins_like_command
from bot.slack.events import (
    action_arrival,
    command_arrival,
    event_arrival,
    shortcut_arrival,
    view_arrival,
)
from bot.slack.messages import is_reply
from bot.slack.models import Identity, word
from bot.slack.web import WebApi

Accept = Callable[[Arrival], Awaitable[Receipt]]
"""Commits an arrival; returns only after the commit, raises if there was none."""
Ask = Callable[[Arrival], Awaitable[None]]
"""Starts answering a question elsewhere; returns quickly and ignores what is no question."""

Submit = Callable[[Arrival, Accept], Awaitable[Json]]
"""Has a modal's submission checked and accepted; returns what acknowledges it."""

_ANY = re.compile("")
_ASKABLE = ("command", "action:", "shortcut:", "app_home_opened", "link_shared")
_log = logging.getLogger("slack_bolt.bridge")


@dataclass(frozen=True, slots=True)
class Intake:
    """Accepts, then lets questions be answered; the caller acknowledges when it returns.

    ``accept`` gets every arrival; ``ask``, after that, those that may be questions (commands,
    also what begins like one in a thread, actions, shortcuts, ``app_home_opened``,
    ``link_shared``), and not twice.
    """

    identity: Identity
    accept: Accept
    ask: Ask | None = None
    submit: Submit | None = None
    """Takes the submissions of modals, which are acknowledged with what the modal is to show."""

    async def take_event(self, body: Json) -> None:
        """Take the body of an Events API event, in either mode."""
        await self.take(event_arrival(body, self.identity))

    async def take(self, arrival: Arrival | None) -> None:
        """Take what was read of a body; None is of no use to anybody."""
        if arrival is None:
            return
        receipt = await self.accept(arrival)
        if self.ask is not None and receipt is not Receipt.DUPLICATE and _is_askable(arrival):
            await self.ask(arrival)

    async def take_view(self, arrival: Arrival | None) -> Json:
        """Take what was read of a modal; return what acknowledges it."""
        if arrival is None or self.submit is None:
            await self.take(arrival)
            return {}
        return await self.submit(arrival, self.accept)


def _is_askable(arrival: Arrival) -> bool:
    if arrival.kind == "message":
        return is_reply(arrival.payload) and begins_like_command(word(arrival.payload, "text"))
    return arrival.kind.startswith(_ASKABLE)


def build_app(intake: Intake, web: WebApi, *, signing_secret: str | None = None) -> AsyncApp:
    """Build the Bolt application.

    Without a signing secret every HTTP request is refused; Socket Mode needs none.
    """
    app = AsyncApp(
        name="slack-crisp-bridge",
        logger=_quiet_logger(),
        client=web,
        # A fixed answer: no auth.test per event, and SLACK_CLIENT_ID in the environment, which
        # makes Bolt set up an OAuth flow, cannot change who we are.
        authorize=_fixed(intake.identity, web.token),
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        signing_secret=signing_secret or secrets.token_hex(32),
        ignoring_self_events_enabled=False,
        ignoring_self_assistant_message_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    _listen_to_events(app, intake)
    _listen_to_people(app, intake)
    app.error(_on_error)
    return app


def _listen_to_events(app: AsyncApp, intake: Intake) -> None:
    """Register the one listener of the Events API; Bolt acknowledges once it has returned."""

    async def on_event(body: dict[str, Any]) -> None:
        await intake.take_event(body)

    app.event(_ANY)(on_event)


def _listen_to_people(app: AsyncApp, intake: Intake) -> None:
    """Register one listener for each thing that a person can do."""

    def after(read: Callable[[Json], Arrival | None]) -> Callable[..., Awaitable[None]]:
        async def listener(body: dict[str, Any], ack: AsyncAck) -> None:
            await intake.take(read(body))
            await ack()

        return listener

    async def on_view(body: dict[str, Any], ack: AsyncAck) -> None:
        await ack(**await intake.take_view(view_arrival(body)))

    async def on_options(ack: AsyncAck) -> None:
        await ack(options=[])

    app.command(_ANY)(after(command_arrival))
    app.action(_ANY)(after(action_arrival))
    app.shortcut(_ANY)(after(shortcut_arrival))
    app.view(_ANY)(on_view)
    app.view_closed(_ANY)(after(view_arrival))
    app.options(_ANY)(on_options)


async def _on_error(error: Exception) -> BoltResponse:
    """Acknowledge what nobody listens to; leave what failed to be delivered again.

    The log names the error alone: the request's body is a customer's or an agent's text.
    """
    if isinstance(error, BoltUnhandledRequestError):
        return BoltResponse(status=200, body="")
    _log.error("slack_event_not_accepted error=%s", type(error).__name__)
    return BoltResponse(status=503 if isinstance(error, StoreError) else 500, body="")


def _fixed(identity: Identity, token: str | None) -> Callable[..., Awaitable[AuthorizeResult]]:
    result = AuthorizeResult(
        enterprise_id=None,
        team_id=identity.team_id,
        bot_user_id=identity.bot_user_id,
        bot_id=identity.bot_id,
        bot_token=token,
    )

    async def authorize() -> AuthorizeResult:
        return result

    return authorize


def _quiet_logger() -> logging.Logger:
    """Return Bolt's logger: it writes whole bodies at INFO, and warns of the token we mean."""
    _log.setLevel(logging.WARNING)
    _log.addFilter(_is_meant)
    return _log


def _is_meant(record: logging.LogRecord) -> bool:
    """Drop Bolt's warnings that the token in the environment is not used: it is, by our client."""
    skipped = (warning_token_skipped(), warning_client_prioritized_and_token_skipped())
    return record.getMessage() not in skipped
