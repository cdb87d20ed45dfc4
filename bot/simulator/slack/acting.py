"""People taking orders: what the control API's ``act`` does.

Responsible for finding the verb and for waiting as asked; the verbs are in the ``acts_`` modules.
"""

from __future__ import annotations

import inspect

from bot.simulator.slack.acts_files import Sharing
from bot.simulator.slack.acts_running import Running
from bot.simulator.slack.acts_using import Using
from bot.simulator.slack.acts_writing import Writing
from bot.simulator.slack.delivery import Delivery, Dispatcher
from bot.simulator.slack.interactions import Interactions
from bot.simulator.slack.model import Json, User
from bot.simulator.slack.workspace import Workspace


class Actors:
    """The people of the workspace, taking orders."""

    def __init__(self, ws: Workspace, dispatcher: Dispatcher) -> None:
        """Send what they do to the app through the dispatcher."""
        self._ws = ws
        self._dispatcher = dispatcher
        interactions = Interactions(ws, dispatcher)
        groups = [kind(ws, interactions) for kind in (Writing, Sharing, Using, Running)]
        self.verbs = {name: verb for group in groups for name, verb in group.verbs().items()}

    async def act(self, order: Json) -> Json:
        """Carry out ``{"as": WHO, "do": VERB, …}``; ValueError or LookupError says what is wrong.

        With ``"wait": true`` the answer comes once the app has acknowledged, or has failed to.
        Interactions wait unless told not to.
        """
        order = dict(order)
        user = self._ws.user(str(order.pop("as", "ana")))
        verb = str(order.pop("do", ""))
        if verb not in self.verbs:
            raise ValueError(f"unknown verb {verb!r}; known: {sorted(self.verbs)}")
        wait = order.pop("wait", None)
        self._check(verb, user, order)
        before = set(self._dispatcher.pending()) if wait else set()
        result = self.verbs[verb](user, **order)
        if isinstance(result, Delivery):
            return await self._interaction(result, wait=wait is not False)
        if wait:
            started = [d for d in self._dispatcher.pending() if d not in before]
            states = [(await self._dispatcher.settled(d)).state for d in started]
            return {"ok": True, "acked": all(s == "acked" for s in states), **(result or {})}
        return {"ok": True, **(result or {})}

    def _check(self, verb: str, user: User, order: Json) -> None:
        try:
            inspect.signature(self.verbs[verb]).bind(user, **order)
        except TypeError as error:
            raise ValueError(f"{verb}: {error}") from None

    async def _interaction(self, delivery: Delivery, *, wait: bool) -> Json:
        if wait:
            await self._dispatcher.settled(delivery)
        return {
            "ok": True,
            "acked": delivery.state == "acked",
            "state": delivery.state,
            "reason": delivery.reason,
            "payload": delivery.payload,
            **delivery.outcome,
        }
