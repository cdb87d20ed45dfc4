"""kill -9 at each point of a message's way, then run again: once, in order, nothing lost."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot import texts
from bot.simulator.slack.people import ANA
from tests.e2e_kit import PATIENT, answers, quick_redelivery, rest, stored
from tests.harness import FAST, OK, World, eventually, get_status

HERE = Path(__file__).resolve().parent.parent
SLOW = FAST.replace("posts_per_second = 0", "posts_per_second = 4.0\npost_burst = 1")
RICH = FAST.replace("posts_per_second = 0", "posts_per_second = 0\nin_flight = 4")


@dataclass
class Talk:
    """One conversation: what was written on each side so far."""

    world: World
    session: str = ""
    customer: list[str] = field(default_factory=list)
    agent: list[str] = field(default_factory=list)

    def write(self, text: str = "") -> None:
        """Write as the customer."""
        text = text or f"c{len(self.customer)}"
        session = self.world.visitor(text, self.session or None, nickname="Maya")
        self.session = self.session or session
        self.customer.append(text)

    async def answer(self) -> None:
        """Write as the agent, if there is a thread to write in."""
        if self.opened:
            text = f"a{len(self.agent)}"
            self.agent.append(text)
            await self.world.reply(self.session, text, user=ANA)

    @property
    def opened(self) -> bool:
        """Whether the thread is there."""
        return self.world.root_of(self.session) is not None


class Victim:
    """A bridge that is to kill itself."""

    def __init__(self, launcher: Launcher, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._end = asyncio.create_task(self._wait(launcher))

    async def _wait(self, launcher: Launcher) -> None:
        self.returncode = int(await asyncio.to_thread(launcher.read))

    async def wait(self) -> int | None:
        """Wait for the end of the process."""
        await asyncio.shield(self._end)
        return self.returncode


class Launcher:
    """The process that forks the victims; see ``tests.crashing``."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crashing"],
            cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def read(self) -> str:
        """Wait for the launcher's next line."""
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    async def launch(self, **order: object) -> Victim:
        """Start a bridge."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Victim(self, int(await asyncio.to_thread(self.read)))

    def close(self) -> None:
        """End the launcher."""
        self._process.communicate()


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    """One launcher for all tests of this module."""
    launcher = Launcher()
    yield launcher
    launcher.close()


@dataclass
class Scene:
    """A world, and the means to run bridges in it that do not live long."""

    world: World
    launcher: Launcher

    @contextlib.asynccontextmanager
    async def crashing(
        self, point: str, nth: int = 1, *, config: str = FAST
    ) -> AsyncIterator[Victim]:
        """Run a bridge that kills itself at a point; make sure that it did."""
        file = self.world.folder / "bridge.toml"
        file.write_text(config)
        env = {
            **self.world.env,
            "BRIDGE_CONFIG": str(file),
            "BRIDGE_HTTP_PORT": str(self.world.http_port),
        }
        log = str(self.world.folder / "bridge.log")
        victim = await self.launcher.launch(point=point, nth=nth, env=env, log=log)
        try:
            yield victim
            async with asyncio.timeout(PATIENT):
                code = await victim.wait()
            assert code == -signal.SIGKILL, self.world.log()
        finally:
            if victim.returncode is None:
                os.kill(victim.pid, signal.SIGKILL)
                await victim.wait()


@pytest.fixture
def scene(world: World, launcher: Launcher) -> Scene:
    """Both simulators, and bridges that kill themselves."""
    quick_redelivery(world)
    return Scene(world, launcher)


async def up(world: World, victim: Victim) -> bool:
    """Wait until the process is ready, or has died on the way."""

    async def ask() -> bool:
        return victim.returncode is not None or await get_status(world.http_port, "/readyz") == OK

    await eventually(ask, what="the bridge to be ready", within=PATIENT)
    return victim.returncode is None


async def talk_until_killed(scene: Scene, talk: Talk, point: str) -> None:
    """Let both sides write while the bridge runs into the point, and more while it is dead."""
    async with scene.crashing(point) as victim:
        if await up(talk.world, victim):
            talk.write()
            talk.write()
            await eventually(lambda: talk.opened or victim.returncode is not None)
            await talk.answer()
            await talk.answer()
            talk.write()
    talk.write()
    await talk.answer()


async def finish(talk: Talk) -> None:
    """Run the bridge as it is, let both sides write once more, and check the conversation."""
    world = talk.world
    async with world.bridge():
        await eventually(lambda: talk.opened, what="the thread")
        talk.write()
        await talk.answer()
        await eventually(
            lambda: (
                len(world.shown(talk.session)) >= len(talk.customer)
                and len(answers(world, talk.session)) >= len(talk.agent)
            ),
            what="both sides to have everything",
            within=PATIENT,
        )
        await rest(world)
    assert world.shown(talk.session) == talk.customer
    assert answers(world, talk.session) == talk.agent
    assert len(world.roots()) == 1


@pytest.mark.parametrize(
    "point",
    [
        "customer-decided", "customer-committed", "agent-decided", "agent-committed",
        "agent-acked", "before-root", "after-root", "root-in-commit", "before-post", "after-post",
        "post-in-commit", "post-committed", "before-send", "after-send", "send-in-commit",
        "send-committed", "learned",
    ],
)  # fmt: skip
async def test_killed_on_the_way(scene: Scene, point: str) -> None:
    """Killed at any step of a message, the next run delivers each exactly once and in order."""
    talk = Talk(scene.world)
    await talk_until_killed(scene, talk, point)
    await finish(talk)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("after-root", "slack-look"),
        ("after-post", "slack-look"),
        ("after-send", "before-look"),
        ("customer-committed", "take-up"),
        ("customer-committed", "crisp-swept"),
        ("agent-committed", "slack-swept"),
        ("post-committed", "crisp-sweep-ended"),
        ("send-committed", "slack-sweep-read"),
        ("before-post", "watermark-in-commit"),
    ],
)
async def test_killed_while_recovering(scene: Scene, first: str, second: str) -> None:
    """Killed again while it recovers or catches up, the run after that makes it right."""
    talk = Talk(scene.world)
    await talk_until_killed(scene, talk, first)
    if second == "before-look":  # else the sweep may prove it before anybody looks
        scene.world.crisp.faults.add(
            {"on": "GET /website/*/conversations/*", "do": "delay", "seconds": 5, "times": 1}
        )
    async with scene.crashing(second):
        pass
    await finish(talk)


@pytest.mark.parametrize("point", ["crisp-swept", "gap-told-in-commit"])
async def test_killed_while_catching_up_the_channel_is_told_once(scene: Scene, point: str) -> None:
    """All that was missed is counted, what the killed run had caught up too, and told once."""
    world, config = scene.world, FAST.replace("[pacing]", "tell_gap = 0.0\n[pacing]")
    async with world.bridge(config):
        sessions = [world.visitor("hello") for _ in range(3)]
        await eventually(lambda: all(map(world.root_of, sessions)), what="the threads")
        await rest(world)
    for text in ("one", "two"):
        for session in sessions:
            world.visitor(text, session)
    async with scene.crashing(point, 2 if point == "crisp-swept" else 1, config=config):
        pass
    async with world.bridge(config):
        await eventually(lambda: told(world), what="the report", within=PATIENT)
        await rest(world)
        assert [line.partition(": ")[2] for line in told(world)] == [
            "6 messages in 3 conversations caught up."
        ]
    for session in sessions:
        assert world.shown(session) == ["hello", "one", "two"]


def told(world: World) -> list[str]:
    """Return what the channel was told of absences."""
    return [str(post["text"]) for post in world.posts() if str(post["text"]).startswith("Away ")]


async def test_killed_between_the_parts_of_a_message(scene: Scene) -> None:
    """Killed between two parts of a long message, the next run sends the missing parts only."""
    world = scene.world
    words = " ".join(f"word{number}" for number in range(1500))
    talk = Talk(scene.world)
    async with scene.crashing("post-committed", 2) as victim:
        await up(world, victim)
        talk.write("hello")
        talk.write(words)
        talk.write("after that")
    async with world.bridge():
        await eventually(lambda: "after that" in world.shown(talk.session), within=PATIENT)
        await rest(world)
    shown = world.shown(talk.session)
    assert shown[0] == "hello"
    assert shown[-1] == "after that"
    assert " ".join(shown[1:-1]).split() == words.split()


async def test_killed_between_the_parts_of_a_reply(scene: Scene) -> None:
    """Killed between two parts of a long reply, the next run sends the missing parts only."""
    world = scene.world
    words = " ".join(f"word{number}" for number in range(1500))
    talk = Talk(scene.world)
    async with scene.crashing("after-send", 2) as victim:
        await up(world, victim)
        talk.write("hello")
        await eventually(lambda: talk.opened)
        await world.reply(talk.session, words)
        await world.reply(talk.session, "after that")
    async with world.bridge():
        await eventually(lambda: "after that" in answers(world, talk.session), within=PATIENT)
        await rest(world)
    sent = answers(world, talk.session)
    assert sent[-1] == "after that"
    assert " ".join(sent[:-1]).split() == words.split()


async def test_reply_in_a_thread_that_is_not_known_yet(scene: Scene) -> None:
    """A reply in a thread whose root was posted but not committed waits, and is sent then."""
    world = scene.world
    talk = Talk(scene.world)
    async with scene.crashing("after-root") as victim:
        await up(world, victim)
        talk.write()
    assert stored(world, "SELECT thread_ts FROM conversations") == [(None,)]
    await talk.answer()
    await talk.answer()
    assert talk.agent
    await finish(talk)


@pytest.mark.parametrize("point", ["migrating", "migration"])
async def test_killed_while_migrating(scene: Scene, point: str) -> None:
    """A migration that was killed is begun again from the start, and nothing is left half done."""
    world = scene.world
    async with scene.crashing(point):
        pass
    talk = Talk(scene.world)
    async with world.bridge():
        talk.write()
        await eventually(lambda: world.shown(talk.session) == talk.customer)


async def test_many_conversations_survive_a_kill(scene: Scene) -> None:
    """Twenty conversations in the middle of everything: each has one root and all it was told."""
    world = scene.world
    talks = [Talk(scene.world) for _ in range(20)]
    async with scene.crashing("after-send", 10, config=RICH) as victim:
        await up(world, victim)
        for _ in range(3):
            for talk in talks:
                talk.write()
        await eventually(lambda: len(world.roots()) == len(talks), what="all threads")
        for _ in range(2):
            for talk in talks:
                await talk.answer()
    for talk in talks:
        talk.write()
        await talk.answer()
    async with world.bridge(RICH):
        await eventually(
            lambda: all(
                len(world.shown(t.session)) >= 4 and len(answers(world, t.session)) >= len(t.agent)
                for t in talks
            ),
            what="all conversations to be complete",
            within=PATIENT,
        )
        await rest(world)
    assert [world.shown(t.session) for t in talks] == [t.customer for t in talks]
    assert [answers(world, t.session) for t in talks] == [t.agent for t in talks]
    assert len(world.roots()) == len(talks)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("set-in-commit", None),
        ("set-committed", None),
        ("before-set", "set-looked-for"),
        ("after-set", None),
        ("after-set", "set-looked-for"),
        ("set-ends-in-commit", None),
    ],
)
async def test_killed_while_messages_share_a_post(
    scene: Scene, first: str, second: str | None
) -> None:
    """Killed at any step of a joined post, each message is shown once, in order, in the end."""
    talk = Talk(scene.world)
    async with scene.crashing(first, config=SLOW) as victim:
        await up(scene.world, victim)
        for _ in range(8):
            talk.write()
    talk.write()
    if second:
        async with scene.crashing(second, config=SLOW):
            pass
    await finish(talk)


@pytest.mark.parametrize(
    ("point", "nth"),
    [
        ("acknowledged", 1), ("unreacted", 1), ("reacted", 1), ("reacted", 2),
        ("reaction-in-commit", 1), ("reaction-in-commit", 2), ("marked-read", 1),
    ],
)  # fmt: skip
async def test_killed_while_a_reply_is_marked(scene: Scene, point: str, nth: int) -> None:
    """Killed between the calls about a reply, the next run leaves one reaction, the right one."""
    world, config = scene.world, FAST + '[relay]\ndelivery_reactions = "all"\n'
    async with scene.crashing(point, nth, config=config) as victim:

        def met(condition: object) -> bool:
            return bool(condition) or victim.returncode is not None

        await up(world, victim)
        session = world.visitor("Hi")
        await eventually(lambda: met(world.root_of(session)), what="the thread")
        ts = await world.reply(session, "Hello", user=ANA)
        await eventually(lambda: met(world.reactions(ts)), what="the first reaction")
        world.crisp.act({"do": "visitor_read", "session_id": session})
    async with world.bridge(config):
        world.crisp.act({"do": "visitor_read", "session_id": session, "whole": True})
        await eventually(lambda: world.reactions(ts) == {"mailbox_with_mail"}, what="the letter")
        await rest(world)
        assert world.reactions(ts) == {"mailbox_with_mail"}
        assert world.crisp.dump(session)["unread"]["operator"] == 0
        assert answers(world, session) == ["Hello"]


@pytest.mark.parametrize(
    ("point", "nth"),
    [
        ("before-root", 2), ("after-root", 2), ("root-in-commit", 2), ("after-post", 1),
        ("after-post", 2), ("after-post", 3),
    ],
)  # fmt: skip
async def test_killed_while_a_thread_is_rebuilt(scene: Scene, point: str, nth: int) -> None:
    """Killed before or behind any of its posts, a rebuilt thread is there once, and so are they."""
    world = scene.world
    talk = Talk(world)
    async with scene.crashing(point, nth) as victim:
        await up(world, victim)
        talk.write()
        await eventually(lambda: talk.opened, what="the thread")
        if (point, nth) != ("after-post", 1):
            talk.write()
            await eventually(lambda: len(world.thread(talk.session)) == 1, what="the reply")
        await world.slack.act(
            {
                "as": ANA, "do": "command", "channel": world.channel, "command": "/crisp",
                "text": "rebuild #1",
            }
        )  # fmt: skip
    async with world.bridge():
        await eventually(lambda: len(world.roots()) == 2, what="the new thread", within=PATIENT)
        await rest(world)
    old, new = world.roots()
    replies = {
        root["ts"]: [m for m in world.posts() if m.get("thread_ts") == root["ts"] != m["ts"]]
        for root in (old, new)
    }
    assert [texts.HISTORY in str(m) for m in replies[new["ts"]]] == [True]
    assert sum(texts.IN_NEW_THREAD in str(m["blocks"]) for m in replies[old["ts"]]) == 1
