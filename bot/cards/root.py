"""The root card: a conversation's first message, who wrote it, how it stands, what can be done.

Responsible for one Slack message that is edited in place as the conversation goes on. It must
work for a visitor of whom nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot import texts
from bot.cards.history import pointer_post
from bot.cards.messages import message_post
from bot.cards.parts import (
    CONTEXT_ELEMENTS,
    Part,
    actions,
    button,
    context,
    date_mrkdwn,
    dot_line,
    fallback_text,
    is_link,
    option,
    plain_text,
)
from bot.domain import Author, Block, Contact, Conversation, Millis, Operator, Post, Speaker, State
from bot.markup import one_line

MENU = "action:conversation:menu"
"""The kind of arrival that a choice in the card's menu is."""
MENU_OPENS: Mapping[str, str] = {
    "reply": "reply",
    "note": "note",
    "more": "conversation_actions",
}
"""Which modal each choice opens; a menu holds five at most."""
_FACT_LIMIT = 150
_NAME_LIMIT = 80
_SAID_LIMIT = 3_000
_PAGES_LIMIT = 300
_TRAIL_LIMIT = 40
_MOST_COPIES = 3


@dataclass(frozen=True, slots=True)
class CardView:
    """All that the root card shows. ``can_act`` is False where nothing can be done any more."""

    conversation: Conversation
    first_text: str
    author: Speaker
    author_kind: Author = Author.VISITOR
    assignee: Operator | None = None
    inbox_url: str = ""
    now: Millis = Millis(0)
    can_act: bool = True
    edited: bool = False
    removed: bool = False
    typing: bool = False
    """The customer types just now."""
    mode: str = "reply"
    """What becomes of what is written in the thread: the mode of its channel."""
    moved_to: str = ""
    """The address of the thread where the conversation goes on; this card is out of use then."""


def root_card(view: CardView) -> Post:
    """Return the card of a conversation.

    It shows the first of the posts that ``message_post`` makes of ``first_text``; the others
    belong into the thread.
    """
    conversation = view.conversation
    first, *more = message_post(
        view.first_text,
        trusted=view.author_kind is not Author.VISITOR,
        edited=view.edited,
        removed=view.removed,
    )
    blocks = list(first.blocks)
    if more:
        blocks.append(context([plain_text(texts.CONTINUES, _FACT_LIMIT)]))
    facts = [plain_text(fact, _PAGES_LIMIT + 4) for fact in _facts(view)]
    starts = range(0, len(facts), CONTEXT_ELEMENTS)
    blocks += [context(facts[start : start + CONTEXT_ELEMENTS]) for start in starts]
    if view.moved_to:
        blocks += pointer_post(view.moved_to).blocks
    else:
        blocks.append(status_line(conversation, view.assignee, typing=view.typing, mode=view.mode))
    if buttons := _buttons(view):
        blocks.append(actions(buttons, f"conversation:{conversation.session_id}"))
    name = one_line(view.author.name, _NAME_LIMIT) or texts.UNTITLED
    title = fallback_text(f"#{conversation.number} {name}:")
    return Post(f"{title} {first.text}" if len(first.text) < _SAID_LIMIT else title, blocks)


def status_line(
    conversation: Conversation,
    assignee: Operator | None,
    *,
    typing: bool = False,
    mode: str = "reply",
) -> Block:
    """Return the live line: number, state, since when the customer waits, who has it."""
    sign = texts.MODE_SIGNS.get(mode)
    more = [plain_text(sign, _FACT_LIMIT)] if sign else []
    more += [plain_text(texts.TYPING, _FACT_LIMIT)] if typing else []
    words = f"*#{conversation.number}* · {texts.STATES[conversation.state]}"
    if conversation.waiting_since and conversation.state is not State.RESOLVED:
        words += f" · {texts.WAITING_SINCE} {date_mrkdwn(conversation.waiting_since)}"
    words += "".join(f" · {sign}" for sign in _signs(conversation))
    return context(
        [
            {"type": "mrkdwn", "text": words, "verbatim": True},
            plain_text(assigned_to(conversation, assignee), _FACT_LIMIT),
            *more,
        ]
    )


def _signs(conversation: Conversation) -> Iterator[str]:
    if conversation.gone:
        yield texts.GONE_SIGN
    if conversation.blocked:
        yield texts.BLOCKED_SIGN
    if conversation.snoozed_until is not None:
        yield texts.SNOOZED_SIGN.format(when=date_mrkdwn(conversation.snoozed_until))
    if conversation.muted:
        yield texts.MUTED_SIGN


def assigned_to(conversation: Conversation, assignee: Operator | None) -> str:
    """Return who has the conversation, in words."""
    name = one_line(assignee.name, _NAME_LIMIT) if assignee else ""
    if name:
        return texts.ASSIGNED_TO.format(name=name)
    return texts.ASSIGNED if conversation.assignee or assignee else texts.UNASSIGNED


def contact_facts(contact: Contact) -> Iterator[str]:
    """Yield what is known of the customer, a fact each."""
    email = one_line(contact.email, _FACT_LIMIT - 30)
    if email and contact.verified:
        email = texts.VERIFIED.format(email=email)
    place = ", ".join(one_line(part, 60) for part in (contact.city, contact.country) if part)
    yield from _signed(
        (texts.EMAIL_SIGN, email),
        (texts.PHONE_SIGN, contact.phone),
        (texts.COMPANY_SIGN, contact.company),
        (texts.PAGE_SIGN, _pages(contact)),
        (texts.PLACE_SIGN, place),
        (texts.DEVICE_SIGN, contact.device),
        (texts.SEGMENTS_SIGN, ", ".join(contact.segments)),
    )
    yield from _ways(contact)
    if contact.rating:
        yield rating_words(contact, limit=_NAME_LIMIT)


def _signed(*facts: tuple[str, str]) -> Iterator[str]:
    for sign, fact in facts:
        if shown := one_line(fact, _PAGES_LIMIT if sign == texts.PAGE_SIGN else _FACT_LIMIT - 4):
            yield f"{sign} {shown}"


def _ways(contact: Contact) -> Iterator[str]:
    """Yield by which way the customer writes, about what, and who else reads it."""
    if contact.subject.strip():
        yield one_line(texts.SUBJECT.format(subject=contact.subject), _FACT_LIMIT)
    if contact.origin.strip() not in {"", "chat"}:
        yield texts.VIA.format(origin=origin_name(contact.origin))
    if copies := [found for a in contact.participants if (found := one_line(a, _NAME_LIMIT))]:
        shown = ", ".join(copies[:_MOST_COPIES])
        more = len(copies) - _MOST_COPIES
        named = texts.AND_MORE.format(shown=shown, more=more) if more > 0 else shown
        yield texts.COPIES.format(addresses=named)
    if contact.topic.strip():
        yield one_line(texts.TOPIC.format(topic=contact.topic), _FACT_LIMIT)


def _pages(contact: Contact) -> str:
    """Return the page the customer looked at last, and the ones before it."""
    page = dot_line((contact.page_title, contact.page_url), limit=70)
    for before in contact.trail:
        page = texts.PAGES_BEFORE.format(page=page, before=one_line(before, _TRAIL_LIMIT))
    return page


def rating_words(contact: Contact, *, limit: int = 500) -> str:
    """Return the customer's rating in stars and their own words."""
    most = len(texts.STARS) - 1
    rating = texts.RATING.format(stars=texts.STARS[max(0, min(contact.rating, most))])
    comment = one_line(contact.rating_comment, limit)
    return texts.RATED_WITH.format(rating=rating, comment=comment) if comment else rating


def origin_name(origin: str) -> str:
    """Return how a customer reached Crisp: ``urn:crisp.im:whatsapp:0`` is WhatsApp."""
    parts = origin.split(":")
    way = one_line(parts[2] if len(parts) > 2 and parts[0] == "urn" else origin, 60)  # noqa: PLR2004 - urn:vendor:name
    return texts.ORIGINS.get(way.casefold(), way)


def _facts(view: CardView) -> Iterator[str]:
    if view.author_kind is not Author.VISITOR:
        name = one_line(view.author.name, _NAME_LIMIT)
        if name:
            yield texts.STARTED_BY.format(name=name)
    yield from contact_facts(view.conversation.contact)


def _buttons(view: CardView) -> list[Part]:
    opened: list[Part] = []
    if is_link(view.inbox_url):
        opened = [button(texts.OPEN_IN_CRISP, "conversation:open", url=view.inbox_url)]
    if not view.can_act or view.moved_to or view.conversation.gone:
        return opened
    value = view.conversation.session_id
    if view.conversation.state is State.RESOLVED:
        first = button(texts.REOPEN, "conversation:reopen", value=value)
    else:
        first = button(texts.RESOLVE, "conversation:resolve", value=value, style="primary")
    assign = button(texts.ASSIGN_ME, "conversation:assign_me", value=value)
    return [first, assign, *opened, _menu(view)]


def _menu(view: CardView) -> Part:
    state = view.conversation.state
    options = [option(texts.MENU_REPLY, "reply"), option(texts.MENU_NOTE, "note")]
    if state is not State.PENDING:
        options.append(option(texts.MARK_PENDING, "pending"))
    else:
        options.append(option(texts.MARK_OPEN, "reopen"))
    options.append(option(texts.MARK_READ, "mark_read"))
    options.append(option(texts.MENU_MORE, "more"))
    return {"type": "overflow", "action_id": "conversation:menu", "options": options}
