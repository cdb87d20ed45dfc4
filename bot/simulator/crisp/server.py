"""The simulator put together: one port that is Crisp's REST API, RTM socket, storage and control.

Responsible for starting, stopping and for the methods that equal the control routes. Must not
decide how Crisp behaves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.simulator.crisp import (
    acts,
    bulk,
    membrane,
    rest_conversations,
    rest_messages,
    rest_people,
    rest_website,
)
from bot.simulator.crisp.bucket import Bucket
from bot.simulator.crisp.chores import Chores
from bot.simulator.crisp.control import Control, cors
from bot.simulator.crisp.feed import Feed
from bot.simulator.crisp.gate import Gate, Token, abort
from bot.simulator.crisp.hooks import Hooks
from bot.simulator.crisp.model import Conversation, conversation_json
from bot.simulator.crisp.modes import Modes
from bot.simulator.crisp.rtm import Rtm
from bot.simulator.crisp.stage import Stage
from bot.simulator.crisp.stream import Stream
from bot.simulator.crisp.wire import Json, Route
from bot.simulator.crisp.world import World
from bot.simulator.faults import Faults

HOOK_SECRET = "crisp-simulator-hook-secret"  # noqa: S105 - made up, opens nothing
HOOK_TOKEN = "crisp-simulator-hook-token"  # noqa: S105 - made up, opens nothing
_MAX_BODY = 100_000_000
_DUMPED = 1000


class CrispSimulator:
    """A local Crisp: ``await start()``, then point any client at ``base_url``."""

    def __init__(
        self, port: int = 0, host: str = "127.0.0.1", seed: int = 0, *, limits: bool = True,
        tier: str = "website", clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        """``port`` 0 picks one; ``limits`` False never refuses for quota; ``tier`` for settings."""
        self._host, self._port, self._seed, self._tier = host, port, seed, tier
        self._limits = limits
        self._runner: web.AppRunner | None = None
        self._chores = Chores()
        self.modes = Modes(limits=limits)
        self.faults = Faults(seed=seed)
        self.stream = Stream()
        self._feed = Feed(self.faults, self._chores)
        self.world = World(clock=clock, seed=seed, modes=self.modes, publish=self._feed.publish)
        self._bucket = Bucket(self.world, self.faults, self._chores)
        self._tokens = {
            "website": Token("website", "sim-website-identifier", "sim-website-key"),
            "plugin": Token("plugin", "sim-plugin-identifier", "sim-plugin-key"),
        }
        self._gate = Gate(
            self.world, routes=self.routes(), tokens=list(self._tokens.values()),
            faults=self.faults, chores=self._chores,
        )  # fmt: skip
        self.membrane = membrane.Membrane(
            self._gate, token=self._tokens[tier], faults=self.faults, chores=self._chores
        )
        self._rtm: Rtm | None = None
        self._hooks = Hooks(
            self.modes, website_id=self.world.website_id, secret=HOOK_SECRET, token=HOOK_TOKEN,
            clock=self.world.now, chores=self._chores,
        )  # fmt: skip
        self._feed.watchers.append(self.stream.watch)

    def routes(self) -> list[Route]:
        """Return every REST route there is."""
        modules = (rest_conversations, rest_messages, rest_people, rest_website)
        return [*self._bucket.routes(), *(r for module in modules for r in module.ROUTES)]

    @property
    def portraits(self) -> dict[str, bytes]:
        """People's own pictures, SVG by the name that follows ``/image/avatar/``."""
        return self._bucket.portraits

    @property
    def root(self) -> str:
        """The base of storage and control, without a trailing slash."""
        return f"http://{self._host}:{self._port}"

    @property
    def base_url(self) -> str:
        """The base of the REST API, which ends in ``/v1``."""
        return f"{self.root}/v1"

    def settings(self) -> dict[str, str]:
        """Return the bridge's settings that point it here, by their environment names."""
        token = self._tokens[self._tier].ending(self.modes.key_end)
        return {
            "CRISP_WEBSITE_ID": self.world.website_id,
            "CRISP_TOKEN_IDENTIFIER": token.identifier,
            "CRISP_TOKEN_KEY": token.key,
            "CRISP_TIER": token.tier,
            "CRISP_API_URL": self.base_url,
            "CRISP_EVENTS": "webhook" if self.modes.hook_url else "rtm",
            "CRISP_HOOK_SECRET": HOOK_SECRET,
            "CRISP_HOOK_TOKEN": HOOK_TOKEN,
        }

    def membrane_settings(self) -> dict[str, str]:
        """Return the settings that reach it through Membrane's routes, to go with the others."""
        return {
            "MEMBRANE_TOKEN": membrane.TOKEN,
            "MEMBRANE_CONNECTION_ID": membrane.CONNECTION,
            "MEMBRANE_API_URL": f"{self.root}{membrane.PREFIX}",
        }

    async def start(self) -> None:
        """Listen; a simulator that was stopped starts again on its port with all it held."""
        app = web.Application(client_max_size=_MAX_BODY, middlewares=[self._refuse_outage, cors])
        self._rtm = Rtm(allowed=self._allowed, website_id=self.world.website_id)
        self._rtm.attach(app, self._chores, rest_website.RTM_PATH)
        self._feed.sinks[:] = [self._rtm.send, self._hooks.send]
        app.router.add_route("*", "/v1/{path:.*}", self._gate.handle)
        self._bucket.mount(app)
        self.membrane.mount(app)
        Control(self).mount(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, backlog=1024)
        await site.start()
        if self._port == 0:
            self._port = self._runner.addresses[0][1]
        self.world.root = self.root
        if not self.world.operators:
            bulk.furnish(self.world)

    async def stop(self) -> None:
        """Stop listening, drop every connection and forget what was to be done later."""
        self.stream.close()
        self._feed.sinks.clear()
        if self._rtm is not None:
            await self._rtm.close()
            self._rtm = None
        await self._chores.cancel()
        await self._hooks.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @web.middleware
    async def _refuse_outage(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self.modes.outage and not request.path.startswith("/_control/"):
            return abort(request)
        response: web.StreamResponse = await handler(request)
        return response

    def _allowed(self, tier: str, identifier: str, key: str) -> bool:
        token = self._tokens.get(tier)
        if token is None:
            return False
        return (token.identifier, token.ending(self.modes.key_end).key) == (identifier, key)

    # What the control routes do

    def act(self, act: Json) -> Json:
        """Have somebody do something; ActError (a ValueError) if it cannot be done."""
        return acts.perform(Stage(self.world, self._bucket), act)

    def dump(self, session_id: str | None = None) -> Json:
        """Return the whole state (the newest 1000 conversations), or one conversation."""
        if session_id is not None:
            return self._dump_one(self.world.conversation(session_id))
        newest = sorted(self.world.conversations.values(), key=lambda c: -c.updated_at)
        return {
            "website": self.world.website,
            "conversations_count": len(newest),
            "conversations": [self._dump_one(c) for c in newest[:_DUMPED]],
            "operators": [o.to_json()["details"] for o in self.world.operators.values()],
            "people": [{**p.to_json(), "data": p.data} for p in self.world.people.values()],
            "calls": {
                "total": sum(self._gate.calls.values()),
                "routes": dict(self._gate.calls),
                "refused": dict(self._gate.refused),
                "today": dict(self._gate.used),
                "log": list(self._gate.log),
            },
            "sockets": self._rtm.dump() if self._rtm else [],
            "hooks": list(self._hooks.log),
            "files": self._bucket.dump(),
            "strays": list(self._bucket.strays.seen),
            "config": self.modes.to_json(),
            "membrane": self.membrane.dump(),
            "faults": self.faults.dump(),
        }

    def _dump_one(self, conversation: Conversation) -> Json:
        c = conversation
        return {
            **conversation_json(c, website_id=self.world.website_id),
            "visible": c.visible,
            "messages": list(c.thread),
            "files": self._files(c),
            "pages": list(c.pages),
            "events": list(c.events),
            "mails": list(c.mails),
            "rating": c.rating,
            "reminders": list(c.reminders),
            "transcripts": list(c.transcripts),
        }

    def _files(self, conversation: Conversation) -> list[Json]:
        """Return what each file message's URL leads to; ``stored`` is null if it is not ours."""
        found = []
        for message in conversation.thread:
            if message["type"] not in {"file", "animation", "audio"}:
                continue
            url = str(message["content"].get("url"))
            slot = self._bucket.slot_of(url)
            found.append(
                {"fingerprint": message["fingerprint"], "url": url,
                 "stored": slot.to_json() if slot and slot.content is not None else None}
            )  # fmt: skip
        return found

    def config(self, changes: Json) -> Json:
        """Set switches (see Modes), or ``used`` calls of today per tier; return all switches."""
        rest = dict(changes)
        used = rest.pop("used", None)
        self.modes.update(rest)
        if used is not None:
            self._gate.set_used(used)
        if changes.keys() & {"outage", "key_end", "website_gone", "unsubscribed"}:
            self._chores.spawn(self._drop())
        return self.modes.to_json()

    async def _drop(self) -> None:
        await self.disconnect()

    async def disconnect(self, *, politely: bool = False) -> int:
        """Drop every RTM connection; return how many there were."""
        return await self._rtm.disconnect(politely=politely) if self._rtm else 0

    def seed(self, **wanted: Any) -> Json:
        """Make many conversations at once; see ``bulk.seed`` for the parameters."""
        return bulk.seed(self.world, **wanted)

    def reset(self) -> None:
        """Begin anew: data, faults, counters and switches; connections stay."""
        self.world.reset()
        self.faults.remove()
        self._gate.reset()
        self._hooks.log.clear()
        self._bucket.clear()
        self.membrane.reset()
        self.modes.update(Modes(limits=self._limits).to_json())
        bulk.furnish(self.world)
