"""Hearing Crisp over its own socket: its events, or the upload addresses alone.

Responsible for joining the listener with the bridge's parts. It starts no task.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.bridge import Bridge
from bot.crisp.bucket import GENERATED
from bot.crisp.events import COMPOSE_SEND, EVENTS
from bot.crisp.feed import UploadFeed
from bot.crisp.membrane import is_own
from bot.crisp.rtm import RtmListener
from bot.errors import BridgeError, Unauthorized


async def listen(bridge: Bridge) -> None:
    """Listen to Crisp's socket until cancelled; BridgeError if Crisp refuses the token."""
    try:
        await _rtm(bridge).run()
    except Unauthorized as err:
        if is_own(err):
            raise BridgeError(
                f"Membrane lets no call through to Crisp ({err.code}): check MEMBRANE_TOKEN and "
                "MEMBRANE_CONNECTION_ID; slack-crisp-bridge doctor says what is wrong."
            ) from err
        raise BridgeError(
            f"Crisp refuses the token ({err.code}): check CRISP_TOKEN_IDENTIFIER, CRISP_TOKEN_KEY, "
            "CRISP_TIER and CRISP_WEBSITE_ID; slack-crisp-bridge doctor says which is wrong."
        ) from err


def _rtm(bridge: Bridge) -> RtmListener:
    addresses = bridge.clients.movers.addresses

    def connected() -> None:
        addresses.connected()
        bridge.crisp_side.connect()

    def disconnected(reason: str) -> None:
        addresses.disconnected()
        bridge.crisp_side.disconnect(reason)

    typing = (
        {COMPOSE_SEND: bridge.typists.heard} if bridge.settings.bridge.relay.show_typing else {}
    )
    return _listener(bridge, EVENTS, aside=typing, connected=connected, disconnected=disconnected)


def upload_feed(bridge: Bridge) -> UploadFeed:
    """Return the socket for upload addresses, which come by no hook."""
    addresses = bridge.clients.movers.addresses
    listener = _listener(
        bridge,
        (),
        connected=addresses.connected,
        disconnected=lambda _reason: addresses.disconnected(),
    )
    return UploadFeed(addresses, listener)


def _listener(
    bridge: Bridge,
    events: Sequence[str],
    *,
    aside: Mapping[str, Callable[[Any], None]] | None = None,
    connected: Callable[[], None],
    disconnected: Callable[[str], None],
) -> RtmListener:
    settings = bridge.settings
    identifier, key = settings.crisp_token_identifier, settings.crisp_token_key
    if identifier is None or key is None:
        raise LookupError("config lets no RTM settings through without a token")
    return RtmListener(
        bridge.clients.crisp,
        website_id=settings.crisp_website_id,
        tier=settings.crisp_tier,
        identifier=identifier.get_secret_value(),
        key=key,
        accept=bridge.accept_crisp,
        events=events,
        aside={GENERATED: bridge.clients.movers.addresses.heard, **(aside or {})},
        on_connected=connected,
        on_disconnected=disconnected,
        rng=random.Random(),  # noqa: S311 - jitter
        delay=(settings.bridge.timers.reconnect, settings.bridge.timers.reconnect * 2),
    )
