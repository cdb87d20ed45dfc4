"""Hearing Crisp over its own socket: its events, or the upload addresses alone.

Responsible for joining the listener with the bridge's parts. It starts no task.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.bridge import Bridge
from bot.crisp.bucket import GENERATED
from bot.crisp.events import COMPOSE_SEND, EVENTS
from bot.crisp.feed import UploadFeed
from bot.crisp.link import RTM_CALL
from bot.crisp.membrane import is_own
from bot.crisp.rtm import RtmListener
from bot.errors import BridgeError, Unauthorized
from bot.verdicts import SHUT_OUT

LONGEST_PAUSE = 120.0
"""Seconds between two attempts with credentials that are refused."""
_POLL = 1.0


class _Pauses:
    """The waits between two attempts with refused credentials: each is twice the last."""

    def __init__(self, first: float) -> None:
        self._first = self._next = first

    def next(self) -> float:
        """Return the seconds to wait now."""
        now, self._next = self._next, min(self._next * 2, LONGEST_PAUSE)
        return now

    def reset(self) -> None:
        """Begin anew: the credentials were taken."""
        self._next = self._first


async def listen(bridge: Bridge) -> None:
    """Listen to Crisp's socket until cancelled.

    Credentials that are refused at once are a mistake: BridgeError. If they were taken before,
    they can be mended, and are tried again and again.
    """
    pauses = _Pauses(bridge.settings.bridge.timers.reconnect)
    while True:
        listener = _rtm(bridge, on_taken=pauses.reset)
        try:
            await listener.run()
        except Unauthorized as err:
            if not bridge.crisp_side.trusted:
                raise _wrong(err) from err
            if err.call == RTM_CALL:
                bridge.troubles.note("crisp_socket")
        await _pause(bridge, pauses.next())


async def _pause(bridge: Bridge, seconds: float) -> None:
    """Wait so long; less if the API takes the credentials again."""
    end = asyncio.get_running_loop().time() + seconds
    shut_out = any(code in bridge.troubles for code in SHUT_OUT)
    while (left := end - asyncio.get_running_loop().time()) > 0:
        await asyncio.sleep(min(left, _POLL))
        if shut_out and not any(code in bridge.troubles for code in SHUT_OUT):
            return


def _wrong(err: Unauthorized) -> BridgeError:
    if is_own(err):
        return BridgeError(
            f"Membrane lets no call through to Crisp ({err.code}): check MEMBRANE_TOKEN and "
            "MEMBRANE_CONNECTION_ID; slack-crisp-bridge doctor says what is wrong."
        )
    return BridgeError(
        f"Crisp refuses the token ({err.code}): check CRISP_TOKEN_IDENTIFIER, CRISP_TOKEN_KEY, "
        "CRISP_TIER and CRISP_WEBSITE_ID; slack-crisp-bridge doctor says which is wrong."
    )


def _rtm(bridge: Bridge, *, on_taken: Callable[[], None]) -> RtmListener:
    addresses = bridge.clients.movers.addresses

    def connected() -> None:
        on_taken()
        addresses.connected()
        bridge.troubles.heal("crisp_socket")
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
        sleep=bridge.writable.patiently,
        rng=random.Random(),  # noqa: S311 - jitter
        delay=(settings.bridge.timers.reconnect, settings.bridge.timers.reconnect * 2),
    )
