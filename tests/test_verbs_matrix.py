"""Each verb works from each of its faces, end to end: by /crisp, in the thread, by a button."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bot import texts
from bot.relay import verbs
from bot.relay.verbs import VERBS, Face, Verb
from tests.e2e_kit import command, press, rest, stored
from tests.harness import FAST, World, eventually
from tests.verbs_kit import press_verb

ANA = "U0ANA00001"
CONFIG = (
    FAST
    + f"""
[access]
admins = ["{ANA}"]
[saved_replies]
file = "%s"
"""
)
LAST = ("person delete", "delete")
"""What leaves nothing to do the other things with."""
NOT_DONE = (texts.BROKEN, texts.NOT_ALLOWED, texts.NO_MATCH, texts.CRISP_AWAY)


def test_each_exception_has_its_reason_and_no_verb_lacks_a_click() -> None:
    """A face that a verb does not have is said why; each can be reached by a button or a form."""
    for verb in VERBS:
        assert all(reason.strip() for reason in verb.without.values()), verb.name
        assert verb.has("button") or verb.has("modal"), verb.name
        assert verb.has("slash"), verb.name


class Agent:
    """Ana, who orders verbs of one conversation from one face."""

    def __init__(self, world: World, session: str) -> None:
        self.world = world
        self.session = session

    async def order(self, verb: Verb, face: Face) -> None:
        """Give an order, confirm it if that is asked for, and wait until it is done."""
        if verb.question:
            await rest(self.world)  # what is said next is its answer
        heard, done = len(self.world.ephemerals(ANA)), self.done(verb)
        await self._give(verb, face)
        if verb.question:
            await self._answered(verb, heard)
            return
        while await self._told_before_done(verb, done, heard):
            await self._confirm(verb, self.world.ephemerals(ANA)[heard])
            heard += 1

    async def _told_before_done(self, verb: Verb, done: int, heard: int) -> bool:
        """Wait until something is said or it is done; tell whether it is still to be done."""

        def news() -> bool:
            return self.done(verb) > done or len(self.world.ephemerals(ANA)) > heard

        await eventually(news, what=f"{verb.name} after {self.outcomes(verb)}")
        return self.done(verb) == done

    async def _give(self, verb: Verb, face: Face) -> None:
        number = self._number()
        if face == "slash":
            typed = verbs.example(verb).replace("#12", f"#{number}")
            await command(self.world, ANA, self._numbered(verb, typed))
        elif face == "thread":
            typed = verbs.example(verb, "!", here=True)
            await self.world.reply(self.session, self._numbered(verb, typed), ANA)
        else:
            argument = verbs.example(verb, here=True).removeprefix(verb.name).strip()
            name = verb.name.replace(" ", "_")
            await press_verb(
                self.world, ANA, name, s=self.session, a=self._numbered(verb, argument)
            )

    def _numbered(self, verb: Verb, typed: str) -> str:
        if verb.asks != "number":
            return typed
        return f"{typed.removesuffix('12').strip()} {self._number()}"

    async def _confirm(self, verb: Verb, asked: dict[str, Any]) -> None:
        """Press what asks whether it is meant; anything else that is said must be an answer."""
        name = verb.name.replace(" ", "_")
        found = re.search(rf'"action_id": "(verb:{name}(?::[^"]*)?)"', json.dumps(asked))
        if found:
            await press(self.world, ANA, found[1], ts=asked["ts"])

    async def _answered(self, verb: Verb, heard: int) -> None:
        new = await eventually(lambda: self.world.ephemerals(ANA)[heard:], what=verb.name)
        assert not any(text in str(new) for text in NOT_DONE), (verb.name, new)

    def _number(self) -> int:
        sql = "SELECT number FROM conversations WHERE session_id = ?"
        return int(stored(self.world, sql, self.session)[0][0])

    def outcomes(self, verb: Verb) -> list[str]:
        """Return what came of this verb, as the audit tells it."""
        sql = "SELECT outcome FROM audit WHERE verb = ?"
        return [str(row[0]) for row in stored(self.world, sql, verb.name)]

    def done(self, verb: Verb) -> int:
        """Count how often it was done."""
        return self.outcomes(verb).count("done")


@pytest.mark.parametrize("face", ["slash", "thread", "button"])
async def test_each_verb_works_from_this_face(world: World, face: Face) -> None:
    """What is ordered is done, what is asked is answered; the audit says so."""
    saved = world.folder / "replies.toml"
    saved.write_text('[thanks]\ntext = "Thank you!"\n')
    async with world.bridge(CONFIG % saved):
        session = world.visitor("Hi", nickname="Maya", email="maya@example.com")
        await eventually(lambda: world.root_of(session), what="the thread")
        agent = Agent(world, session)
        for verb in sorted(VERBS, key=lambda verb: verb.name in LAST):
            if verb.has(face):
                await agent.order(verb, face)
        await rest(world)
        came = {outcome for verb in VERBS for outcome in agent.outcomes(verb)}
        assert came == {"done"}
