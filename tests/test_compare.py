"""Comparing after a gap: what counts as deleted, how much is read, and when it is done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import pytest

from bot.behind import MOST_FAILURES
from bot.compare import THREADS, CrispComparison, SlackComparison, Thorough
from bot.crisp.client import CrispClient
from bot.domain import (
    Arrival,
    Author,
    ChannelId,
    MessageTs,
    Millis,
    Receipt,
    SessionId,
    Source,
    WebsiteId,
)
from bot.errors import Ambiguous, ApiError, RateLimited, Refused, Unauthorized, Unreachable
from bot.relay.decisions import Change, NewMessage
from bot.slack.client import SlackClient
from bot.store.transaction import Transaction
from bot.swept import Swept
from tests.core_kit import ANA, CHANNEL, NOW, ROOT, RULES, database
from tests.sweep_kit import Crisp, Store, messages_of

Json = dict[str, Any]
REPLY = MessageTs("1700000005.000200")
BEGAN = {f"slack:{CHANNEL}": Millis(NOW)}
LATER = NOW + 60_000


class Threads:
    """Slack, as it lists one thread after the other; ``None`` is a refusal."""

    def __init__(self, *listings: list[str] | ApiError | None) -> None:
        self._listings = iter(listings)
        self.read = 0
        self.waited: list[float] = []

    async def wait(self, seconds: float) -> None:
        self.waited.append(seconds)

    async def thread(
        self, channel: ChannelId, thread_ts: MessageTs, oldest: MessageTs
    ) -> AsyncIterator[Json]:
        del channel, thread_ts, oldest
        self.read += 1
        listed = next(self._listings, None)
        if listed is None:
            raise Refused(Source.SLACK, "conversations.replies", "thread_not_found")
        if isinstance(listed, ApiError):
            raise listed
        for ts in listed:
            yield {"ts": ts, "text": "Hello"}


def answered(store: Store, number: int = 0) -> None:
    """Store a conversation with its thread, and a reply in it."""
    tx, session = Transaction(store.conn, NOW), SessionId(f"session_{number}")
    root = MessageTs(f"{1_700_000_000 - number}.000100")
    place = {"channel": CHANNEL, "thread_ts": root}
    tx.change(Change(session, place, create=True, card=False))
    message = NewMessage(
        session, Author.AGENT, "text", "Hello", Millis(NOW), channel=CHANNEL,
        ts=MessageTs(f"1700000005.{200 + number:06}"), slack_user=ANA.user_id,
    )  # fmt: skip
    tx.insert_message(message)


async def compared(
    store: Store, slack: Threads, *, at: int = LATER, began: Mapping[str, Millis] = BEGAN
) -> list[str]:
    """Compare, and return which messages were handed in as deleted."""
    handed: list[str] = []

    async def accept(arrival: Arrival) -> Receipt:
        handed.append(str(arrival.payload["deleted_ts"]))
        return Receipt.ACCEPTED

    comparison = SlackComparison(
        cast("SlackClient", slack), accept, store.reader, lambda: frozenset({CHANNEL}),
        clock_ms=lambda: at, settle_ms=5000, sleep=slack.wait,
    )  # fmt: skip
    assert await comparison.run(began) == Swept(news=len(handed))
    return handed


@pytest.fixture
def store() -> Store:
    """Give a database with one conversation and one reply."""
    store = Store(database())
    answered(store)
    return store


@pytest.mark.parametrize(
    ("listings", "at", "gone"),
    [
        ([[ROOT, REPLY]], LATER, []),
        ([[ROOT], [ROOT]], LATER, [REPLY]),
        ([[ROOT], [ROOT, REPLY]], LATER, []),
        ([[ROOT], []], LATER, []),
        ([[]], LATER, []),
        ([None], LATER, []),
    ],
)
async def test_only_what_is_certainly_gone_is_deleted(
    store: Store, listings: list[list[str] | None], at: int, gone: list[str]
) -> None:
    """Two readings lack it, and its thread's root is there."""
    assert await compared(store, Threads(*listings), at=at) == gone


@pytest.mark.parametrize(("second", "gone"), [([ROOT], [REPLY]), ([ROOT, REPLY], [])])
async def test_a_young_reply_is_looked_for_again_once_it_must_be_listed(
    store: Store, second: list[str], gone: list[str]
) -> None:
    """What was written seconds before may only be late; it is not left for the next gap either."""
    slack = Threads([ROOT], second)
    assert await compared(store, slack, at=NOW + 6000) == gone
    assert slack.waited == [pytest.approx(4.0)]


async def test_no_more_threads_are_read_than_a_gap_may_cost() -> None:
    """The latest ones, a call each."""
    store = Store(database())
    for number in range(THREADS + 5):
        answered(store, number)
    slack = Threads(*([[]] * (THREADS + 5)))
    await compared(store, slack)
    assert slack.read == THREADS


@pytest.mark.parametrize("code", ["http_500", "unreadable_answer"])
async def test_what_slack_cannot_list_stops_no_other_thread(store: Store, code: str) -> None:
    """One thread's trouble is its own: the others are compared, and that is the end of it."""
    answered(store, 1)
    slack = Threads(Ambiguous(Source.SLACK, "conversations.replies", code), [ROOT], [ROOT])
    assert await compared(store, slack) == [REPLY]


@pytest.mark.parametrize("kind", [RateLimited, Unauthorized, Unreachable])
async def test_slacks_trouble_ends_the_comparison(store: Store, kind: type[ApiError]) -> None:
    """Limits, refused credentials and a dead line are no thread's own: it is tried again."""
    with pytest.raises(kind):
        await compared(store, Threads(kind(Source.SLACK, "conversations.replies", "any")))


def crisp_comparison(store: Store, crisp: Crisp) -> CrispComparison:
    """Compare with what this Crisp lists."""
    return CrispComparison(
        CrispClient(crisp, WebsiteId("w")), store.writer, store.reader, RULES,
        clock_ms=lambda: LATER, settle_ms=5000, spare=lambda: True,
    )  # fmt: skip


async def test_what_crisp_cannot_list_stops_no_other_conversation(store: Store) -> None:
    """One conversation that fails each time does not keep the bridge behind."""
    crisp = Crisp()
    for number in (1, 2):
        answered(store, number)
    store.conn.execute("UPDATE conversations SET active_at = ? - number", (NOW,))
    crisp.fail(0, Ambiguous, "http_500")
    assert await crisp_comparison(store, crisp).run({"crisp": Millis(NOW)}) == Swept()
    assert crisp.calls == [messages_of(number) for number in range(3)]


async def test_where_much_fails_it_is_the_platforms_trouble(store: Store) -> None:
    """It is tried again, until what fails is known to fail."""
    crisp, began = Crisp(), {"crisp": Millis(NOW)}
    for number in range(MOST_FAILURES + 2):
        if number:
            answered(store, number)
        crisp.fail(number, Ambiguous, "http_500")
    store.conn.execute("UPDATE conversations SET active_at = ? - number", (NOW,))
    comparison = crisp_comparison(store, crisp)
    with pytest.raises(Ambiguous):
        await comparison.run(began)
    assert len(crisp.calls) == MOST_FAILURES + 1
    assert await comparison.run(began) == Swept()


async def test_before_the_first_start_nothing_is_compared(store: Store) -> None:
    """There was no gap."""
    slack = Threads()
    assert await compared(store, slack, began={}) == []
    assert slack.read == 0


async def test_a_channel_that_is_back_is_compared_until_that_succeeds(store: Store) -> None:
    """It was away on its own, and what was edited there meanwhile was heard by nobody."""
    founds = iter([Swept(back=1), Swept(), Swept()])
    compared = 0

    class Scripted:
        async def run(self, *, gap: bool) -> Swept:
            del gap
            return next(founds)

    async def compare(_began: Mapping[str, Millis]) -> Swept:
        nonlocal compared
        compared += 1
        if compared == 1:
            raise Unreachable(Source.SLACK, "conversations.replies", "timeout")
        return Swept()

    sweep = Thorough(Scripted(), compare, store.reader, "slack:")
    with pytest.raises(Unreachable):
        await sweep.run(gap=False)
    for _ in range(2):
        await sweep.run(gap=False)
    assert compared == 2


async def test_a_gap_is_compared_from_where_it_began_until_that_succeeds(store: Store) -> None:
    """A sweep moves the watermark on; a comparison that failed starts where it was before."""
    store.set_watermark("crisp", 1000)
    seen: list[Mapping[str, Millis]] = []

    class Moving:
        async def run(self, *, gap: bool) -> Swept:
            del gap
            store.set_watermark("crisp", 2000)
            return Swept(news=1)

    async def compare(began: Mapping[str, Millis]) -> Swept:
        seen.append(dict(began))
        if len(seen) == 1:
            raise Unreachable(Source.CRISP, "GET", "timeout")
        return Swept(news=2)

    sweep = Thorough(Moving(), compare, store.reader, "crisp")
    assert await sweep.run(gap=False) == Swept(news=1)
    store.set_watermark("crisp", 1000)
    with pytest.raises(Unreachable):
        await sweep.run(gap=True)
    assert await sweep.run(gap=True) == Swept(news=3)
    assert await sweep.run(gap=True) == Swept(news=3)
    assert [began["crisp"] for began in seen] == [1000, 1000, 2000]
