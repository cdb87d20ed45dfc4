"""Run bridges in processes of their own that kill themselves, as ``kill -9`` does, at a point.

``python -m tests.crashing`` reads orders from its input, one JSON object a line: ``point``, ``nth``
(the process ends when it passes the point that often), ``env``, ``log`` (a file). For each it
forks, which saves the seconds that the imports take (all that a run needs is imported before),
writes the process's id, waits for its end and writes the exit status. The points are planted from
outside, by wrapping methods: the bridge knows nothing of them.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from bot import app  # noqa: F401 - every fork would import it for itself
from bot.cli import main, run  # noqa: F401 - the same
from bot.crisp.client import CrispClient
from bot.domain import Source
from bot.inbox import Inbox
from bot.outbox import sends
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.learner import Learner
from bot.outbox.openings import Openings
from bot.outbox.posts import Posting
from bot.outbox.progress import Progress
from bot.outbox.sends import Sending
from bot.restoring import Restoring
from bot.slack import socket
from bot.slack.client import SlackClient
from bot.slack.files import SlackFiles
from bot.store import (
    absences,
    edits,
    migrate,
    queue,
    reactions,
    restored,
    seen,
    sets,
    shares,
    threads,
)
from bot.store.transaction import Transaction
from bot.sweep import CrispSweep, SlackSweep
from bot.transfer import Carrier
from handlers.slack_modals import Modals


@dataclass(frozen=True)
class Point:
    """Where to die: before or after ``owner.name`` runs, when its arguments are of interest."""

    owner: Any
    name: str
    after: bool = False
    wanted: Callable[..., bool] = lambda *_args, **_kwargs: True


def _arrives(source: Source, *, swept: bool = False) -> Callable[..., bool]:
    def wanted(*args: Any, **_kwargs: Any) -> bool:
        arrival = args[-1]
        new = arrival.kind in {"message", "message:send"}
        return arrival.source is source and new and arrival.swept is swept

    return wanted


def _catches_up(source: Source) -> Callable[..., bool]:
    arrives = _arrives(source, swept=True)
    return lambda _self, arrivals, *_record: any(arrives(one) for one in arrivals)


def _revised(*args: Any, **_kwargs: Any) -> bool:
    return args[-1].source is Source.SLACK and args[-1].kind in {
        "message_changed",
        "message_deleted",
    }


def _root(*_args: Any, thread_ts: object = None, **_kwargs: Any) -> bool:
    return thread_ts is None


def _reply(*_args: Any, thread_ts: object = None, **_kwargs: Any) -> bool:
    return thread_ts is not None


def _several(*_args: Any, joined: object = (), **_kwargs: Any) -> bool:
    return bool(joined)


def _outcome_of(kind: str) -> Callable[..., bool]:
    return lambda _self, row, **_more: row.kind == kind


_SLACK, _CRISP = _arrives(Source.SLACK), _arrives(Source.CRISP)
POINTS: dict[str, Point] = {
    "migration": Point(migrate, "_apply", after=True),
    "take-up": Point(queue, "take_up", after=True),
    "restore-in-commit": Point(restored, "doubt_all", after=True),
    "restore-taken-up": Point(Restoring, "take_up", after=True),
    "restore-adopts": Point(threads, "adopt", after=True),
    "restore-learned": Point(Restoring, "learn", after=True),
    "restore-looked": Point(sends, "sent_in_gap", after=True),
    "customer-decided": Point(Inbox, "receive", after=True, wanted=_CRISP),
    "customer-committed": Point(Inbox, "accept", after=True, wanted=_CRISP),
    "agent-decided": Point(Inbox, "receive", after=True, wanted=_SLACK),
    "agent-committed": Point(Inbox, "accept", after=True, wanted=_SLACK),
    "form-committed": Point(Modals, "_taken"),
    "agent-acked": Point(socket._Handler, "handle", after=True),
    "before-root": Point(SlackClient, "post", wanted=_root),
    "after-root": Point(SlackClient, "post", after=True, wanted=_root),
    "root-in-commit": Point(Openings, "record", after=True),
    "before-post": Point(SlackClient, "post", wanted=_reply),
    "after-post": Point(SlackClient, "post", after=True, wanted=_reply),
    "post-in-commit": Point(queue, "deliver_part", after=True),
    "post-committed": Point(Dispatcher, "_deliver", after=True, wanted=_outcome_of("post")),
    "set-in-commit": Point(sets, "join", after=True),
    "set-committed": Point(Dispatcher, "_joined", after=True, wanted=_outcome_of("post")),
    "before-set": Point(SlackClient, "post", wanted=_several),
    "after-set": Point(SlackClient, "post", after=True, wanted=_several),
    "set-ends-in-commit": Point(sets, "deliver", after=True),
    "set-looked-for": Point(Posting, "_found", after=True),
    "before-send": Point(CrispClient, "send_message"),
    "after-send": Point(CrispClient, "send_message", after=True),
    "send-in-commit": Point(
        queue, "finish", after=True, wanted=lambda _tx, row: row.kind == "send"
    ),
    "send-committed": Point(Dispatcher, "_deliver", after=True, wanted=_outcome_of("send")),
    "before-creation": Point(CrispClient, "create_conversation"),
    "after-creation": Point(CrispClient, "create_conversation", after=True),
    "start-in-commit": Point(
        queue, "patch", after=True, wanted=lambda _tx, row, **_fields: row.kind == "start"
    ),
    "start-committed": Point(Dispatcher, "_deliver", after=True, wanted=_outcome_of("start")),
    "described": Point(CrispClient, "update_meta", after=True),
    "edit-decided": Point(Inbox, "receive", after=True, wanted=_revised),
    "edit-stored": Point(Inbox, "accept", after=True, wanted=_revised),
    "before-edit": Point(CrispClient, "edit_message"),
    "after-edit": Point(CrispClient, "edit_message", after=True),
    "after-removal": Point(CrispClient, "remove_message", after=True),
    "edit-in-commit": Point(edits, "became", after=True),
    "edit-committed": Point(Dispatcher, "_deliver", after=True, wanted=_outcome_of("edit")),
    "edit-compared": Point(
        edits, "finish", after=True, wanted=lambda _tx, row, _record: row.kind == "send"
    ),
    "acknowledged": Point(seen, "keep", after=True),
    "unreacted": Point(SlackClient, "unreact", after=True),
    "reacted": Point(SlackClient, "react", after=True),
    "reaction-in-commit": Point(reactions, "became", after=True),
    "marked-read": Point(CrispClient, "mark_read", after=True),
    "file-fetched": Point(Carrier, "upload", after=True),
    "progress-shown": Point(Progress, "_post", after=True),
    "file-patched": Point(queue, "patch", after=True),
    "file-moved": Point(Dispatcher, "_deliver", after=True, wanted=_outcome_of("file")),
    "before-share": Point(SlackFiles, "share"),
    "after-share": Point(SlackFiles, "share", after=True),
    "file-located": Point(SlackFiles, "shares", after=True),
    "file-in-commit": Point(shares, "shown", after=True),
    "words-in-commit": Point(shares, "words_first", after=True),
    "upload-moved": Point(Dispatcher, "_deliver", after=True, wanted=_outcome_of("sendfile")),
    "learned": Point(Learner, "learn", after=True),
    "before-look": Point(Sending, "look"),
    "slack-look": Point(Posting, "look", after=True),
    "crisp-swept": Point(Inbox, "accept_all", after=True, wanted=_catches_up(Source.CRISP)),
    "slack-swept": Point(Inbox, "accept_all", after=True, wanted=_catches_up(Source.SLACK)),
    "crisp-sweep-ended": Point(CrispSweep, "_save"),
    "slack-sweep-read": Point(SlackSweep, "_thread", after=True),
    "gap-told-in-commit": Point(absences, "forget"),
    "watermark-in-commit": Point(Transaction, "save_watermark", after=True),
}


def plant(point: Point, *, nth: int) -> None:
    """Wrap the point's function so that passing it for the ``nth`` time ends the process."""
    passed = iter(range(1, sys.maxsize))

    def hit() -> None:
        if next(passed) == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    setattr(point.owner, point.name, heard(point, hit))


def heard(point: Point, hit: Callable[[], None]) -> Callable[..., Any]:
    """Return the point's function, with ``hit`` called whenever the point is passed."""
    original = getattr(point.owner, point.name)

    def told(*args: Any, **kwargs: Any) -> None:
        if point.wanted(*args, **kwargs):
            hit()

    @functools.wraps(original)
    def plain(*args: Any, **kwargs: Any) -> Any:
        if not point.after:
            told(*args, **kwargs)
        result = original(*args, **kwargs)
        if point.after:
            told(*args, **kwargs)
        return result

    @functools.wraps(original)
    async def waiting(*args: Any, **kwargs: Any) -> Any:
        if not point.after:
            told(*args, **kwargs)
        result = await original(*args, **kwargs)
        if point.after:
            told(*args, **kwargs)
        return result

    return waiting if inspect.iscoroutinefunction(original) else plain


def _halfway() -> None:
    """Die in the middle of the first migration."""
    original = migrate.statements

    def statements(sql: str) -> Iterator[str]:
        for number, statement in enumerate(original(sql)):
            if number == 5:
                os.kill(os.getpid(), signal.SIGKILL)
            yield statement

    migrate.statements = statements


def _run(order: dict[str, Any]) -> NoReturn:
    """Become the bridge of one order; its exit status is the process's."""
    os.environ.clear()
    os.environ.update(order["env"])
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.chdir(Path(order["log"]).parent)
    if order["point"] == "migrating":
        _halfway()
    else:
        plant(POINTS[order["point"]], nth=order["nth"])
    status = 1
    try:
        main(["run"])
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stderr.flush()
        os._exit(status)


def serve() -> None:
    """Carry out orders, one after the other, until there are no more."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _run(json.loads(line))
        print(pid, flush=True)  # noqa: T201 - the answer
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    serve()
