"""A channel at Slack's limit: what waits goes out together, in order, complete, exactly once."""

from __future__ import annotations

import pytest

from bot import texts
from bot.simulator.slack.people import ADMIN
from tests.e2e_kit import PATIENT, figure, rest, stored
from tests.harness import FAST, Json, World, by_bot, eventually, paragraphs
from tests.test_e2e_edits import change, take_back

SLOW = FAST.replace("posts_per_second = 0", "posts_per_second = 20.0\npost_burst = 1")
"""Twenty posts a second, one at a time: each takes along what waits behind it."""
CONVERSATIONS, EACH = 10, 6


def burst(
    world: World, *, conversations: int = CONVERSATIONS, each: int = EACH
) -> dict[str, list[str]]:
    """Let so many customers write in turn; return what each wrote."""
    wrote: dict[str, list[str]] = {}
    sessions = [world.visitor("m0", nickname=f"Maya {n}") for n in range(conversations)]
    for session in sessions:
        wrote[session] = ["m0"]
    for number in range(1, each):
        for session in sessions:
            world.visitor(f"m{number}", session, nickname=f"Maya {sessions.index(session)}")
            wrote[session].append(f"m{number}")
    return wrote


async def complete(world: World, wrote: dict[str, list[str]]) -> None:
    """Wait until every thread shows all that was written, and everything rests."""
    await eventually(
        lambda: all(len(world.shown(s)) >= len(texts) for s, texts in wrote.items()),
        what="everything to be shown",
        within=PATIENT,
    )
    await rest(world)
    assert {session: world.shown(session) for session in wrote} == wrote


def posts(world: World) -> int:
    """Return how many posts of the bot's there are."""
    return len([m for m in world.posts() if by_bot(m)])


async def while_held(world: World, messages: int) -> None:
    """Wait until so many messages are stored, of which nothing could be posted; then let it."""
    sql = "SELECT count(*) FROM messages"
    await eventually(lambda: stored(world, sql) == [(messages,)], what="all of it to wait")
    world.slack.faults.remove(world.slack.faults.dump()[0]["id"])


def hold(world: World) -> None:
    """Let Slack refuse every post for its rate, until ``while_held`` ends."""
    limit = {"on": "chat.postMessage", "do": "rate_limit", "retry_after": 0.3, "times": 0}
    world.slack.faults.add(limit)


async def test_a_burst_is_shown_in_a_third_of_the_posts(world: World) -> None:
    """Each thread is opened by a card, and all that waits behind it comes in one post."""
    async with world.bridge(SLOW) as port:
        hold(world)
        wrote = burst(world)
        await while_held(world, CONVERSATIONS * EACH)
        await complete(world, wrote)
        assert posts(world) <= CONVERSATIONS * EACH / 3
        joined = await figure(port, "bridge_joined_total")
        assert posts(world) == CONVERSATIONS * EACH - joined
        assert await figure(port, "bridge_customer_to_slack_seconds_count") == CONVERSATIONS * EACH
        assert await figure(port, "bridge_commits_total") <= 2 * CONVERSATIONS * EACH
    assert stored(world, "SELECT count(*) FROM parts WHERE state <> 'delivered'") == [(0,)]
    assert stored(world, "SELECT count(*) FROM parts WHERE joined_to IS NOT NULL") == [(joined,)]


async def test_without_joining_each_message_has_a_post(world: World) -> None:
    """pacing.join = false: the thread is as it was written, and takes its time."""
    async with world.bridge(SLOW + "join = false\n"):
        wrote = burst(world, conversations=3, each=4)
        await complete(world, wrote)
    assert posts(world) == 12


async def test_without_a_limit_nothing_is_joined(world: World) -> None:
    """Where every post may go at once, each message has its own."""
    async with world.bridge():
        wrote = burst(world, conversations=3, each=4)
        await complete(world, wrote)
    assert posts(world) == 12


async def test_slacks_own_limit_is_reason_enough(world: World) -> None:
    """Slack's 429 keeps a channel back as our own pacing does: what waits goes out together."""
    world.slack.configure(limits=True, rates={"chat.postMessage": [2.0, 4.0]})
    async with world.bridge():
        wrote = burst(world, conversations=2, each=8)
        await complete(world, wrote)
    shown = [m for s in wrote for m in world.thread(s)]
    assert max(len(paragraphs(m)) for m in shown) > 1


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "drop_after"},
        {"do": "disconnect"},
        {"do": "error_after"},
        {"do": "rate_limit", "retry_after": 1},
    ],
    ids=lambda fault: fault["do"],
)
async def test_a_burst_with_faults_is_complete_and_in_order(world: World, fault: Json) -> None:
    """Answers that are lost and refusals double nothing and lose nothing, joined or not."""
    async with world.bridge(SLOW):
        for skip in (4, 5, 6):
            world.slack.faults.add({"on": "chat.postMessage", "skip": skip, **fault})
        wrote = burst(world, conversations=4, each=5)
        await complete(world, wrote)
    assert len(world.roots()) == 4


async def test_a_joined_post_that_is_refused_is_posted_one_by_one(world: World) -> None:
    """Where Slack finds the whole too long, each message is still shown, in order."""
    refusal = {"do": "error", "status": 200, "code": "msg_too_long"}
    async with world.bridge(SLOW):
        hold(world)
        world.slack.faults.add({"on": "chat.postMessage", "skip": 4, **refusal})
        wrote = burst(world, conversations=4, each=5)
        await while_held(world, 20)
        await complete(world, wrote)
    assert stored(world, "SELECT count(*) FROM outbox WHERE state <> 'pending'") == [(0,)]
    assert posts(world) == 4 + 4 + 3  # cards, what was refused together, and the other sets


async def test_a_burst_into_a_thread_whose_root_was_deleted(world: World) -> None:
    """What landed in the open is removed, a new thread opened, and all of it is there, in order."""
    async with world.bridge(SLOW):
        session = world.visitor("m0", nickname="Maya")
        root = await eventually(lambda: world.root_of(session), what="the thread")
        await rest(world)
        world.slack.faults.add({"on": "event:message", "do": "drop", "times": 0})
        delete = {"as": ADMIN, "do": "delete", "channel": world.channel, "ts": root["ts"]}
        await world.slack.act(delete)
        world.slack.faults.remove()
        others = burst(world, conversations=3, each=3)
        for number in range(1, 7):
            world.visitor(f"m{number}", session, nickname="Maya")
        wrote = [f"m{number}" for number in range(1, 7)]
        await eventually(
            lambda: [text for text in world.shown(session) if "m0" not in text] == wrote,
            what="a new thread, with what was said before beside it",
            within=PATIENT,
        )
        await complete(world, others)
    assert len(world.roots()) == 4


async def test_the_edits_of_cards_are_merged_during_a_burst(world: World) -> None:
    """However often a card's facts change while much is written, it is edited to the last state."""
    calm = SLOW.replace("card_debounce = 0.02", "card_debounce = 1.0")
    async with world.bridge(calm):
        wrote = burst(world, conversations=5, each=1)
        await complete(world, wrote)
        before = world.slack.dump("calls")["calls"].get("chat.update", 0)
        hold(world)
        for number in range(1, 7):
            for session in wrote:
                world.visitor(f"m{number}", session)
                wrote[session].append(f"m{number}")
                meta = {"do": "set_meta", "session_id": session}
                world.crisp.act({**meta, "meta": {"email": f"maya{number}@example.test"}})
        await while_held(world, 5 * 7)
        await complete(world, wrote)
        await eventually(
            lambda: all("maya6@example.test" in str(root["blocks"]) for root in world.roots()),
            what="the cards",
        )
        await rest(world)
        edits = world.slack.dump("calls")["calls"]["chat.update"] - before
    assert edits <= 2 * 5
    assert posts(world) < 5 + 5 * 6 / 2


# --- edits and removals of what shares a post


async def shared(world: World) -> tuple[str, Json]:
    """Have a customer write five messages of which the last four share a post; return both."""
    hold(world)
    session = world.visitor("m0", nickname="Maya")
    for number in range(1, 5):
        world.visitor(f"m{number}", session)
    await while_held(world, 5)
    await complete(world, {session: ["m0", "m1", "m2", "m3", "m4"]})
    return session, only_post(world, session)


def only_post(world: World, session: str) -> Json:
    """Return the one reply of a thread."""
    (post,) = world.thread(session)
    return post


async def test_each_message_of_a_shared_post_can_be_edited(world: World) -> None:
    """The post stays where it is; the paragraph shows the last version and says that it is one."""
    async with world.bridge(SLOW):
        session, post = await shared(world)
        for number, text in ((2, "two"), (1, "one"), (2, "two!")):
            change(world, session, text, number)
        wanted = ["m0", "one", "two!", "m3", "m4"]
        await eventually(lambda: world.shown(session) == wanted, what="the edits")
        await rest(world)
        assert only_post(world, session)["ts"] == post["ts"]
        assert str(only_post(world, session)["blocks"]).count(texts.EDITED) == 2


@pytest.mark.parametrize("removed", [1, 3])
async def test_each_message_of_a_shared_post_can_be_removed(world: World, removed: int) -> None:
    """What was taken back is struck in its place, also where it is the post's first."""
    async with world.bridge(SLOW):
        session, _ = await shared(world)
        take_back(world, session, removed)
        await eventually(lambda: texts.REMOVED in world.shown(session)[removed], what="the mark")
        await rest(world)
    struck = [texts.REMOVED in text for text in world.shown(session)]
    assert struck == [number == removed for number in range(5)]


async def test_removals_that_delete_leave_the_others_of_a_shared_post(world: World) -> None:
    """Each paragraph goes with its message, the first too, and the post with the last of them."""
    async with world.bridge(SLOW + '[relay]\nremovals = "delete"\n'):
        session, _ = await shared(world)
        left = ["m0", "m1", "m2", "m3", "m4"]
        while len(left) > 2:
            take_back(world, session, 1)
            del left[1]
            await eventually(lambda: world.shown(session) == left, what="the rest")
        take_back(world, session, 1)
        await eventually(lambda: world.thread(session) == [], what="the post to go")
        await rest(world)
    assert world.shown(session) == ["m0"]


async def test_edits_that_make_a_shared_post_too_long_move_to_the_end(world: World) -> None:
    """Nothing is cut: what does not fit any more is posted below, marked as an edit's."""
    long = [f"{letter} " * 1900 for letter in "abcd"]
    async with world.bridge(SLOW):
        session, _ = await shared(world)
        for number, text in enumerate(long, start=1):
            change(world, session, text, number)
        await eventually(
            lambda: all(one.strip() in " ".join(world.shown(session)) for one in long),
            what="all of it",
        )
        await rest(world)
        shown = world.shown(session)
    assert [sum(one.strip() in text for text in shown) for one in long] == [1, 1, 1, 1]
    assert len(world.thread(session)) > 1
    assert all(texts.ADDED_BY_EDIT in str(m["blocks"]) for m in world.thread(session)[1:])


async def test_an_edit_while_a_shared_post_is_on_its_way_is_not_lost(world: World) -> None:
    """What was changed between the set's commit and Slack's answer is brought up to date then."""
    async with world.bridge(SLOW):
        hold(world)
        delay = {"on": "chat.postMessage", "do": "delay", "seconds": 0.5}
        world.slack.faults.add({**delay, "skip": 1})
        session = world.visitor("m0", nickname="Maya")
        for number in range(1, 4):
            world.visitor(f"m{number}", session)
        await while_held(world, 4)
        sql = "SELECT 1 FROM outbox WHERE leader IS NOT NULL"
        await eventually(lambda: stored(world, sql), what="the set")
        change(world, session, "three", 3)
        await eventually(lambda: world.shown(session) == ["m0", "m1", "m2", "three"], what="it")
        await rest(world)
    assert world.shown(session) == ["m0", "m1", "m2", "three"]
