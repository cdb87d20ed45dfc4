"""People are added, changed and deleted from Slack, end to end; nobody's change is lost."""

from __future__ import annotations

import json
from typing import Any

from bot import texts
from bot.simulator.slack.people import ADMIN, ANA
from tests.e2e_kit import command, notices, press, rest
from tests.harness import Json, World, eventually

KIM = "kim@example.com"
PROFILE = "PATCH */people/profile/*"


def card(world: World, email: str = KIM) -> Json:
    """Return a profile as Crisp has it; empty if there is none."""
    found = world.crisp.world.people.get(world.crisp.world.emails.get(email, ""))
    return {**found.to_json(), "data": found.data} if found else {}


async def said(world: World, holding: str, user: str = ANA) -> Json:
    """Return the newest message that only this person sees, once it holds this."""

    def newest() -> Json | None:
        queued = (texts.QUEUED, texts.COMING)  # on a busy machine, before or behind the answer
        found = [one for one in world.ephemerals(user) if one["text"] not in queued]
        shown = json.dumps(found[-1:], ensure_ascii=False)
        return found[-1] if holding in shown else None

    told: Json = await eventually(newest, what=f"a message with {holding!r}")
    return told


def change(world: World, **fields: Any) -> None:
    """Let somebody else change the profile in Crisp."""
    person = world.crisp.world.people[world.crisp.world.emails[KIM]]
    person.card.update(fields)


async def test_people_are_added_changed_and_deleted_by_verbs(world: World) -> None:
    """Each change is the only one that is made, and is answered with the profile."""
    async with world.bridge():
        await command(world, ANA, f"person add <mailto:{KIM}|{KIM}> Kim Pool")
        await said(world, texts.PERSON_ADDED)
        assert card(world)["person"]["nickname"] == "Kim Pool"
        await command(world, ANA, f"person add {KIM.upper()} Other")
        await said(world, "There is a profile with")
        assert card(world)["person"]["nickname"] == "Kim Pool"

        change(
            world, segments=["vip", "trial"],
            person={"nickname": "Kim Pool", "employment": {"title": "CTO", "seniority": "high"}},
        )  # fmt: skip
        world.crisp.world.people[card(world)["people_id"]].data.update({"seats": 3, "plan": "pro"})
        for typed in (
            f"person edit {KIM} role Sales &amp; more",
            f"person edit {KIM} company Acme Ltd",
            f"person edit {KIM} segments beta, -trial",
            f"person edit {KIM} data seats: 4",
            f"person edit {KIM} data plan:",
        ):
            await command(world, ANA, "help")
            await said(world, texts.HELP_TITLE)
            await command(world, ANA, typed)
            await said(world, texts.PERSON_SAVED)
        now = card(world)
        assert now["person"]["employment"] == {
            "title": "CTO", "seniority": "high", "role": "Sales & more",
        }  # fmt: skip
        assert now["company"] == {"name": "Acme Ltd"}
        assert now["segments"] == ["vip", "beta"]
        assert now["data"] == {"seats": 4}
        await command(world, ANA, f"person edit {KIM} shoesize 42")
        await said(world, "The fields are")
        await command(world, ANA, "person edit nobody@example.com phone 1")
        await said(world, texts.NO_SUCH_PERSON)

        await command(world, ANA, f"person delete {KIM}")
        await eventually(lambda: texts.BY_NO_ADMIN in str(notices(world, ANA)), what="the refusal")
        await command(world, ADMIN, f"person delete {KIM}")
        question = await said(world, texts.CONFIRM, ADMIN)
        assert card(world)
        await press(world, ADMIN, "verb:person_delete", ts=question["ts"])
        await said(world, texts.PERSON_DELETED, ADMIN)
        await rest(world)
        assert not card(world)


async def test_what_is_typed_is_kept_when_crisp_cannot_be_asked(world: World) -> None:
    """A change is made once Crisp answers again; what is refused is told."""
    world.crisp.act({"do": "add_person", "profile": {"email": KIM}})
    async with world.bridge():
        world.crisp.faults.add({"on": PROFILE, "do": "drop_after"})
        await command(world, ANA, f"person edit {KIM} phone +1 555")
        await said(world, texts.PERSON_SAVED)
        assert card(world)["person"]["phone"] == "+1 555"
        refused = {"do": "error", "status": 400, "code": "invalid_data"}
        world.crisp.faults.add({"on": PROFILE, **refused})
        await command(world, ANA, f"person edit {KIM} phone +1 777")
        await said(world, "Crisp did not accept the content")
        await rest(world)
        assert card(world)["person"]["phone"] == "+1 555"
