"""What the end-to-end tests of verbs share: a team that orders, and what it then has.

Responsible for typing, pressing and waiting; it asserts nothing of its own.
"""

from __future__ import annotations

import json
from typing import Any

from bot.simulator.slack.people import ANA
from tests.e2e_kit import notices
from tests.harness import Json, World, eventually, is_context


class Team:
    """What people do, and what they and Crisp then have."""

    def __init__(self, world: World, session: str) -> None:
        self.world = world
        self.session = session

    async def slash(self, text: str, user: str = ANA, *, says: str = "") -> None:
        """Type a command, and wait for its answer."""
        await self.world.slack.act(
            {
                "as": user, "do": "command", "channel": self.world.channel, "command": "/crisp",
                "text": text,
            }
        )  # fmt: skip
        if says:
            await self.told(says, user)

    async def told(self, says: str, user: str = ANA) -> Json:
        """Wait until somebody is told something, and return that."""

        def found() -> Json | None:
            told = [e for e in self.world.ephemerals(user) if says in e["text"]]
            return told[-1] if told else None

        answer: Json = await eventually(found, what=f"{says!r} among {notices(self.world, user)}")
        return answer

    async def confirm(self, says: str, user: str = ANA) -> None:
        """Press the button of a question."""
        asked = await self.told(says, user)
        buttons = [e for b in asked["blocks"] if b["type"] == "actions" for e in b["elements"]]
        await self.world.slack.act(
            {
                "as": user, "do": "press", "channel": self.world.channel, "ts": asked["ts"],
                "action_id": buttons[0]["action_id"],
            }
        )  # fmt: skip

    async def crisp_has(self, **wanted: Any) -> None:
        """Wait until Crisp has these fields of the conversation, or of its meta."""

        def there() -> bool:
            dump = self.world.crisp.dump(self.session)
            both = {**dump["meta"], **dump}
            return all(both[name] == value for name, value in wanted.items())

        await eventually(there, what=f"{wanted}")

    def lines(self) -> list[str]:
        """Return the thread's small lines."""
        return [m["text"] for m in self.world.thread(self.session) if is_context(m)]

    def card(self) -> str:
        """Return the card as text."""
        return json.dumps(
            (self.world.root_of(self.session) or {}).get("blocks"), ensure_ascii=False
        )


async def begun(world: World, **more: Any) -> Team:
    """Let a customer write, and wait for the thread."""
    session = world.visitor("Hi", nickname="Maya Lin", email="maya@example.test", **more)
    await eventually(lambda: world.root_of(session), what="the thread")
    return Team(world, session)
