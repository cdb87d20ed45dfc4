"""What is hidden in messages before they are stored, and that hiding looks like no edit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot import texts
from bot.cards.root import contact_facts
from bot.compare import _differs
from bot.crisp import convert
from bot.crisp.history import read_earlier
from bot.crisp.models import Conversation as SeenConversation
from bot.crisp.models import Message
from bot.domain import (
    CARD_FIELDS,
    CardField,
    ChannelId,
    Contact,
    Conversation,
    Millis,
    SessionId,
    WebsiteId,
)
from bot.outbox.roots import visitor
from bot.relay import privacy
from bot.relay.access import Route, Rules
from bot.relay.channels import ChannelRules
from bot.relay.decisions import Decision
from bot.relay.effects import PostMessage
from bot.relay.file_effects import PostFile
from bot.sensitive import EVERY_KIND, Kind
from tests.core_kit import CHANNEL, NOW, RULES, SESSION
from tests.handlers_kit import Stored, crisp, kinds, payloads, reply

CARD = "4111 1111 1111 1111"
IBAN = "DE89 3704 0044 0532 0130 00"
HIDDEN_CARD, HIDDEN_IBAN = texts.HIDDEN["card"], texts.HIDDEN["iban"]
FINGERPRINT = NOW * 100 + 7
OTHERS = ChannelId("C2")


@pytest.fixture
def stored() -> Iterator[Stored]:
    """Give a stored world with one conversation."""
    world = Stored()
    yield world
    world.conn.close()


def hiding(*names: Kind, everywhere: tuple[Kind, ...] = ()) -> Rules:
    """Return rules by which the conversation's channel hides these kinds, and the others those."""
    channels = {CHANNEL: ChannelRules(redact=frozenset(names))}
    general = ChannelRules(redact=frozenset(everywhere))
    return replace(RULES, channels=channels, everywhere=general)


def said(content: Any, kind: str = "text", event: str = "message:send", **more: Any) -> Any:
    """Return the event of a message."""
    return crisp(
        event,
        **{
            "type": kind, "from": "user" if event == "message:send" else "operator",
            "content": content, "fingerprint": FINGERPRINT, "timestamp": NOW,
            "user": {"nickname": "Maya"}, **more,
        },
    )  # fmt: skip


def everything(stored: Stored) -> str:
    """Return all that the database holds, as text."""
    return "\n".join(stored.conn.iterdump())


def test_a_card_number_reaches_neither_the_database_nor_the_outbox(stored: Stored) -> None:
    """By default it is hidden in what customers and operators write, notes included."""
    for number, (event, kind) in enumerate(
        [("message:send", "text"), ("message:received", "text"), ("message:received", "note")]
    ):
        decision = stored.apply(
            said(f"it is {CARD}!", kind, event, fingerprint=FINGERPRINT + number)
        )
        (post,) = [one for one in payloads(decision) if isinstance(one, PostMessage)]
        assert post.markdown == f"it is {HIDDEN_CARD}!"
    assert CARD not in everything(stored)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("picker", {"text": CARD, "choices": [{"value": "1", "label": CARD, "selected": True}]}),
        ("field", {"text": "Your card?", "value": CARD}),
        ("carousel", {"text": "", "targets": [{"title": CARD, "description": CARD}]}),
        ("file", {"name": f"{CARD}.png", "url": "https://storage.crisp.chat/1"}),
        ("strange", {"text": CARD}),
    ],
)  # fmt: skip
def test_it_is_hidden_in_every_type_of_message(stored: Stored, kind: str, content: Any) -> None:
    """Answers to pickers and fields, cards, unknown types and the names of files are no way out."""
    decision = stored.apply(said(content, kind))
    assert CARD not in everything(stored)
    for one in payloads(decision):
        if isinstance(one, PostFile):
            assert one.file.name == f"{HIDDEN_CARD}.png"


def test_an_event_in_the_thread_hides_it_too(stored: Stored) -> None:
    """A line that Crisp writes about the conversation is no way out."""
    stored.apply(said({"namespace": "x", "text": CARD}, "event"))
    assert CARD not in everything(stored)


def test_each_channel_hides_what_it_is_to_hide(stored: Stored) -> None:
    """Another channel's rules do not count once the thread is there."""
    rules = hiding(Kind.IBAN, everywhere=(Kind.CARD,))
    decision = stored.decide(said(f"{CARD} {IBAN}"), rules)
    assert [p.markdown for p in payloads(decision) if isinstance(p, PostMessage)] == [
        f"{CARD} {HIDDEN_IBAN}"
    ]
    decision = stored.decide(said(f"{CARD} {IBAN}"), hiding())
    assert [p.markdown for p in payloads(decision) if isinstance(p, PostMessage)] == [
        f"{CARD} {IBAN}"
    ]


def test_before_there_is_a_thread_what_any_channel_hides_is_hidden() -> None:
    """Which channel it will be is not known while the first message is stored."""
    rules = hiding(Kind.IBAN, everywhere=(Kind.TOKEN,))
    rules = replace(rules, routes=(Route(OTHERS),))
    assert privacy.hidden_in(rules, None) == {Kind.IBAN, Kind.TOKEN}
    assert privacy.hidden_in(rules, Conversation(1, SESSION)) == {Kind.IBAN, Kind.TOKEN}
    assert privacy.hidden_in(rules, Conversation(1, SESSION, channel=OTHERS)) == {Kind.TOKEN}


def test_what_is_hidden_is_no_edit(stored: Stored) -> None:
    """A listing of the full text, told again after a gap, is what is stored with it hidden."""
    stored.apply(said(f"it is {CARD}"))
    listed = Message.model_validate(
        {"type": "text", "content": f"it is {CARD}", "fingerprint": FINGERPRINT, "from": "user"}
    )
    assert differs(stored, listed) is None
    edited = listed.model_copy(update={"content": f"sorry, it is {CARD}"})
    assert differs(stored, edited) == f"sorry, it is {HIDDEN_CARD}"
    again = crisp("message:updated", fingerprint=FINGERPRINT, content=f"it is {CARD}")
    assert stored.decide(again) is None


def differs(stored: Stored, listed: Message, rules: Rules = RULES) -> str | None:
    """Compare a listed message with what is stored of it."""
    return _differs(stored.tx, SESSION, listed, WebsiteId("website"), rules)


def test_other_rules_since_then_make_no_edit(stored: Stored) -> None:
    """A message is compared by what was hidden when it was stored, whatever is hidden by now."""
    stored.apply(said(f"{CARD} {IBAN}"))
    listed = Message.model_validate(
        {"type": "text", "content": f"{CARD} {IBAN}", "fingerprint": FINGERPRINT, "from": "user"}
    )
    for rules in (hiding(), hiding(*EVERY_KIND)):
        assert differs(stored, listed, rules) is None
        event = crisp("message:updated", fingerprint=FINGERPRINT, content=f"{CARD} {IBAN}")
        assert stored.decide(event, rules) is None


def test_an_edit_is_hidden_as_its_message_is(stored: Stored) -> None:
    """Neither the first revision, nor a later one that Crisp is asked about, shows it."""
    stored.apply(said("one"))
    stored.apply(crisp("message:updated", fingerprint=FINGERPRINT, content=f"two {CARD}"))
    stored.apply(crisp("message:updated", fingerprint=FINGERPRINT, content=f"three {CARD}"))
    assert CARD not in everything(stored)
    (content,) = stored.conn.execute("SELECT content FROM messages").fetchone()
    assert content == f"two {HIDDEN_CARD}"
    (asked,) = stored.conn.execute("SELECT payload FROM outbox WHERE kind = 'check'").fetchone()
    assert f"three {HIDDEN_CARD}" in asked


def test_an_edit_that_comes_before_its_message_hides_it(stored: Stored) -> None:
    """What waits for its message holds no more than is shown of it later."""
    stored.apply(crisp("message:updated", fingerprint=FINGERPRINT, content=f"two {CARD}"))
    assert CARD not in everything(stored)
    stored.apply(said(f"one {CARD}"))
    (content,) = stored.conn.execute("SELECT content FROM messages").fetchone()
    assert content == f"two {HIDDEN_CARD}"


def test_a_reply_that_was_changed_in_crisp_is_shown_hidden(stored: Stored) -> None:
    """The agent's own text is compared as it was sent, what an operator made of it is hidden."""
    unguarded = replace(RULES, everywhere=ChannelRules(guard=False))
    stored.apply(reply(f"{CARD} is yours?"), unguarded)
    (part,) = stored.conn.execute("SELECT fingerprint FROM parts").fetchone()
    stored.conn.execute("DELETE FROM outbox")
    stored.conn.execute("UPDATE parts SET state = 'delivered'")
    echo = crisp("message:updated", fingerprint=part, content=f"{CARD} is yours?")
    assert stored.decide(echo) is None
    changed = crisp("message:updated", fingerprint=part, content=f"Is it {CARD}?")
    decision = stored.decide(changed)
    assert kinds(decision) == ["check"]
    assert decision is not None
    assert CARD not in str(decision.effects[0].payload)
    assert HIDDEN_CARD in str(decision.effects[0].payload)


def test_nothing_of_the_kind_stands_in_what_customers_say_of_themselves(stored: Stored) -> None:
    """A name, a subject or a comment hides all of them, whatever is hidden in messages."""
    rules = hiding()
    news: dict[str, dict[str, Any]] = {
        "session:set_nickname": {"nickname": f"Maya {CARD}"},
        "session:set_subject": {"subject": IBAN},
        "session:sync:topic": {"topic": CARD},
        "session:sync:rating": {"rating": {"stars": 5, "comment": CARD}},
    }
    for kind, payload in news.items():
        stored.apply(crisp(kind, **payload), rules)
    decision = stored.apply(said("Hi", user={"nickname": CARD}), rules)
    assert isinstance(decision, Decision)
    assert not [one for one in (CARD, IBAN) if one in everything(stored)]
    seen = SeenConversation.model_validate(
        {"session_id": SESSION, "meta": {"nickname": CARD, "subject": IBAN}}
    )
    contact = convert.updated_contact(seen, Contact())
    assert (contact.nickname, contact.subject) == (HIDDEN_CARD, HIDDEN_IBAN)
    assert convert.to_link(seen, website_id="w").title == HIDDEN_CARD


def test_each_kind_has_a_word_that_hides_nothing_more() -> None:
    """What stands in the place of a thing is not taken for one, behind any word."""
    assert set(texts.HIDDEN) == set(Kind)
    for word in texts.HIDDEN.values():
        for before in ("", "password: ", "my password is ", "4"):
            assert privacy.hidden(before + word) == before + word


def test_stored_kinds_are_read_back() -> None:
    """What was hidden in a message is stored with it."""
    for some in (frozenset[Kind](), frozenset({Kind.CARD}), EVERY_KIND):
        assert privacy.from_list(privacy.listed(some)) == some


@pytest.mark.parametrize("field", CARD_FIELDS)
def test_a_card_shows_what_its_channel_may(field: CardField) -> None:
    """Each field can be left out on its own, and no name is made of it."""
    contact = Contact(
        email="maya@x.test", phone="+49 1", company="ACME", page_title="Shop", page_url="https://x",
        city="Bonn", country="DE", device="Firefox", segments=("vip",), subject="Help",
        origin="email", participants=("cc@x.test",), topic="billing", rating=5, verified=True,
    )  # fmt: skip
    there = Conversation(1, SESSION, channel=CHANNEL, contact=contact)
    all_facts = list(contact_facts(contact))
    without = frozenset(CARD_FIELDS) - {field}
    rules = replace(RULES, channels={CHANNEL: ChannelRules(card_fields=without)})
    left = list(contact_facts(privacy.shown(there, rules).contact))
    assert len(left) == len(all_facts) - 1
    assert set(left) < set(all_facts)
    assert privacy.shown(there, RULES) is there
    nothing = replace(RULES, channels={CHANNEL: ChannelRules(card_fields=frozenset())})
    assert list(contact_facts(privacy.shown(there, nothing).contact)) == []
    assert visitor(there, RULES).name == "maya@x.test"
    assert visitor(there, nothing).name == "Visitor #1"


def test_a_rating_is_not_told_where_it_is_not_shown(stored: Stored) -> None:
    """It is stored, and says nothing in the thread."""
    nothing = replace(RULES, channels={CHANNEL: ChannelRules(card_fields=frozenset())})
    rated = crisp("session:sync:rating", rating={"stars": 5, "comment": "fine"})
    decision = stored.decide(rated, nothing)
    assert decision is not None
    assert decision.effects == ()


class Listing(list[Message]):
    """A page of messages, as the client returns it."""

    received = 1


class Archive:
    """A Crisp that has one message."""

    async def list_messages(self, _: SessionId, **__: Any) -> Listing:
        """Return it."""
        message = {"type": "text", "content": CARD, "fingerprint": 1, "from": "user"}
        return Listing(
            [Message.model_validate({**message, "timestamp": 1, "user": {"nickname": CARD}})]
        )


async def test_earlier_messages_are_hidden_as_new_ones_are() -> None:
    """A new thread's history shows no more than the messages themselves would."""
    (one,) = (
        await read_earlier(
            Archive(),  # type: ignore[arg-type]  # as much as is used
            SESSION, before=Millis(2), limit=5, kinds=frozenset({Kind.CARD}),
        )
    ).said  # fmt: skip
    assert (one.markdown, one.speaker) == (HIDDEN_CARD, HIDDEN_CARD)


def test_where_a_customer_was_tells_no_secret() -> None:
    """Titles and addresses of pages are theirs to fill, and go on the card."""
    card = "4111 1111 1111 1111"
    contact = privacy.named(
        Contact(page_title=f"Pay {card}", page_url=f"https://a.test/?q={card}", trail=(card,))
    )
    assert not any(
        "4111" in text for text in (contact.page_title, contact.page_url, *contact.trail)
    )
