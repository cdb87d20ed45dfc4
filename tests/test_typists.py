"""Who types, and a card that says so: an edit when they begin, one when they have ended."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from bot import texts
from bot.domain import Author, Fingerprint, Json, Millis, Post, Speaker
from bot.outbox.card_edits import ShowingTyping, UpdatingCard
from bot.outbox.courier import Again, Done, Result
from bot.outbox.roots import Roots
from bot.recent_pages import RecentPages
from bot.relay.changes import show_typing
from bot.relay.customers import CrispWrote, relay_to_slack
from bot.relay.decisions import Change
from bot.relay.effects import Priority, ShowTyping, UpdateCard
from bot.store import edits, queue
from bot.store.rows import OutboxRow
from bot.store.transaction import card_effect
from bot.store.view import View
from bot.typists import BETWEEN, KEPT, SHOWN_FOR, Typists
from tests.core_kit import CHANNEL, NOW, ROOT, RULES, SESSION
from tests.slack_kit import Desk

START: Json = {"session_id": SESSION, "website_id": RULES.website_id, "type": "start"}
CARD = f"card:{SESSION}"


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Asking:
    """A reader on the test's own connection."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def ask(self, question: Callable[[View], Any]) -> Any:
        """Answer."""
        return question(View(self._desk.conn, NOW))


class Card:
    """A conversation's card at a Slack that counts its edits."""

    def __init__(self) -> None:
        self.clock, self.desk = Clock(), Desk()
        self.typists = Typists(website_id=RULES.website_id, clock=self.clock)
        self.edits: list[tuple[float, bool]] = []
        self._root()
        self._errands()

    def _root(self) -> None:
        tx = self.desk.tx
        said = CrispWrote(
            SESSION, Fingerprint(NOW * 100), Author.VISITOR, "text", "Hi", Speaker("Maya"),
            Millis(NOW),
        )  # fmt: skip
        tx.apply(relay_to_slack(said, tx.conversation(SESSION)), inbox_id=0)
        row = self.desk.head("post")
        queue.finish(tx, row)
        queue.deliver_part(tx, row, channel=CHANNEL, ts=ROOT)
        tx.change(Change(SESSION, {"known": True}, card=False))
        tx.conn.execute("DELETE FROM outbox")

    def _errands(self) -> None:
        roots = Roots(None, RULES, pages=RecentPages(), clock=self.clock)  # type: ignore[arg-type]  # not called
        reader: Any = Asking(self.desk)
        slack: Any = self
        self._typing = ShowingTyping(slack, reader, roots, typists=self.typists)
        self._state = UpdatingCard(slack, reader, roots, typists=self.typists)

    async def update(self, _channel: str, _ts: str, post: Post, *, speaker: Speaker) -> None:
        """Be edited."""
        del speaker
        self.edits.append((self.clock.now, texts.TYPING in str(post.blocks)))

    def wish(self) -> None:
        """Ask for the card to be looked after."""
        conversation = self.desk.tx.conversation(SESSION)
        assert conversation is not None
        for effect in show_typing(conversation, at=Millis(NOW + len(self.edits))):
            self.desk.tx.enqueue(effect)

    def head(self) -> OutboxRow | None:
        """Return what is next in the card's lane."""
        return queue.head(self.desk.tx, CARD)

    async def attempt(self) -> Result:
        """Carry the next row out, and store what became of it."""
        row = self.head()
        assert row is not None
        payload = row.payload()
        assert isinstance(payload, ShowTyping | UpdateCard)
        errand = self._typing if isinstance(payload, ShowTyping) else self._state
        result = await errand.attempt(row, payload)
        if isinstance(result, Done):
            edits.finish(self.desk.tx, row, result.record)
        return result


@pytest.fixture
def card() -> Card:
    """Return a card on which nobody types."""
    return Card()


async def test_a_spell_of_typing_makes_two_edits(card: Card) -> None:
    """However often Crisp says that somebody types, the card is edited twice."""
    card.typists.heard(START)
    card.wish()
    assert await card.attempt() == Again(after=SHOWN_FOR)
    for _ in range(3):
        card.clock.now += 4
        card.typists.heard(START)
        assert await card.attempt() == Again(after=SHOWN_FOR)
    card.clock.now += SHOWN_FOR
    assert isinstance(await card.attempt(), Done)
    assert [typing for _, typing in card.edits] == [True, False]
    assert card.head() is None


async def test_edits_for_this_are_five_seconds_apart(card: Card) -> None:
    """Who stops and begins again is shown so no sooner than five seconds after the last edit."""
    card.typists.heard(START)
    card.wish()
    await card.attempt()
    for _ in range(20):
        card.clock.now += 1
        card.typists.heard({**START, "type": "stop"} if card.clock.now % 2 else START)
        result = await card.attempt()
        if isinstance(result, Done):
            card.wish()
    times = [at for at, _ in card.edits]
    assert len(times) > 2
    assert all(later - at >= BETWEEN for at, later in pairwise(times))


async def test_another_edit_of_the_card_says_it_too(card: Card) -> None:
    """An edit for another reason shows who types, and spares the one that was due for it."""
    card.typists.heard(START)
    card.wish()
    conversation = card.desk.tx.conversation(SESSION)
    assert conversation is not None
    card.desk.tx.enqueue(card_effect(conversation, delay_ms=0))
    first = card.head()
    assert first is not None
    assert (first.kind, first.priority < Priority.LAST) == ("card", True)
    assert isinstance(await card.attempt(), Done)
    assert isinstance(await card.attempt(), Again)
    assert [typing for _, typing in card.edits] == [True]


async def test_what_a_restart_forgot_is_taken_off(card: Card) -> None:
    """A card that said so when the bridge ended is edited once more."""
    card.wish()
    assert isinstance(await card.attempt(), Done)
    assert [typing for _, typing in card.edits] == [False]


async def test_who_begins_while_the_last_edit_is_made_is_not_forgotten(card: Card) -> None:
    """A wish that comes during the call keeps the row."""
    card.typists.heard(START)
    card.wish()
    await card.attempt()
    card.clock.now += SHOWN_FOR + 1
    row = card.head()
    assert row is not None
    payload = row.payload()
    assert isinstance(payload, ShowTyping)
    result = await card._typing.attempt(row, payload)
    assert isinstance(result, Done)
    card.typists.heard(START)
    assert await card.typists.next_wish() == SESSION
    card.wish()
    edits.finish(card.desk.tx, row, result.record)
    assert card.head() is not None


async def test_one_wish_for_a_spell(card: Card) -> None:
    """While a card is looked after, nothing more is asked for; afterwards it is."""
    for _ in range(5):
        card.typists.heard(START)
    assert await card.typists.next_wish() == SESSION
    assert card.typists._wishes.empty()
    card.typists.looked_after(SESSION)
    card.typists.heard(START)
    assert await card.typists.next_wish() == SESSION


@pytest.mark.parametrize(
    "data",
    [None, [], {}, {"session_id": 5, "type": "start"}, {**START, "website_id": "another"},
     {**START, "session_id": ""}, {**START, "type": "stop"}],
)  # fmt: skip
def test_what_is_not_a_typing_customer_of_ours_is_passed_over(card: Card, data: Any) -> None:
    """Nonsense, other websites and the end of what never began leave nothing."""
    card.typists.heard(data)
    assert card.typists.left(SESSION) == 0
    assert card.typists._wishes.empty()


def test_a_message_ends_the_typing(card: Card) -> None:
    """Who has sent what they wrote types no more."""
    card.typists.heard(START)
    assert card.typists.left(SESSION) == SHOWN_FOR
    card.typists.stopped(SESSION)
    assert card.typists.left(SESSION) == 0


def test_the_memory_is_bounded() -> None:
    """Of many who type, those who were silent longest are forgotten."""
    typists = Typists(website_id="w", clock=Clock())
    for number in range(KEPT + 10):
        typists.heard({"session_id": f"session_{number}", "type": "start"})
    assert len(typists._typists) == KEPT
