"""Crisp gives our messages names of its own, and tells of them before it answers."""

from __future__ import annotations

from typing import Any

import pytest

from bot.crisp.client import CrispClient
from tests.e2e_kit import answers, rest, stored
from tests.harness import World, eventually


def answering_late(world: World, monkeypatch: pytest.MonkeyPatch, *, shown: bool) -> None:
    """Let an answer of Crisp's be read only once the echo is stored, or even shown in Slack."""
    send = CrispClient.send_message

    async def send_and_wait(self: CrispClient, session_id: Any, message: Any) -> Any:
        given = await send(self, session_id, message)

        def heard() -> bool:
            echo = stored(world, "SELECT 1 FROM messages WHERE fingerprint = ?", given)
            return bool(echo) and (not shown or "our answer" in world.shown(session_id))

        await eventually(heard, what="the echo")
        return given

    monkeypatch.setattr(CrispClient, "send_message", send_and_wait)


@pytest.mark.parametrize("shown", [True, False], ids=["shown already", "stored only"])
async def test_an_echo_under_another_name_is_taken_back(
    world: World, monkeypatch: pytest.MonkeyPatch, *, shown: bool
) -> None:
    """What looked like an operator's message, and is ours, does not stay in the thread."""
    world.crisp.config({"rename": True})
    async with world.bridge():
        session = world.visitor("hello")
        await eventually(lambda: world.root_of(session), what="the thread")
        answering_late(world, monkeypatch, shown=shown)
        if not shown:  # the post is on its way when the answer says whose it is
            world.slack.faults.add({"on": "chat.postMessage", "do": "delay", "seconds": 0.3})
        await world.reply(session, "our answer")
        await eventually(lambda: answers(world, session) == ["our answer"], what="the answer")
        await rest(world)
        assert world.shown(session) == ["hello"]
        world.visitor("thank you", session)
        await eventually(lambda: world.shown(session) == ["hello", "thank you"], what="the rest")
        await rest(world)
    assert answers(world, session) == ["our answer"]


async def test_a_reply_goes_by_the_name_that_crisp_gave_it(world: World) -> None:
    """The customer's reading, told under Crisp's name, is shown on the agent's reply."""
    world.crisp.config({"rename": True})
    async with world.bridge():
        session = world.visitor("hello")
        ts = await world.reply(session, "our answer")
        await eventually(lambda: answers(world, session) == ["our answer"], what="the answer")
        await rest(world)
        world.crisp.act({"do": "visitor_read", "session_id": session})
        await eventually(lambda: world.reactions(ts) == {"mailbox_with_mail"}, what="the mark")
        await rest(world)
    assert world.shown(session) == ["hello"]
