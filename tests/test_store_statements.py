"""How many statements a message takes until it is committed: each costs every message its time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain import Arrival
from tests.handlers_kit import Stored, crisp, reply

CUSTOMERS, AGENTS = 11, 13
"""What it takes now. A larger number needs a reason; a smaller one should stand here at once."""


@pytest.fixture
def stored() -> Iterator[Stored]:
    """Give a stored world in which a customer wrote and was answered."""
    world = Stored()
    world.apply(said("Hi", 1))
    world.apply(reply("Hello", ts="1700000004.000100"))
    yield world
    world.conn.close()


def said(text: str, fingerprint: int) -> Arrival:
    """Return a customer's message."""
    return crisp(
        "message:send", type="text", origin="chat", content=text, fingerprint=fingerprint,
        timestamp=1_700_000_006_000, user={"nickname": "Maya", "user_id": "session"},
        **{"from": "user"},
    )  # fmt: skip


def statements(stored: Stored, arrival: Arrival) -> list[str]:
    """Return what is asked of the database to decide and store an arrival."""
    asked: list[str] = []
    stored.conn.set_trace_callback(asked.append)
    stored.apply(arrival)
    stored.conn.set_trace_callback(None)
    return asked


def test_a_customers_message_takes_few_statements(stored: Stored) -> None:
    """Found new, its conversation read, then the message, its part, its post and the card."""
    asked = statements(stored, said("When does it arrive?", 2))
    assert len(asked) <= CUSTOMERS, "\n".join(asked)


def test_a_reply_takes_few_statements(stored: Stored) -> None:
    """Who wrote it is asked for once, and what was just stored is not read again."""
    asked = statements(stored, reply("Tomorrow", ts="1700000007.000100"))
    assert len(asked) <= AGENTS, "\n".join(asked)
    assert len([one for one in asked if "FROM parts WHERE id" in one]) == 0
