"""Who gets a direct message when a customer writes, and what it says."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot import cards
from bot.domain import (
    Author,
    Conversation,
    Fingerprint,
    Key,
    Millis,
    OperatorId,
    SlackUser,
    SlackUserId,
)
from bot.outbox.courier import Again, Done
from bot.outbox.notices import Notifying
from bot.relay.access import Access, Rules
from bot.relay.customers import CrispWrote, relay_to_slack
from bot.relay.decisions import Preferences
from bot.relay.effects import Priority
from bot.relay.notifying import concerns, notify
from bot.relay.people_effects import Notify
from bot.store import preferences, queue
from bot.store.transaction import Transaction
from tests.core_kit import (
    ANA,
    CHANNEL,
    NOW,
    OPEN,
    OPERATOR,
    ROOT,
    RULES,
    SESSION,
    VISITOR,
    database,
    transaction,
)
from tests.markup_kit import HOSTILE, walk

AT = Millis(NOW)
SECRET = "my card number is 4111"
SAID = CrispWrote(SESSION, Fingerprint(17), Author.VISITOR, "text", SECRET, VISITOR, AT)
MINE = replace(OPEN, assignee=OPERATOR.user_id)
LATER = Millis(NOW + 60_000)


@pytest.fixture
def tx() -> Iterator[Transaction]:
    """Write to a database that knows Ana and the conversation."""
    conn = database()
    conn.execute("INSERT INTO conversations (session_id) VALUES (?)", (SESSION,))
    tx = transaction(conn)
    tx.save_user(ANA)
    yield tx
    conn.close()


def told(
    *people: SlackUser, assignee: OperatorId | None = OPERATOR.user_id, rules: Rules = RULES
) -> list[str]:
    """Return whom a message is told to."""
    decision = relay_to_slack(SAID, MINE)
    more = notify(decision, SAID, assignee, people=people, operators=[OPERATOR], rules=rules)
    assert more.effects[: len(decision.effects)] == decision.effects
    payloads = [e.payload for e in more.effects[len(decision.effects) :]]
    return [payload.user for payload in payloads if isinstance(payload, Notify)]


@pytest.mark.parametrize(
    ("event", "conversation", "does"),
    [
        (SAID, MINE, True),
        (SAID, OPEN, False),
        (SAID, None, False),
        (SAID, replace(MINE, muted=True), False),
        (replace(SAID, author=Author.OPERATOR), MINE, False),
        (replace(SAID, author=Author.BOT), MINE, False),
    ],
)
def test_only_what_a_customer_writes_in_an_assigned_conversation_is_told(
    event: CrispWrote, conversation: Conversation | None, *, does: bool
) -> None:
    """Nothing of what is muted, and nothing of the team's own."""
    assert concerns(event, relay_to_slack(event, conversation), conversation) is does


def test_a_message_that_ends_the_snooze_is_told() -> None:
    """What counts is how the conversation stands behind the message: put off, nobody is told."""
    snoozed = replace(MINE, snoozed_until=LATER)
    decision = relay_to_slack(SAID, snoozed)
    assert decision.change is not None
    assert decision.change.columns["snoozed_until"] is None
    assert concerns(SAID, decision, snoozed)
    still = replace(decision.change, columns={"active_at": AT})
    assert not concerns(SAID, replace(decision, change=still), snoozed)


def test_it_is_told_to_whoever_it_is_assigned_to_and_may_act() -> None:
    """Others who want notifications get none of it, nor who is no agent any more."""
    other = replace(ANA, email="ben@acme.test")
    assert told(ANA) == [ANA.user_id]
    assert told(other) == []
    assert told(ANA, assignee=OperatorId("op-ben")) == []
    assert told(replace(ANA, deleted=True)) == told(replace(ANA, guest=True)) == []
    assert told(ANA, rules=replace(RULES, access=Access(agents=frozenset({"UBEN"})))) == []
    mapped = replace(RULES, agents={ANA.user_id: str(OPERATOR.user_id)})
    assert told(other, rules=mapped) == [ANA.user_id]


def test_at_most_one_waits_for_a_person_and_conversation(tx: Transaction) -> None:
    """Later messages replace what waits, in a lane of its own, and nothing of the text is in it."""
    for at in (AT, LATER):
        event = replace(SAID, occurred_at=at)
        decision = notify(
            relay_to_slack(event, MINE), event, OPERATOR.user_id,
            people=[ANA], operators=[OPERATOR], rules=RULES,
        )  # fmt: skip
        tx.enqueue(decision.effects[-1])
    (row,) = tx.conn.execute("SELECT * FROM outbox").fetchall()
    assert (row["kind"], row["priority"]) == ("notify", Priority.NOTICE)
    assert row["lane"] == f"aside:notify:{SESSION}:{ANA.user_id}"
    assert str(LATER) in row["payload"]
    assert SECRET not in str(tuple(row))


def test_only_who_chose_it_is_asked_for(tx: Transaction) -> None:
    """Off unless chosen, and off again when it is unchosen; who is not known gets nothing."""
    assert preferences.want_notices(tx) == ()
    preferences.keep(tx, Preferences(ANA.user_id, notify=True))
    preferences.keep(tx, Preferences(SlackUserId("UNKNOWN"), notify=True))
    (user,) = preferences.want_notices(tx)
    assert (user.user_id, user.notify) == (ANA.user_id, True)
    preferences.keep(tx, Preferences(ANA.user_id))
    assert preferences.want_notices(tx) == ()
    with pytest.raises(sqlite3.IntegrityError):
        tx.conn.execute("UPDATE preferences SET notify = 2")


def test_it_is_one_line_of_text_with_a_link() -> None:
    """A hostile name is literal in it, clipped, and cannot lead elsewhere."""
    post = cards.customer_wrote(12, f"{HOSTILE}\n{'x' * 300}", "https://acme.slack.com/archives/C1")
    linked, wrote = post.blocks[0]["elements"][0]["elements"]
    assert (linked["type"], linked["url"]) == ("link", "https://acme.slack.com/archives/C1")
    assert linked["text"].startswith("#12 ")
    assert "\n" not in linked["text"]
    assert len(linked["text"]) <= 80
    assert wrote["text"] == " wrote"
    assert {part.get("type") for part in walk(post.blocks)} <= {
        "rich_text", "rich_text_section", "link", "text", None,
    }  # fmt: skip
    assert not {"<!", "<@", "<#", "<http"} & {post.text[i : i + 2] for i in range(len(post.text))}


class _Slack:
    """Takes posts; knows every message's address."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, Any]] = []

    def permalink(self, channel: str, ts: str) -> str:
        """Return an address."""
        return f"https://acme.slack.com/archives/{channel}/p{ts}"

    async def post(self, channel: str, post: Any, *, key: Key) -> None:
        """Take a post."""
        assert key.startswith("notify:")
        self.posts.append((channel, post))


async def test_it_waits_a_little_for_the_thread_that_the_message_opens(tx: Transaction) -> None:
    """The link leads to the new thread; if there is none for long, the line goes without one."""
    slack: Any = _Slack()
    decision = notify(
        relay_to_slack(SAID, MINE), SAID, OPERATOR.user_id,
        people=[ANA], operators=[OPERATOR], rules=RULES,
    )  # fmt: skip
    tx.enqueue(decision.effects[-1])
    row = queue.head(tx, decision.effects[-1].lane)
    assert row is not None
    errand, payload = Notifying(slack), Notify(ANA.user_id, AT)
    assert isinstance(await errand.attempt(row, payload), Again)
    assert slack.posts == []
    assert isinstance(await errand.attempt(replace(row, attempts=20), payload), Done)
    assert isinstance(await errand.attempt(replace(row, conversation=OPEN), payload), Done)
    (_, bare), (to, linked) = slack.posts
    assert to == ANA.user_id
    assert "url" not in str(bare.blocks)
    assert f"/{CHANNEL}/p{ROOT}" in str(linked.blocks)
    assert errand.bucket(row) == f"chat.postMessage:{ANA.user_id}"
