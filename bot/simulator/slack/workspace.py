"""The workspace: everything that exists, and who is told when it changes.

Responsible for holding state and for looking things up; what an operation means is in
``posting`` and the API modules, and how an event travels is in ``delivery``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from bot.simulator.faults import Fault
from bot.simulator.serving import Strays
from bot.simulator.slack import people
from bot.simulator.slack.config import Config
from bot.simulator.slack.ids import Ids
from bot.simulator.slack.model import (
    Channel,
    Ephemeral,
    File,
    Json,
    Message,
    ResponseUrl,
    User,
    UserGroup,
    View,
)

RESPONSE_URL_SECONDS = 1800.0
_MOST_TRIGGERS = 1000


class Workspace:
    """One team, seen from one installed app."""

    def __init__(self, *, config: Config, clock: Callable[[], float], seed: int) -> None:
        """Start with the people and channels of ``people``; ``clock`` gives epoch seconds."""
        self.config = config
        self.clock = clock
        self.ids = Ids(seed=seed, clock=clock)
        self.bot_token = f"xoxb-{self.ids.secret('bot')}"
        self.app_token = f"xapp-1-{people.APP}-{self.ids.secret('app')}"
        self.revoked: dict[str, str] = {}
        """Tokens that are refused, and Slack's word for why."""
        self.signing_secret = self.ids.secret("signing")
        self.base_url = ""
        self.strays = Strays()
        self.tell_app: Callable[[Json, Channel | None], None] = _nobody
        self.tell_watchers: Callable[[Json], None] | None = None
        self.pick_share_fault: Callable[[], Fault | None] = _no_fault
        self.later: Callable[[float, Callable[[], None]], None] = _at_once
        self.fill()

    def fill(self) -> None:
        """Forget everything that happened; tokens stay, timestamps go on."""
        self.users: dict[str, User] = {u.id: u for u in people.first_users()}
        self.channels: dict[str, Channel] = {c.id: c for c in people.first_channels()}
        self.groups: dict[str, UserGroup] = {g.id: g for g in people.first_groups()}
        self.files: dict[str, File] = {}
        self.strays.seen.clear()
        self.ephemerals: dict[str, list[Ephemeral]] = {}
        self.views: dict[str, View] = {}
        self.stacks: dict[str, list[str]] = {}
        """User to the ids of the modals they see, the topmost last."""
        self.homes: dict[str, View] = {}
        self.offers: dict[str, dict[str, list[Json]]] = {}
        """View id or message ts to the options last offered in it, by action_id."""
        self.response_urls: dict[str, ResponseUrl] = {}
        self.triggers: dict[str, tuple[str, float, bool]] = {}
        """Trigger to (user, expiry, already used)."""
        self.links: dict[str, tuple[str, str]] = {}
        """unfurl_id to (channel, ts) of the message with the links."""
        self.composer: dict[str, Json] = {}
        """unfurl_id to what somebody has in their composer."""
        self.calls: Counter[str] = Counter()
        self.downloads: Counter[str] = Counter()

    @property
    def bot(self) -> User:
        """Return the app's own user."""
        return self.users[people.BOT_USER]

    def user(self, who: str) -> User:
        """Find somebody by id, name or e-mail; LookupError with one sentence if nobody is."""
        if who in self.users:
            return self.users[who]
        wanted = who.lstrip("@").lower()
        for user in self.users.values():
            if wanted in (user.name.lower(), user.email.lower()):
                return user
        raise LookupError(f"there is no user {who!r}; known: {[u.name for u in self._people()]}")

    def channel(self, which: str) -> Channel:
        """Find a channel by id or name; LookupError with one sentence if there is none."""
        if which in self.channels:
            return self.channels[which]
        wanted = which.lstrip("#").lower()
        for channel in self.channels.values():
            if channel.name.lower() == wanted:
                return channel
        raise LookupError(f"there is no channel {which!r}; known: {list(self.channels)}")

    def group(self, which: str) -> UserGroup:
        """Find a user group by id or handle; LookupError with one sentence if there is none."""
        for group in self.groups.values():
            if which.lstrip("@") in (group.id, group.handle):
                return group
        raise LookupError(f"there is no user group {which!r}; known: {list(self.groups)}")

    def message(self, channel: Channel, ts: str) -> Message:
        """Return a message; LookupError with one sentence if it is not there."""
        if (message := channel.messages.get(ts)) is None:
            raise LookupError(f"there is no message {ts!r} in {channel.id}")
        return message

    def direct_channel(self, user: str) -> Channel:
        """Return the direct conversation of the app and one person, made when first wanted."""
        for channel in self.channels.values():
            if channel.is_im and channel.im_user == user:
                return channel
        channel = Channel(
            self.ids.make("D"),
            "",
            created=int(self.clock()),
            is_im=True,
            im_user=user,
            members={people.BOT_USER: None, user: None},
        )
        self.channels[channel.id] = channel
        return channel

    def topmost(self, user: str) -> View | None:
        """Return the modal that somebody sees, if one is open."""
        stack = self.stacks.get(user)
        return self.views[stack[-1]] if stack else None

    def new_trigger(self, user: str) -> str:
        """Return a trigger_id: good once, for three seconds."""
        if len(self.triggers) >= _MOST_TRIGGERS:
            now = self.clock()
            self.triggers = {key: t for key, t in self.triggers.items() if t[1] > now}
        trigger = f"{self.ids.ts()}.{self.ids.secret('trigger')}"
        self.triggers[trigger] = (user, self.clock() + self.config.trigger_ttl, False)
        return trigger

    def new_response_url(
        self,
        channel: str,
        user: str,
        *,
        message_ts: str | None = None,
        ephemeral_ts: str | None = None,
        thread_ts: str | None = None,
    ) -> str:
        """Return a response_url, which can replace the message or ephemeral that is named."""
        secret = self.ids.secret("response")
        expires = self.clock() + RESPONSE_URL_SECONDS
        self.response_urls[secret] = ResponseUrl(
            secret, channel, user, expires, message_ts, ephemeral_ts, thread_ts
        )
        return f"{self.base_url}/response/{secret}"

    def show(self, ephemeral: Ephemeral) -> None:
        """Show a message to one person."""
        for number, block in enumerate(ephemeral.blocks or []):
            block.setdefault("block_id", f"p{ephemeral.ts[-6:]}{number}")
        self.ephemerals.setdefault(ephemeral.user, []).append(ephemeral)
        self.watch_ephemeral(ephemeral)

    def watch_ephemeral(self, ephemeral: Ephemeral, *, deleted: bool = False) -> None:
        """Tell watchers that somebody sees an ephemeral message, or no longer does."""
        self.watch("ephemeral", deleted=deleted, **asdict(ephemeral))

    def find_ephemeral(self, user: str, ts: str) -> Ephemeral | None:
        """Return what one person sees under this timestamp."""
        return next((e for e in self.ephemerals.get(user, []) if e.ts == ts), None)

    def watch(self, kind: str, **what: Any) -> None:
        """Tell whoever watches the stream about a visible change."""
        if self.tell_watchers is not None:
            self.tell_watchers({"type": kind, **what})

    @contextmanager
    def before_last_change(self, channel: Channel | None, thread_ts: str = "") -> Iterator[None]:
        """Show the channel, or one thread of it, as it was before its last change."""
        change = None
        if channel is not None:
            thread = channel.threads.get(thread_ts)
            change = thread.last_change if thread is not None else channel.last_change
        if channel is None or change is None:
            yield
            return
        ts, before = change
        now = channel.swap(ts, before)
        try:
            yield
        finally:
            channel.swap(ts, now)

    @contextmanager
    def before_last_share(self, file_id: str) -> Iterator[None]:
        """Show a file as it was before it was last shared."""
        file = self.files.get(file_id)
        if file is None or not file.shares:
            yield
            return
        last = file.shares.pop()
        try:
            yield
        finally:
            file.shares.append(last)

    def _people(self) -> list[User]:
        return list(self.users.values())


def _nobody(_event: Json, _channel: Channel | None) -> None:
    return None


def _no_fault() -> Fault | None:
    return None


def _at_once(_seconds: float, action: Callable[[], None]) -> None:
    action()
