"""What the tests of questions share: a store with conversations, and a Crisp of canned answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.crisp.client import CrispClient
from bot.crisp.replies import Reply
from bot.domain import Contact, MessageTs, Operator, OperatorId, SessionId, State, WebsiteId
from bot.errors import ApiError
from bot.relay.decisions import Change
from bot.store.database import connect
from bot.store.migrate import migrate
from bot.store.reader import Reader
from bot.store.transaction import Transaction
from bot.store.writer import run_jobs

WEBSITE = WebsiteId("8c842203-7ed8-4e29-a608-7cf78a7d2fcc")
W = f"/website/{WEBSITE}"
NOW = 1_795_000_000_000
BEN = Operator(OperatorId("op-ben"), "Ben Hart", "ben@acme.test")
Call = tuple[str, dict[str, Any]]


def session(number: int) -> SessionId:
    """Return one of many session ids."""
    return SessionId(f"session_00000000-0000-4000-8000-{number:012d}")


def wire(number: int, state: str = "unresolved", **more: Any) -> dict[str, Any]:
    """Return a conversation as Crisp sends it; ``email`` and ``nickname`` go into its meta."""
    meta = {k: more.pop(k) for k in ("email", "nickname") if k in more}
    return {"session_id": session(number), "state": state, "meta": meta, **more}


class CannedCrisp:
    """A transport that answers by path; a function is asked with the query, an error is raised."""

    def __init__(self, answers: Mapping[str, Any] | None = None) -> None:
        self.answers = dict(answers or {})
        self.calls: list[Call] = []

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> Reply:
        assert (method, json) == ("GET", None), "a question changes nothing"
        name, query = path.removeprefix(f"{W}/"), dict(params or {})
        self.calls.append((name, query))
        answer = self.answers[name]
        if callable(answer):
            answer = answer(query)
        if isinstance(answer, ApiError):
            raise answer
        return Reply(200, {"error": False, "reason": "ok", "data": answer})

    @property
    def client(self) -> CrispClient:
        """Return our client on this transport."""
        return CrispClient(self, WEBSITE)


class Store:
    """A real database: ``write`` commits, ``reader`` is what questions are given."""

    def __init__(self, write: Callable[..., Any], reader: Reader) -> None:
        self._write = write
        self.reader = reader

    async def write(self, job: Callable[[Transaction], Any]) -> Any:
        """Commit a job."""
        return await self._write(job)

    async def add(
        self,
        number: int,
        state: State = State.UNRESOLVED,
        *,
        contact: Contact | None = None,
        thread: str | None = None,
        **columns: object,
    ) -> None:
        """Store ``session(number)``; the bridge's own numbers count from 1."""
        columns["state"] = state.value
        if contact is not None:
            columns |= {"contact": asdict(contact), "email": contact.email}
        if thread is not None:
            columns |= {"channel": "C1", "thread_ts": MessageTs(thread)}
        change = Change(session(number), columns, create=True, card=False)
        await self.write(lambda tx: tx.change(change))


@asynccontextmanager
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Open a migrated database that knows the operator Ben."""
    path = tmp_path / "bridge.db"
    writing = await connect(path)
    await writing.run(lambda conn: migrate(conn, path=path))
    reading = await connect(path, read_only=True)

    async def write(job: Callable[[Transaction], Any]) -> Any:
        outcomes, _, _ = await writing.run(lambda conn: run_jobs(conn, [job], NOW))
        if isinstance(outcomes[0], Exception):
            raise outcomes[0]
        return outcomes[0]

    ready = Store(write, Reader(reading, clock_ms=lambda: NOW))
    await ready.write(lambda tx: tx.save_operators([BEN]))
    try:
        yield ready
    finally:
        await reading.close()
        await writing.close()
