"""What a channel hides and leaves out, though it was written while another channel had it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bot import texts
from bot.domain import ChannelId, Contact, Conversation, Key, MessageTs, Post, Posted
from bot.files import CrispFile
from bot.markup import SLACK_TEXT_LIMIT
from bot.outbox import joining
from bot.outbox.courier import Done
from bot.outbox.files_to_slack import PostingFile
from bot.outbox.histories import Pointing
from bot.outbox.roots import Roots
from bot.recent_pages import RecentPages
from bot.relay.channels import ChannelRules
from bot.relay.effects import PointOn, PostMessage
from bot.relay.file_effects import PostFile
from bot.sensitive import Kind
from bot.slack.models import permalink
from bot.store.rows import OutboxRow
from tests.core_kit import CHANNEL, ROOT, RULES
from tests.joining_kit import MAYA, Talk, Wall, posting

NUMBER = "4111 1111 1111 1111"
ELSEWHERE = ChannelId("C2")
OPEN = ChannelRules(redact=frozenset())
STRICT = ChannelRules(redact=frozenset({Kind.CARD}), card_fields=frozenset())


@pytest.fixture
def talk() -> Talk:
    """Return a conversation with a thread in which a number was stored in the clear."""
    talk = Talk()
    talk.say("hello", at=1)
    talk.say("my card", at=2)
    talk.tx.conn.execute("UPDATE outbox SET payload = replace(payload, 'my card', ?)", (NUMBER,))
    return talk


@pytest.mark.parametrize(("rules", "hidden"), [(STRICT, True), (OPEN, False)])
async def test_a_post_hides_what_its_channel_hides(
    talk: Talk, rules: ChannelRules, *, hidden: bool
) -> None:
    """In the thread that the conversation has by then, of one post or several in one."""
    wall, row = Wall(), joining.join(talk.tx, talk.head())
    await posting(wall, replace(RULES, channels={CHANNEL: rules})).attempt(row, joining.said(row))
    ((post, listed),) = wall.posts
    assert len(listed) == 2
    assert (NUMBER in str(post.blocks), NUMBER in post.text) == (not hidden, not hidden)
    assert (texts.HIDDEN_HERE in str(post.blocks)) is hidden


async def test_a_post_is_whole_that_was_cut_before_something_was_hidden(talk: Talk) -> None:
    """What stands in its place takes no more room: the end of a full post is there too."""
    full = f"{f'{NUMBER}, ' * 4}{'word ' * 760}end"
    assert SLACK_TEXT_LIMIT - 50 < len(full) <= SLACK_TEXT_LIMIT
    wall, row = Wall(), talk.head()
    rules = replace(RULES, channels={CHANNEL: STRICT})
    await posting(wall, rules).attempt(row, replace(joining.said(row), markdown=full))
    ((post, _),) = wall.posts
    assert NUMBER not in str(post.blocks)
    assert post.text.endswith("word end")
    assert "word end" in str(post.blocks)


def roots(**channels: ChannelRules) -> Roots:
    """Return who renders cards; Crisp is not asked."""
    rules = replace(RULES, channels={ChannelId(name): of for name, of in channels.items()})
    return Roots(None, rules, pages=RecentPages(), clock=lambda: 0.0)  # type: ignore[arg-type]  # not called


def test_a_card_hides_what_its_channel_hides(talk: Talk) -> None:
    """The first message stands there, whichever channel it was stored for."""
    conversation = conversation_of(talk)
    first = PostMessage(f"it is {NUMBER}", MAYA, talk.head().payload().author)  # type: ignore[union-attr]  # a post
    shown = roots(**{CHANNEL: STRICT}).card(conversation, first, ())
    assert NUMBER not in f"{shown.text}{shown.blocks}"
    assert NUMBER in str(roots(**{CHANNEL: OPEN}).card(conversation, first, ()).blocks)


@pytest.mark.parametrize(("rules", "hidden"), [(STRICT, True), (OPEN, False)])
async def test_a_file_is_named_as_its_channel_shows_it(
    talk: Talk, rules: ChannelRules, *, hidden: bool
) -> None:
    """A name can tell as much as a message: uploaded and shared it is that of the thread's own."""
    carrying: Any = Carrying()
    posting_file = PostingFile(carrying, Asking(talk), replace(RULES, channels={CHANNEL: rules}))  # type: ignore[arg-type]  # stand-ins
    file = CrispFile("https://files.test/a", f"{NUMBER}.png", "image/png")
    payload = PostFile(file, "words", MAYA, talk.head().payload().author)  # type: ignore[union-attr]  # a post
    await posting_file.attempt(talk.head(), payload)
    await posting_file.attempt(talk.head(), replace(payload, file_id="F1"))
    uploaded, shared = carrying.names
    assert (NUMBER in uploaded, NUMBER in shared) == (not hidden, not hidden)
    assert (texts.HIDDEN["card"] in shared) is hidden
    assert uploaded.endswith(".png")


class Carrying:
    """A stand-in for who moves files, and for Slack: the names that it is told."""

    pause = 1.0

    def __init__(self) -> None:
        self.names: list[str] = []
        self.carrier = self.slack = self

    @asynccontextmanager
    async def fetch(self, *_address: object, **_of: object) -> AsyncIterator[Any]:
        yield self

    @asynccontextmanager
    async def measured(self) -> AsyncIterator[Any]:
        yield SimpleNamespace(size=1, mime="image/png")

    @asynccontextmanager
    async def shown(self, *_progress: object) -> AsyncIterator[None]:
        yield

    async def slot(self, name: str, _size: int) -> Any:
        self.names.append(name)
        return SimpleNamespace(address="https://upload.test", file_id="F1")

    async def upload(self, *_to: object, **_of: object) -> None:
        pass

    async def share(self, _file_id: str, title: str, **_where: object) -> None:
        self.names.append(title)


class OldThread:
    """A stand-in for Slack: what the old thread is told, and what its card becomes."""

    def __init__(self) -> None:
        self.cards: list[str] = []

    async def history(self, _channel: str, oldest: str, _latest: str) -> AsyncIterator[Any]:
        yield {"ts": oldest}

    def permalink(self, channel: ChannelId, ts: MessageTs) -> str:
        return permalink("https://acme.slack.com/", channel, ts)

    async def post(self, channel: ChannelId, _post: Post, *, key: Key, thread_ts: str) -> Posted:
        del key
        return Posted(channel, MessageTs("2.0"), MessageTs(thread_ts))

    async def update(self, _channel: str, _ts: str, post: Post, *, speaker: Any) -> None:
        self.cards.append(f"{speaker}{post.text}{post.blocks}")


class Asking:
    """A reader of what a talk has stored."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk

    async def ask(self, query: Any) -> Any:
        return query(self.talk.tx)


async def test_an_old_card_shows_what_its_own_channel_may(talk: Talk) -> None:
    """The conversation is in a channel by now that shows more of who is writing."""
    talk.tx.conn.execute(
        "UPDATE parts SET state = 'delivered', channel = ?, ts = ? WHERE id = 1", (CHANNEL, ROOT)
    )
    row = replace(talk.head(), conversation=replace(
        conversation_of(talk), channel=ELSEWHERE, contact=Contact(email="maya@example.test"),
    ))  # fmt: skip
    slack: Any = OldThread()
    reader: Any = Asking(talk)
    pointing = Pointing(slack, reader, roots(**{CHANNEL: STRICT, ELSEWHERE: ChannelRules()}))
    done = await pointing.attempt(row, PointOn(CHANNEL, ROOT, ELSEWHERE, MessageTs("9.0")))
    assert isinstance(done, Done)
    (card,) = slack.cards
    assert "hello" in card
    assert "maya@example.test" not in card


def conversation_of(talk: Talk) -> Conversation:
    """Return the conversation as it is stored."""
    row: OutboxRow = talk.head()
    assert row.conversation is not None
    return row.conversation
