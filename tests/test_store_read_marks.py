"""A reply marks what it answers as read in Crisp, with one call for all of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.crisp import events
from bot.domain import CRISP_ORIGIN, Arrival, Author, Fingerprint, Millis, Source, Speaker
from bot.outbox.courier import Done
from bot.outbox.read_marks import MarkingRead
from bot.relay.customers import CrispWrote, relay_to_slack
from bot.relay.effects import MarkRead
from bot.relay.truth import Reporting
from bot.store import edits, queue
from bot.store.view import View
from tests.core_kit import NOW, SESSION
from tests.slack_kit import Desk

READ = f"read:{SESSION}"


class Crisp:
    """A Crisp that is told what was read."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []

    async def mark_read(self, _session: str, *, sent_by: str, fingerprints: object) -> None:
        """Remember it."""
        self.told.append((sent_by, fingerprints))


class Asking:
    """A reader on the test's own connection."""

    def __init__(self, desk: Desk) -> None:
        self._view = View(desk.conn, NOW)

    async def ask(self, question: object) -> object:
        """Answer."""
        return question(self._view)  # type: ignore[operator]  # a function of a view


class Thread:
    """A conversation in which a customer and Ana write by turns."""

    def __init__(self) -> None:
        self.desk, self.crisp, self.spare = Desk(), Crisp(), True
        self.errand = MarkingRead(
            self.crisp,  # type: ignore[arg-type]  # a fake
            Asking(self.desk),  # type: ignore[arg-type]  # a fake
            spare=lambda: self.spare,
        )
        self._turn = 0

    def customer(self, *, posted: bool = True) -> Fingerprint:
        """Let the customer write; return the message's name."""
        self._turn += 1
        name = Fingerprint(NOW * 100 + self._turn)
        said = CrispWrote(
            SESSION, name, Author.VISITOR, "text", "Hi", Speaker("Maya"), Millis(NOW + self._turn)
        )
        self.desk.tx.apply(relay_to_slack(said, self.desk.tx.conversation(SESSION)), inbox_id=0)
        if posted:
            row = self.desk.head("post")
            queue.finish(self.desk.tx, row)
            queue.deliver_part(self.desk.tx, row, channel="C1", ts=f"{self._turn}.000000")
        return name

    def ana(self, text: str = "Hello") -> None:
        """Let Ana reply, and Crisp take it."""
        self._turn += 1
        self.desk.reply(text, ts=f"17000000{self._turn:02}.000200")
        self.desk.deliver()

    def wished(self) -> list[MarkRead]:
        """Return what Crisp is to be told."""
        rows = self.desk.all("SELECT payload FROM outbox WHERE kind = 'read'")
        return [MarkRead(json.loads(row[0])["up_to"]) for row in rows]

    async def tell(self) -> None:
        """Tell Crisp."""
        row = queue.head(self.desk.tx, READ)
        assert row is not None
        payload = row.payload()
        assert isinstance(payload, MarkRead)
        done = await self.errand.attempt(row, payload)
        assert isinstance(done, Done)
        edits.finish(self.desk.tx, row, done.record)


@pytest.fixture
def thread() -> Thread:
    """Return a conversation without messages."""
    return Thread()


async def test_a_burst_of_replies_makes_one_call(thread: Thread) -> None:
    """However many messages are answered by however many replies, Crisp is told once."""
    thread.customer()
    thread.customer()
    for _ in range(3):
        thread.ana()
    await thread.tell()
    thread.ana()
    assert thread.wished() == []
    assert thread.crisp.told == [("user", None)]


async def test_what_came_later_is_not_read(thread: Thread) -> None:
    """Where the customer has written on since, only what the reply answers is named."""
    first = thread.customer()
    thread.ana()
    later = thread.customer()
    await thread.tell()
    assert thread.crisp.told == [("user", (first,))]
    thread.ana()
    await thread.tell()
    assert thread.crisp.told[1:] == [("user", None)]
    assert later != first


async def test_a_message_that_was_not_shown_is_not_read(thread: Thread) -> None:
    """Nobody has read in Slack what is not posted there yet."""
    thread.customer(posted=False)
    thread.ana()
    assert thread.wished() == []


async def test_a_note_answers_nothing(thread: Thread) -> None:
    """Only a reply to the customer says that their messages were read."""
    thread.customer()
    thread.ana("!note ask Ben")
    assert thread.wished() == []


async def test_what_was_read_in_crisp_costs_no_call(thread: Thread) -> None:
    """An operator who has read it in Crisp has marked it there."""
    name = thread.customer()
    payload = {"session_id": SESSION, "origin": "chat", "fingerprints": [name]}
    thread.desk.receive(Arrival(Source.CRISP, events.READ_SEND, payload))
    thread.ana()
    assert thread.wished() == []


async def test_the_event_of_our_own_mark_changes_nothing(thread: Thread) -> None:
    """Crisp tells of our own mark as of any other: it is known."""
    thread.customer()
    thread.ana()
    await thread.tell()
    payload = {"session_id": SESSION, "origin": CRISP_ORIGIN}
    before = thread.desk.all("SELECT count(*) FROM inbox")
    thread.desk.receive(Arrival(Source.CRISP, events.READ_SEND, payload))
    assert thread.desk.all("SELECT count(*) FROM inbox") == before


async def test_no_call_is_made_when_the_day_is_nearly_used_up(thread: Thread) -> None:
    """Near the day's quota the mark is left out, and made up for with a later reply."""
    thread.customer()
    thread.ana()
    thread.spare = False
    await thread.tell()
    assert (thread.crisp.told, thread.wished()) == ([], [])
    thread.spare = True
    thread.ana()
    await thread.tell()
    assert thread.crisp.told == [("user", None)]


async def test_it_can_be_switched_off(thread: Thread) -> None:
    """With ``mark_read = false`` a reply marks nothing."""
    thread.desk.tx.reporting = replace(Reporting(), mark_read=False)
    thread.customer()
    thread.ana()
    assert thread.wished() == []
