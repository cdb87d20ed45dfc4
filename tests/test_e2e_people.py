"""People, end to end: found, turned over, shown whole."""

from __future__ import annotations

import json
from typing import Any

from bot import texts
from bot.simulator.slack.people import ANA, GUEST
from tests.e2e_kit import notices, press
from tests.harness import Json, World, eventually


def add_person(world: World, email: str, **profile: Any) -> str:
    """Add a profile in Crisp."""
    done = world.crisp.act({"do": "add_person", "profile": {"email": email, **profile}})
    return str(done["people_id"])


async def command(world: World, text: str, user: str = ANA) -> Json:
    """Type a slash command."""
    return await world.slack.act(
        {"as": user, "do": "command", "channel": world.channel, "command": "/crisp", "text": text}
    )


async def answer(world: World, holding: str, user: str = ANA) -> Json:
    """Return the newest message that only this person sees, once it holds this."""

    def newest() -> Json | None:
        promised = (texts.QUEUED, texts.COMING)  # on a busy machine
        said = [one for one in world.ephemerals(user) if one["text"] not in promised]
        return said[-1] if said and holding in _shown(said[-1]) else None

    found: Json = await eventually(newest, what=f"an answer with {holding!r}")
    return found


def _shown(message: Json) -> str:
    return json.dumps([message.get("text"), message.get("blocks")], ensure_ascii=False)


async def test_people_are_found_turned_over_and_shown_whole(world: World) -> None:
    """Pages replace one another; a card shows the data, More the rest; a guest sees nothing."""
    for number in range(12):
        add_person(world, f"pool{number}@example.com", person={"nickname": f"Pool {number:02}"})
    add_person(
        world, "kim@example.com", company={"name": "Vandelay"},
        person={"nickname": "Kim", "phone": "+351 910 000 123"},
    )  # fmt: skip
    kim = world.crisp.world.emails["kim@example.com"]
    data = {f"key{n}": f"value {n}" for n in range(200)}
    world.crisp.world.people[kim].data.update(data)
    async with world.bridge():
        session = world.visitor("Hi", email="kim@example.com", nickname="Kim")
        await eventually(lambda: world.root_of(session), what="the thread")
        await command(world, "who pool")
        first = await answer(world, "verb:who:next")
        await press(world, ANA, "verb:who:next", ts=first["ts"])
        second = await answer(world, "page 2")
        assert "page 1" not in str(world.ephemerals(ANA))
        assert "verb:who:previous" in _shown(second)
        names = [_shown(first).count("Pool "), _shown(second).count("Pool ")]
        assert names == [10, 2]
        await press(world, ANA, "verb:person_show:1", ts=second["ts"])
        await answer(world, texts.NO_LAST_CONVERSATIONS)

        for query in ("KIM@example.com", "vandelay", "351910000123", "kim"):
            await command(world, f"who {query}")
            card = await answer(world, "key0: value 0")
            assert "#1 Kim" in _shown(card)
            await command(world, "help")
            await answer(world, texts.HELP_TITLE)
        await command(world, "who kim@example.com")
        card = await answer(world, "verb:person_show:more")
        await press(world, ANA, "verb:person_show:more", ts=card["ts"])
        more = await answer(world, "verb:person_show:next")
        await press(world, ANA, "verb:person_show:next", ts=more["ts"])
        await answer(world, "verb:person_show:previous")

        await command(world, "who kim", user=GUEST)
        await eventually(lambda: notices(world, GUEST) == [texts.NOT_ALLOWED], what="the refusal")
