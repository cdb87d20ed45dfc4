"""Files in Slack: reading people's, uploading and sharing our own, finding and removing those.

Responsible for one call a method and for what its answer means; the bytes are moved by
``bot.transfer``. It must not retry, wait or decide. A share takes no metadata: the file's id is
what it is found by. https://docs.slack.dev/messaging/working-with-files
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.domain import ChannelId, Json, Key, MessageTs, Posted, Source, Speaker
from bot.errors import Ambiguous, Refused
from bot.files import Reason, SlackFile, read_file
from bot.markup import escape, one_line
from bot.slack.client import SlackClient, named
from bot.slack.failures import MissingScope
from bot.slack.messages import is_own_post
from bot.slack.models import word
from bot.transfer import Carrier, Incoming

_NAME_LENGTH = 80
CUSTOMIZE = "chat:write.customize"
_GONE = frozenset({"file_not_found", "file_deleted", "not_visible"})


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one file's bytes; nobody sees it before it is shared."""

    address: str
    file_id: str


class SlackFiles:
    """The calls about files."""

    def __init__(self, slack: SlackClient, carrier: Carrier, *, token: str) -> None:
        """``token`` is shown to Slack's own hosts when a file is read."""
        self._slack = slack
        self._web = slack.web
        self._carrier = carrier
        self._token = token

    @property
    def most(self) -> int:
        """How many bytes a file may have."""
        return self._carrier.most

    # --- people's files

    async def describe(self, file_id: str) -> SlackFile:
        """Ask about a file; Refused if it is gone, or we may not read files."""
        return read_file(await self._info(file_id))

    async def _info(self, file_id: str) -> Mapping[str, Any]:
        try:
            answer = await self._web.call("files.info", query={"file": file_id})
        except MissingScope as err:
            raise Refused(Source.SLACK, "files.info", Reason.NO_READING) from err
        except Refused as err:
            if err.code not in _GONE:
                raise
            raise Refused(Source.SLACK, "files.info", Reason.GONE) from err
        found = answer.get("file")
        return found if isinstance(found, Mapping) else {}

    @asynccontextmanager
    async def read(self, file: SlackFile) -> AsyncIterator[Incoming]:
        """Open a person's file. Refused if it cannot be had, with the scope that is missing."""
        try:
            async with self._carrier.fetch(
                Source.SLACK, file.url, mime=file.mime, size=file.size, bearer=self._token
            ) as incoming:
                yield incoming
        except Refused as err:
            if err.code == Reason.LOGIN_PAGE:
                await self.describe(file.id)  # says it if the scope is what is missing
            raise

    # --- our own

    async def slot(self, name: str, size: int) -> Slot:
        """Ask for a place to upload to; Refused for no bytes, or without files:write."""
        method = "files.getUploadURLExternal"
        try:
            answer = await self._web.call(method, query={"filename": name, "length": size})
        except MissingScope as err:
            raise Refused(Source.SLACK, method, Reason.NO_WRITING) from err
        address, file_id = answer.get("upload_url"), answer.get("file_id")
        if not (isinstance(address, str) and isinstance(file_id, str) and file_id):
            raise Ambiguous(Source.SLACK, method, "unexpected_answer")
        return Slot(address, file_id)

    async def share(
        self,
        file_id: str,
        title: str,
        *,
        channel: ChannelId,
        thread_ts: MessageTs,
        speaker: Speaker,
        disguised: bool = True,
    ) -> None:
        """Complete an upload and have it shared in a thread, under the speaker's name.

        Slack shares it a little later. Where the name cannot be borne by the message, it says it.
        """
        body: dict[str, Any] = {
            "files": [{"id": file_id, "title": title}],
            "channel_id": channel,
            "thread_ts": thread_ts,
        }
        name = named(speaker, self._slack.faces) if disguised and await self._may_disguise() else {}
        await self._web.call(
            "files.completeUploadExternal", body={**body, **(name or labelled(speaker))}
        )

    async def _may_disguise(self) -> bool:
        scopes = (await self._slack.me()).scopes
        return not scopes or CUSTOMIZE in scopes

    async def shares(
        self, file_id: str, channel: ChannelId, thread_ts: MessageTs
    ) -> tuple[Posted, ...] | None:
        """Find the messages that carry a file of ours, in one channel, oldest first.

        None if Slack does not know the file: then it was never completed.
        """
        try:
            info = await self._info(file_id)
        except Refused as err:
            if err.code == Reason.GONE:
                return None
            if err.code != Reason.NO_READING:
                raise
            return await self._shares_in_thread(file_id, channel, thread_ts)
        found = sorted(_shares(info, channel), key=lambda share: float(share.ts))
        return tuple(found)

    async def words(self, channel: ChannelId, thread_ts: MessageTs, key: Key) -> Posted | None:
        """Find the post that stands for a file in words, by its key."""
        found = await self._slack.find(channel, keys=(key,), thread_ts=thread_ts, oldest=None)
        return found.get(key)

    async def titled(self, channel: ChannelId, thread_ts: MessageTs, title: str) -> tuple[str, ...]:
        """Return the files of this title that our own messages in a thread carry, oldest first."""
        me = await self._slack.me()
        return tuple(
            [
                word(file, "id")
                async for message in self._slack.replies(channel, thread_ts, None)
                if is_own_post(message, me)
                for file in message.get("files") or []
                if word(file, "title") == title
            ]
        )

    async def _shares_in_thread(
        self, file_id: str, channel: ChannelId, thread_ts: MessageTs
    ) -> tuple[Posted, ...]:
        """Find them without files:read: in the thread they are to be in."""
        return tuple(
            [
                Posted(channel, MessageTs(message["ts"]), thread_ts)
                async for message in self._slack.replies(channel, thread_ts, None)
                if any(file.get("id") == file_id for file in message.get("files") or [])
            ]
        )

    async def bears_name(self, posted: Posted, speaker: Speaker) -> bool | None:
        """Tell whether a share bears the speaker's name; None if it should not, or is not shown."""
        if posted.thread_ts is None or not await self._may_disguise():
            return None
        async for message in self._slack.replies(posted.channel, posted.thread_ts, posted.ts):
            if message.get("ts") == posted.ts:
                return word(message, "username") == named(speaker, self._slack.faces).get(
                    "username", ""
                )
        return None

    async def remove(self, file_id: str) -> None:
        """Delete a file of ours everywhere; one that is gone already is fine."""
        try:
            await self._web.call("files.delete", body={"file": file_id})
        except Refused as err:
            if err.code not in _GONE:
                raise


def labelled(speaker: Speaker) -> dict[str, str]:
    """Return the arguments that name who sent a file, in words above it."""
    escaped = escape(one_line(speaker.name, _NAME_LENGTH))
    return {"initial_comment": f"{escaped}:"} if escaped else {}


def _shares(info: Json, channel: ChannelId) -> Iterator[Posted]:
    kinds = info.get("shares")
    for places in kinds.values() if isinstance(kinds, Mapping) else ():
        for share in places.get(channel) or () if isinstance(places, Mapping) else ():
            ts, thread_ts = word(share, "ts"), word(share, "thread_ts")
            if ts:
                in_thread = thread_ts and thread_ts != ts
                yield Posted(channel, MessageTs(ts), MessageTs(thread_ts) if in_thread else None)
