"""What people wrote on both sides, and what either side shows of it.

Responsible for writing as customers, agents and operators, for noting when a message arrives, and
for the account of it all; ``judge`` holds one side of one conversation against the other.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from benchmarks.soak.judge import Verdict, Written, judge, marks
from bot.simulator.crisp.server import CrispSimulator
from bot.simulator.slack.server import SlackSimulator

Json = dict[str, Any]
_SESSION = re.compile(r"conversation:(session_[0-9a-f-]+)")


class Accounts:
    """What happens on both sides."""

    def __init__(self, slack: SlackSimulator, crisp: CrispSimulator) -> None:
        """Watch both simulators, which must be running."""
        self.slack, self.crisp = slack, crisp
        self.threads: dict[str, str] = {}
        self.to_slack: dict[str, list[Written]] = {}
        self.to_crisp: dict[str, list[Written]] = {}
        self.latencies: dict[int, float] = {}
        self._names: dict[int, Any] = {}
        self._written_at: dict[int, float] = {}
        self._number = 0
        slack.workspace.tell_watchers = self._posted
        self._publish, crisp.world.publish = crisp.world.publish, self._published

    # --- writing

    def customer(self, session_id: str | None = None) -> str:
        """Write as a customer, in a new conversation if none is given; return the session id."""
        message = self._new(session_id or "")
        act: Json = {"do": "visitor_message", "text": message.text(), "nickname": "Jane Doe"}
        if session_id:
            act["session_id"] = session_id
        done = self.crisp.act(act)
        message.conversation = str(done["session_id"])
        self._names[message.number] = done["fingerprint"]
        self.to_slack.setdefault(message.conversation, []).append(message)
        return message.conversation

    def operator(self, session_id: str, *, note: bool = False) -> None:
        """Write to a customer in Crisp, or note something there: the thread is to show it."""
        message = self._new(session_id, note=note)
        do = "operator_note" if note else "operator_message"
        done = self.crisp.act({"do": do, "session_id": session_id, "text": message.text()})
        self._names[message.number] = done["fingerprint"]
        self.to_slack[session_id].append(message)

    async def agent(self, session_id: str, *, who: str, note: bool = False) -> None:
        """Answer, or note something, in the conversation's thread."""
        message = self._new(session_id, note=note)
        text = f"note: {message.text()}" if note else message.text()
        done = await self.slack.act(
            {"as": who, "do": "message", "text": text, "thread_ts": self.threads[session_id]}
        )
        self._names[message.number] = (who, done["ts"])
        self.to_crisp.setdefault(session_id, []).append(message)

    async def aside(self, session_id: str, *, who: str) -> None:
        """Say something in the thread that is to stay there."""
        text = f"// {self._new(session_id).text()}"
        await self.slack.act(
            {"as": who, "do": "message", "text": text, "thread_ts": self.threads[session_id]}
        )

    async def edit(self, message: Written, *, remove: bool = False) -> None:
        """Have a message's writer change it, or take it back."""
        if remove:
            message.removed = True
        else:
            message.version += 1
        name = self._names[message.number]
        if isinstance(name, tuple):
            who, ts = name
            text = f"note: {message.text()}" if message.note else message.text()
            act = {"as": who, "do": "delete" if remove else "edit", "ts": ts}
            await self.slack.act(act if remove else {**act, "text": text})
            return
        act = {"session_id": message.conversation, "fingerprint": name}
        done = (
            {"do": "visitor_remove"} if remove else {"do": "visitor_edit", "text": message.text()}
        )
        self.crisp.act({**act, **done})

    def _new(self, session_id: str, *, note: bool = False) -> Written:
        self._number += 1
        self._written_at[self._number] = time.perf_counter()
        return Written(self._number, session_id, note=note)

    # --- arriving

    def _posted(self, change: Json) -> None:
        message = change.get("message")
        if change["type"] != "message" or message is None or not message.get("bot_id"):
            return
        blocks = str(message.get("blocks"))
        found = _SESSION.search(blocks)
        if found and message.get("thread_ts") in (None, message["ts"]):
            self.threads.setdefault(found.group(1), message["ts"])
        self._arrived(blocks)

    def _published(self, event: str, data: Json) -> None:
        if event == "message:received":
            self._arrived(str(data.get("content")))
        self._publish(event, data)

    def _arrived(self, text: str) -> None:
        now = time.perf_counter()
        for number, _ in marks(text):
            if number in self._written_at:
                self.latencies[number] = now - self._written_at.pop(number)

    def under_way(self) -> set[int]:
        """Return the messages that have not arrived yet, and were not taken back."""
        gone = {one.number for one in self.everything() if one.removed}
        return set(self._written_at) - gone

    def everything(self) -> Iterator[Written]:
        """Yield all that was written."""
        for side in (self.to_slack, self.to_crisp):
            for written in side.values():
                yield from written

    # --- what is shown

    def threads_now(self) -> Mapping[str, list[Json]]:
        """Return the bot's posts by the root they are under, the root first."""
        channel = self.slack.dump("channels")["channels"][self.slack.channel_id]
        return {
            root["ts"]: [m for m in (root, *root["replies"]) if m.get("bot_id")]
            for root in channel["messages"]
            if root.get("bot_id")
        }

    def customer_sees(self, session_id: str) -> list[Json]:
        """Return what is from the team in a conversation in Crisp, notes included."""
        found = self.crisp.dump(session_id)["messages"]
        return [m for m in found if m["from"] == "operator"]

    def verdict(self, *, disordered: Collection[str] = ()) -> Verdict:
        """Judge both sides of everything.

        Order is not judged of what platforms have told in another one: ``slack``, ``crisp``.
        """
        total, threads = Verdict(), self.threads_now()
        for session, written in self.to_slack.items():
            posts = threads.get(self.threads.get(session, ""), [])
            texts = [texts_of(post) for post in posts]
            shown = [text for some, _ in texts for text in some]
            struck = [text for _, some in texts for text in some]
            total.add(_ordered(judge(written, shown, struck=struck), "crisp" not in disordered))
        for session in self.to_slack:
            written = self.to_crisp.get(session, [])
            own = {one.number for one in written}
            seen = self.customer_sees(session)
            total.leaked += _strangers(seen, own | {one.number for one in self.to_slack[session]})
            seen = [m for m in seen if _of(m, own)]
            notes = {number: m["type"] == "note" for m in seen for number in _of(m, own)}
            found = judge(written, [m["content"] for m in seen], as_notes=notes)
            total.add(_ordered(found, "slack" not in disordered))
        strays = {ts for ts, posts in threads.items() if not _is_announced(posts[0])}
        strays -= set(self.threads.values())
        total.leaked += [f"a post at the channel's root, {ts}" for ts in sorted(strays)]
        return total


def texts_of(post: Json) -> tuple[list[str], list[str]]:
    """Return the texts of the messages that a post shows, and those it shows struck through."""
    shown: list[str] = []
    struck: list[str] = []
    blocks = post.get("blocks") or []
    if blocks and blocks[0]["type"] == "context":
        return shown, struck
    for block in blocks:
        if block["type"] == "rich_text":
            whole = list(_runs(block))
            shown.append("".join(text for text, gone in whole if not gone))
            struck.append("".join(text for text, gone in whole if gone))
    return shown, struck


def _runs(node: Any) -> Iterator[tuple[str, bool]]:
    if isinstance(node, list):
        for item in node:
            yield from _runs(item)
    elif isinstance(node, dict):
        if node.get("type") == "text":
            yield str(node["text"]), bool(node.get("style", {}).get("strike"))
        else:
            yield from _runs(node.get("elements", []))


def _of(message: dict[str, Any], own: set[int]) -> list[int]:
    return [number for number, _ in marks(str(message["content"])) if number in own]


def _is_announced(root: Json) -> bool:
    """Tell whether a root says a line to the whole channel."""
    key = str((root.get("metadata") or {}).get("event_payload", {}).get("key", ""))
    return key.startswith("announce:") and texts_of(root) == ([], [])


def _ordered(verdict: Verdict, matters: bool) -> Verdict:  # noqa: FBT001 - one of two
    return verdict if matters else replace(verdict, reordered=[])


def _strangers(seen: Sequence[Json], known: set[int]) -> list[str]:
    """Return what is in a conversation and was written to nobody, or to somebody else."""
    numbers = [number for m in seen for number, _ in marks(str(m["content"]))]
    return [f"message {number}: not the customer's" for number in numbers if number not in known]
