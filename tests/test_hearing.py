"""How long the bridge waits while Crisp's socket refuses its credentials."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot import hearing
from bot.bridge import Bridge
from bot.domain import Source
from bot.errors import Unauthorized


def _nothing(*_args: object) -> None: ...


def bridge() -> Bridge:
    """Return what listening needs of a bridge whose credentials were taken before."""
    addresses = SimpleNamespace(connected=_nothing, disconnected=_nothing)
    found = SimpleNamespace(
        settings=SimpleNamespace(
            bridge=SimpleNamespace(
                timers=SimpleNamespace(reconnect=5.0), relay=SimpleNamespace(show_typing=False)
            )
        ),
        clients=SimpleNamespace(movers=SimpleNamespace(addresses=addresses)),
        troubles=SimpleNamespace(note=_nothing, heal=_nothing),
        crisp_side=SimpleNamespace(trusted=True, connect=_nothing, disconnect=_nothing),
    )
    return cast("Bridge", found)


async def test_credentials_that_are_taken_again_end_the_long_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A refusal months after another is answered at the first pause, not at the longest."""
    attempts, waited = 0, list[float]()

    class Refused:
        def __init__(self, connected: Callable[[], None]) -> None:
            self._connected = connected

        async def run(self) -> None:
            nonlocal attempts
            attempts += 1
            if attempts == 4:
                self._connected()
            raise Unauthorized(Source.CRISP, "GET website", "invalid_session")

    def listener(*_args: object, connected: Callable[[], None], **_more: Any) -> Refused:
        return Refused(connected)

    async def pause(_bridge: Bridge, seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 5:
            raise asyncio.CancelledError

    monkeypatch.setattr(hearing, "_listener", listener)
    monkeypatch.setattr(hearing, "_pause", pause)
    with pytest.raises(asyncio.CancelledError):
        await hearing.listen(bridge())
    assert waited == [5.0, 10.0, 20.0, 5.0, 10.0]
