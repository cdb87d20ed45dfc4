"""What follows from edits and removals in Crisp, and what is believed where accounts differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot import texts
from bot.crisp.models import Message
from bot.domain import Fingerprint, MessageTs, SessionId
from bot.outbox.checks import Checking
from bot.outbox.courier import Again, Done, Result
from bot.relay.decisions import Revise
from bot.relay.effects import CheckMessage, PostMessage, Priority, UpdateCard, UpdatePost
from bot.relay.revisions import STALE_MS
from bot.store import posted, queue, revisions
from bot.store.rows import OutboxRow
from bot.store.view import View
from tests.core_kit import CHANNEL, NOW, ROOT, RULES, SESSION
from tests.handlers_kit import Stored, crisp, payloads, reply

FINGERPRINT = NOW * 100 + 7
TS = MessageTs("1700000001.000100")
LONG = "word " * 1500


@pytest.fixture
def stored() -> Iterator[Stored]:
    """Give a stored world in which the customer has written once."""
    world = Stored()
    said = {
        "type": "text", "from": "user", "content": "one", "fingerprint": FINGERPRINT,
        "timestamp": NOW, "user": {"nickname": "Maya"},
    }  # fmt: skip
    world.apply(crisp("message:send", **said))
    yield world
    world.conn.close()


def updated(content: Any, fingerprint: int = FINGERPRINT) -> Any:
    """Return the event of an edit."""
    return crisp("message:updated", fingerprint=fingerprint, content=content)


def removed(fingerprint: int = FINGERPRINT) -> Any:
    """Return the event of a removal."""
    return crisp("message:removed", fingerprint=fingerprint)


def deliver(stored: Stored, *, ts: MessageTs = TS) -> OutboxRow:
    """Finish the post that waits, and return its row."""
    row = queue.head(stored.tx, f"slack:{SESSION}")
    assert row is not None
    queue.finish(stored.tx, row)
    queue.deliver_part(stored.tx, row, channel=CHANNEL, ts=ts)
    return row


def rows(stored: Stored, kind: str) -> list[OutboxRow]:
    """Return the pending rows of one kind."""
    lanes = {lane for _, lane in queue.open_lanes(stored.tx)}
    heads = (queue.head(stored.tx, lane) for lane in sorted(lanes))
    return [row for row in heads if row is not None and row.kind == kind]


def content(stored: Stored) -> tuple[str, int, int]:
    """Return the message as it is stored: content, version, removed."""
    found = stored.conn.execute("SELECT content, version, removed FROM messages").fetchone()
    return found[0], found[1], found[2]


# --- the posts


def test_a_revision_goes_into_the_row_that_waits(stored: Stored) -> None:
    """What is not posted yet is posted in its last version, struck through if it was removed."""
    stored.apply(updated("two"))
    (row,) = rows(stored, "post")
    payload = row.payload()
    assert isinstance(payload, PostMessage)
    assert (payload.markdown, payload.version, payload.edited) == ("two", 1, True)
    assert payload.speaker.name == "Maya"
    stored.apply(removed())
    (row,) = rows(stored, "post")
    payload = row.payload()
    assert isinstance(payload, PostMessage)
    assert (payload.markdown, payload.removed) == ("two", True)
    assert rows(stored, "update") == []


@pytest.mark.parametrize("mark", ["late", "broadcast"])
def test_what_is_special_about_a_row_stays(stored: Stored, mark: str) -> None:
    """An edit leaves what is out of order marked, and who comes back shown in the channel."""
    stored.conn.execute(
        f"UPDATE outbox SET payload = json_set(payload, '$.{mark}', json('true'))"  # noqa: S608 - a word of ours
    )
    stored.apply(updated("two"))
    (row,) = rows(stored, "post")
    payload = row.payload()
    assert isinstance(payload, PostMessage)
    assert (payload.markdown, getattr(payload, mark)) == ("two", True)


def test_what_is_posted_gets_one_row_for_all_its_revisions(stored: Stored) -> None:
    """A second edit replaces the wish of the first, before state and typing in their bucket."""
    deliver(stored)
    stored.apply(updated("two"))
    revisions.revise(stored.tx, Revise(1, "three"))
    (row,) = rows(stored, "update")
    assert row.payload() == UpdatePost(1, 2)
    assert Priority.NOTICE < row.priority < Priority.CARD


def test_a_root_is_revised_on_its_card_at_once(stored: Stored) -> None:
    """The card that was put off is edited now, and is told from the version being rendered."""
    deliver(stored, ts=ROOT)
    version = stored.tx.version(SESSION)
    stored.conn.execute("UPDATE outbox SET not_before = ? WHERE kind = 'card'", (NOW + 9,))
    stored.apply(updated("two"))
    (row,) = rows(stored, "card")
    assert row.payload() == UpdateCard()
    assert (row.not_before, row.priority) == (0, Priority.EDIT)
    assert stored.tx.version(SESSION) > version
    assert rows(stored, "update") == []


def test_the_root_of_a_former_thread_is_left_as_it_is(stored: Stored) -> None:
    """The card that another thread has taken over from is no post of a message any more."""
    deliver(stored)
    stored.conn.execute(
        "INSERT INTO former_threads (channel, thread_ts, conversation) VALUES (?, ?, 1)",
        (CHANNEL, TS),
    )
    stored.apply(updated("two"))
    assert rows(stored, "update") == []


@pytest.mark.parametrize(
    ("certain", "version", "updates"), [(True, 1, 0), (True, 0, 1), (False, 1, 1)]
)
def test_the_commit_of_a_post_compares_versions(
    stored: Stored, *, certain: bool, version: int, updates: int
) -> None:
    """What a post shows is compared; what was found by looking may show any version."""
    stored.apply(updated("two"))
    row = deliver(stored)
    revisions.posted_as(stored.tx, row.part_id, version, certain=certain)
    assert len(rows(stored, "update")) == updates


def test_a_message_that_was_never_revised_needs_no_update(stored: Stored) -> None:
    """A post that was found by looking is as it was, as long as nothing was revised."""
    row = deliver(stored)
    revisions.posted_as(stored.tx, row.part_id, 0, certain=False)
    assert rows(stored, "update") == []


def test_joined_parts_are_updated_through_their_leader(stored: Stored) -> None:
    """The post that several parts share is one row, whichever of them was revised."""
    deliver(stored)
    said = {"type": "text", "from": "user", "content": "x", "timestamp": NOW}
    stored.apply(crisp("message:send", **said, fingerprint=FINGERPRINT + 1))
    stored.conn.execute("UPDATE parts SET state = 'delivered', joined_to = 1 WHERE id = 2")
    stored.conn.execute("DELETE FROM outbox")
    stored.apply(updated("y", FINGERPRINT + 1))
    (row,) = rows(stored, "update")
    assert row.payload() == UpdatePost(1, 1)


def test_a_part_that_waits_and_is_cut_off_is_not_posted(stored: Stored) -> None:
    """An edit that makes a message shorter withdraws the posts that are not needed any more."""
    stored.conn.execute("DELETE FROM messages")
    stored.conn.execute("DELETE FROM outbox")
    said = {"type": "text", "from": "user", "content": LONG, "timestamp": NOW}
    stored.apply(crisp("message:send", **said, fingerprint=FINGERPRINT + 1))
    stored.apply(updated("short", FINGERPRINT + 1))
    found = [posted.of_message(stored.tx, 1), deliver(stored)]
    (row,) = rows(stored, "post")
    payload = row.payload()
    assert found
    assert isinstance(payload, PostMessage)
    assert payload.withdrawn
    revisions.withdrawn(stored.tx, row.part_id)
    queue.finish(stored.tx, row)
    revisions.revise(stored.tx, Revise(1, LONG))
    (row,) = rows(stored, "post")
    payload = row.payload()
    assert isinstance(payload, PostMessage)
    assert payload.added
    assert row.key.endswith("~v2")


# --- what is believed


def test_nothing_follows_from_what_is_no_news(stored: Stored) -> None:
    """The same content again, nothing, and whatever comes after a removal change nothing."""
    assert stored.decide(updated("one")) is None
    assert stored.decide(updated(None)) is None
    stored.apply(removed())
    assert stored.decide(updated("two")) is None
    assert stored.decide(removed()) is None


def test_a_second_edit_is_asked_about(stored: Stored) -> None:
    """Events bear no version: of two edits only Crisp knows which is the later one."""
    stored.apply(updated("two"))
    (asked,) = payloads(stored.decide(updated("three")))
    assert isinstance(asked, CheckMessage)
    assert asked.candidate == "three"
    assert content(stored) == ("two", 1, 0)


def test_an_edit_of_what_a_sweep_has_read_is_asked_about(stored: Stored) -> None:
    """A message that was read from Crisp may be newer than an event that comes after it."""
    said = {"type": "text", "from": "user", "content": "x", "timestamp": NOW}
    arrival = crisp("message:send", **said, fingerprint=FINGERPRINT + 1)
    stored.apply(replace(arrival, swept=True))
    (asked,) = payloads(stored.decide(updated("y", FINGERPRINT + 1)))
    assert isinstance(asked, CheckMessage)


@pytest.mark.parametrize("swept", [False, True])
def test_several_edits_before_their_message_are_asked_about(stored: Stored, *, swept: bool) -> None:
    """Early edits are kept for their message, and Crisp says which of them is the last."""
    for text in ("b", "c", "c"):
        stored.apply(updated(text, FINGERPRINT + 1))
    said = {"type": "text", "from": "user", "content": "a", "timestamp": NOW}
    arrival = crisp("message:send", **said, fingerprint=FINGERPRINT + 1)
    stored.apply(replace(arrival, swept=swept))
    assert len(rows(stored, "check")) == 1
    sql = "SELECT content FROM messages WHERE fingerprint = ?"
    assert stored.conn.execute(sql, (FINGERPRINT + 1,)).fetchone()[0] == ("a" if swept else "c")


def test_what_never_finds_its_message_is_forgotten(stored: Stored) -> None:
    """Edits of messages from before the bridge do not pile up."""
    stored.apply(updated("b", FINGERPRINT + 1))
    queue.prune(stored.tx, done_before=stored.tx.now)
    assert stored.conn.execute("SELECT count(*) FROM early_revisions").fetchone()[0] == 1
    queue.prune(stored.tx, done_before=type(stored.tx.now)(NOW + 1))
    assert stored.conn.execute("SELECT count(*) FROM early_revisions").fetchone()[0] == 0


class Asked:
    """A Crisp that has one message, or none, and answers out of its cache or not."""

    def __init__(self, text: str | None, *, cached: bool = False) -> None:
        self.text = text
        self.cached = cached

    async def read_message(
        self, session_id: SessionId, fingerprint: Fingerprint
    ) -> tuple[Message | None, bool]:
        del session_id
        if self.text is None:
            return None, self.cached
        found = Message.model_validate({"fingerprint": fingerprint, "content": self.text})
        return found, self.cached


class Reading:
    """A reader on the test's own connection."""

    def __init__(self, stored: Stored) -> None:
        self.stored = stored

    async def ask(self, question: Any) -> Any:
        return question(View(self.stored.conn, self.stored.tx.now))


async def check(stored: Stored, crisp: Asked, candidate: str = "", **more: Any) -> Result:
    """Carry a check out, and store what follows."""
    payload = CheckMessage(Fingerprint(FINGERPRINT), stored.tx.now, candidate, **more)
    row = rows(stored, "check")[0]
    errand = Checking(crisp, Reading(stored), RULES)  # type: ignore[arg-type]  # as much as is used
    result = await errand.attempt(row, payload)
    result.record(stored.tx)
    return result


@pytest.fixture
def asked(stored: Stored) -> Stored:
    """Give a world in which a second edit has been heard of."""
    stored.apply(updated("two"))
    stored.apply(updated("three"))
    return stored


@pytest.mark.parametrize(
    ("crisp", "wanted"),
    [
        (Asked("three"), ("three", 2, 0)),
        (Asked("two"), ("two", 1, 0)),
        (Asked("four"), ("four", 2, 0)),
        (Asked(None), ("two", 1, 0)),
        (Asked("three", cached=True), ("three", 2, 0)),
    ],
)
async def test_crisp_decides(asked: Stored, crisp: Asked, wanted: tuple[str, int, int]) -> None:
    """Its answer is taken; out of its cache where it says what the event has said."""
    assert isinstance(await check(asked, crisp, "three"), Done)
    assert content(asked) == wanted


async def test_an_answer_from_a_cache_is_asked_for_again_later(asked: Stored) -> None:
    """What may be older than the event is not believed until it cannot be any more."""
    result = await check(asked, Asked("two", cached=True), "three")
    assert isinstance(result, Again)
    assert result.after == STALE_MS / 1000
    assert content(asked) == ("two", 1, 0)


async def test_a_message_that_a_listing_and_crisp_do_not_have_was_removed(asked: Stored) -> None:
    """Both together prove a removal whose event was missed."""
    await check(asked, Asked(None), missing=True)
    assert content(asked) == ("two", 2, 1)


async def test_what_is_stored_meanwhile_goes_before_the_answer(asked: Stored) -> None:
    """A removal that was heard while Crisp was asked stays."""
    row = rows(asked, "check")[0]
    errand = Checking(Asked("three"), Reading(asked), RULES)  # type: ignore[arg-type]  # as above
    result = await errand.attempt(row, row.payload())  # type: ignore[arg-type]  # a check
    asked.apply(removed())
    result.record(asked.tx)
    assert content(asked) == ("two", 2, 1)


# --- replies of ours


@pytest.fixture
def sent(stored: Stored) -> Stored:
    """Give a world in which a reply has been sent."""
    stored.apply(reply("Our answer"))
    row = queue.head(stored.tx, f"crisp:{SESSION}")
    assert row is not None
    stored.conn.execute("UPDATE parts SET fingerprint = ? WHERE id = 2", (FINGERPRINT + 5,))
    return stored


def test_the_echo_of_what_is_on_its_way_is_ours(sent: Stored) -> None:
    """As long as something of ours waits or is being sent, nothing is read out of events."""
    assert sent.decide(updated("x", FINGERPRINT + 5)) is None
    assert sent.decide(removed(FINGERPRINT + 5)) is None


def test_an_operators_change_of_a_reply_is_told_once(sent: Stored) -> None:
    """It is asked about, and told in a line; the same event again is no news."""
    row = queue.head(sent.tx, f"crisp:{SESSION}")
    assert row is not None
    queue.finish(sent.tx, row)
    queue.deliver_part(sent.tx, row)
    assert sent.decide(updated(" Our  answer\n", FINGERPRINT + 5)) is None
    (asked,) = payloads(sent.decide(updated("Theirs", FINGERPRINT + 5)))
    assert isinstance(asked, CheckMessage)
    sent.apply(removed(FINGERPRINT + 5))
    found = sent.conn.execute("SELECT payload FROM outbox ORDER BY id DESC").fetchone()[0]
    assert json.loads(found)["markdown"] == texts.REPLY_REMOVED_IN_CRISP
    assert sent.decide(removed(FINGERPRINT + 5)) is None
