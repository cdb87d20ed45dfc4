"""A bridge between two simulators, over real sockets, for the end-to-end tests.

Responsible for starting and stopping, and for waiting on conditions; it asserts nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot import app
from bot.config import load, reload
from bot.simulator.crisp.server import CrispSimulator
from bot.simulator.slack.server import SlackSimulator
from tests import spawning

Json = dict[str, Any]

FAST = """
[timers]
settle = 0.2
card_debounce = 0.02
reconnect = 0.05
sweep_every = 300.0
catch_up_limit = 5.0
shutdown = 4.0
[pacing]
posts_per_second = 0
"""


async def eventually(
    condition: Callable[[], Any], *, what: str = "the condition", within: float = 20.0
) -> Any:
    """Wait until ``condition`` returns something true, and return it."""
    async with contextlib.AsyncExitStack():
        deadline = asyncio.get_running_loop().time() + within
        while True:
            found = condition()
            if isinstance(found, Awaitable):
                found = await found
            if found:
                return found
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"{what} did not come true within {within} s")
            await asyncio.sleep(0.01)


@dataclass
class World:
    """Both platforms and the bridge's settings."""

    slack: SlackSimulator
    crisp: CrispSimulator
    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    # --- the customer's and the operators' side

    def visitor(self, text: str, session_id: str | None = None, **more: Any) -> str:
        """Write as a customer; return the session id."""
        act: Json = {"do": "visitor_message", "content": text, **more}
        if session_id:
            act["session_id"] = session_id
        done = self.crisp.act(act)
        found: str = done["session_id"]
        return found

    def customer_sees(self, session_id: str) -> list[Json]:
        """Return the messages of the conversation that are not the customer's, notes left out."""
        messages: list[Json] = self.crisp.dump(session_id)["messages"]
        return [m for m in messages if m["from"] == "operator" and m["type"] != "note"]

    def crisp_messages(self, session_id: str) -> list[Json]:
        """Return all messages of a conversation."""
        messages: list[Json] = self.crisp.dump(session_id)["messages"]
        return messages

    # --- the team's side

    @property
    def channel(self) -> str:
        """The channel that gets the threads."""
        return self.env["SLACK_CHANNEL"]

    def posts(self, channel: str | None = None) -> list[Json]:
        """Return every message of the channel, roots and replies, by ts."""
        roots = self.slack.dump(channel=channel or self.channel)["channel"]["messages"]
        flat = [m for root in roots for m in (root, *root["replies"])]
        return sorted(flat, key=lambda m: float(m["ts"]))

    def roots(self) -> list[Json]:
        """Return the channel's visible roots that the bot posted."""
        return _roots(self.posts())

    def root_of(self, session_id: str) -> Json | None:
        """Return the root card of a conversation, told by the session id in its actions."""
        return _root_of(session_id, self.posts())

    def thread(self, session_id: str) -> list[Json]:
        """Return the replies in a conversation's thread."""
        return _thread(session_id, self.posts())[1:]

    def shown(self, session_id: str) -> list[str]:
        """Return what the bot shows in a thread: the root's first text, then all the replies'."""
        thread = _thread(session_id, self.posts())
        replies = [m for m in thread[1:] if by_bot(m) and not is_context(m)]
        return [first_text(m) for m in thread[:1]] + [t for m in replies for t in paragraphs(m)]

    async def reply(self, session_id: str, text: str, user: str = "U0ANA00001", **more: Any) -> str:
        """Answer in a conversation's thread; return the ts."""
        root = await eventually(lambda: self.root_of(session_id), what="the thread")
        done = await self.slack.act(
            {
                "as": user,
                "do": "message",
                "channel": self.channel,
                "thread_ts": root["ts"],
                "text": text,
                **more,
            }
        )
        ts: str = done["ts"]
        return ts

    def ephemerals(self, user: str) -> list[Json]:
        """Return what only this user sees."""
        return list(self.slack.dump("ephemerals")["ephemerals"].get(user, []))

    def reactions(self, ts: str) -> set[str]:
        """Return the names of the reactions on a message."""
        message = next(m for m in self.posts() if m["ts"] == ts)
        return {r["name"] for r in message.get("reactions") or []}

    # --- the bridge

    @contextlib.asynccontextmanager
    async def bridge(self, config: str = FAST, **env: str) -> AsyncIterator[int]:
        """Run the bridge in this loop; yield its HTTP port once it is ready."""
        file = self.folder / "bridge.toml"
        file.write_text(config)

        def given() -> dict[str, str]:
            return {**self.env, "BRIDGE_CONFIG": str(file), "BRIDGE_HTTP_PORT": "0", **env}

        settings = load(given(), env_file=None)
        stop = asyncio.Event()
        port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(
            app.run(
                settings, stop=stop, on_listening=port.set_result,
                reload=lambda refused: reload(refused, given(), env_file=None),
            )
        )  # fmt: skip
        try:
            started: list[asyncio.Future[Any]] = [task, port]
            await asyncio.wait(started, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task
            await ready(port.result(), task)
            yield port.result()
        finally:
            stop.set()
            await task

    @contextlib.asynccontextmanager
    async def process(
        self, config: str = FAST, *, wait: bool = True, **env: str
    ) -> AsyncIterator[spawning.Spawned]:
        """Run the console script as a process of its own; it is killed at the end."""
        process = await self.start(config, **env)
        try:
            if wait:
                await self.process_ready(process)
            yield process
        finally:
            process.kill()
            await process.wait()

    async def start(self, config: str = FAST, **env: str) -> spawning.Spawned:
        """Start the console script; its output goes to a file in the folder."""
        file = self.folder / "bridge.toml"
        file.write_text(config)
        with (self.folder / "bridge.log").open("ab") as log:
            return spawning.spawn(
                "run",
                cwd=self.folder,
                stdout=log.fileno(),
                stderr=log.fileno(),
                env={
                    "PATH": os.environ.get("PATH", ""),
                    **self.env,
                    "BRIDGE_CONFIG": str(file),
                    "BRIDGE_HTTP_PORT": str(self.http_port),
                    **env,
                },
            )

    http_port: int = 0

    async def process_ready(self, process: spawning.Spawned) -> None:
        """Wait until the process says that it is ready."""

        async def ask() -> bool:
            if process.poll() is not None:
                raise AssertionError(f"the bridge ended:\n{self.log()}")
            return await get_status(self.http_port, "/readyz") == OK

        await eventually(ask, what="the bridge to be ready")

    def log(self) -> str:
        """Return what the process wrote."""
        return (self.folder / "bridge.log").read_text()


OK = 200


async def ready(port: int, task: asyncio.Task[None]) -> None:
    """Wait until the bridge at this port is ready."""

    async def ask() -> bool:
        if task.done():
            await task
        return await get_status(port, "/readyz") == OK

    await eventually(ask, what="the bridge to be ready")


async def get_status(port: int, path: str) -> int:
    """GET a path and return the status, 0 if nobody answers."""
    status, _ = await get(port, path)
    return status


async def get(port: int, path: str) -> tuple[int, str]:
    """GET a path and return status and body, (0, "") if nobody answers."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return 0, ""
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        answer = (await reader.read()).decode()
    except OSError:
        return 0, ""
    finally:
        writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    return (int(head.split(" ")[1]), body) if head else (0, "")


def _roots(posts: list[Json]) -> list[Json]:
    return [m for m in posts if m.get("thread_ts") in (None, m["ts"]) and by_bot(m)]


def _root_of(session_id: str, posts: list[Json]) -> Json | None:
    return next((root for root in _roots(posts) if session_id in str(root.get("blocks"))), None)


def _thread(session_id: str, posts: list[Json]) -> list[Json]:
    """Return the root and its replies; nothing where there is no root."""
    root = _root_of(session_id, posts)
    if root is None:
        return []
    ts = root["ts"]
    return [root, *(m for m in posts if m.get("thread_ts") == ts and m["ts"] != ts)]


def by_bot(message: Json) -> bool:
    """Tell whether the bot posted it."""
    return bool(message.get("bot_id"))


def is_context(message: Json) -> bool:
    """Tell whether a post is one small line."""
    blocks = message.get("blocks") or []
    return bool(blocks) and blocks[0]["type"] == "context"


def first_text(message: Json) -> str:
    """Return the plain text of a post's first rich_text block."""
    for block in message.get("blocks") or []:
        if block["type"] == "rich_text":
            return "".join(_texts(block))
    return str(message.get("text"))


def paragraphs(message: Json) -> list[str]:
    """Return the plain text of each message that a post shows: they are a block each."""
    texts = ["".join(_texts(b)) for b in message.get("blocks") or [] if b["type"] == "rich_text"]
    return texts or [first_text(message)]


def _texts(node: Any) -> list[str]:
    if isinstance(node, list):
        return [text for item in node for text in _texts(item)]
    if not isinstance(node, dict):
        return []
    if node.get("type") in {"text", "link"} and "text" in node:
        return [node["text"]]
    if node.get("type") == "link":
        return [node["url"]]
    if node.get("type") == "emoji":
        return [chr(int(code, 16)) for code in str(node.get("unicode", "")).split("-") if code]
    return _texts(node.get("elements", []))
