"""Accepting what comes in: committed, decided and only then acknowledged.

Responsible for the life of an arrival. A handler reads and decides; what it decided is written
here, in the same transaction, and nothing is called on either platform.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog

from bot import texts
from bot.crisp.events import MESSAGE_RECEIVED, MESSAGE_SEND
from bot.domain import (
    Arrival,
    ChannelId,
    Conversation,
    Key,
    MessageTs,
    Receipt,
    SessionId,
    Source,
)
from bot.errors import place_of
from bot.relay.access import Rules, take
from bot.relay.agents import FAILED_REACTION, mark
from bot.relay.decisions import Audit, Change, Decision, Effect
from bot.relay.failures import not_shown, undecided
from bot.router import Router
from bot.slack.models import permalink, word
from bot.store import (
    audit,
    chosen,
    deliveries,
    edits,
    erasing,
    groups,
    preferences,
    queue,
    reacted,
    revisions,
    seen,
)
from bot.store.database import is_unusable
from bot.store.transaction import Transaction
from bot.store.writer import Writer
from bot.swept import Record, nothing

log = structlog.get_logger()

AT_ONCE = 64
"""At most so many arrivals of a catch-up share a commit: what comes live goes in between."""
_SAID = frozenset({MESSAGE_SEND, MESSAGE_RECEIVED})
"""Kinds of Crisp's events that are messages."""
ONCE = "once"
"""Stands among the arrivals for what must not be done again."""


class Inbox:
    """The door for arrivals of both platforms, live or swept."""

    def __init__(
        self,
        writer: Writer,
        router: Router,
        rules: Rules,
        *,
        on_receipt: Callable[[Arrival, Receipt], None] = lambda _arrival, _receipt: None,
    ) -> None:
        """Decide with the router's handlers; ``on_receipt`` counts."""
        self._writer = writer
        self._router = router
        self._rules = rules
        self._on_receipt = on_receipt

    def accept(self, arrival: Arrival) -> Awaitable[Receipt]:
        """Commit an arrival and what follows from it; awaited, it returns only then.

        The order of calls is the order in which arrivals are decided. StoreError if it could not
        be committed: it must not be acknowledged.
        """
        return self._committed(arrival, self._writer.submit(lambda tx: self.receive(tx, arrival)))

    async def accept_all(
        self, arrivals: Sequence[Arrival], record: Record = nothing
    ) -> Sequence[Receipt]:
        """Commit many arrivals in their order, in as few commits as there must be.

        ``record`` is stored with the last of them. StoreError if some could not be committed:
        what comes after them is not, and neither is the record.
        """
        receipts: list[Receipt] = []
        for first in range(0, max(len(arrivals), 1), AT_ONCE):
            some = arrivals[first : first + AT_ONCE]
            last = first + AT_ONCE >= len(arrivals)
            receipts += await self._writer.submit(self._together(some, record if last else nothing))
        for arrival, receipt in zip(arrivals, receipts, strict=True):
            self._on_receipt(arrival, receipt)
        return receipts

    def _together(
        self, arrivals: Sequence[Arrival], record: Record
    ) -> Callable[[Transaction], list[Receipt]]:
        def job(tx: Transaction) -> list[Receipt]:
            receipts = [self.receive(tx, arrival) for arrival in arrivals]
            record(tx)
            return receipts

        return job

    async def _committed(self, arrival: Arrival, commit: Awaitable[Receipt]) -> Receipt:
        receipt = await commit
        self._on_receipt(arrival, receipt)
        return receipt

    def receive(self, tx: Transaction, arrival: Arrival) -> Receipt:
        """Decide one arrival inside a transaction."""
        if arrival.fact is not None and tx.knows_fact(arrival.source, arrival.fact):
            return Receipt.DUPLICATE
        tx.conn.execute("SAVEPOINT decide")
        try:
            receipt = self._decide(tx, arrival)
        except Exception as err:  # becomes the row's state, for a person to see
            if is_unusable(err):
                raise  # not the arrival's fault: it is not accepted, and comes again
            tx.conn.execute("ROLLBACK TO decide")
            tx.record(arrival, state="failed", error=place_of(err))
            _tell_failed(tx, arrival)
            receipt = Receipt.FAILED
        tx.conn.execute("RELEASE decide")
        return receipt

    def _decide(self, tx: Transaction, arrival: Arrival) -> Receipt:
        decision = self._router.decide(arrival, tx, self._rules)
        if decision is None:
            return Receipt.IGNORED
        state, receipt = _state_of(decision)
        inbox_id = tx.record(arrival, state=state, parked_on=decision.park_on)
        self._write(tx, decision, inbox_id, swept=arrival.swept)
        return receipt

    def redecide(self, tx: Transaction, inbox_ids: Iterable[int]) -> None:
        """Decide stored arrivals again: what they waited for is known now."""
        for inbox_id in inbox_ids:
            arrival = tx.stored(inbox_id)
            if arrival is None:
                continue
            tx.conn.execute("SAVEPOINT again")
            failed_before = deliveries.was_failed(tx, inbox_id)
            try:
                decision = self._router.decide(arrival, tx, self._rules)
                decision = decision or Decision()
                state, _ = _state_of(decision)
                tx.settle(inbox_id, state=state, parked_on=decision.park_on)
                if failed_before:
                    _unmark(tx, arrival)
                self._write(tx, decision, inbox_id, swept=arrival.swept)
            except Exception as err:  # becomes the row's state, for a person to see
                if is_unusable(err):
                    raise
                tx.conn.execute("ROLLBACK TO again")
                tx.settle(inbox_id, state="failed", error=place_of(err))
                _tell_failed(tx, arrival)
            tx.conn.execute("RELEASE again")

    async def take_up_retries(self) -> None:
        """Decide the failed arrivals again that a person wants tried again."""

        def job(tx: Transaction) -> None:
            self.redecide(tx, deliveries.to_take_up(tx))

        await self._writer.submit(job)

    def _write(self, tx: Transaction, decision: Decision, inbox_id: int, *, swept: bool) -> None:
        edits.apply(tx, decision)
        _note(tx, decision)
        if decision.confirm is not None:
            edits.confirm(tx, decision.confirm, decision.confirmed_as)
        if decision.dismiss is not None:
            edits.confirm(tx, decision.dismiss, {})
        for key in decision.requeued:
            queue.requeue(tx, key)
        _save_news(tx, decision)
        tx.apply(decision, inbox_id=inbox_id)
        revisions.apply(tx, decision, swept=swept)
        if decision.audit is not None:
            audit.keep(tx, decision, permalink=self._permalink(decision.audit))
        if decision.erase is not None:
            erasing.erase(tx, decision.erase.sessions, source=erasing.CRISP)
        if decision.choose is not None:
            chosen.choose(tx, decision.choose)
            take(self._rules.choice, chosen.channel(tx, configured=self._rules.channel))

    def _permalink(self, act: Audit) -> str:
        """Return the address of the message that somebody did something by; else the channel's."""
        if not act.channel or not self._rules.workspace_url:
            return ""
        if act.ts is None:
            return f"{self._rules.workspace_url.rstrip('/')}/archives/{act.channel}"
        return permalink(self._rules.workspace_url, act.channel, act.ts, thread_ts=act.thread_ts)


def _note(tx: Transaction, decision: Decision) -> None:
    """Write what is remembered of things heard, seen and done."""
    if decision.seen is not None:
        seen.keep(tx, decision.seen)
    if decision.once is not None:
        tx.record(Arrival(Source.SLACK, ONCE, {}, fact=decision.once))
    if decision.reacted is not None:
        reacted.keep(tx, decision.reacted)


def _save_news(tx: Transaction, decision: Decision) -> None:
    """Store what is news of people, names and groups in Slack."""
    for user in decision.users:
        tx.save_user(user)
    for entity, name in decision.names.items():
        tx.save_name(entity, name)
    if decision.members is not None:
        groups.keep(tx, decision.members)
    if decision.preferences is not None:
        preferences.keep(tx, decision.preferences)


def _state_of(decision: Decision) -> tuple[str, Receipt]:
    if decision.park_on is not None:
        return "parked", Receipt.PARKED
    if decision.waits:
        return "waiting", Receipt.PARKED
    return "done", Receipt.ACCEPTED


def _tell_failed(tx: Transaction, arrival: Arrival) -> None:
    """Tell somebody of what failed; if that fails too, it is listed all the same."""
    tx.conn.execute("SAVEPOINT telling")
    try:
        for effect in _told_of(tx, arrival):
            tx.enqueue(effect)
    except Exception as err:  # the row is what counts
        if is_unusable(err):
            raise
        tx.conn.execute("ROLLBACK TO telling")
        log.error("event.failure_not_told", source=arrival.source.value, reason=place_of(err))
    tx.conn.execute("RELEASE telling")


def _told_of(tx: Transaction, arrival: Arrival) -> Iterable[Effect]:
    """Tell the writer of a reply that it was not sent, and the team of a message not shown.

    What people write elsewhere is theirs.
    """
    if arrival.source is Source.CRISP:
        session_id = arrival.payload.get("session_id")
        if arrival.kind not in _SAID or not isinstance(session_id, str) or not session_id:
            return ()
        tx.change(Change(SessionId(session_id), {}, create=True, card=False))
        return (
            not_shown(SessionId(session_id), Key(f"post:{session_id}:failed"), "failed", tx.now),
        )
    if arrival.kind == "message" and _thread(tx, arrival) is None:
        return ()
    return undecided(arrival, why=texts.BRIDGE_FAILED, now=tx.now)


def _unmark(tx: Transaction, arrival: Arrival) -> None:
    """Take the warning off a reply that had failed and is decided now."""
    if arrival.source is Source.SLACK and arrival.kind == "message":
        channel, ts = word(arrival.payload, "channel"), word(arrival.payload, "ts")
        tx.enqueue(mark(ChannelId(channel), MessageTs(ts), FAILED_REACTION, present=False))


def _thread(tx: Transaction, arrival: Arrival) -> Conversation | None:
    channel, thread_ts = word(arrival.payload, "channel"), word(arrival.payload, "thread_ts")
    return tx.conversation_in(ChannelId(channel), MessageTs(thread_ts))
