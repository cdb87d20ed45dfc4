"""What the cards show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.cards import (
    CardView,
    HelpGroup,
    context_line,
    conversation_details,
    conversation_list,
    failure_notice,
    generic_summary,
    held_notice,
    help_card,
    message_parts,
    message_post,
    note_post,
    people_list,
    refusal,
    root_card,
    sentence,
)
from bot.cards.root import contact_facts
from bot.domain import (
    Author,
    Contact,
    Conversation,
    Millis,
    Operator,
    OperatorId,
    Post,
    SessionId,
    Speaker,
    State,
)
from bot.lookups import ConversationLink
from tests.markup_kit import check_message, seen, walk

SESSION = SessionId("session_1b7b0000-0000-4000-8000-000000000000")
INBOX = f"https://app.crisp.chat/website/w/inbox/{SESSION}/"
ANA = Operator(OperatorId("u-ana"), "Ana")
CONTACT = Contact(
    nickname="Bob",
    email="bob@acme.example",
    company="Acme",
    page_title="Pricing",
    page_url="https://shop.example/pricing",
    city="Lisbon",
    country="PT",
    device="Firefox on Linux",
    segments=("vip", "trial"),
    origin="urn:crisp.im:whatsapp:0",
    subject="Refund",
)
CONVERSATION = Conversation(
    12,
    SESSION,
    State.UNRESOLVED,
    contact=CONTACT,
    assignee=ANA.user_id,
    waiting_since=Millis(1_763_800_000_000),
)
VIEW = CardView(CONVERSATION, "Hello **there**", Speaker("Bob"), assignee=ANA, inbox_url=INBOX)


def shown(post: Post) -> str:
    """Return every text of a post's blocks, one a line."""
    return "\n".join(
        item["text"] for item in walk(post.blocks) if isinstance(item.get("text"), str)
    )


def buttons(post: Post) -> dict[str, dict[str, Any]]:
    """Return what can be pressed, by action id."""
    return {item["action_id"]: item for item in walk(post.blocks) if "action_id" in item}


def test_the_root_card_shows_the_message_who_where_and_how_it_stands() -> None:
    """First message, one line of facts, one live line, actions, in this order."""
    post = root_card(VIEW)
    check_message(post.text, post.blocks)
    assert [block["type"] for block in post.blocks] == [
        "rich_text",
        "context",
        "context",
        "actions",
    ]
    assert seen(post.blocks[:1]) == "Hello there"
    facts = [element["text"] for element in post.blocks[1]["elements"]]
    assert facts == [
        "✉️ bob@acme.example",
        "🏢 Acme",
        "📄 Pricing · https://shop.example/pricing",
        "📍 Lisbon, PT",
        "💻 Firefox on Linux",
        "🏷️ vip, trial",
        "Subject: Refund",
        "via WhatsApp",
    ]
    status, assigned = post.blocks[2]["elements"]
    assert status["text"] == (
        "*#12* · 🔵 Open · waiting since "
        "<!date^1763800000^{date_short_pretty} at {time}|2025-11-22 08:26 UTC>"
    )
    assert assigned["text"] == "assigned to Ana"
    assert post.text == "#12 Bob: Hello there"


def test_the_root_cards_actions_name_the_conversation() -> None:
    """Buttons carry the session, and so does the block, because a menu has no value."""
    post = root_card(VIEW)
    found = buttons(post)
    assert list(found) == [
        "conversation:resolve",
        "conversation:assign_me",
        "conversation:open",
        "conversation:menu",
    ]
    assert found["conversation:resolve"]["value"] == SESSION
    assert found["conversation:resolve"]["style"] == "primary"
    assert found["conversation:assign_me"]["value"] == SESSION
    assert found["conversation:open"]["url"] == INBOX
    assert post.blocks[-1]["block_id"] == f"conversation:{SESSION}"


END = ("mark_read", "more")


@pytest.mark.parametrize(
    ("state", "assignee", "first", "menu"),
    [
        (State.PENDING, None, "conversation:resolve", ["reply", "note", "reopen", *END]),
        (
            State.UNRESOLVED,
            ANA,
            "conversation:resolve",
            ["reply", "note", "pending", *END],
        ),
        (State.RESOLVED, None, "conversation:reopen", ["reply", "note", "pending", *END]),
    ],
)
def test_what_can_be_done_follows_the_state(
    state: State, assignee: Operator | None, first: str, menu: list[str]
) -> None:
    """Resolve or Reopen comes first; the menu offers the rest."""
    conversation = replace(
        CONVERSATION, state=state, assignee=assignee.user_id if assignee else None
    )
    found = buttons(root_card(replace(VIEW, conversation=conversation, assignee=assignee)))
    assert next(iter(found)) == first
    assert [option["value"] for option in found["conversation:menu"]["options"]] == menu


def test_nobody_waits_in_a_resolved_conversation() -> None:
    """The wait is not shown once the conversation is resolved."""
    conversation = replace(CONVERSATION, state=State.RESOLVED, assignee=None)
    text = shown(root_card(replace(VIEW, conversation=conversation, assignee=None)))
    assert "waiting" not in text
    assert "✅ Resolved" in text
    assert "unassigned" in text


def test_an_unknown_visitor_still_has_a_good_card() -> None:
    """Without facts the line of facts is left out, the rest is there."""
    post = root_card(CardView(Conversation(1, SESSION), "", Speaker("")))
    check_message(post.text, post.blocks)
    assert [block["type"] for block in post.blocks] == ["rich_text", "context", "actions"]
    assert post.text == "#1 Unnamed visitor: (empty message)"
    assert "conversation:open" not in buttons(post)


def test_a_card_nothing_can_be_done_with_only_opens() -> None:
    """Where nothing can be done, only the link to Crisp is left."""
    assert list(buttons(root_card(replace(VIEW, can_act=False)))) == ["conversation:open"]
    assert not buttons(root_card(replace(VIEW, can_act=False, inbox_url="")))


def test_a_conversation_begun_by_an_operator_says_so() -> None:
    """Who is not the customer is named as the one who started."""
    post = root_card(replace(VIEW, author=Speaker("Zoe"), author_kind=Author.OPERATOR))
    assert "Started by Zoe" in shown(post)


def test_a_long_first_message_goes_on_in_the_thread() -> None:
    """The card shows the first part and says that there is more."""
    text = "word " * 2_000
    post = root_card(replace(VIEW, first_text=text))
    check_message(post.text, post.blocks)
    first, *more = message_post(text, trusted=False)
    assert more
    assert post.blocks[0] == first.blocks[0]
    assert "goes on in the thread" in shown(post)


def test_a_customers_markup_stays_literal_on_the_card() -> None:
    """Mentions in name, e-mail, page and message are text."""
    hostile = "<!channel> <@U1> :x: *b*"
    contact = Contact(email=hostile, company=hostile, page_title=hostile, city=hostile)
    conversation = replace(CONVERSATION, contact=contact)
    post = root_card(replace(VIEW, conversation=conversation, first_text=hostile))
    check_message(post.text, post.blocks)
    assert f"🏢 {hostile}" in shown(post)


def test_long_messages_become_several_posts_in_order() -> None:
    """Parts follow each other; each part alone is one post."""
    text = "\n\n".join(f"Paragraph {number} " + "x" * 300 for number in range(40))
    posts = message_post(text, trusted=False)
    assert len(posts) > 2
    together = "".join(seen(post.blocks) for post in posts)
    places = [together.index(f"Paragraph {number} ") for number in range(40)]
    assert places == sorted(places)
    for part in message_parts(text):
        assert len(message_post(part, trusted=False)) == 1


def test_a_prefix_names_the_writer_on_every_post() -> None:
    """Each post of a labelled message starts with the label, literally."""
    posts = message_post("word " * 2_000, trusted=True, prefix="Ana *<!here>*")
    assert len(posts) > 1
    for post in posts:
        check_message(post.text, post.blocks)
        assert seen(post.blocks).startswith("Ana *<!here>*")
        assert post.text.startswith("Ana *&lt;!here&gt;*\n")


def test_a_note_says_that_it_is_private() -> None:
    """A lock and a word are on the note."""
    (post,) = note_post("secret", prefix="Ana")
    assert seen(post.blocks) == "🔒 Private note · Anasecret"
    (post,) = note_post("secret")
    assert post.text == "🔒 Private note\nsecret"


def test_an_empty_message_is_shown_as_such() -> None:
    """A blank message is a post that says so."""
    for text in ("", " \n", "\u200b"):
        (post,) = message_post(text, trusted=False)
        assert post.text == "(empty message)"
        assert seen(post.blocks) == "(empty message)"


def test_dense_formatting_is_given_up_before_a_message_is_refused() -> None:
    """Where styles would make the message too large for Slack, the text is literal."""
    text = "**a** *b* " * 380
    (post,) = message_post(text, trusted=False)
    check_message(post.text, post.blocks)
    assert "**a** *b*" in seen(post.blocks)


def test_a_context_line_is_small_and_literal() -> None:
    """A small line has the text and no markup."""
    post = context_line("Ana <@U1> resolved *this*")
    assert post.text == "Ana &lt;@U1&gt; resolved *this*"
    assert post.blocks == [
        {
            "type": "context",
            "elements": [
                {"type": "plain_text", "text": "Ana <@U1> resolved *this*", "emoji": False}
            ],
        }
    ]


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        ("text", "*hi*", "*hi*"),
        ("note", "n", "n"),
        (
            "file",
            {"name": "a*`b.pdf", "url": "https://storage.crisp.chat/f", "type": "application/pdf"},
            "📎 File: `a*'b.pdf`\nhttps://storage.crisp.chat/f",
        ),
        ("file", {}, "📎 File: `unnamed`"),
        (
            "file",
            {"name": "a.png", "url": "https://storage.crisp.chat/a", "type": "image/PNG"},
            "🏞️ Image: `a.png`\nhttps://storage.crisp.chat/a",
        ),
        ("file", {"name": "a.mp4", "type": "video/mp4"}, "🎬 Video: `a.mp4`"),
        ("file", {"name": "a.ogg", "type": "audio/ogg"}, "🔊 Sound: `a.ogg`"),
        ("image", {"name": "b.png"}, "🏞️ Image: `b.png`"),
        ("audio", {"duration": 3601}, "🎤 Audio message, 60:01"),
        (
            "picker",
            {"text": "Which?", "choices": [{"label": "a_b", "icon": "🅰", "selected": True}]},
            "🔘 Which?\n\n- ☑ 🅰 a_b",
        ),
        ("animation", {"url": "https://x.example/a.gif"}, "🎞️ Animation\nhttps://x.example/a.gif"),
        (
            "audio",
            {"url": "https://x.example/a", "duration": 7.4},
            "🎤 Audio message, 0:07\nhttps://x.example/a",
        ),
        ("audio", {"duration": "long"}, "🎤 Audio message"),
        (
            "picker",
            {"text": "Which?", "choices": [{"label": "A", "selected": True}, {"value": "b"}, 3]},
            "🔘 Which?\n\n- ☑ **A**\n- ☐ b",
        ),
        (
            "field",
            {"text": "Mail?", "explain": "We write to it", "value": "a@b.example"},
            "✏️ Mail?\nWe write to it\n\n> a@b.example",
        ),
        ("field", {"text": "Mail?"}, "✏️ Mail?\n\n(not filled in yet)"),
        (
            "carousel",
            {
                "text": "Look",
                "targets": [
                    {"title": "T", "actions": [{"label": "Buy", "url": "https://b.example"}]}
                ],
            },
            "🖼️ Look\n\n- **T** · Buy https://b.example",
        ),
        ("event", {"text": "Call ended", "namespace": "call"}, "\u2139\ufe0f Call ended"),
        ("hologram", None, "A message of the type `hologram`, which can only be seen in Crisp."),
        (
            "hologram",
            {"text": "wow"},
            "A message of the type `hologram`, which can only be seen in Crisp.\nwow",
        ),
    ],
)
def test_other_types_in_words(kind: str, content: object, expected: str) -> None:
    """Each type of message says what it holds; an unknown one is named."""
    assert generic_summary(kind, content) == expected


def test_what_only_crisp_can_show_has_a_link_there() -> None:
    """A type of the future is named, and leads to where it can be seen."""
    summary = generic_summary("hologram", {"text": "wow"}, inbox_url=INBOX)
    assert summary.endswith(f"seen in Crisp.\nwow\n{INBOX}")


@pytest.mark.parametrize(
    ("origin", "fact"),
    [
        ("chat", ""),
        ("email", "via e-mail"),
        ("urn:crisp.im:instagram:0", "via Instagram"),
        ("urn:crisp.im:twilio:0", "via SMS"),
        ("urn:crisp.im:messenger:0", "via Messenger"),
        ("urn:crisp.im:telegram:0", "via Telegram"),
        ("urn:acme.com:fax:0", "via fax"),
        ("carrier pigeon", "via carrier pigeon"),
    ],
)
def test_the_way_a_customer_writes_by_has_a_name(origin: str, fact: str) -> None:
    """Crisp's word for a channel is the one that people use for it; unknown ones are shown."""
    facts = [found for found in contact_facts(Contact(origin=origin)) if "via" in found]
    assert facts == ([fact] if fact else [])


def test_more_facts_of_the_card() -> None:
    """Who is in copy, the topic, the pages before, the rating, and whose the address surely is."""
    contact = Contact(
        email="bob@acme.example",
        verified=True,
        page_title="Checkout",
        page_url="https://shop.example/checkout",
        trail=("Pricing", "/docs"),
        participants=("a@x.example", "b@x.example", "c@x.example", "d@x.example"),
        topic="Billing",
        rating=4,
        rating_comment="Quick *and* <!here>",
        origin="email",
    )
    assert list(contact_facts(contact)) == [
        "✉️ bob@acme.example ✓ verified",
        "📄 Checkout · https://shop.example/checkout ← Pricing ← /docs",
        "via e-mail",
        "CC: a@x.example, b@x.example, c@x.example and 1 more",
        "Topic: Billing",
        "Rated ★★★★☆ “Quick *and* <!here>”",
    ]
    whole = replace(CONTACT, phone="+1", topic="t", rating=1, participants=("a@x.example",))
    post = root_card(replace(VIEW, conversation=replace(CONVERSATION, contact=whole)))
    check_message(post.text, post.blocks)
    assert "Rated ★☆☆☆☆" in shown(post)


def test_a_certain_failure_can_be_retried() -> None:
    """What certainly was not sent says so and has one button."""
    post = failure_notice(certain=True, reason="Crisp is down", retry_value="v1")
    assert shown(post).startswith("⚠️ This was not sent to the customer: Crisp is down.")
    assert [
        (name, item["value"], item["text"]["text"]) for name, item in buttons(post).items()
    ] == [("delivery:retry", "v1", "Retry")]


def test_an_uncertain_failure_asks() -> None:
    """What may have been sent can be sent again or be left."""
    post = failure_notice(certain=False, reason="No answer came.", retry_value="v1")
    assert "may not have been sent to the customer: No answer came. Look" in shown(post)
    assert [
        (name, item["value"], item["text"]["text"]) for name, item in buttons(post).items()
    ] == [
        ("delivery:retry", "v1", "Send again"),
        ("delivery:dismiss", "v1", "It arrived"),
    ]


def test_a_held_message_is_asked_about() -> None:
    """An unknown word and a late marker are told apart, and there are three ways on."""
    post = held_notice(word="!nte", value="v")
    assert "“!nte” is not a command" in shown(post)
    assert list(buttons(post)) == ["held:send", "held:note", "held:discard"]
    assert {item["value"] for item in buttons(post).values()} == {"v"}
    assert "“Note:” starts a later line" in shown(held_notice(word="Note:", value="v"))


def test_refusals_and_answers_are_sentences() -> None:
    """One sentence, escaped in the fallback, literal in the block."""
    assert shown(refusal("Guests cannot answer customers.")) == "🚫 Guests cannot answer customers."
    assert sentence("a < b").text == "a &lt; b"
    assert shown(sentence("a < b")) == "a < b"


LINK = ConversationLink(
    SESSION,
    "Bob",
    State.PENDING,
    INBOX,
    number=12,
    permalink="https://team.slack.com/archives/C1/p1",
    email="bob@acme.example",
    assignee="Ana",
    last_message="Where is\nmy order?",
    waiting_since=Millis(1_763_800_000_000),
)


def test_a_list_links_each_conversation_to_both_sides() -> None:
    """A line has number, name, links, state, assignee, wait and the last words."""
    post = conversation_list([LINK], title="Waiting", total=1)
    check_message(post.text, post.blocks)
    assert seen(post.blocks) == (
        "Waiting#12 Bob · thread · 🟠 Pending · Ana · bob@acme.example · waiting since "
        " · Where is my order?"
    )
    assert [item["url"] for item in walk(post.blocks) if item.get("type") == "link"] == [
        INBOX,
        LINK.permalink,
    ]
    assert [item["timestamp"] for item in walk(post.blocks) if item.get("type") == "date"] == [
        1_763_800_000
    ]


def test_a_list_that_is_cut_says_so() -> None:
    """What does not fit into one message is counted."""
    post = conversation_list([LINK] * 200, title="All", total=500)
    check_message(post.text, post.blocks)
    lines = len(post.blocks[0]["elements"]) - 2
    assert f"{lines} of 500 shown." in seen(post.blocks)
    assert "Only the first" in seen(conversation_list([LINK] * 99, title="All", total=None).blocks)


def test_an_empty_list_says_so() -> None:
    """Nothing found is one sentence."""
    assert shown(conversation_list([], title="Mine", total=0)) == "Mine: No conversation matches."
    assert "Nobody matches “x”" in shown(people_list([], query="x"))


def test_details_of_a_conversation() -> None:
    """One conversation shows state, customer and their other conversations."""
    post = conversation_details(
        CONVERSATION, assignee=ANA, links=[LINK], inbox_url=INBOX, permalink=LINK.permalink
    )
    check_message(post.text, post.blocks)
    text = seen(post.blocks)
    assert text.startswith("#12 Bob · thread🔵 Open · assigned to Ana · waiting since ")
    assert "✉️ bob@acme.example" in text
    assert "Last conversations#12 Bob" in text


def test_help_names_each_command() -> None:
    """Every command is there with what it does."""
    lists, people = ("/crisp list", "conversations"), ("/crisp who Q", "people")
    post = help_card([HelpGroup("Queue", [lists]), HelpGroup("People", [people])], more="REF is")
    check_message(post.text, post.blocks)
    assert seen(post.blocks) == (
        "What you can doQueue\n/crisp list conversationsPeople\n/crisp who Q peopleREF is"
    )
