"""Which messages go out in one post, and what is stored of it before the call and after."""

from __future__ import annotations

import pytest

from bot.domain import Key, Speaker
from bot.outbox import joining
from bot.outbox.courier import Again, Done
from bot.store import edits, posted, queue, sets
from bot.store.rows import OutboxRow
from bot.store.threads import Whose, settle
from tests.core_kit import CHANNEL, ROOT, SESSION
from tests.harness import paragraphs
from tests.joining_kit import LANE, Talk, Wall, in_doubt, posting

LONG = "word " * 500


@pytest.fixture
def talk() -> Talk:
    """Return a conversation with a thread in which nothing waits yet."""
    return Talk()


def joined(talk: Talk) -> OutboxRow:
    """Let the lane's head take in what it can."""
    return joining.join(talk.tx, talk.head())


def test_what_one_speaker_says_in_a_row_goes_out_together_in_its_order(talk: Talk) -> None:
    """The order is the platform's time, whichever came in first."""
    third, first, second = (talk.say(str(at), at=at) for at in (3, 1, 2))
    row = joined(talk)
    assert row.keys == (first, second, third)
    assert talk.head() == row


@pytest.mark.parametrize("between", ["speaker", "note", "line"])
def test_whatever_else_is_in_the_lane_ends_a_set(talk: Talk, between: str) -> None:
    """Another speaker, a note or a line is not passed over: the order of the thread stays."""
    keys = [talk.say("1", at=1), talk.say("2", at=2)]
    if between == "speaker":
        talk.say("3", at=3, speaker=Speaker("Ana"))
    elif between == "note":
        talk.say("3", at=3, kind="note")
    else:
        talk.line(at=3)
    talk.say("4", at=4)
    assert list(joined(talk).keys) == keys


def test_notes_go_with_notes(talk: Talk) -> None:
    """Several notes of one operator share a post, in which each is marked."""
    for at in (1, 2):
        talk.say("n", at=at, kind="note", speaker=Speaker("Ana"))
    assert len(joined(talk).keys) == 2


def test_a_set_is_as_much_as_one_post_holds(talk: Talk) -> None:
    """Text beyond Slack's limits waits for the next post, and so does more than can be read."""
    for at in range(1, 4):
        talk.say(LONG, at=at)
    assert len(joined(talk).keys) == 1
    other = Talk()
    for at in range(1, joining.MOST + 5):
        other.say("Hi", at=at)
    assert len(joined(other).keys) == joining.MOST


@pytest.mark.parametrize(
    "change", ["must_look = 1", "alone = 1", "not_before = 9e12", "part_id = NULL"]
)
def test_what_is_not_free_to_go_ends_a_set(talk: Talk, change: str) -> None:
    """What is in doubt, was refused in a set, or is for later is not taken along."""
    talk.say("1", at=1)
    second = talk.say("2", at=2)
    talk.say("3", at=3)
    talk.tx.conn.execute(f"UPDATE outbox SET {change} WHERE key = ?", (second,))  # noqa: S608 - fixed words
    assert len(joined(talk).keys) == 1


def test_what_was_tried_again_by_a_person_stands_alone(talk: Talk) -> None:
    """A late message says so above itself, and nothing else is under that label."""
    late = talk.say("1", at=1)
    queue.give_up(talk.tx, talk.head(), certain=True, error="refused")
    queue.requeue(talk.tx, late)
    talk.say("2", at=10**9)
    assert joined(talk).keys == (late,)


def test_nothing_is_joined_into_a_card(talk: Talk) -> None:
    """The card that opens a thread shows the first message alone."""
    talk.without_thread()
    for at in (1, 2):
        talk.say(str(at), at=at)
    assert len(joined(talk).keys) == 1


def test_a_set_holds_what_was_last_written(talk: Talk) -> None:
    """An edit that is stored before the set is, is in it."""
    talk.say("1", at=1)
    talk.say("2", at=2)
    row = talk.head()
    talk.tx.conn.execute("UPDATE outbox SET payload = json_set(payload, '$.markdown', 'new')")
    row = joining.join(talk.tx, row)
    assert [joining.said(one).markdown for one in row.all] == ["new", "new"]


def test_members_are_nobodys_head_and_only_the_leader_is_doubted(talk: Talk) -> None:
    """After a crash the whole set is looked for, by the row that leads it."""
    second, first, third = (talk.say(str(at), at=at) for at in (2, 1, 3))
    row = talk.head()
    sets.join(talk.tx, row, sets.followers(talk.tx, row, limit=1))
    assert queue.doubt_heads(talk.tx) == 1
    assert talk.keys("must_look = 1") == [first]
    assert talk.head().keys == (first, second)
    assert talk.keys("leader IS NULL AND kind = 'post'") == [first, third]


def test_a_leader_that_is_gone_leaves_nobody_behind(talk: Talk) -> None:
    """Whatever removes a row, those that would have gone out with it go out themselves."""
    talk.say("1", at=1)
    second = talk.say("2", at=2)
    queue.finish(talk.tx, joined(talk))
    assert talk.head().key == second


# --- the post


async def test_one_post_shows_all_and_names_every_key(talk: Talk) -> None:
    """Each message is a paragraph, in order; each part is delivered with the leader's place."""
    keys = [talk.say(f"m{at}", at=at) for at in (1, 2, 3)]
    wall, row = Wall(), joined(talk)
    result = await posting(wall).attempt(row, joining.said(row))
    assert isinstance(result, Done)
    edits.finish(talk.tx, row, result.record)
    ((post, listed),) = wall.posts
    assert list(listed) == keys
    assert paragraphs({"blocks": post.blocks}) == ["m1", "m2", "m3"]
    assert talk.keys() == []
    ts = wall.at(1).ts
    assert talk.parts() == [
        (1, "delivered", ts, None), (2, "delivered", None, 1), (3, "delivered", None, 1)
    ]  # fmt: skip
    assert [part.id for part in posted.at(talk.tx, CHANNEL, ts)] == [1, 2, 3]


async def test_a_set_that_is_found_is_done(talk: Talk) -> None:
    """What was posted before a crash is found by its keys, and not posted again."""
    keys = [talk.say(str(at), at=at) for at in (1, 2)]
    wall, row = Wall(), in_doubt(joined(talk))
    wall.found = dict.fromkeys(keys, wall.at(1))
    result = await posting(wall).look(row, joining.said(row))
    assert isinstance(result, Done)
    edits.finish(talk.tx, row, result.record)
    assert talk.keys() == []


async def test_only_what_a_post_lists_is_in_it(talk: Talk) -> None:
    """A post of an earlier, smaller set does not prove what was added since."""
    keys = [talk.say(str(at), at=at) for at in (1, 2, 3)]
    wall, row = Wall(), in_doubt(joined(talk))
    wall.found = dict.fromkeys(keys[:2], wall.at(1))
    result = await posting(wall).look(row, joining.said(row))
    assert isinstance(result, Done)
    edits.finish(talk.tx, row, result.record)
    assert talk.keys() == [keys[2]]
    assert talk.head().key == keys[2]


async def test_a_post_that_does_not_list_the_leader_proves_the_others_alone(talk: Talk) -> None:
    """What a post lists is delivered by it; what it does not list stays in doubt."""
    keys = [talk.say(str(at), at=at) for at in (1, 2, 3)]
    wall, row = Wall(), in_doubt(joined(talk))
    wall.found = dict.fromkeys(keys[1:], wall.at(1))
    result = await posting(wall).look(row, joining.said(row))
    assert isinstance(result, Again)
    result.record(talk.tx)
    assert talk.keys("must_look = 1") == talk.keys() == [keys[0]]
    assert talk.parts()[1:] == [(2, "delivered", wall.at(1).ts, None), (3, "delivered", None, 2)]


async def test_nothing_of_a_set_that_is_not_there_is_found(talk: Talk) -> None:
    """A look that finds none of the keys says so."""
    talk.say("1", at=1)
    talk.say("2", at=2)
    row = in_doubt(joined(talk))
    assert await posting(Wall()).look(row, joining.said(row)) is None


async def test_a_set_in_a_dead_thread_is_rebuilt_as_single_posts(talk: Talk) -> None:
    """The stray is removed; the first opens the thread anew, under new keys as all the others."""
    keys = [talk.say(str(at), at=at) for at in (1, 2, 3)]
    wall, row = Wall(open=True), joined(talk)
    result = await posting(wall).attempt(row, joining.said(row))
    assert isinstance(result, Again)
    result.record(talk.tx)
    ts = wall.at(1).ts
    assert talk.keys() == [f"{key}~{ts}" for key in keys]
    assert talk.head().members == ()
    assert talk.tx.conversation_at(CHANNEL, ROOT) is None
    assert talk.keys("kind = 'remove'") == [f"remove:{keys[0]}:{ts}"]


async def test_a_set_that_is_found_in_the_open_is_no_thread(talk: Talk) -> None:
    """It was posted to a thread that was gone by then: it is removed, not made the card."""
    keys = [talk.say(str(at), at=at) for at in (1, 2)]
    joined(talk)
    talk.without_thread()
    wall, row = Wall(open=True), in_doubt(talk.head())
    wall.found = dict.fromkeys(keys, wall.at(1))
    result = await posting(wall).look(row, joining.said(row))
    assert isinstance(result, Again)
    result.record(talk.tx)
    assert talk.keys("kind = 'remove'") == [f"remove:{keys[0]}:{wall.at(1).ts}"]
    assert talk.keys("kind = 'post' AND leader IS NULL") == [f"{k}~{wall.at(1).ts}" for k in keys]
    assert {state for _, state, _, _ in talk.parts()} == {"waiting"}


async def test_a_set_whose_thread_is_gone_is_taken_apart_before_it_is_posted(talk: Talk) -> None:
    """When the root was deleted meanwhile, nothing is posted: the first has to open a thread."""
    keys = [talk.say(str(at), at=at) for at in (1, 2)]
    joined(talk)
    talk.without_thread()
    wall, row = Wall(), talk.head()
    result = await posting(wall).attempt(row, joining.said(row))
    assert isinstance(result, Again)
    result.record(talk.tx)
    assert wall.posts == []
    assert talk.keys("leader IS NULL AND kind = 'post'") == keys


# --- what becomes of a set


def test_a_refused_set_is_tried_one_by_one(talk: Talk) -> None:
    """Each goes by itself from then on, in order, and is never joined again."""
    keys = [talk.say(str(at), at=at) for at in (1, 2, 3)]
    sets.split(talk.tx, joined(talk), error="msg_too_long")
    keys.append(talk.say("4", at=4))
    for key in keys:
        row = joined(talk)
        assert row.keys == (key,)
        queue.finish(talk.tx, row)


def test_an_uncertain_set_stands_or_falls_together(talk: Talk) -> None:
    """All of it waits for a person; whichever is tried again, all are, late and as one post."""
    keys = [talk.say(str(at), at=at) for at in (1, 2, 3)]
    queue.give_up(talk.tx, joined(talk), certain=False, error="no_answer")
    assert {state for _, state, _, _ in talk.parts()} == {"uncertain"}
    assert queue.head(talk.tx, LANE) is None
    newer = talk.say("4", at=4)
    assert queue.requeue(talk.tx, keys[1])
    assert talk.keys() == [newer, *keys]
    queue.finish(talk.tx, talk.head())
    row = talk.head()
    assert list(row.keys) == keys
    assert (row.must_look, row.insisted) == (True, True)
    assert all(joining.said(one).late for one in row.all)
    assert {state for _, state, _, _ in talk.parts()[:3]} == {"waiting"}
    assert not queue.requeue(talk.tx, keys[2])


def test_a_stray_set_does_not_become_a_thread(talk: Talk) -> None:
    """An agent's answer below it does not make several messages in one post a card."""
    keys = [talk.say(str(at), at=at) for at in (1, 2)]
    joined(talk)
    talk.without_thread()
    where = Wall().at(1)
    settle(talk.tx, Whose(where.channel, where.ts, Key(keys[0]), alive=True))
    assert talk.keys() == keys
    conversation = talk.tx.conversation_in(where.channel, where.ts)
    assert conversation is not None
    assert (conversation.session_id, conversation.thread_ts) == (SESSION, None)
