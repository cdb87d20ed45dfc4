"""Saved replies, end to end: by code, from the menu, by command; and what the thread shows."""

from __future__ import annotations

import pytest

from bot import saved_replies
from tests.e2e_kit import answers, command, notices, press, rest
from tests.harness import FAST, World, eventually

ANA, BEN = "U0ANA00001", "U0BEN00001"
SEND = "POST /website/*/conversation/*/message"
FILE = """
[hello]
title = "Good day"
text = '''
Hello {customer.first_name|there},

how can **we** help?
'''
[bye]
text = "Good bye, {customer.name}"
"""
CONFIG = FAST + '[saved_replies]\nfile = "{path}"\n'


def config(world: World) -> str:
    """Write the file of replies, and return the bridge's configuration with it."""
    path = world.folder / "replies.toml"
    path.write_text(FILE)
    return CONFIG.replace("{path}", str(path))


def seen_by(world: World, user: str, text: str) -> str:
    """Return the ts of what only this person sees with this text in it."""
    found = [e["ts"] for e in world.ephemerals(user) if text in str(e)]
    return str(found[-1]) if found else ""


async def test_a_saved_reply_reaches_the_customer_by_its_code_and_from_the_menu(
    world: World,
) -> None:
    """Each is sent once, under the agent's name, and shown in the thread as the agent's."""
    async with world.bridge(config(world)):
        session = world.visitor("Hi", nickname="*Maya* Lind")
        await world.reply(session, "!r hello")
        hello = r"Hello \*Maya\*," + "\n\nhow can **we** help?"
        await eventually(lambda: answers(world, session) == [hello], what="the reply")
        await world.reply(session, "!r xyzzy")
        menu = await eventually(lambda: seen_by(world, ANA, "static_select"), what="the menu")
        value = f'{{"s":"{session}","a":"bye"}}'
        await press(world, ANA, "verb:r:choose", ts=menu, value=value)
        shown = await eventually(lambda: seen_by(world, ANA, "verb:r:send"), what="the preview")
        assert shown == menu
        assert answers(world, session) == [hello]
        await press(world, ANA, "verb:r:send", ts=shown)
        await eventually(lambda: len(answers(world, session)) == 2, what="the second reply")
        await command(world, BEN, "r 1 hello")
        await eventually(lambda: len(answers(world, session)) == 3, what="the third reply")
        await rest(world)
        await eventually(lambda: len(world.shown(session)) == 4, what="all in the thread")
        assert answers(world, session) == [hello, r"Good bye, \*Maya\* Lind", hello]
        names = [m["user"]["nickname"] for m in world.customer_sees(session)]
        assert names == ["Ana Silva", "Ana Silva", "Ben Okafor"]
        posts = [m for m in world.thread(session) if m.get("bot_id")]
        assert [m["username"] for m in posts] == names
        assert world.shown(session)[2] == "Good bye, *Maya* Lind"
        assert notices(world, BEN) == ["Sent to the customer of #1."]
        assert notices(world, ANA) == ["Sent to the customer of #1."]  # in the preview's place


async def test_a_file_that_changes_is_read_again_and_what_fails_can_be_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new code works without a restart; a reply that Crisp refuses is told with a button."""
    monkeypatch.setattr(saved_replies, "LOOK_SECONDS", 0.01)
    async with world.bridge(config(world)):
        session = world.visitor("Hi", nickname="Maya")
        await eventually(lambda: world.root_of(session), what="the card")
        (world.folder / "replies.toml").write_text(FILE + '[new]\ntext = "Brand new"\n')

        asked = 0

        async def known() -> bool:
            nonlocal asked
            if len(world.ephemerals(ANA)) == asked:
                asked += 1
                await command(world, ANA, "replies brand")
            return "'new'" in str(world.ephemerals(ANA))

        await eventually(known, what="the new reply")
        world.crisp.faults.add(
            {"on": SEND, "do": "error", "status": 400, "code": "invalid_data", "times": 1}
        )
        await world.reply(session, "!r new")
        told = await eventually(lambda: seen_by(world, ANA, "delivery:retry"), what="the notice")
        assert answers(world, session) == []
        await press(world, ANA, "delivery:retry", ts=told)
        await eventually(lambda: answers(world, session) == ["Brand new"], what="the reply")
