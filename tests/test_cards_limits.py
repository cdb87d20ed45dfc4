"""Whatever goes into a card, Slack takes what comes out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    refusal,
    root_card,
    sentence,
)
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
from bot.markup import neutralise
from tests.markup_kit import check_message, huge_texts, letters, patient, seen, texts

optional_texts = st.one_of(st.just(""), huge_texts)
urls = st.one_of(
    st.just("https://app.crisp.chat/website/w/inbox/s/"),
    st.builds(lambda size: "https://a.example/" + "x" * size, st.integers(0, 4_000)),
    huge_texts,
)
moments = st.one_of(st.none(), st.integers(0, 10**15).map(Millis))
sessions = st.uuids().map(lambda found: SessionId(f"session_{found}"))
contacts = st.builds(
    Contact,
    **dict.fromkeys(
        (
            *("nickname", "email", "phone", "company", "subject", "origin", "page_title"),
            *("page_url", "city", "country", "device"),
        ),
        optional_texts,
    ),
    segments=st.lists(huge_texts, max_size=3).map(tuple),
)
operators = st.builds(Operator, st.just(OperatorId("u")), huge_texts)
conversations = st.builds(
    Conversation,
    st.integers(0, 10**9),
    sessions,
    st.sampled_from(State),
    assignee=st.one_of(st.none(), st.just(OperatorId("u"))),
    contact=contacts,
    waiting_since=moments,
)
links = st.builds(
    ConversationLink,
    sessions,
    huge_texts,
    st.sampled_from(State),
    urls,
    number=st.one_of(st.none(), st.integers(0, 10**9)),
    permalink=st.one_of(st.none(), urls),
    email=huge_texts,
    assignee=huge_texts,
    last_message=huge_texts,
    waiting_since=moments,
)


def check(post: Post) -> None:
    """Assert that Slack takes a post."""
    check_message(post.text, post.blocks)


@patient
@given(
    st.builds(
        CardView,
        conversations,
        huge_texts,
        st.builds(Speaker, huge_texts),
        st.sampled_from(Author),
        st.one_of(st.none(), operators),
        urls,
        st.just(Millis(0)),
        st.booleans(),
    )
)
def test_root_cards(view: CardView) -> None:
    """Any conversation has a card."""
    check(root_card(view))


@patient
@given(huge_texts, st.booleans(), st.one_of(st.none(), huge_texts))
def test_messages(text: str, trusted: bool, prefix: str | None) -> None:  # noqa: FBT001 - hypothesis
    """Any message is posts that Slack takes, each of which is one part."""
    for post in [*message_post(text, trusted=trusted, prefix=prefix), *note_post(text)]:
        check(post)
    for part in message_parts(text):
        assert message_parts(part) == [part]
        assert len(message_post(part, trusted=trusted)) == 1


@patient
@given(texts)
def test_messages_keep_what_is_visible(text: str) -> None:
    """All letters of a message are in its posts, in order."""
    posts = message_post(text, trusted=False)
    wanted = letters(neutralise(text))
    if wanted:
        assert letters("".join(seen(post.blocks) for post in posts)) == wanted


@patient
@given(huge_texts, huge_texts, st.booleans())
def test_notices(text: str, value: str, certain: bool) -> None:  # noqa: FBT001 - hypothesis
    """Any reason, word and value fit."""
    value = neutralise(value)
    check(failure_notice(certain=certain, reason=text, retry_value=value))
    check(held_notice(word=text, value=value))
    for post in (refusal(text), sentence(text), context_line(text)):
        check(post)


@patient
@given(st.lists(links, max_size=4), huge_texts, st.integers(1, 60), st.integers(0, 10**6))
def test_lists_of_conversations(
    items: list[ConversationLink], title: str, times: int, total: int
) -> None:
    """Any number of conversations fits, cut where it must be."""
    check(conversation_list(items * times, title=title, total=total))


@patient
@given(conversations, st.one_of(st.none(), operators), st.lists(links, max_size=3), urls)
def test_details(
    conversation: Conversation,
    assignee: Operator | None,
    found: list[ConversationLink],
    url: str,
) -> None:
    """Any conversation can be shown."""
    check(
        conversation_details(
            conversation, assignee=assignee, links=found * 20, inbox_url=url, permalink=url
        )
    )


@patient
@given(st.lists(st.tuples(huge_texts, huge_texts), max_size=4), st.integers(1, 40))
def test_help(commands: list[tuple[str, str]], times: int) -> None:
    """Any help fits."""
    check(help_card([HelpGroup("Group", commands * times)] * 2, more="REF"))


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), huge_texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "text",
                    "name",
                    "url",
                    "choices",
                    "label",
                    "value",
                    "targets",
                    "actions",
                    "duration",
                ]
            ),
            inner,
        ),
    ),
    max_leaves=10,
)


@pytest.mark.parametrize(
    "kind",
    ["text", "note", "file", "animation", "audio", "picker", "field", "carousel", "event", "odd"],
)
@patient
@given(content=json_values)
def test_summaries(kind: str, content: object) -> None:
    """Any content of any type is a message that Slack takes."""
    summary = generic_summary(kind, content)
    for post in message_post(summary, trusted=False):
        check(post)
