"""Asking Crisp what a message is by now, where two accounts of it differ.

Responsible for one reading and for what is believed of it: an answer out of a cache may be older
than what an event has told, and what is stored meanwhile goes before either.
"""

from __future__ import annotations

from bot.crisp import convert
from bot.crisp.client import CrispClient
from bot.crisp.models import Message
from bot.outbox.courier import Again, Done, Errand, Result, conversation_of
from bot.outbox.sends import BUCKET
from bot.relay import privacy
from bot.relay.access import Rules
from bot.relay.decisions import Overwrite, Revise
from bot.relay.effects import CheckMessage
from bot.relay.revisions import STALE_MS, overwriting
from bot.sensitive import Kind
from bot.store import revisions
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction
from bot.store.view import View
from bot.store.written import OwnPart, Written, own_part, written


class Checking(Errand):
    """One message, as Crisp has it, beside what is stored of it."""

    kind = CheckMessage.kind
    dropped = True

    def __init__(self, crisp: CrispClient, reader: Reader, rules: Rules) -> None:
        """Ask ``crisp``; ``rules`` say what of it is hidden."""
        self._rules = rules
        self._crisp = crisp
        self._reader = reader

    def bucket(self, row: OutboxRow) -> str:
        """Name the bucket: one for all that goes to Crisp."""
        del row
        return BUCKET

    async def attempt(self, row: OutboxRow, payload: CheckMessage) -> Result:
        """Read it, and take its content over unless something newer is known by then."""
        session_id = conversation_of(row).session_id

        def known(view: View) -> Written | OwnPart | None:
            return own_part(view, session_id, payload.fingerprint) or written(
                view, session_id, payload.fingerprint
            )

        before, now = await self._reader.ask(lambda view: (known(view), view.now))
        if before is None:
            return Done()
        found, cached = await self._crisp.read_message(session_id, payload.fingerprint)
        fresh = payload.asked_at + STALE_MS - now
        if cached and fresh > 0 and not self._confirms(found, before, row, payload):
            return Again(after=fresh / 1000)
        if isinstance(before, Written):
            news: Revise | Overwrite | None = _revised(found, before, payload)
        else:
            kinds = privacy.hidden_in(self._rules, row.conversation)
            news = _overwritten(found, before, payload, kinds)

        def record(tx: Transaction) -> None:
            if known(tx) != before:
                return  # what was told meanwhile has been compared on its own
            if isinstance(news, Revise):
                revisions.revise(tx, news)
            elif news is not None:
                revisions.overwrite(tx, news)

        return Done(record)

    def _confirms(
        self,
        found: Message | None,
        before: Written | OwnPart,
        row: OutboxRow,
        payload: CheckMessage,
    ) -> bool:
        """Tell whether an answer, however old, says what an event or a listing has said."""
        if found is None:
            return payload.missing
        if isinstance(before, Written):
            return _summary(found, before) == payload.candidate
        kinds = privacy.hidden_in(self._rules, row.conversation)
        return bool(privacy.hidden_within(found.content, kinds) == payload.candidate)


def _summary(found: Message, before: Written) -> str:
    link = convert.inbox_url(found.website_id, found.session_id)
    return privacy.summary(before.kind, found.content, before.hides, inbox_url=link)


def _revised(found: Message | None, before: Written, payload: CheckMessage) -> Revise | None:
    if before.removed:
        return None
    if found is None:
        return Revise(before.id, None) if payload.missing else None
    content = _summary(found, before)
    return None if content == before.content else Revise(before.id, content)


def _overwritten(
    found: Message | None, own: OwnPart, payload: CheckMessage, kinds: frozenset[Kind]
) -> Overwrite | None:
    """Return what somebody has made of a reply of ours in Crisp, if that is news."""
    if own.pending or own.content is None:
        return None
    if found is None:
        gone = payload.missing and own.overwritten != ""
        return Overwrite(own.id, "") if gone else None
    if not isinstance(found.content, str):
        return None
    shown = overwriting(found.content, own.content, own.overwritten, kinds)
    return None if shown is None else Overwrite(own.id, shown)
