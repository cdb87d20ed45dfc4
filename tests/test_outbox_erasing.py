"""Clearing Slack of what was erased: which threads are looked through."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from bot.domain import METADATA_EVENT, ChannelId, MessageTs, Millis, SlackUserId
from bot.outbox.courier import Again
from bot.outbox.erasing import Erasing, Pace
from bot.relay.decisions import Change
from bot.relay.erase_effects import EraseThreads
from bot.slack.models import Identity
from bot.store import erasing, queue
from bot.store.view import View
from tests.core_kit import CHANNEL, NOW, RULES, SESSION
from tests.handlers_kit import Stored

OLD, ANEW = MessageTs("1700000001.000100"), MessageTs("1700000300.000100")


class _Slack:
    """A channel with two roots of one person."""

    async def me(self) -> Identity:
        return Identity(SlackUserId("UBOT"), "BBOT", "T1", None, "https://acme.test/")

    async def history(self, channel: ChannelId, oldest: MessageTs) -> AsyncIterator[Any]:
        del channel, oldest
        for ts in (ANEW, OLD):
            named = {"event_type": METADATA_EVENT, "event_payload": {"key": f"post:{SESSION}:1:0"}}
            yield {"ts": ts, "bot_id": "BBOT", "metadata": named}


class _Reader:
    def __init__(self, view: View) -> None:
        self._view = view

    async def ask(self, job: Callable[[View], Any]) -> Any:
        return job(self._view)


@pytest.fixture
def stored() -> Iterator[Stored]:
    """Give a stored world."""
    world = Stored()
    yield world
    world.conn.close()


async def test_who_writes_again_keeps_the_thread_that_they_have_anew(stored: Stored) -> None:
    """A root nobody knew of is looked for late, and found among newer ones of the same person."""
    stored.conn.execute("UPDATE conversations SET thread_ts = NULL, channel = NULL")
    erasing.erase(stored.tx, (SESSION,), source=erasing.COMMAND)
    row = queue.head(stored.tx, f"slack:{SESSION}")
    assert row is not None
    payload = row.payload()
    assert isinstance(payload, EraseThreads)
    assert payload.since == Millis(NOW)
    anew = {"channel": CHANNEL, "thread_ts": ANEW}
    stored.tx.change(Change(SESSION, anew, create=True, card=False))
    errand = Erasing(
        _Slack(),  # type: ignore[arg-type]  # what is used of it
        object(),  # type: ignore[arg-type]  # never used
        _Reader(stored.tx),  # type: ignore[arg-type]  # without a thread
        RULES,
        pace=Pace(0, 0),
        clock=lambda: 0.0,
    )
    result = await errand.attempt(row, payload)
    assert isinstance(result, Again)
    result.record(stored.tx)
    again = queue.head(stored.tx, f"slack:{SESSION}")
    assert again is not None
    found = again.payload()
    assert isinstance(found, EraseThreads)
    assert list(map(tuple, found.threads)) == [(CHANNEL, OLD)]
