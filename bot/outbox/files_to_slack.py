"""Showing customers' and operators' files in the thread.

Responsible for three steps a row: the bytes, the share, and finding the message that Slack makes of
it. What is done is stored before the next step begins, so that no crash shows a file twice; the
lane waits for the message, so that nothing written later stands before it. What cannot be had is
shown in words, with its address and the reason.
"""

from __future__ import annotations

from functools import partial

import structlog

from bot import texts
from bot.domain import ChannelId, Posted, Source
from bot.errors import Ambiguous, ApiError, RateLimited, Refused, Unauthorized, Unreachable
from bot.files import Reason, clean_name
from bot.markup import one_line
from bot.outbox.courier import Again, Done, Errand, Result, conversation_of
from bot.outbox.moving import TRANSFER, TRIES, Movers
from bot.outbox.roots import speaker_of
from bot.policy import HEALING_CODES
from bot.relay import privacy
from bot.relay.access import Rules
from bot.relay.decisions import Change
from bot.relay.file_effects import PostFile, RemoveFile, TidyShares
from bot.slack.client import SlackClient
from bot.slack.files import SlackFiles
from bot.store import gap, queue, revisions, shares
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction

log = structlog.get_logger()

_NAME_LIMIT = 60

LOOKS = 12
"""So often a share is looked for that Slack was told of: about half a minute."""
TIDY = 60
"""So many pauses (a minute) after a share that may be a second one the first may still appear."""
_UPLOAD_LOST = frozenset({"file_not_found", "file_deleted", "file_upload_incomplete"})


class PostingFile(Errand):
    """One file of a message, in its conversation's thread."""

    kind = PostFile.kind

    def __init__(self, movers: Movers, reader: Reader, rules: Rules) -> None:
        """Have ``movers`` fetch, upload and share; ``rules`` say what names may be shown."""
        self._rules = rules
        self._movers = movers
        self._reader = reader
        self._disguises: bool | None = None
        """Whether Slack puts a given name on a share; None until one was seen."""

    def bucket(self, row: OutboxRow) -> str:
        """Name the bucket: moving bytes has one of its own."""
        payload = row.payload()
        opened = row.conversation is not None and row.conversation.thread_ts is not None
        if not isinstance(payload, PostFile) or not opened:
            return "file"
        if payload.shared or row.must_look:
            return "files.info"
        return "files.share" if payload.file_id else TRANSFER

    async def attempt(self, row: OutboxRow, payload: PostFile) -> Result:
        """Do the next step."""
        if payload.withdrawn:
            return self._withdrawn(row, payload)
        if conversation_of(row).thread_ts is None:
            return Again(lambda tx: shares.words_first(tx, row, payload))
        if not payload.file_id:
            return await self._carry(row, payload)
        if not payload.shared:
            return await self._share(row, payload)
        return await self._locate(row, payload)

    async def look(self, row: OutboxRow, payload: PostFile) -> Result | None:
        """Find out whether it is shared; before its bytes are in Slack, it cannot be."""
        if not payload.file_id or conversation_of(row).thread_ts is None:
            return await self._shown_before(row, payload) or await self._movers.begun_anew(row)
        if payload.shared:
            return await self._locate(row, payload)
        found = await self._shares(row, payload)
        return self._found(row, payload, found) if found else None

    async def _shown_before(self, row: OutboxRow, payload: PostFile) -> Result | None:
        """Find a file by its name that may have been shared before a database was put back."""
        there = conversation_of(row)
        if there.channel is None or there.thread_ts is None:
            return None
        if not await self._reader.ask(lambda view: gap.is_of_gap(view, row)):
            return None
        slack, where = self._movers.slack, (there.channel, there.thread_ts)
        if (words := await slack.words(*where, row.key)) is not None:
            opened = words.ts == there.thread_ts
            return Again(lambda tx: shares.words_before(tx, row, payload, opened=opened))
        named = await slack.titled(*where, self._title(payload, there.channel))
        free = await self._reader.ask(
            lambda view: [f for f in named if gap.is_new_file(view, there.number, f)]
        )
        if not free:
            return None
        return Again(lambda tx: queue.patch(tx, row, file_id=free[0], shared=True))

    def _withdrawn(self, row: OutboxRow, payload: PostFile) -> Result:
        def record(tx: Transaction) -> None:
            revisions.withdrawn(tx, row.part_id)
            if payload.file_id:
                tx.enqueue(shares.removal_of(payload.file_id))

        return Done(record)

    def _title(self, payload: PostFile, channel: ChannelId | None) -> str:
        """Return the name as this channel shows it: it may have been stored for another one."""
        kinds = frozenset() if channel is None else self._rules.of(channel).redact
        return privacy.line(payload.file.name, kinds)

    # --- the bytes

    async def _carry(self, row: OutboxRow, payload: PostFile) -> Result:
        try:
            file_id = await self._moved(row, payload)
        except (RateLimited, Unauthorized) as err:
            if err.source is Source.SLACK:
                raise
            return self._later(row, payload, err)
        except Refused as err:
            return self._instead(row, payload, err.code)
        except (Ambiguous, Unreachable) as err:
            if err.source is Source.SLACK and isinstance(err, Unreachable):
                raise  # it is waited for, as with a text
            return self._later(row, payload, err)
        return Again(lambda tx: queue.patch(tx, row, file_id=file_id))

    async def _moved(self, row: OutboxRow, payload: PostFile) -> str:
        """Move the bytes from Crisp to Slack, and return Slack's name for them."""
        file, movers = payload.file, self._movers
        async with (
            movers.carrier.fetch(Source.CRISP, file.url, mime=file.mime) as incoming,
            incoming.measured() as whole,
        ):
            if not whole.size:
                raise Refused(Source.SLACK, "file", Reason.EMPTY)
            title = self._title(payload, conversation_of(row).channel)
            slot = await movers.slack.slot(clean_name(title, whole.mime), whole.size)
            async with movers.shown(row, whole, partial(_coming, title)):
                await movers.carrier.upload(
                    Source.SLACK, "POST", slot.address, whole, mime="application/octet-stream"
                )
        return slot.file_id

    def _later(self, row: OutboxRow, payload: PostFile, err: ApiError) -> Result:
        """Have the bytes moved again in a while, some times; nobody has seen any."""
        if row.attempts + 1 >= TRIES:
            return self._instead(row, payload, Reason.UNREADABLE)
        log.warning("file.not_moved", key=row.key, code=err.code, call=err.call)
        return Again(after=self._movers.pause_after(row.attempts + 1), counts=True)

    def _instead(self, row: OutboxRow, payload: PostFile, code: str) -> Result:
        """Show words; of an animation from elsewhere its address says everything."""
        log.warning("file.not_shown", key=row.key, code=code)
        silently = payload.file.kind == "animation" and code == Reason.ELSEWHERE
        return Again(
            lambda tx: shares.words_instead(tx, row, payload, code=code, silently=silently)
        )

    # --- the share

    async def _share(self, row: OutboxRow, payload: PostFile) -> Result:
        conversation = conversation_of(row)
        channel, thread_ts = conversation.channel, conversation.thread_ts
        if channel is None or thread_ts is None:
            return Again()
        try:
            await self._movers.slack.share(
                payload.file_id, self._title(payload, channel),
                channel=channel, thread_ts=thread_ts,
                speaker=speaker_of(payload, conversation, self._rules),
                disguised=self._disguises is not False,
            )  # fmt: skip
        except Unauthorized:
            raise
        except Refused as err:
            return self._not_shared(row, payload, err)

        def record(tx: Transaction) -> None:
            queue.patch(tx, row, shared=True)
            if row.must_look:
                # It was not there when it was looked for; it may have been about to be.
                later = int(self._movers.pause * TIDY * 1000)
                tx.enqueue(shares.tidy(payload.file_id, channel, thread_ts, delay_ms=later))

        return Again(record, after=self._movers.pause / 4)

    def _not_shared(self, row: OutboxRow, payload: PostFile, err: Refused) -> Result:
        if err.code in HEALING_CODES:
            raise err
        if err.code in _UPLOAD_LOST and row.attempts + 1 < TRIES:
            return Again(lambda tx: queue.patch(tx, row, file_id=""), counts=True)
        if err.code in _UPLOAD_LOST:
            return self._instead(row, payload, Reason.UNREADABLE)
        # Completed before, says Slack in whichever words; if that is not it, no share is found.
        log.warning("file.share_refused", key=row.key, code=err.code)
        return Again(lambda tx: queue.patch(tx, row, shared=True), counts=True)

    # --- the message that Slack makes of it

    async def _locate(self, row: OutboxRow, payload: PostFile) -> Result:
        found = await self._shares(row, payload)
        if found:
            nameless = await self._is_nameless(payload, found[0])
            return self._found(row, payload, found, nameless=nameless)
        if row.attempts >= LOOKS:
            return self._instead(row, payload, Reason.UNREADABLE)
        return Again(after=self._movers.pause * min(2.0**row.attempts / 4, 4.0), counts=True)

    async def _shares(self, row: OutboxRow, payload: PostFile) -> tuple[Posted, ...]:
        conversation = conversation_of(row)
        if conversation.channel is None or conversation.thread_ts is None:
            return ()
        found = await self._movers.slack.shares(
            payload.file_id, conversation.channel, conversation.thread_ts
        )
        return found or ()

    async def _is_nameless(self, payload: PostFile, share: Posted) -> bool:
        """Tell whether a share that should bear a name does not; asked of the first one only."""
        if self._disguises is None and payload.speaker.name:
            self._disguises = await self._movers.slack.bears_name(share, payload.speaker)
            return self._disguises is False
        return False

    def _found(
        self,
        row: OutboxRow,
        payload: PostFile,
        found: tuple[Posted, ...],
        *,
        nameless: bool = False,
    ) -> Result:
        first = found[0]
        if first.thread_ts is None:
            return self._stray(row, payload, first)

        def record(tx: Transaction) -> None:
            shares.shown(tx, row, payload, first, nameless=nameless)
            shares.surplus(tx, row.key, found)

        return Done(record)

    def _stray(self, row: OutboxRow, payload: PostFile, share: Posted) -> Result:
        """Remove what lies in the open because the thread's root is gone; begin anew."""
        conversation = conversation_of(row)
        log.warning("thread.lost", conversation=conversation.number)

        def record(tx: Transaction) -> None:
            tx.enqueue(shares.removal_of(payload.file_id, share.channel, share.ts))
            columns = {"thread_ts": None, "channel": None}
            tx.change(Change(conversation.session_id, columns, card=False))
            queue.patch(tx, row, file_id="", shared=False)

        return Again(record)


class RemovingFile(Errand):
    """A file of ours, deleted with the message that carries it."""

    kind = RemoveFile.kind
    dropped = True

    def __init__(self, files: SlackFiles, slack: SlackClient) -> None:
        """Delete through both."""
        self._files = files
        self._slack = slack

    async def attempt(self, row: OutboxRow, payload: RemoveFile) -> Result:
        """Delete the message first: without it nobody sees the file."""
        del row
        if payload.channel is not None and payload.ts is not None:
            await self._slack.delete(payload.channel, payload.ts)
        await self._files.remove(payload.file_id)
        return Done()


class TidyingShares(Errand):
    """A file that may have been shared twice."""

    kind = TidyShares.kind
    dropped = fleeting = True

    def __init__(self, files: SlackFiles) -> None:
        """Look through ``files``."""
        self._files = files

    async def attempt(self, row: OutboxRow, payload: TidyShares) -> Result:
        """Take back all of its shares but the first."""
        found = await self._files.shares(payload.file_id, payload.channel, payload.thread_ts)
        return Done(lambda tx: shares.surplus(tx, row.key, found or ()))


def _coming(name: str, done: int, total: int) -> str:
    return texts.FILE_COMING.format(name=one_line(name, _NAME_LIMIT), done=done, total=total)
