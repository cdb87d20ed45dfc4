"""What a sweep leaves behind for later, whose time it goes by, and how little it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from bot.behind import AT_A_TIME, MOST_FAILURES, PATIENCE
from bot.domain import Arrival, Receipt, Source
from bot.errors import (
    Ambiguous,
    ApiError,
    RateLimited,
    Refused,
    StoreError,
    Unauthorized,
    Unreachable,
)
from bot.inbox import AT_ONCE
from bot.sweep import CRISP, MARGIN_MS, OLDER_IN_A_ROW, UNDATED
from bot.swept import Record, Swept, nothing
from tests.core_kit import CHANNEL, NOW, database
from tests.sweep_kit import HOUR, MINUTE, Crisp, Slack, Store, messages_of, session

SECOND = 1000
HERE = f"slack:{CHANNEL}"


@pytest.fixture
def store() -> Iterator[Store]:
    """Give a database on which a sweep has finished a quarter of an hour ago."""
    conn = database()
    found = Store(conn)
    found.set_watermark(CRISP, NOW - 15 * MINUTE)
    found.set_watermark(HERE, NOW - 15 * MINUTE)
    yield found
    conn.close()


def marks(store: Store, name: str) -> dict[str, int]:
    """Return what is behind, and from when on it is to be read."""
    return dict(store.view.watermarks(f"{name}:"))


# --- Crisp: what could not be read


@pytest.mark.parametrize(("kind", "code"), [(Refused, "not_allowed"), (Ambiguous, "http_500")])
async def test_what_cannot_be_read_is_read_later(
    store: Store, kind: type[ApiError], code: str
) -> None:
    """A refusal is no deletion: the messages are read once they can be, however late that is."""
    crisp = Crisp()
    crisp.say(1, "missed", at=NOW - 5 * MINUTE)
    crisp.say(2, "read", at=NOW - MINUTE)
    crisp.fail(1, kind, code)
    sweep = crisp.sweep(store)
    found = await sweep.run(gap=True)
    assert (found.news, found.unread) == (1, 1)
    assert store.texts() == ["read"]
    crisp.now += 2 * HOUR
    await sweep.run(gap=False)
    assert store.view.watermark(CRISP) == NOW + 2 * HOUR - MARGIN_MS
    crisp.faults.clear()
    crisp.now += HOUR
    restarted = crisp.sweep(store)
    assert (await restarted.run(gap=True)).news == 1
    assert store.texts() == ["missed", "read"]
    assert marks(store, CRISP) == {}
    before = crisp.calls.count(messages_of(1))
    await restarted.run(gap=False)
    assert crisp.calls.count(messages_of(1)) == before


async def test_unread_messages_leave_the_time_unstored(store: Store) -> None:
    """Of a conversation whose messages could not be read no updated_at is stored."""
    crisp = Crisp()
    crisp.say(1, "first", at=NOW - 5 * MINUTE)
    sweep = crisp.sweep(store)
    await sweep.run(gap=True)
    store.now = crisp.now = NOW + SECOND
    await sweep.run(gap=True)
    crisp.say(1, "second", at=NOW)
    crisp.fail(1, Refused, "not_allowed")
    await sweep.run(gap=False)
    stored = store.view.conversation(session(1))
    assert stored is not None
    assert stored.updated_at == NOW - 5 * MINUTE


@pytest.mark.parametrize("code", ["conversation_not_found", "session_not_found"])
async def test_a_deleted_conversation_is_forgotten(store: Store, code: str) -> None:
    """What was deleted meanwhile is not waited for, in the list or behind."""
    crisp = Crisp()
    crisp.say(1, "gone", at=NOW)
    crisp.fail(1, Refused, code)
    store.set_watermark(f"{CRISP}:{session(2)}", NOW - HOUR)
    crisp.faults[f"conversation/{session(2)}"] = Refused(Source.CRISP, "GET conversation", code)
    assert (await crisp.sweep(store).run(gap=True)).unread == 0
    assert marks(store, CRISP) == {}


@pytest.mark.parametrize("kind", [RateLimited, Unauthorized, Unreachable])
async def test_the_platforms_trouble_ends_the_sweep(store: Store, kind: type[ApiError]) -> None:
    """Limits, refused credentials and a dead line are nobody's own: nothing moves."""
    crisp = Crisp()
    crisp.say(1, "missed", at=NOW)
    crisp.fail(1, kind, "any")
    with pytest.raises(kind):
        await crisp.sweep(store).run(gap=True)
    assert store.view.watermark(CRISP) == NOW - 15 * MINUTE
    assert marks(store, CRISP) == {}


async def test_many_failures_are_the_platforms(store: Store) -> None:
    """Where most reads fail the sweep ends early, instead of using up the quota."""
    crisp = Crisp()
    for number in range(40):
        crisp.say(number, "missed", at=NOW - number)
        crisp.fail(number, Refused, "not_allowed")
    with pytest.raises(Refused):
        await crisp.sweep(store).run(gap=True)
    assert sum(call.endswith("/messages") for call in crisp.calls) == MOST_FAILURES + 1
    assert store.view.watermark(CRISP) == NOW - 15 * MINUTE


async def test_what_fails_for_good_is_tried_rarely(store: Store) -> None:
    """One conversation that never can be read costs less and less, and is never given up."""
    crisp = Crisp()
    crisp.say(1, "locked", at=NOW)
    crisp.fail(1, Refused, "not_allowed")
    sweep, unread = crisp.sweep(store), 0
    for _ in range(200):
        crisp.now += 5 * MINUTE
        unread += (await sweep.run(gap=False)).unread
    assert unread == PATIENCE
    assert PATIENCE < crisp.calls.count(messages_of(1)) < 20
    crisp.faults.clear()
    for _ in range(40):
        await sweep.run(gap=False)
    assert store.texts() == ["locked"]


async def test_a_sweep_reads_a_bounded_part_of_what_is_behind(store: Store) -> None:
    """However much is behind, one sweep reads a little of it, the longest behind first."""
    crisp = Crisp()
    for number in range(2 * AT_A_TIME):
        crisp.say(number, f"m{number}", at=NOW - HOUR + number)
        store.set_watermark(f"{CRISP}:{session(number)}", NOW - 2 * HOUR + number)
    sweep = crisp.sweep(store)
    assert (await sweep.run(gap=True)).news == AT_A_TIME
    assert store.texts() == [f"m{number}" for number in range(AT_A_TIME)]
    await sweep.run(gap=False)
    assert len(store.texts()) == 2 * AT_A_TIME


async def test_a_conversation_nested_without_end_harms_nobody(store: Store) -> None:
    """What no database could store is cut; the conversation and the others are read."""
    deep: object = "bottom"
    for _ in range(900):
        deep = {"in": deep}
    crisp = Crisp()
    crisp.say(1, "read", at=NOW)
    crisp.say(2, "too", at=NOW)["meta"] = {"data": {"x": deep}}
    crisp.messages[session(2)][0]["properties"] = {"x": deep}
    found = await crisp.sweep(store).run(gap=True)
    assert (found.news, found.unread) == (2, 0)


# --- Crisp: answers out of a cache


async def test_a_stale_answer_is_read_again(store: Store) -> None:
    """Messages that lack what the list shows are read again, until they have it."""
    crisp = Crisp()
    crisp.say(1, "first", at=NOW - 5 * MINUTE)
    sweep = crisp.sweep(store)
    await sweep.run(gap=True)
    before = crisp.messages[session(1)].copy()
    crisp.say(1, "second", at=NOW)
    now, crisp.messages[session(1)] = crisp.messages[session(1)], before
    store.now = crisp.now = NOW + SECOND
    assert (await sweep.run(gap=False)).unread == 1
    crisp.messages[session(1)] = now
    store.now = crisp.now = NOW + 2 * SECOND
    found = await sweep.run(gap=False)
    assert (found.news, found.unread) == (1, 0)
    assert store.texts() == ["first", "second"]


async def test_a_glimpse_of_nothing_is_waited_for_a_few_times(store: Store) -> None:
    """A last message that never turns up, removed perhaps, is given up after a few sweeps."""
    crisp = Crisp()
    crisp.say(1, "first", at=NOW - 5 * MINUTE)
    crisp.list(1, updated_at=NOW, preview_message={"fingerprint": NOW * 100})
    sweep, unread = crisp.sweep(store), []
    for _ in range(PATIENCE + 4):
        store.now = crisp.now = crisp.now + SECOND
        unread.append((await sweep.run(gap=False)).unread)
    assert unread == [1] * PATIENCE + [0] * 4
    stored = store.view.conversation(session(1))
    assert stored is not None
    assert stored.updated_at == NOW
    assert crisp.calls.count(messages_of(1)) == 2 * (PATIENCE + 1)  # a page, and its end


async def test_a_message_that_came_live_is_not_missing(store: Store) -> None:
    """A cached answer that lacks only what is stored already is complete."""
    crisp = Crisp()
    crisp.say(1, "first", at=NOW - 5 * MINUTE)
    sweep = crisp.sweep(store)
    await sweep.run(gap=True)
    crisp.say(1, "live", at=NOW)
    sent = crisp.messages[session(1)].pop()
    fact = f"message:{session(1)}:{sent['fingerprint']}"
    await store.inbox().accept(Arrival(Source.CRISP, "message:send", sent, fact=fact))
    assert (await sweep.run(gap=False)).unread == 0


async def test_a_stale_answer_hides_no_state(store: Store) -> None:
    """While messages are missing the conversation's state is compared all the same."""
    crisp = Crisp()
    crisp.say(1, "first", at=NOW - 5 * MINUTE)
    sweep = crisp.sweep(store)
    await sweep.run(gap=True)
    glimpse = {"fingerprint": NOW * 100}
    crisp.list(1, updated_at=NOW, preview_message=glimpse, state="resolved")
    store.now = crisp.now = NOW + MINUTE
    await sweep.run(gap=False)
    stored = store.view.conversation(session(1))
    assert stored is not None
    assert stored.state == "resolved"
    assert stored.updated_at < NOW


# --- Crisp: times


@pytest.mark.parametrize("wrong", [-20 * MINUTE, 20 * MINUTE])
async def test_the_watermark_is_the_platforms_time(store: Store, wrong: int) -> None:
    """Whatever our clock says, a watermark is Crisp's time."""
    crisp = Crisp()
    await crisp.sweep(store, clock=lambda: crisp.now + wrong).run(gap=True)
    found = store.view.watermark(CRISP)
    assert found is not None
    assert abs(found - (NOW - MARGIN_MS)) <= SECOND


async def test_the_first_watermark_is_the_platforms_time(store: Store) -> None:
    """At the first start nothing old is read, and nothing new missed, with a wrong clock."""
    store.conn.execute("DELETE FROM watermarks")
    crisp = Crisp()
    crisp.say(1, "old", at=NOW - MINUTE)
    sweep = crisp.sweep(store, clock=lambda: crisp.now + HOUR)
    await sweep.run(gap=True)
    crisp.now += MINUTE
    crisp.say(1, "new", at=crisp.now)
    await sweep.run(gap=True)
    assert store.texts() == ["new"]


async def test_a_watermark_in_the_future_is_not_believed(store: Store) -> None:
    """A watermark that a wrong clock has set does not blind the sweeps until then."""
    store.set_watermark(CRISP, NOW + HOUR)
    crisp = Crisp()
    crisp.say(1, "missed", at=NOW - MINUTE)
    assert (await crisp.sweep(store).run(gap=True)).news == 1
    assert (store.view.watermark(CRISP) or 0) <= NOW


async def test_without_a_date_our_clock_counts(store: Store) -> None:
    """Where answers do not tell the time our clock is good enough, for one call more."""
    crisp = Crisp()
    crisp.dated = False
    await crisp.sweep(store).run(gap=True)
    assert store.view.watermark(CRISP) == NOW - MARGIN_MS


async def test_a_conversation_without_a_time_is_read(store: Store) -> None:
    """A missing updated_at ends no walk and hides no message."""
    crisp = Crisp()
    crisp.say(1, "dated", at=NOW)
    crisp.say(2, "undated", at=NOW - MINUTE)
    crisp.list(2)
    crisp.say(3, "by its glimpse", at=NOW - 2 * MINUTE)["updated_at"] = "soon"
    await crisp.sweep(store).run(gap=True)
    assert sorted(store.texts()) == ["by its glimpse", "dated", "undated"]


async def test_an_old_glimpse_dates_a_conversation_without_a_time(store: Store) -> None:
    """Where updated_at is missing, a last message from before the watermark says: nothing new."""
    crisp = Crisp()
    crisp.say(1, "old", at=NOW - HOUR)["updated_at"] = None
    await crisp.sweep(store).run(gap=True)
    assert messages_of(1) not in crisp.calls


async def test_a_list_without_any_times_is_not_read_to_its_end(store: Store) -> None:
    """A website of which Crisp tells no times at all does not use up the quota."""
    crisp = Crisp()
    for number in range(300):
        crisp.list(number)
    await crisp.sweep(store).run(gap=True)
    assert sum(call.endswith("/messages") for call in crisp.calls) == UNDATED
    assert sum(call.startswith("conversations/") for call in crisp.calls) == 1


async def test_one_older_conversation_does_not_end_the_walk(store: Store) -> None:
    """A conversation that is out of place hides nothing behind it; many older ones end the walk."""
    crisp = Crisp()
    for number in range(100, 100 + 5 * OLDER_IN_A_ROW):
        crisp.say(number, "old", at=NOW - 2 * HOUR)
    crisp.say(1, "hidden", at=NOW)
    crisp.say(2, "older", at=NOW - HOUR)
    await crisp.sweep(store).run(gap=True)
    assert store.texts() == ["hidden"]
    assert [c for c in crisp.calls if c.startswith("conversations/")] == ["conversations/1"]


async def test_a_sweep_that_missed_nothing_costs_two_calls(store: Store) -> None:
    """The team and one page of the list are all that a quiet sweep reads."""
    crisp = Crisp()
    for number in range(100, 100 + OLDER_IN_A_ROW):
        crisp.say(number, "old", at=NOW - HOUR)
    crisp.say(1, "first", at=NOW)
    sweep = crisp.sweep(store)
    await sweep.run(gap=True)
    store.now = crisp.now = NOW + SECOND
    await sweep.run(gap=True)
    crisp.calls.clear()
    await sweep.run(gap=False)
    assert crisp.calls == ["operators/list", "conversations/1"]


# --- Slack


class Replies:
    """Takes what a sweep of Slack hands in."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.texts: list[str] = []

    async def accept(self, arrivals: Sequence[Arrival], record: Record = nothing) -> list[Receipt]:
        await self.store.submit(record)
        return [self.accept_one(arrival) for arrival in arrivals]

    def accept_one(self, arrival: Arrival) -> Receipt:
        if arrival.payload["text"] in self.texts:
            return Receipt.DUPLICATE
        self.texts.append(arrival.payload["text"])
        return Receipt.ACCEPTED


def ts(at: int) -> str:
    """Return Slack's name for a time."""
    return f"{at / 1000:.6f}"


OLD, YOUNG = ts(NOW - 3 * HOUR), ts(NOW - 2 * HOUR)


async def test_a_refused_thread_is_read_later(store: Store) -> None:
    """A thread that cannot be read keeps its own time, and the channel's goes on."""
    slack, replies = Slack(), Replies(store)
    slack.threads = {OLD: {ts(NOW - 5 * MINUTE): "missed"}, YOUNG: {ts(NOW): "read"}}
    slack.fail(OLD, "access_denied")
    sweep = slack.sweep(store, replies.accept, clock=None)
    assert (await sweep.run(gap=True)).unread == 1
    assert replies.texts == ["read"]
    slack.now += 2 * HOUR
    await sweep.run(gap=False)
    assert store.view.watermark(HERE) == slack.now - MARGIN_MS
    slack.faults.clear()
    await slack.sweep(store, replies.accept, clock=None).run(gap=False)
    assert replies.texts == ["read", "missed"]
    assert marks(store, HERE) == {}


async def test_a_deleted_root_is_forgotten(store: Store) -> None:
    """A thread whose root was deleted is not waited for."""
    slack, replies = Slack(), Replies(store)
    slack.threads = {OLD: {ts(NOW): "gone"}}
    slack.fail(OLD, "thread_not_found")
    assert (await slack.sweep(store, replies.accept, clock=None).run(gap=True)).unread == 0
    assert marks(store, HERE) == {}


async def test_a_limit_keeps_what_was_read(store: Store) -> None:
    """When Slack limits a long catch-up, the next attempt goes on where this one ended."""
    slack, replies = Slack(), Replies(store)
    slack.threads = {OLD: {ts(NOW): "one"}, YOUNG: {ts(NOW + 1): "two"}}
    slack.fail(YOUNG, RateLimited(Source.SLACK, "conversations.replies", "ratelimited"))
    sweep = slack.sweep(store, replies.accept, clock=None)
    with pytest.raises(RateLimited):
        await sweep.run(gap=True)
    assert store.view.watermark(HERE) == NOW - 15 * MINUTE
    slack.faults.clear()
    await sweep.run(gap=True)
    assert slack.reads == [OLD, YOUNG, YOUNG]
    assert replies.texts == ["one", "two"]


def old_threads(store: Store, slack: Slack) -> list[str]:
    """Put up three threads that no list shows, of conversations that were active lately."""
    horizon = 30 * 24 * HOUR
    places = [ts(NOW - 2 * horizon - number) for number in range(3)]
    for number, place in enumerate(places):
        slack.threads[place] = {ts(NOW + number): f"r{number}"}
        store.conn.execute(
            "INSERT INTO conversations (session_id, channel, thread_ts, active_at)"
            " VALUES (?, ?, ?, ?)",
            (session(number), CHANNEL, place, NOW - number),
        )
    return places


async def test_a_limit_keeps_what_was_read_of_old_threads(store: Store) -> None:
    """Threads that no list shows are read once after a gap, however often Slack limits it."""
    slack, replies = Slack(), Replies(store)
    places = old_threads(store, slack)
    slack.fail(places[1], RateLimited(Source.SLACK, "conversations.replies", "ratelimited"))
    sweep = slack.sweep(store, replies.accept, clock=None)
    with pytest.raises(RateLimited):
        await sweep.run(gap=True)
    slack.faults.clear()
    await sweep.run(gap=True)
    assert slack.reads == [places[0], places[1], places[1], places[2]]
    await sweep.run(gap=True)
    assert slack.reads[4:] == places


@pytest.mark.parametrize("what", ["restart", "reconnect", "reconnect while it is read", "barred"])
async def test_a_later_gap_reads_old_threads_again(store: Store, what: str) -> None:
    """No list shows that a reply came after such a thread was read, in a catch-up that failed."""
    slack, replies = Slack(), Replies(store)
    places = old_threads(store, slack)
    slack.fail(places[1], RateLimited(Source.SLACK, "conversations.replies", "ratelimited"))

    async def accept(arrivals: Sequence[Arrival], record: Record = nothing) -> Sequence[Receipt]:
        slack.gaps += what == "reconnect while it is read" and slack.gaps == 1
        return await replies.accept(arrivals, record)

    sweep = slack.sweep(store, accept, clock=None)
    with pytest.raises(RateLimited):
        await sweep.run(gap=True)
    slack.faults.clear()
    slack.now += HOUR
    slack.threads[places[0]][ts(NOW + HOUR)] = "late"
    slack.gaps += what == "reconnect"
    if what == "barred":
        slack.fail(CHANNEL, "not_in_channel")
        assert await sweep.run(gap=True) == Swept(barred=1)
        slack.faults.clear()
    if what == "restart":
        sweep = slack.sweep(store, accept, clock=None)
    await sweep.run(gap=True)
    assert replies.texts == ["r0", "late", "r1", "r2"]


async def test_a_refused_token_ends_the_sweep_of_slack(store: Store) -> None:
    """Refused credentials are no channel's own trouble."""
    slack = Slack()
    slack.threads = {OLD: {ts(NOW): "one"}}
    slack.fail(OLD, Unauthorized(Source.SLACK, "conversations.replies", "token_revoked"))
    with pytest.raises(Unauthorized):
        await slack.sweep(store, Replies(store).accept, clock=None).run(gap=True)


async def test_a_channels_watermark_is_slacks_time(store: Store) -> None:
    """Whatever our clock says, a channel's watermark is Slack's time, never its future."""
    slack, replies = Slack(), Replies(store)
    sweep = slack.sweep(store, replies.accept, clock=lambda: slack.now + HOUR)
    await sweep.run(gap=True)
    assert abs((store.view.watermark(HERE) or 0) - (NOW - MARGIN_MS)) <= SECOND
    store.set_watermark(HERE, NOW + HOUR)
    slack.threads = {OLD: {ts(NOW): "missed"}}
    await sweep.run(gap=True)
    assert replies.texts == ["missed"]


# --- going on


async def test_a_killed_catch_up_of_slack_goes_on_where_it_was(store: Store) -> None:
    """Each thread is read once, however often the process ends in between."""
    slack, replies = Slack(), Replies(store)
    places = [ts(NOW - 3 * HOUR - number) for number in range(10)]
    for number, place in enumerate(places):
        slack.threads[place] = {ts(NOW - number): f"r{number}"}
    for stopped in (3, 6):
        slack.fail(places[stopped], RateLimited(Source.SLACK, "replies", "ratelimited"))
        with pytest.raises(RateLimited):
            await slack.sweep(store, replies.accept, clock=None).run(gap=True)
        slack.faults.clear()
    await slack.sweep(store, replies.accept, clock=None).run(gap=True)
    assert slack.reads == [*places[:4], *places[3:7], *places[6:]]
    assert replies.texts == [f"r{number}" for number in range(10)]
    assert store.conn.execute("SELECT count(*) FROM read_threads").fetchone()[0] == 0


async def test_a_thread_with_a_later_reply_is_read_again_after_a_kill(store: Store) -> None:
    """What was read is passed over only as it was read."""
    slack, replies = Slack(), Replies(store)
    slack.threads = {OLD: {ts(NOW): "one"}, YOUNG: {ts(NOW + 1): "two"}}
    slack.fail(YOUNG, RateLimited(Source.SLACK, "replies", "ratelimited"))
    with pytest.raises(RateLimited):
        await slack.sweep(store, replies.accept, clock=None).run(gap=True)
    slack.faults.clear()
    slack.threads[OLD][ts(NOW + 2)] = "three"
    await slack.sweep(store, replies.accept, clock=None).run(gap=True)
    assert replies.texts == ["one", "three", "two"]


async def test_a_killed_catch_up_of_crisp_goes_on_where_it_was(store: Store) -> None:
    """Only the list is asked for again: two calls for a hundred conversations."""
    crisp = Crisp()
    for number in range(100):
        crisp.say(number, f"m{number}", at=NOW - number)
    crisp.listed.reverse()
    crisp.faults[messages_of(40)] = RateLimited(Source.CRISP, "GET messages", "rate_limited")
    with pytest.raises(RateLimited):
        await crisp.sweep(store).run(gap=True)
    before = {call for call in crisp.calls if call.endswith("/messages")}
    crisp.faults.clear()
    crisp.calls.clear()
    await crisp.sweep(store).run(gap=True)
    reads = {call for call in crisp.calls if call.endswith("/messages")}
    assert (len(before), len(reads)) == (41, 60)
    assert before & reads == {messages_of(40)}
    lists = [call for call in crisp.calls if call.startswith("conversations/")]
    assert len(lists) <= 3
    assert sorted(store.texts()) == sorted(f"m{number}" for number in range(100))


async def test_what_was_missed_of_a_conversation_shares_its_commits(store: Store) -> None:
    """Hundreds of messages are a handful of commits, in order; so are a thread's replies."""
    crisp = Crisp()
    for number in range(300):
        crisp.say(1, f"m{number}", at=NOW - 300 + number)
    commits = store.commits
    await crisp.sweep(store).run(gap=True)
    assert store.texts() == [f"m{number}" for number in range(300)]
    assert store.commits - commits <= 300 // AT_ONCE + 3
    replies, slack = Replies(store), Slack()
    slack.threads = {OLD: {ts(NOW + number): f"r{number}" for number in range(300)}}
    await slack.sweep(store, replies.accept, clock=None).run(gap=True)
    assert replies.texts == [f"r{number}" for number in range(300)]


async def test_a_commit_that_fails_leaves_what_comes_after_it_unread(store: Store) -> None:
    """A conversation counts as read only with the last of its messages."""
    crisp = Crisp()
    for number in range(AT_ONCE + 10):
        crisp.say(1, f"m{number}", at=NOW - 100 + number)
    store.full_after = 1
    with pytest.raises(StoreError):
        await crisp.sweep(store).run(gap=True)
    assert len(store.texts()) == AT_ONCE
    store.full_after = None
    await crisp.sweep(store).run(gap=True)
    assert store.texts() == [f"m{number}" for number in range(AT_ONCE + 10)]
