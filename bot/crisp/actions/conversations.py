"""Actions on conversations: list, create, state, routing, block, who is in copy.

Responsible for their inputs, outputs and calls.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from bot.crisp.actions.base import (
    PER_PAGE,
    Action,
    Context,
    Done,
    Input,
    OfConversation,
    Part,
)
from bot.crisp.conversations import ConversationFilter
from bot.crisp.models import Conversation, Listing, Participant
from bot.crisp.paging import pages
from bot.domain import OperatorId, SessionId, Speaker, State


class Author(Part):
    """Under whom Crisp shows a change."""

    nickname: Annotated[str, Field(min_length=1)]
    avatar: str | None = None


def speaker(author: Author | None) -> Speaker | None:
    """Return an author in the bridge's words."""
    return Speaker(author.nickname, author.avatar) if author else None


class ListConversations(Input):
    """Which page of the inbox; names and meaning are Crisp's."""

    page: Annotated[int, Field(ge=1, description="Counted from 1.")] = 1
    per_page: Annotated[int | None, Field(ge=20, le=50, description="20 if not given.")] = None
    search_query: str | None = None
    search_type: Literal["text", "segment", "filter"] | None = None
    filter_unread: bool = False
    filter_resolved: bool = False
    filter_not_resolved: bool = False
    filter_mention: bool = False
    filter_assigned: Annotated[str | None, Field(description="An operator's user_id.")] = None
    filter_unassigned: bool = False
    filter_inbox_id: str | None = None
    filter_date_start: datetime | None = None
    filter_date_end: datetime | None = None
    order: Annotated[
        Literal["created", "updated", "waiting"] | None,
        Field(description="By which date; the newest, or the longest waiting, first."),
    ] = None

    def matching(self, *, per_page: int | None = None) -> ConversationFilter:
        """Return it as the client takes it."""
        return ConversationFilter(
            per_page=self.per_page or per_page,
            search_query=self.search_query,
            search_type=self.search_type,
            unread=self.filter_unread,
            resolved=self.filter_resolved,
            not_resolved=self.filter_not_resolved,
            mention=self.filter_mention,
            assigned=OperatorId(self.filter_assigned) if self.filter_assigned else None,
            unassigned=self.filter_unassigned,
            inbox_id=self.filter_inbox_id,
            date_start=self.filter_date_start,
            date_end=self.filter_date_end,
            order=self.order,
        )


class Conversations(BaseModel):
    """A list of conversations."""

    conversations: tuple[Conversation, ...] = ()


class Created(BaseModel):
    """A conversation that was created."""

    session_id: str


class UpdateState(OfConversation):
    """Which state, and who changes it."""

    state: Literal["pending", "unresolved", "resolved"]
    user: Author | None = None


class StateIs(BaseModel):
    """A conversation's state."""

    state: str


class UpdateRouting(OfConversation):
    """To whom."""

    user_id: Annotated[
        str | None, Field(description="The operator's user_id; null takes the assignment away.")
    ]


class RoutingIs(BaseModel):
    """To whom a conversation is assigned."""

    user_id: str | None


class UpdateBlock(OfConversation):
    """Whether to block."""

    blocked: bool
    user: Author | None = None


class BlockIs(BaseModel):
    """Whether a conversation's visitor is blocked."""

    blocked: bool


class UpdateParticipants(OfConversation):
    """Who is to be in copy."""

    emails: Annotated[
        tuple[Annotated[str, Field(min_length=3)], ...],
        Field(description="All addresses in copy; whoever is left out is taken out."),
    ]


class UpdateCopies(OfConversation):
    """Whom to put in copy, and whom to take out."""

    add: tuple[Annotated[str, Field(min_length=3)], ...] = ()
    remove: tuple[str, ...] = ()


class Participants(BaseModel):
    """Who is in copy."""

    participants: tuple[Participant, ...] = ()


class SendTranscript(OfConversation):
    """To whom."""

    to: Annotated[
        str, Field(min_length=1, description="Crisp's word for whom: user, operator, other.")
    ] = "user"
    email: Annotated[str | None, Field(description="The address, with other.")] = None


async def _list(context: Context, given: ListConversations) -> Conversations:
    found = await context.crisp.list_conversations(given.page, matching=given.matching())
    return Conversations(conversations=found.items)


def _pages(context: Context, given: ListConversations) -> AsyncIterator[Sequence[BaseModel]]:
    matching = given.matching(per_page=PER_PAGE)

    def fetch(page: int) -> Awaitable[Listing[Conversation]]:
        return context.crisp.list_conversations(page, matching=matching)

    return pages(fetch, lambda one: one.session_id, start=given.page)


def _gather(items: Sequence[Any]) -> Conversations:
    return Conversations(conversations=tuple(items))


async def _create(context: Context, _given: Input) -> Created:
    return Created(session_id=await context.crisp.create_conversation())


async def _get(context: Context, given: OfConversation) -> Conversation:
    return await context.crisp.get_conversation(SessionId(given.session_id))


async def _delete(context: Context, given: OfConversation) -> Done:
    await context.crisp.delete_conversation(SessionId(given.session_id))
    return Done()


async def _get_state(context: Context, given: OfConversation) -> StateIs:
    return StateIs(state=(await context.crisp.get_state(SessionId(given.session_id))).value)


async def _update_state(context: Context, given: UpdateState) -> Done:
    await context.crisp.set_state(
        SessionId(given.session_id), State(given.state), author=speaker(given.user)
    )
    return Done()


async def _get_routing(context: Context, given: OfConversation) -> RoutingIs:
    return RoutingIs(user_id=await context.crisp.get_routing(SessionId(given.session_id)))


async def _update_routing(context: Context, given: UpdateRouting) -> Done:
    operator = OperatorId(given.user_id) if given.user_id else None
    await context.crisp.set_routing(SessionId(given.session_id), operator)
    return Done()


async def _get_block(context: Context, given: OfConversation) -> BlockIs:
    return BlockIs(blocked=await context.crisp.get_block(SessionId(given.session_id)))


async def _update_block(context: Context, given: UpdateBlock) -> Done:
    await context.crisp.set_block(
        SessionId(given.session_id), blocked=given.blocked, author=speaker(given.user)
    )
    return Done()


async def _get_participants(context: Context, given: OfConversation) -> Participants:
    found = await context.crisp.get_participants(SessionId(given.session_id))
    return Participants(participants=found)


async def _update_participants(context: Context, given: UpdateParticipants) -> Done:
    await context.crisp.set_participants(SessionId(given.session_id), given.emails)
    return Done()


async def _copies(context: Context, given: UpdateCopies) -> Participants:
    session_id = SessionId(given.session_id)
    before = await context.crisp.get_participants(session_id)
    gone = {one.casefold() for one in (*given.remove, *given.add)}
    kept = [one for one in before if one.target.casefold() not in gone]
    wanted = [*(one.target for one in kept), *dict.fromkeys(given.add)]
    if wanted != [one.target for one in before]:
        await context.crisp.set_participants(session_id, wanted)
    return Participants(participants=tuple(Participant(target=one) for one in wanted))


async def _send_transcript(context: Context, given: SendTranscript) -> Done:
    session_id = SessionId(given.session_id)
    await context.crisp.send_transcript(session_id, to=given.to, email=given.email)
    return Done()


ACTIONS: tuple[Action[Any, Any], ...] = (
    Action(
        "list-conversations", "List conversations, a page at a time, searched and filtered.",
        ListConversations, Conversations, _list, "reads", "search find inbox queue open unread",
        pages=_pages, gather=_gather,
    ),
    Action(
        "get-conversation", "Read one conversation: state, assignee, customer, unread counts.",
        OfConversation, Conversation, _get, "reads", "show details",
    ),
    Action(
        "create-conversation",
        "Create a conversation; the inbox shows it once a message from: user was sent to it.",
        Input, Created, _create, words="new start open",
    ),
    Action(
        "delete-conversation", "Delete a conversation with its messages, for good.",
        OfConversation, Done, _delete, "deletes", "remove erase",
    ),
    Action(
        "get-conversation-state", "Read whether a conversation is pending, unresolved or resolved.",
        OfConversation, StateIs, _get_state, "reads", "status",
    ),
    Action(
        "update-conversation-state", "Set a conversation to pending, unresolved or resolved.",
        UpdateState, Done, _update_state, words="resolve reopen close status change",
    ),
    Action(
        "get-conversation-routing", "Read to which operator a conversation is assigned.",
        OfConversation, RoutingIs, _get_routing, "reads", "assignee whom",
    ),
    Action(
        "update-conversation-routing", "Assign a conversation to an operator, or to nobody.",
        UpdateRouting, Done, _update_routing, words="assign unassign assignee route",
    ),
    Action(
        "get-conversation-block", "Read whether a conversation's visitor is blocked.",
        OfConversation, BlockIs, _get_block, "reads", "spam",
    ),
    Action(
        "update-conversation-block",
        "Block a conversation's visitor, whose messages are then dropped silently, or unblock.",
        UpdateBlock, Done, _update_block, words="spam ban",
    ),
    Action(
        "get-conversation-participants", "Read who is in copy of a conversation.",
        OfConversation, Participants, _get_participants, "reads", "cc carbon",
    ),
    Action(
        "update-conversation-participants", "Set who is in copy of a conversation, all of them.",
        UpdateParticipants, Done, _update_participants, words="cc carbon add invite",
    ),
    Action(
        "update-conversation-copies", "Put addresses in copy of a conversation, or take some out.",
        UpdateCopies, Participants, _copies, words="cc carbon add remove",
    ),
    Action(
        "send-transcript", "Have Crisp e-mail the transcript of a conversation.",
        SendTranscript, Done, _send_transcript, words="mail export",
    ),
)  # fmt: skip
