"""Text that is deleted because of its age, and what still works without it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.compare import _differs
from bot.crisp.models import Message
from bot.domain import Key, MessageTs, Millis, WebsiteId
from bot.relay.decisions import Revise
from bot.store import audit, edits, erasing, posted, queue, retention, revisions
from bot.store.transaction import Transaction
from tests.core_kit import CHANNEL, NOW, RULES, SESSION
from tests.handlers_kit import Stored, crisp, kinds, reply
from tests.slack_kit import Desk

SECRET = "where is my order"
FINGERPRINT = NOW * 100 + 7
LATER = NOW + 100_000_000


@pytest.fixture
def stored() -> Iterator[Stored]:
    """Give a stored world in which a customer's message was posted, and Ana's reply sent."""
    world = Stored()
    said = {"type": "text", "from": "user", "content": SECRET, "user": {"nickname": "Maya"}}
    world.apply(crisp("message:send", fingerprint=FINGERPRINT, timestamp=NOW, **said))
    world.apply(reply(f"Yes: {SECRET}"))
    for lane in (f"slack:{SESSION}", f"crisp:{SESSION}"):
        while row := queue.head(world.tx, lane):
            queue.finish(world.tx, row)
            place: dict[str, Any] = {"channel": CHANNEL, "ts": MessageTs("1700000001.000100")}
            queue.deliver_part(world.tx, row, **(place if lane.startswith("slack") else {}))
    yield world
    world.conn.close()


def forget(stored: Stored, now: int = LATER) -> int:
    """Forget what is older than that."""
    return retention.forget(Transaction(stored.conn, now), before=Millis(now))


def everything(stored: Stored) -> str:
    """Return all that the database holds, as text."""
    return "\n".join(stored.conn.iterdump())


def test_old_text_goes_and_its_places_stay(stored: Stored) -> None:
    """Nothing that was written is left, and every post and send is still known."""
    before = stored.conn.execute(
        "SELECT id, message, channel, ts, fingerprint FROM parts"
    ).fetchall()
    assert forget(stored) == 2
    assert SECRET not in everything(stored)
    after = stored.conn.execute(
        "SELECT id, message, channel, ts, fingerprint FROM parts"
    ).fetchall()
    assert list(map(tuple, before)) == list(map(tuple, after))
    assert stored.tx.knows_fingerprint(SESSION, FINGERPRINT)  # type: ignore[arg-type]  # a number
    assert forget(stored) == 0


def test_what_is_young_on_its_way_or_held_keeps_its_text(stored: Stored) -> None:
    """Only what is old and done with is forgotten."""
    assert retention.forget(stored.tx, before=Millis(NOW)) == 0
    stored.conn.execute("UPDATE messages SET state = 'held' WHERE ts IS NOT NULL")
    stored.apply(crisp("message:updated", fingerprint=FINGERPRINT, content="two"))
    stored.conn.execute(
        "UPDATE outbox SET part_id = (SELECT id FROM parts WHERE ts IS NOT NULL)"
        " WHERE kind = 'card' OR kind = 'update'"
    )
    assert forget(stored) == 0


def test_what_was_given_up_or_failed_long_ago_goes(stored: Stored) -> None:
    """A dead letter and a failed arrival that nobody cared for hold text as well."""
    stored.apply(reply(f"late {SECRET}", ts="1700000009.000100"))
    row = queue.head(stored.tx, f"crisp:{SESSION}")
    assert row is not None
    queue.give_up(stored.tx, row, certain=True, error="x")
    failed = crisp("message:send", content=SECRET, fingerprint=9)
    stored.tx.record(failed, state="failed", error="x")
    stored.apply(crisp("message:updated", fingerprint=77, content=SECRET))
    forget(stored)
    assert SECRET not in everything(stored)


def given_up() -> Desk:
    """Return a desk whose edited reply was given up, after it was tried again once."""
    desk = Desk()
    desk.reply("one")
    desk.edit("two")
    row = desk.attempt()
    queue.give_up(desk.tx, row, certain=True, error="x")
    desk.conn.execute("UPDATE outbox SET accepted_at = ? WHERE kind = 'send'", (LATER,))
    return desk


def test_what_is_to_be_cleared_in_slack_is_not_given_up_for_ever(stored: Stored) -> None:
    """An erasure that Slack refused stays to be tried again: without its row it would be done."""
    done = erasing.erase(stored.tx, (SESSION,), source=erasing.COMMAND)
    assert done is not None
    stored.conn.execute("UPDATE outbox SET state = 'dead', error = 'x' WHERE kind = 'erase'")
    forget(stored)
    (listed,) = erasing.listing(stored.tx, only=done.id)
    assert (listed["threads_waiting"], listed["threads_given_up"]) == (1, 1)


def test_what_was_given_up_and_may_be_tried_again_keeps_its_text() -> None:
    """As long as its row is there, what it sends is compared with what is wanted."""
    desk = given_up()
    assert retention.forget(desk.tx, before=Millis(LATER)) == 0
    assert queue.requeue(desk.tx, desk_key(desk))
    assert desk.deliver() == [("text", "two")]
    assert desk.edits() == []


def test_a_retry_of_what_was_forgotten_is_not_taken_away_again() -> None:
    """A text that is not known any more is no reason to take it from the customer."""
    desk = given_up()
    desk.conn.execute("UPDATE messages SET content = '', forgotten = 1")
    assert queue.requeue(desk.tx, desk_key(desk))
    row = desk.attempt()
    assert not edits.is_outdated(desk.tx, row)
    assert desk.sent(row) == ("text", "two")
    assert desk.edits() == []


def desk_key(desk: Desk) -> Key:
    """Return the key of what was given up."""
    ((key,),) = desk.all("SELECT key FROM outbox WHERE state = 'dead'")
    return Key(key)


def test_an_edit_of_a_forgotten_message_is_shown(stored: Stored) -> None:
    """What Crisp tells of it is news, and is kept again for a while."""
    forget(stored)
    stored.apply(crisp("message:updated", fingerprint=FINGERPRINT, content="two"))
    row = stored.conn.execute(
        "SELECT content, forgotten, version FROM messages WHERE fingerprint = ?", (FINGERPRINT,)
    ).fetchone()
    assert tuple(row) == ("two", 0, 1)
    assert stored.conn.execute("SELECT 1 FROM outbox WHERE kind IN ('card', 'update')").fetchone()


def test_a_removal_of_a_forgotten_message_is_shown(stored: Stored) -> None:
    """Nothing of its text is needed to say that it is gone."""
    forget(stored)
    stored.apply(crisp("message:removed", fingerprint=FINGERPRINT))
    (removed,) = stored.conn.execute(
        "SELECT removed FROM messages WHERE fingerprint = ?", (FINGERPRINT,)
    ).fetchone()
    assert removed == 1


def test_a_listing_of_a_forgotten_message_is_no_edit(stored: Stored) -> None:
    """After a gap nothing is compared with a text that is not there."""
    (sent,) = stored.conn.execute("SELECT fingerprint FROM parts WHERE ts IS NULL").fetchone()
    forget(stored)
    for fingerprint in (FINGERPRINT, sent):
        listed = Message.model_validate(
            {"type": "text", "content": SECRET, "fingerprint": fingerprint, "from": "user"}
        )
        assert _differs(stored.tx, SESSION, listed, WebsiteId("w"), RULES) is None


def test_an_operators_edit_of_a_forgotten_reply_is_told(stored: Stored) -> None:
    """Nothing of ours is on its way to it, so whatever changes it is somebody's edit."""
    (sent,) = stored.conn.execute("SELECT fingerprint FROM parts WHERE ts IS NULL").fetchone()
    forget(stored)
    changed = crisp("message:updated", fingerprint=sent, content="changed")
    assert kinds(stored.decide(changed)) == ["check"]


def test_posts_say_which_of_their_parts_are_forgotten(stored: Stored) -> None:
    """Who renders a post anew asks Crisp for those."""
    forget(stored)
    (part,) = posted.at(stored.tx, CHANNEL, MessageTs("1700000001.000100"))
    assert (part.forgotten, part.session_id, part.fingerprint) == (True, SESSION, FINGERPRINT)
    revisions.revise(stored.tx, Revise(part.message, "two"))
    (part,) = posted.at(stored.tx, CHANNEL, MessageTs("1700000001.000100"))
    assert (part.forgotten, part.content) == (False, "two")


def test_the_audit_says_for_how_long_text_is_kept(stored: Stored) -> None:
    """Each change of the setting is one line."""
    for days in (90, 90, 7, 0):
        retention.note(stored.tx, days)
    rows = audit.listing(stored.tx, since=Millis(0), limit=9)
    assert [r["detail"] for r in rows if r["verb"] == "retention"] == [
        "90 days", "7 days", "for ever",
    ]  # fmt: skip
