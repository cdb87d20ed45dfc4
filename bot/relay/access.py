"""Who may answer customers, and under which name; pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from bot import texts
from bot.cards.faces import colour_of, tile_path
from bot.domain import ChannelId, Conversation, Operator, SlackUser, Speaker
from bot.relay.channels import ChannelRules
from bot.relay.saved import SavedReply


@dataclass(frozen=True, slots=True)
class Route:
    """Conversations that match every given field go to ``channel``; the first match wins."""

    channel: ChannelId
    inbox: str | None = None
    segment: str | None = None
    origin: str | None = None

    def matches(self, conversation: Conversation) -> bool:
        """Tell whether every field that is given fits the conversation."""
        contact = conversation.contact
        return (
            (self.inbox is None or self.inbox == conversation.inbox_id)
            and (self.segment is None or self.segment in contact.segments)
            and (self.origin is None or self.origin == contact.origin)
        )


@dataclass(frozen=True, slots=True)
class Access:
    """Who may do what: ids of people (``U…``) and of user groups (``S…``)."""

    agents: frozenset[str] = frozenset()
    """Who may act for the team; empty: every full member."""
    admins: frozenset[str] = frozenset()
    """Who may also delete, block and set things up; empty: the workspace's admins and owners."""

    @property
    def groups(self) -> frozenset[str]:
        """Return the user groups whose members must be known."""
        return frozenset(one for one in self.agents | self.admins if one.startswith("S"))


@dataclass(slots=True)
class Choice:
    """The channel that an admin chose in Slack, as far as it counts; it changes while we run."""

    channel: ChannelId | None = None
    """Where new conversations go that no route takes; None: where the settings say."""
    earlier: frozenset[ChannelId] = frozenset()
    """What was chosen before, where threads still are."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator of the bridge decided; from bridge.toml and the settings."""

    channel: ChannelId
    website_id: str
    bot_user_id: str = ""
    bot_id: str = ""
    team_id: str = ""
    """The workspace that is ours: whoever is of another is a stranger."""
    workspace_url: str = ""
    routes: tuple[Route, ...] = ()
    access: Access = field(default_factory=Access)
    agents: Mapping[str, str] = field(default_factory=dict)
    """Slack user id → operator's user_id or e-mail."""
    unmapped_agents: str = "profile"
    company: Speaker = Speaker(texts.COMPANY)
    card_debounce_ms: int = 2000
    public_url: str = ""
    """Where the bridge's tiles can be fetched; empty where nobody can."""
    relay_bots: frozenset[str] = frozenset()
    """Apps whose posts go to customers, by app id (A…) or bot id (B…)."""
    removals: str = "strike"
    """``strike``: what was removed in Crisp stays, struck through; ``delete``: it goes."""
    history_messages: int = 10
    """So many earlier messages a new thread shows; 0: none."""
    reopen: str = "new"
    """What becomes of a customer who comes back: ``same`` thread, ``broadcast`` or ``new``."""
    reopen_after_ms: int = 14 * 86_400_000
    """How old a thread is then, at least."""
    saved_replies: Callable[[], Mapping[str, SavedReply]] = dict
    """Gives them as they are by now, by code."""
    reactions: Mapping[str, str] = field(default_factory=lambda: texts.REACTIONS)
    """Emoji → the verb and its argument that it orders."""

    channels: Mapping[ChannelId, ChannelRules] = field(default_factory=dict)
    """What is different in some channels."""
    everywhere: ChannelRules = field(default_factory=ChannelRules)
    """What holds in all others."""
    collision_ms: int = 20_000
    """How soon after another's answer a reply is asked about; 0: never."""
    asides: tuple[str, ...] = ()
    """How a message begins that is meant for the team."""

    erase_removed: bool = False
    """Whether what is deleted in Crisp is erased here."""

    choice: Choice = field(default_factory=Choice)
    """The one part that changes: ``bot.inbox`` does it, and the start."""

    @property
    def default_channel(self) -> ChannelId:
        """Return where a new conversation goes that no route takes."""
        return self.choice.channel or self.channel

    @property
    def routes_everything(self) -> bool:
        """Tell whether a route takes every conversation that no other one takes."""
        return any(r.inbox is r.segment is r.origin is None for r in self.routes)

    def channel_of(self, conversation: Conversation) -> ChannelId:
        """Return the channel that gets the conversation's thread."""
        found = (r.channel for r in self.routes if r.matches(conversation))
        return next(found, self.default_channel)

    def of(self, channel: ChannelId | None) -> ChannelRules:
        """Return what holds in a channel."""
        return self.channels.get(channel, self.everywhere) if channel else self.everywhere

    def destinations(self) -> frozenset[ChannelId]:
        """Return every channel that new conversations can go to."""
        named = {route.channel for route in self.routes}
        if not self.routes_everything:
            named.add(self.default_channel)
        return frozenset(channel for channel in named if channel)

    def bridged_channels(self) -> frozenset[ChannelId]:
        """Return every channel that can hold threads."""
        named = {route.channel for route in self.routes} | {self.channel, self.default_channel}
        return frozenset(channel for channel in named | self.choice.earlier if channel)


def take(choice: Choice, news: Choice) -> None:
    """Let a choice be what it is by now, for all who hold it."""
    choice.channel, choice.earlier = news.channel, news.earlier


def of_team(user: SlackUser, team_id: str, rules: Rules) -> SlackUser:
    """Take into account which workspace an event says that somebody is of.

    Who is of another is a stranger, unless the profile says that they are a colleague of another
    workspace of the same organisation.
    """
    if not team_id or team_id == rules.team_id or user.sibling:
        return user
    return replace(user, stranger=True)


def outsider(user: SlackUser) -> str | None:
    """Say why this person may not even ask, or None if they are a full member of ours."""
    if user.bot:
        return texts.BY_AN_APP
    if user.deleted:
        return texts.BY_DEACTIVATED
    if user.stranger:
        return texts.BY_STRANGER
    if user.guest:
        return texts.BY_GUEST
    return None


def refusal(user: SlackUser, rules: Rules) -> str | None:
    """Say why this person may not act for the team, or None if they may.

    The one gate of whatever changes something in Crisp. Of a user group whose members are not
    known nobody is a member.
    """
    if reason := outsider(user):
        return reason
    access = rules.access
    if access.agents and not _is_among(user, access.agents | access.admins):
        return texts.BY_NO_AGENT
    return None


def may_admin(user: SlackUser, rules: Rules) -> bool:
    """Tell whether this person may decide how the bridge is set up."""
    if outsider(user):
        return False
    admins = rules.access.admins
    return _is_among(user, admins) if admins else user.admin


def admin_refusal(user: SlackUser, rules: Rules) -> str | None:
    """Say why this person may not do what only admins may, such as deleting; None if they may."""
    return refusal(user, rules) or (None if may_admin(user, rules) else texts.BY_NO_ADMIN)


def _is_among(user: SlackUser, named: Collection[str]) -> bool:
    return user.user_id in named or not user.groups.isdisjoint(named)


def find_operator(
    user: SlackUser, operators: Iterable[Operator], agents: Mapping[str, str]
) -> Operator | None:
    """Match a member with their Crisp operator: the mapping wins, else the exact e-mail."""
    wanted = agents.get(user.user_id, "" if user.stranger else user.email).casefold()
    if not wanted:
        return None
    return next(
        (o for o in operators if wanted in (o.user_id.casefold(), o.email.casefold())), None
    )


def speaker_for(user: SlackUser, operator: Operator | None, rules: Rules) -> Speaker | None:
    """Return the name and picture customers see; None if unmapped agents are refused."""
    if operator is not None:
        name = operator.name or user.name
        return Speaker(name, operator.avatar or user.avatar or tile_url(name, rules))
    if rules.unmapped_agents == "refuse":
        return None
    if rules.unmapped_agents == "company":
        return rules.company
    name = user.shown_as or user.name
    return Speaker(name, user.avatar or tile_url(name, rules))


def tile_url(name: str, rules: Rules) -> str | None:
    """Return where customers find the tile of somebody without a picture, if they can reach it."""
    if not rules.public_url:
        return None
    return rules.public_url.rstrip("/") + tile_path(name, colour_of(name))
