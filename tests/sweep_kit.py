"""Both platforms as a sweep sees them, in memory, beside a real database.

Responsible for answering calls and counting them; it asserts nothing.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from email.utils import formatdate
from typing import Any, TypeVar, cast

from bot.crisp.client import CrispClient
from bot.crisp.replies import Reply
from bot.domain import ChannelId, MessageTs, Millis, SessionId, Source, WebsiteId
from bot.errors import ApiError, Refused, StoreError
from bot.inbox import Inbox
from bot.router import Router
from bot.slack.client import SlackClient
from bot.store.reader import Reader
from bot.store.transaction import Transaction
from bot.store.view import View
from bot.store.writer import Writer, run_jobs
from bot.sweep import CrispSweep, SlackSweep
from handlers import crisp_conversations, crisp_messages, slack_messages
from tests.core_kit import CHANNEL, NOW, RULES

T = TypeVar("T")
Json = dict[str, Any]
MINUTE = 60_000
HOUR = 60 * MINUTE


class Store:
    """A database that is a writer, committing each job alone, and a reader."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.conn = conn
        self.now = NOW
        self.commits = 0
        self.full_after: int | None = None
        """So many more commits that write are taken."""

    async def submit(self, job: Callable[[Transaction], T]) -> T:
        if self.full_after == 0:
            raise StoreError("full")
        (outcome,), _, wrote = run_jobs(self.conn, [job], self.now)
        self.commits += wrote
        if wrote and self.full_after is not None:
            self.full_after -= 1
        if isinstance(outcome, Exception):
            raise outcome
        return cast("T", outcome)

    async def ask(self, question: Callable[[View], T]) -> T:
        return question(self.view)

    @property
    def view(self) -> View:
        return View(self.conn, self.now)

    @property
    def writer(self) -> Writer:
        return cast("Writer", self)

    @property
    def reader(self) -> Reader:
        return cast("Reader", self)

    def inbox(self) -> Inbox:
        modules = (crisp_messages, crisp_conversations, slack_messages)
        return Inbox(self.writer, Router().merge(m.router for m in modules), RULES)

    def texts(self) -> list[str]:
        """Return the messages that were handed in, oldest first."""
        sql = "SELECT content FROM messages ORDER BY occurred_at"
        return [row[0] for row in self.conn.execute(sql)]

    def set_watermark(self, name: str, value: int) -> None:
        self.conn.execute("INSERT OR REPLACE INTO watermarks VALUES (?, ?)", (name, value))


def session(number: int) -> SessionId:
    """Return one of many session ids."""
    return SessionId(f"session_{number}")


class Crisp:
    """A transport that keeps conversations; ``now`` is its clock."""

    def __init__(self) -> None:
        self.now = NOW
        self.listed: list[Json] = []
        self.messages: dict[str, list[Json]] = {}
        self.faults: dict[str, ApiError] = {}
        self.calls: list[str] = []
        self.dated = True

    def say(self, number: int, text: str, *, at: int) -> Json:
        """Have a customer write; return the conversation as lists show it."""
        name, fingerprint = session(number), at * 100 + 7
        self.messages.setdefault(name, []).append(
            {
                "session_id": name, "type": "text", "from": "user", "origin": "chat",
                "content": text, "timestamp": at, "fingerprint": fingerprint,
            }
        )  # fmt: skip
        return self.list(number, updated_at=at, preview_message={"fingerprint": fingerprint})

    def list(self, number: int, **more: Any) -> Json:
        """Put a conversation in front of the list."""
        name = session(number)
        self.listed = [c for c in self.listed if c["session_id"] != name]
        self.listed.insert(0, {"session_id": name, "state": "unresolved", **more})
        return self.listed[0]

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> Reply:
        assert (method, json) == ("GET", None), "a sweep changes nothing"
        call = path.removeprefix("/website/w").removeprefix("/")
        self.calls.append(call)
        if call in self.faults:
            raise self.faults[call]
        headers = {"date": formatdate(self.now / 1000, usegmt=True)} if self.dated else {}
        return Reply(200, {"data": self._answer(call, dict(params or {}))}, headers)

    def _answer(self, call: str, params: Mapping[str, Any]) -> Any:
        if found := re.fullmatch(r"conversations/(\d+)", call):
            first = (int(found[1]) - 1) * params["per_page"]
            return self.listed[first : first + params["per_page"]]
        if found := re.fullmatch(r"conversation/(\w+)/messages", call):
            before = params.get("timestamp_before", 1 << 60)
            return [m for m in self.messages.get(found[1], []) if m["timestamp"] < before]
        if found := re.fullmatch(r"conversation/(\w+)", call):
            return next(c for c in self.listed if c["session_id"] == found[1])
        return [] if call == "operators/list" else {"website_id": "w"}

    def fail(self, number: int, kind: type[ApiError], code: str) -> None:
        """Fail every read of a conversation's messages."""
        self.faults[messages_of(number)] = kind(Source.CRISP, "GET conversation/messages", code)

    def sweep(self, store: Store, *, clock: Callable[[], int] | None = None) -> CrispSweep:
        return CrispSweep(
            CrispClient(self, WebsiteId("w"), monotonic=lambda: 0.0),  # time stands while it runs
            store.inbox().accept_all,
            store.writer,
            store.reader,
            clock_ms=clock or (lambda: self.now),
        )


def messages_of(number: int) -> str:
    """Return the call that reads a conversation's messages."""
    return f"conversation/{session(number)}/messages"


class Slack:
    """A channel's threads; ``replies`` are texts by the root's ts and their own."""

    def __init__(self) -> None:
        self.now = NOW
        self.threads: dict[str, dict[str, str]] = {}
        self.faults: dict[str, ApiError] = {}
        self.reads: list[str] = []
        self.gaps = 1

    def platform_time(self) -> Millis | None:
        return Millis(self.now)

    async def history(self, channel: ChannelId, oldest: MessageTs) -> AsyncIterator[Json]:
        if channel in self.faults:
            raise self.faults[channel]
        for root, replies in self.threads.items():
            if float(root) >= float(oldest):
                yield {"ts": root, "latest_reply": max(replies), "reply_count": len(replies)}

    async def replies(
        self, channel: ChannelId, thread_ts: MessageTs, oldest: MessageTs
    ) -> AsyncIterator[Json]:
        del channel
        self.reads.append(thread_ts)
        if thread_ts in self.faults:
            raise self.faults[thread_ts]
        for ts, text in self.threads[thread_ts].items():
            if float(ts) >= float(oldest):
                yield {"type": "message", "user": "UANA", "ts": ts, "thread_ts": thread_ts,
                       "text": text}  # fmt: skip

    def fail(self, thread_ts: str, error: ApiError | str) -> None:
        """Fail every read of a thread."""
        given = error if isinstance(error, ApiError) else refused(error)
        self.faults[thread_ts] = given

    def sweep(self, store: Store, accept: Any, *, clock: Callable[[], int] | None) -> SlackSweep:
        return SlackSweep(
            cast("SlackClient", self),
            accept,
            store.writer,
            store.reader,
            lambda: frozenset({CHANNEL}),
            clock_ms=clock or (lambda: self.now),
            horizon_ms=30 * 24 * HOUR,
            users_ttl_ms=HOUR,
            gaps=lambda: self.gaps,
        )


def refused(code: str) -> Refused:
    """Return a refusal of Slack's."""
    return Refused(Source.SLACK, "conversations.replies", code)
