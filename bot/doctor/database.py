"""Checks of the database: it opens, its schema, it is whole, writable, private, with room.

Responsible for the words; the SQL is ``bot.store``'s. It only reads beside a running bridge, and
never takes the lock.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from bot.doctor.check import Check, Report, fail, ok, warn
from bot.errors import StoreError
from bot.store import beside, deliveries, troubles
from bot.store.database import holder
from bot.troubles import can_be_said, sentence

DATABASE = "database"
MIB = 1024 * 1024
CHECK_SECONDS = 30.0
"""So long the file is looked through at most."""
LITTLE, TOO_LITTLE = 500 * MIB, 50 * MIB
"""Free bytes on the disk below which it is said, and below which nothing should be started."""


def examine_database(path: Path, report: Report) -> None:
    """Check the file that BRIDGE_DATABASE names."""
    folder = path.resolve().parent
    if not path.exists():
        report(_to_be_made(path, folder))
    else:
        _examine_file(path, report)
    if folder.is_dir():
        report(space(shutil.disk_usage(folder).free, folder))


def _to_be_made(path: Path, folder: Path) -> Check:
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return ok(DATABASE, f"There is no {path} yet: the first start makes it.")
    return fail(
        DATABASE,
        f"{path} cannot be made in {folder}: make that folder writable, or set BRIDGE_DATABASE.",
    )


def _examine_file(path: Path, report: Report) -> None:
    pid = holder(path)
    try:
        pending = beside.pending_steps(path)
    except StoreError as err:
        report(fail(DATABASE, str(err)))
        return
    user = f"in use by the bridge (process {pid})" if pid else "not in use"
    report(ok(DATABASE, f"{path} opens and is {user}."))
    report(_schema(pending))
    report(whole(path))
    report(_writable(path, running=pid is not None))
    report(_private(path))
    if not pending:
        report(_open_letters(path))
        for check in wrong(path):
            report(check)


def _schema(pending: tuple[str, ...]) -> Check:
    if not pending:
        return ok("database schema", "The schema is up to date.")
    return warn(
        "database schema",
        f"{', '.join(pending)} is still to be applied: slack-crisp-bridge migrate does it, and so "
        "does the next start.",
    )


def whole(path: Path, *, within: float = CHECK_SECONDS) -> Check:
    """Check the file, for at most so many seconds."""
    name = "database integrity"
    try:
        damage = beside.damage(path, within=within)
    except TimeoutError:
        return warn(
            name,
            f"The file is too large to be checked within {within:.0f} seconds: make a backup, "
            "which is checked as a whole (slack-crisp-bridge backup FILE).",
        )
    except StoreError as err:
        return fail(name, str(err))
    if damage is None:
        return ok(name, "The file is whole.")
    return fail(
        name,
        "The file is damaged: stop the bridge, keep a copy, and put a backup back, or recover it "
        "with sqlite3's .recover.",
    )


def _writable(path: Path, *, running: bool) -> Check:
    name = "database writable"
    folder = path.resolve().parent
    if not os.access(path, os.W_OK) or not os.access(folder, os.W_OK):
        return fail(name, f"{path} and its folder must be writable for who runs the bridge.")
    if not running:
        try:
            beside.try_writing(path)
        except StoreError as err:
            return fail(name, str(err))
    return ok(name, f"{path} can be written.")


def _private(path: Path) -> Check:
    name = "database permissions"
    files = [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))]
    opened = [f for f in files if f.exists() and stat.S_IMODE(f.stat().st_mode) & 0o077]
    if not opened:
        return ok(name, "Only its owner can read the database.")
    names = " ".join(str(f) for f in opened)
    return warn(
        name, f"Other users of this machine can read what customers wrote: chmod 600 {names}."
    )


def _open_letters(path: Path) -> Check:
    name = "deliveries"
    try:
        with beside.reading(path, now_ms=int(time.time() * 1000)) as view:
            counts = deliveries.counts(view)
    except StoreError as err:
        return fail(name, str(err))
    if not counts:
        return ok(name, "Nothing waits for a person.")
    told = ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))
    return warn(name, f"{told}: see slack-crisp-bridge deliveries list.")


def wrong(path: Path) -> Iterator[Check]:
    """Yield a check for each thing that the bridge found wrong and nobody has mended yet."""
    name = "troubles"
    try:
        with beside.reading(path, now_ms=int(time.time() * 1000)) as view:
            found = troubles.troubles(view)
    except StoreError as err:
        yield fail(name, str(err))
        return
    for trouble in found:
        if can_be_said(trouble):
            yield warn(f"trouble {trouble.code}", sentence(trouble))
    if not found:
        yield ok(name, "The bridge has found nothing wrong.")


def space(free: int, folder: Path) -> Check:
    """Say whether the disk has room."""
    name, mib = "disk space", free // MIB
    if free >= LITTLE:
        return ok(name, f"{mib:,} MiB are free.")
    message = f"Only {mib} MiB are free in {folder}: make room, or nothing more is accepted."
    return (fail if free < TOO_LITTLE else warn)(name, message)
