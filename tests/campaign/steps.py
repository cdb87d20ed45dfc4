"""What can happen in a world: one function for each kind of step.

A script is a list of steps, each a tuple of the kind and its arguments: ``("reply", 0, "ana")``.
Conversations are told by the order in which they began, messages by how many came after them, so
that a step still means something when others are taken out; one that cannot be done is left out.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tests.campaign.lives import Killed
from tests.campaign.travel import LIFE
from tests.campaign.world import World
from tests.crashing import POINTS, heard

Step = tuple[Any, ...]
Json = dict[str, Any]
STEPS: dict[str, Callable[..., Awaitable[None] | None]] = {}
MOST = 3
"""Conversations."""
BEAT = 0.01
"""Seconds between two steps."""

SEND = "POST /website/*/conversation/*/message"
CALL_FAULTS: dict[str, tuple[Json, ...]] = {
    "crisp": (
        {"on": SEND, "do": "error_after"},
        {"on": SEND, "do": "drop_after"},
        {"on": SEND, "do": "error"},
        {"on": SEND, "do": "disconnect"},
        {"on": SEND, "do": "late", "seconds": 2.0},
        {"on": "GET *", "do": "error", "status": 503},
        {"on": "PATCH *", "do": "error_after"},
        {"on": "*", "do": "rate_limit", "retry_after": 7},
        {"on": "*", "do": "delay", "seconds": 3.0},
    ),
    "slack": (
        {"on": "chat.postMessage", "do": "error_after"},
        {"on": "chat.postMessage", "do": "drop_after"},
        {"on": "chat.postMessage", "do": "error"},
        {"on": "chat.postMessage", "do": "disconnect"},
        {"on": "chat.postMessage", "do": "rate_limit", "retry_after": 7},
        {"on": "chat.update", "do": "error_after"},
        {"on": "conversations.*", "do": "error", "status": 503},
        {"on": "*", "do": "rate_limit", "retry_after": 30},
        {"on": "*", "do": "delay", "seconds": 3.0},
    ),
}
EVENT_FAULTS = ("duplicate", "reorder", "delay", "drop")
EVENTS = {"crisp": "event:message:*", "slack": "event:message*"}


def step(function: Callable[..., Awaitable[None] | None]) -> Callable[..., Awaitable[None] | None]:
    """Enter a function under its name."""
    STEPS[function.__name__] = function
    return function


async def perform(world: World, script: Sequence[Step]) -> None:
    """Carry out steps, one after the other."""
    for kind, *args in script:
        done = STEPS[kind](world, *args)
        if done is not None:
            await done
        await asyncio.sleep(BEAT)
        world.life.look()


def _session(world: World, number: int) -> str | None:
    sessions = list(world.accounts.to_slack)
    return sessions[number % len(sessions)] if sessions else None


def _thread(world: World, number: int) -> str | None:
    session = _session(world, number)
    return session if session in world.accounts.threads else None


# --- people


@step
def customer(world: World, number: int) -> None:
    """Write as a customer, in a new conversation if there are not so many yet."""
    sessions = list(world.accounts.to_slack)
    world.accounts.customer(sessions[number] if number < len(sessions) else None)


@step
def operator(world: World, number: int, note: bool = False) -> None:  # noqa: FBT001, FBT002 - a script's
    """Write in Crisp."""
    if session := _session(world, number):
        world.accounts.operator(session, note=note)


@step
async def reply(world: World, number: int, who: str, note: bool = False) -> None:  # noqa: FBT001, FBT002 - a script's
    """Answer, or note something, in a thread."""
    if session := _thread(world, number):
        await world.accounts.agent(session, who=who, note=note)


@step
async def aside(world: World, number: int, who: str) -> None:
    """Say something in a thread that nobody else may read."""
    if session := _thread(world, number):
        await world.accounts.aside(session, who=who)


def _nth(world: World, back: int) -> Any:
    known = [one for one in world.accounts.everything() if not one.removed]
    recent = sorted(known, key=lambda one: -one.number)
    return recent[back] if back < len(recent) else None


@step
async def edit(world: World, back: int) -> None:
    """Change a message, told by how many came after it."""
    if (message := _nth(world, back)) is not None:
        await world.accounts.edit(message)


@step
async def remove(world: World, back: int) -> None:
    """Take a message back."""
    if (message := _nth(world, back)) is not None:
        await world.accounts.edit(message, remove=True)


@step
def state(world: World, number: int, name: str) -> None:
    """Change a conversation's state in Crisp."""
    if session := _session(world, number):
        world.crisp.act({"do": "set_state", "session_id": session, "state": name})


@step
def assign(world: World, number: int, somebody: bool) -> None:  # noqa: FBT001 - a script's
    """Assign a conversation in Crisp, or take that back."""
    if session := _session(world, number):
        world.crisp.act({"do": "assign", "session_id": session, "operator": _who(world, somebody)})


def _who(world: World, somebody: bool) -> str | None:  # noqa: FBT001 - one of two
    return next(iter(world.crisp.world.operators.values())).email if somebody else None


@step
async def order(world: World, number: int, who: str, verb: str) -> None:
    """Give an order in a thread."""
    if session := _thread(world, number):
        act = {
            "as": who,
            "do": "message",
            "text": verb,
            "thread_ts": world.accounts.threads[session],
        }
        await world.slack.act(act)


# --- platforms


@step
def fault(world: World, side: str, number: int, times: int) -> None:
    """Have a platform fail at some of the next calls."""
    kinds = CALL_FAULTS[side]
    _faults(world, side).add({**kinds[number % len(kinds)], "times": times})


@step
def events(world: World, side: str, do: str, times: int) -> None:
    """Have a platform tell the next events twice, late, in another order or not at all."""
    _faults(world, side).add({"on": EVENTS[side], "do": do, "times": times, "seconds": 4.0})
    if do != "duplicate":
        world.disordered.add(side)


def _faults(world: World, side: str) -> Any:
    return (world.slack if side == "slack" else world.crisp).faults


@step
async def cut(world: World, side: str) -> None:
    """Cut a platform's sockets off."""
    if side == "slack":
        world.slack.disconnect(how="abort")
    else:
        await world.crisp.disconnect()


@step
def outage(world: World, side: str, lasts: bool) -> None:  # noqa: FBT001 - a script's
    """Let nobody reach a platform, or let everybody again."""
    if side == "slack":
        world.slack.configure(outage=lasts)
    else:
        world.crisp.config({"outage": lasts})


# --- the system


@step
async def kill(world: World) -> None:
    """Kill the bridge."""
    if world.alive:
        world.life.kill()


@step
def kill_at(world: World, commits: int, when: str) -> None:
    """Kill the bridge before or after it commits, so many commits from now."""
    at = world.disk.commits + commits

    def on_commit(now: str) -> None:
        if now == when and world.disk.commits >= at and world.alive:
            world.disk.on_commit = lambda _when: None
            world.life.kill()
            raise Killed

    world.disk.on_commit = on_commit


@step
def die_at(world: World, point: str, nth: int) -> None:
    """Kill the bridge when it passes one of the points of ``tests.crashing`` that often."""
    planted, passed = POINTS[point], iter(range(1, sys.maxsize))

    def hit() -> None:
        if world.mortal and LIFE.get() is world.life and next(passed) == nth and world.alive:
            world.life.kill()
            raise Killed

    world.swap(planted.owner, planted.name, heard(planted, hit))


@step
def disk(world: World, how: str) -> None:
    """Fill the disk, lock the database, or let all be well."""
    world.disk.full, world.disk.locked = how == "full", how == "locked"


@step
def jump(world: World, seconds: float) -> None:
    """Let the clock of the bridge's machine jump."""
    world.clock.skew += seconds


@step
async def start(world: World) -> None:
    """Start the bridge, if it does not run."""
    await world.start()


@step
async def restart(world: World) -> None:
    """End the bridge in good order, and start it again."""
    if world.alive:
        await world.life.stop()
    await world.start()


@step
def chance(world: World, seed: int) -> None:
    """Begin chance anew: how long the disk takes, and who waits how long before another try."""
    world.chance.seed(seed)


@step
async def wait(_world: World, seconds: float) -> None:
    """Let time pass."""
    await asyncio.sleep(seconds)
