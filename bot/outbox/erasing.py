"""Clearing Slack of what was erased: every post of ours in a conversation's threads.

Responsible for one conversation's threads, some posts at a time, in Slack's pace. What stands there
is read again each time, so it can be stopped anywhere. What people wrote themselves stays: a bot
cannot delete it, so its address is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bot.domain import ChannelId, Json, MessageTs
from bot.errors import Refused
from bot.outbox.courier import Again, Done, Errand, Result
from bot.outbox.root_looks import SKEW
from bot.relay.access import Rules
from bot.relay.erase_effects import EraseThreads, Place
from bot.relay.keys import session_of
from bot.slack import messages
from bot.slack.client import SlackClient
from bot.slack.files import SlackFiles
from bot.slack.models import Identity
from bot.store import erasing
from bot.store.reader import Reader
from bot.store.rows import OutboxRow

BATCH = 20
"""So many posts are deleted before what was done is stored."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast, in seconds: ``settle`` until a post is listed, ``pause`` for each deletion."""

    settle: float
    pause: float


@dataclass(slots=True)
class _Found:
    ours: list[tuple[Place, tuple[str, ...]]] = field(default_factory=list)
    """Each with its files; the root of a thread last."""
    others: list[tuple[Place, str]] = field(default_factory=list)
    """Each with its address."""


class Erasing(Errand):
    """The posts of an erased conversation."""

    kind = EraseThreads.kind

    def __init__(
        self,
        slack: SlackClient,
        files: SlackFiles,
        reader: Reader,
        rules: Rules,
        *,
        pace: Pace,
        clock: Callable[[], float],
    ) -> None:
        """Delete through ``slack`` and ``files``; ``clock`` tells epoch seconds."""
        self._slack = slack
        self._files = files
        self._reader = reader
        self._rules = rules
        self._pace = pace
        self._clock = clock

    def bucket(self, row: OutboxRow) -> str:
        """Name the method: what it does most."""
        del row
        return "chat.delete"

    async def attempt(self, row: OutboxRow, payload: EraseThreads) -> Result:
        """Delete some of what is there; end once nothing was there twice, a while apart."""
        threads = tuple(dict.fromkeys((*payload.threads, *await self._roots(payload))))
        if threads != payload.threads:
            return Again(lambda tx: erasing.found_roots(tx, row, threads))
        found = _Found()
        for channel, root_ts in threads:
            await self._look(channel, root_ts, found)
        if found.ours:
            batch = found.ours[:BATCH]
            for place, files in batch:
                await self._remove(place, files)
            return Again(
                lambda tx: erasing.removed(tx, row, payload.erasure, len(batch)),
                after=self._pace.pause * len(batch),
            )
        if not payload.clean_at:
            return Again(lambda tx: erasing.was_clean(tx, row), after=self._pace.settle)
        early = payload.clean_at / 1000 + self._pace.settle - self._clock()
        if early > 0:
            return Again(after=early)
        return Done(lambda tx: erasing.left(tx, payload.erasure, found.others))

    async def _roots(self, payload: EraseThreads) -> list[Place]:
        """Find roots that were posted and not stored, by the session that their keys name.

        Who was erased may have written again since, and has a thread anew.
        """
        if not payload.since:
            return []
        anew = await self._reader.ask(lambda view: erasing.threads_now(view, payload.session_id))
        oldest = MessageTs(f"{max(payload.since / 1000 - SKEW, 0):.6f}")
        former = await self._reader.ask(lambda view: view.swept_channels())
        me = await self._slack.me()
        found = []
        for channel in sorted(self._rules.bridged_channels() | former):
            try:
                async for root in self._slack.history(channel, oldest):
                    named = map(session_of, messages.own_keys(root))
                    place = (channel, MessageTs(str(root["ts"])))
                    ours = messages.is_own_post(root, me) and payload.session_id in named
                    if ours and place not in anew:
                        found.append(place)
            except Refused:
                if channel in self._rules.bridged_channels():
                    raise
        return found

    async def _look(self, channel: ChannelId, root_ts: MessageTs, found: _Found) -> None:
        me = await self._slack.me()
        try:
            listed = [one async for one in self._slack.thread(channel, root_ts, None)]
        except Refused as err:
            if err.code not in {"thread_not_found", "message_not_found"}:
                raise
            return
        # The root goes last: while it is there, it says whose the thread is.
        for message in sorted(listed, key=lambda one: one.get("ts") == root_ts):
            self._sort(message, channel, root_ts, me, found)

    def _sort(
        self, message: Json, channel: ChannelId, root_ts: MessageTs, me: Identity, found: _Found
    ) -> None:
        if messages.is_tombstone(message):
            return
        place = (channel, MessageTs(str(message["ts"])))
        if messages.is_own_post(message, me):
            found.ours.append((place, tuple(_files(message.get("files")))))
        else:
            found.others.append((place, self._slack.permalink(*place, thread_ts=root_ts)))

    async def _remove(self, place: Place, files: Iterable[str]) -> None:
        """Delete the message first: without it nobody sees its files."""
        await self._slack.delete(*place)
        for file_id in files:
            await self._files.remove(file_id)


def _files(listed: object) -> Iterable[str]:
    for file in listed if isinstance(listed, list) else ():
        if isinstance(file, dict) and isinstance(file.get("id"), str):
            yield file["id"]
