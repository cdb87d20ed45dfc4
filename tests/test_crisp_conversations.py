"""Changes of a conversation that come late, twice, or out of order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain import Arrival, Conversation, Millis, OperatorId, Receipt, Source
from tests.core_kit import NOW, SESSION, database
from tests.sweep_kit import HOUR, MINUTE, Store

STATE, ROUTING, SEEN = "session:set_state", "session:set_routing", "conversation:seen"


class Team:
    """A conversation that is stored, and what its events make of it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        store.conn.execute("INSERT INTO conversations (session_id) VALUES (?)", (SESSION,))

    async def hear(self, kind: str, at: int, **data: object) -> Receipt:
        """Accept an event of that time, 0 if it bears none."""
        payload = {"session_id": SESSION, **data}
        return await self.store.inbox().accept(
            Arrival(Source.CRISP, kind, payload, occurred_at=Millis(at))
        )

    async def see(self, state: str, updated_at: int) -> None:
        """Accept what a sweep has read just now."""
        self.store.now += 1
        await self.hear(SEEN, 0, state=state, updated_at=updated_at, read_at=self.store.now)

    @property
    def now(self) -> Conversation:
        """Return the conversation as it is stored."""
        found = self.store.view.conversation(SESSION)
        assert found is not None
        return found


@pytest.fixture
def team() -> Iterator[Team]:
    """Give a conversation on a real database."""
    conn = database()
    yield Team(Store(conn))
    conn.close()


async def test_a_state_that_comes_late_is_not_believed(team: Team) -> None:
    """A hook that is sent again, or overtaken, does not undo newer news."""
    await team.hear(STATE, NOW, state="unresolved")
    await team.hear(STATE, NOW - HOUR, state="resolved")
    assert team.now.state == "unresolved"
    await team.hear(STATE, NOW + 1, state="resolved")
    assert team.now.state == "resolved"


async def test_a_state_that_a_sweep_has_outdated_is_not_believed(team: Team) -> None:
    """A hook from before what a list has shown is old, though no event told what came after."""
    await team.see("unresolved", NOW - MINUTE)
    await team.hear(STATE, NOW - HOUR, state="resolved")
    assert team.now.state == "unresolved"


async def test_an_assignment_that_comes_late_is_not_believed(team: Team) -> None:
    """Assignments keep their order by their own time, whatever the state's is."""
    await team.hear(STATE, NOW + MINUTE, state="resolved")
    await team.hear(ROUTING, NOW, routing_id="op-ana")
    await team.hear(ROUTING, NOW - MINUTE, routing_id="op-ben")
    assert team.now.assignee == OperatorId("op-ana")
    await team.hear(ROUTING, NOW + 1, routing_id=None)
    assert team.now.assignee is None


async def test_news_that_change_nothing_still_outdate_older_ones(team: Team) -> None:
    """What confirms the stored state is news too: nothing from before it counts any more."""
    assert team.now.state == "pending"
    await team.hear(STATE, NOW, state="pending")
    await team.hear(STATE, NOW - MINUTE, state="resolved")
    assert team.now.state == "pending"


async def test_the_echo_of_our_own_change_outdates_older_news(team: Team) -> None:
    """While our own change is under way, its echo already dates what comes late."""
    team.store.conn.execute(
        "INSERT INTO outbox (destination, lane, order_key, priority, kind, key, conversation,"
        " payload, accepted_at) VALUES ('crisp', 'l', 0, 0, 'state', 'k', 1,"
        ' \'{"state": "resolved"}\', 0)'
    )
    await team.hear(STATE, NOW, state="resolved")
    await team.hear(STATE, NOW - MINUTE, state="unresolved")
    assert team.now.state == "pending"
    assert team.now.state_at == NOW


async def test_events_without_a_time_are_believed(team: Team) -> None:
    """The socket's events bear no time and come in order: the last one counts."""
    await team.see("unresolved", NOW)
    await team.hear(STATE, 0, state="resolved")
    assert team.now.state == "resolved"
    assert await team.hear(STATE, 0, state="resolved") is Receipt.IGNORED


async def test_a_clock_that_went_back_does_not_stop_comparing(team: Team) -> None:
    """News that seem to lie ahead of our clock do not keep a sweep's finding away."""
    team.store.now = NOW + HOUR
    await team.hear(STATE, 0, state="unresolved")
    team.store.now = NOW
    await team.see("resolved", NOW)
    assert team.now.state == "resolved"
