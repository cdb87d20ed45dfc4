"""Forgetting what is old.

Responsible for how long things are kept, and for forgetting them a little at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import structlog

from bot.domain import Millis
from bot.errors import StoreError, place_of
from bot.store import audit, erasing, queue, retention
from bot.store.transaction import Transaction
from bot.store.writer import Writer

log = structlog.get_logger()

PRUNING_SECONDS = 3600.0
KEEP_DONE_MS = 30 * 24 * 3600 * 1000
"""How long a decided arrival stays in the inbox; its message keeps what makes it unique."""
DAY_MS = 24 * 3600 * 1000
KEEP_AUDIT_MS = 366 * 24 * 3600 * 1000
"""How long it is known who did what."""


async def prune(writer: Writer, *, erase_removed: bool, keep_text_days: int) -> None:
    """Forget what is old, until cancelled; and what is deleted in Crisp, if that is wanted.

    The text of messages goes after ``keep_text_days``; 0 keeps it.
    """
    await _note_retention(writer, keep_text_days)
    jobs: list[Callable[[Transaction], int]] = [forget]
    if keep_text_days:
        jobs.append(partial(_forget_text, keep_text_days))
    if erase_removed:
        jobs.append(_erase_gone)
    while True:
        for job in jobs:
            await _all_of(writer, job)
        await asyncio.sleep(PRUNING_SECONDS)


async def _all_of(writer: Writer, job: Callable[[Transaction], int]) -> None:
    """Do one kind of work until nothing of it is left; what fails is tried an hour later."""
    try:
        while await writer.submit(job):
            pass
    except Exception as err:  # noqa: BLE001 - what cannot be forgotten must not end the bridge
        log.error("pruning.failed", reason=place_of(err))


def forget(tx: Transaction) -> int:
    """Forget some of what is old; return how much that was, 0 once nothing is left."""
    acts = audit.prune(tx, before=Millis(tx.now - KEEP_AUDIT_MS))
    acts += erasing.prune(tx, before=Millis(tx.now - KEEP_AUDIT_MS))
    return acts + queue.prune(tx, done_before=Millis(tx.now - KEEP_DONE_MS))


def _erase_gone(tx: Transaction) -> bool:
    """Erase what people here have deleted in Crisp: its thread has said so for a while."""
    return erasing.erase(tx, erasing.gone(tx), source=erasing.CRISP) is not None


def _forget_text(days: int, tx: Transaction) -> int:
    return retention.forget(tx, before=Millis(tx.now - days * DAY_MS))


async def _note_retention(writer: Writer, days: int) -> None:
    """Have the audit say for how long text is kept, whenever that is different from before."""

    def job(tx: Transaction) -> None:
        retention.note(tx, days)

    try:
        await writer.submit(job)
    except StoreError as err:
        log.error("database.busy", reason=str(err))
