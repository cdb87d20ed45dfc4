"""Threads in channels that are out of use are left, whether something is tried or looked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain import ChannelId, Source
from bot.errors import Refused
from bot.outbox.courier import Again, Errand, Result
from bot.outbox.leaving import Leaving
from bot.relay.access import Rules
from bot.relay.effects import PostMessage
from bot.store import queue
from bot.store.rows import OutboxRow
from tests.core_kit import CHANNEL
from tests.joining_kit import LANE, Talk

NOW_USED = ChannelId("C2")


class Barred(Errand):
    """Posts where nothing can be posted or read."""

    kind = PostMessage.kind

    def __init__(self, code: str) -> None:
        """Be refused with ``code``."""
        self._refused = Refused(Source.SLACK, "conversations.replies", code)

    async def attempt(self, row: OutboxRow, payload: Any) -> Result:
        """Be refused."""
        del row, payload
        raise self._refused

    async def look(self, row: OutboxRow, payload: Any) -> Result | None:
        """Be refused."""
        del row, payload
        raise self._refused


def doubted(talk: Talk) -> OutboxRow:
    """Return a row of which nobody knows whether it was posted."""
    talk.say("1", at=1)
    talk.tx.conn.execute("UPDATE outbox SET must_look = 1, attempts = 1")
    return talk.head()


@pytest.mark.parametrize("code", ["not_in_channel", "channel_not_found", "is_archived"])
async def test_what_is_in_doubt_in_a_channel_out_of_use_goes_on_elsewhere(code: str) -> None:
    """Nobody can ever look there: what comes next would wait behind it for a day."""
    talk = Talk()
    row = doubted(talk)
    found = await Leaving((Barred(code),), Rules(NOW_USED, "website")).look(row)
    assert isinstance(found, Again)
    found.record(talk.tx)
    left = queue.head(talk.tx, LANE)
    assert left is not None
    assert left.conversation is not None
    assert (left.conversation.channel, left.conversation.thread_ts) == (None, None)


@pytest.mark.parametrize(
    ("used", "code"), [(CHANNEL, "not_in_channel"), (NOW_USED, "missing_scope")]
)
async def test_what_can_be_looked_for_later_waits(used: ChannelId, code: str) -> None:
    """A channel in use is mended by somebody, and so is a scope."""
    with pytest.raises(Refused, match=code):
        await Leaving((Barred(code),), Rules(used, "website")).look(doubted(Talk()))


async def test_a_root_in_doubt_waits() -> None:
    """A conversation without a thread has none that it could leave."""
    row = doubted(Talk())
    assert row.conversation is not None
    row = replace(row, conversation=replace(row.conversation, thread_ts=None))
    with pytest.raises(Refused):
        await Leaving((Barred("not_in_channel"),), Rules(NOW_USED, "website")).look(row)
