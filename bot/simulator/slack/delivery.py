"""How events, commands and interactions reach the app: attempts, acks, retries, loss.

Responsible for when something is sent and what follows from the answer. It must not know what is
in a payload; sockets and request URLs are the carriers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.simulator.faults import Fault, Faults
from bot.simulator.slack import people
from bot.simulator.slack.config import Config
from bot.simulator.slack.ids import Ids
from bot.simulator.slack.model import Channel, Json

_SUBSCRIPTION = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}
_WITH_PAYLOAD = ("slash_commands", "interactive")

Answered = Callable[["Delivery", Any], None]


@dataclass(slots=True, eq=False)
class Delivery:
    """One thing on its way to the app, through all its attempts."""

    kind: str
    """``events_api``, ``slash_commands`` or ``interactive``."""
    name: str
    """What faults are picked by: an event's type, ``slash_commands`` or an interaction's type."""
    payload: Json
    answered: Answered | None = None
    outcome: Json = field(default_factory=dict)
    """What the answer has led to, for whoever waits for it."""
    attempt: int = 0
    reason: str = ""
    state: str = "waiting"
    """waiting, sent, acked or lost."""
    envelopes: list[str] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None
    done: asyncio.Future[Delivery] | None = None

    def dump(self) -> Json:
        """Return what the control API shows of it."""
        return {
            "kind": self.kind,
            "name": self.name,
            "state": self.state,
            "attempt": self.attempt,
            "reason": self.reason,
            "payload": self.payload,
        }


class Carrier(Protocol):
    """A way to the app."""

    def carry(self, delivery: Delivery, envelope: Json) -> bool:
        """Start sending; False if there is nobody to send to."""
        ...


class Dispatcher:
    """Delivers; retries events by the schedule; gives up."""

    def __init__(self, *, config: Config, ids: Ids, faults: Faults) -> None:
        """``carriers`` are asked in turn until one takes the delivery."""
        self._config = config
        self._ids = ids
        self._faults = faults
        self.carriers: list[Carrier] = []
        self._open: dict[Delivery, None] = {}
        self._by_envelope: dict[str, Delivery] = {}
        self._held: list[Delivery] = []
        self.lost_count = 0
        self.acked_count = 0

    def event(self, event: Json, channel: Channel | None) -> Delivery | None:
        """Deliver an event, if the app subscribes to it and may see it."""
        kind = str(event["type"])
        if not self._wanted(kind, channel):
            return None
        return self.send(Delivery("events_api", kind, self._callback(event, channel)))

    def _wanted(self, kind: str, channel: Channel | None) -> bool:
        """Tell whether the app subscribes to this and is a member of where it happened."""
        if channel is not None:
            if people.BOT_USER not in channel.members:
                return False
            if kind == "message":
                kind = _SUBSCRIPTION[channel.kind]
        return kind in self._config.subscriptions

    def _callback(self, event: Json, channel: Channel | None) -> Json:
        shared = channel is not None and channel.is_ext_shared
        authorization = {
            "enterprise_id": None,
            "team_id": people.TEAM,
            "user_id": people.BOT_USER,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        event_id = self._ids.make("Ev")
        return {
            "token": "verification",
            "team_id": people.TEAM,
            "context_team_id": people.TEAM,
            "context_enterprise_id": None,
            "api_app_id": people.APP,
            "event": event,
            "type": "event_callback",
            "event_id": event_id,
            "event_time": int(float(event.get("event_ts", 0))),
            "authorizations": [authorization],
            "is_ext_shared_channel": shared,
            "event_context": f"4-{event_id}",
        }

    def send(self, delivery: Delivery) -> Delivery:
        """Start delivering, as faults allow."""
        self._open[delivery] = None
        names = (delivery.name, *_subtype(delivery))
        fault = self._faults.pick(*(f"event:{name}" for name in names))
        if fault is not None:
            self._break(fault, delivery)
            return delivery
        self._attempt(delivery)
        self._release()
        return delivery

    def _break(self, fault: Fault, delivery: Delivery) -> None:
        match fault.do:
            case "drop":
                self._finish(delivery, "lost")
            case "duplicate":
                self._attempt(delivery)
                self.send_again(delivery)
            case "reorder":
                self._held.append(delivery)
                asyncio.get_running_loop().call_later(fault.seconds, self._release)
            case _:
                loop = asyncio.get_running_loop()
                delivery.timer = loop.call_later(fault.seconds, self._attempt, delivery)

    def send_again(self, delivery: Delivery) -> None:
        """Deliver a second copy of the same payload."""
        copy = Delivery(delivery.kind, delivery.name, delivery.payload)
        self._open[copy] = None
        self._attempt(copy)

    def _release(self) -> None:
        """Deliver what was held back until something younger had gone out."""
        held, self._held = self._held, []
        for delivery in held:
            if delivery in self._open:
                self._attempt(delivery)

    def _attempt(self, delivery: Delivery) -> None:
        envelope_id = self._ids.uuid()
        delivery.envelopes.append(envelope_id)
        self._by_envelope[envelope_id] = delivery
        envelope: Json = {
            "envelope_id": envelope_id,
            "payload": delivery.payload,
            "type": delivery.kind,
            "accepts_response_payload": delivery.kind in _WITH_PAYLOAD,
        }
        if delivery.kind == "events_api":
            envelope |= {"retry_attempt": delivery.attempt, "retry_reason": delivery.reason}
        loop = asyncio.get_running_loop()
        if any(carrier.carry(delivery, envelope) for carrier in self.carriers):
            delivery.state = "sent"
            timeout = self._config.ack_timeout
            delivery.timer = loop.call_later(timeout, self.failed, envelope_id, "timeout")
            return
        delivery.state = "waiting"
        self._retry_or_lose(delivery, "no_socket")

    def failed(self, envelope_id: str, reason: str) -> None:
        """Count an attempt that was not acknowledged: retry, or give up."""
        delivery = self._by_envelope.get(envelope_id)
        if delivery is None or delivery.envelopes[-1] != envelope_id:
            return
        delivery.state = "waiting"
        self._retry_or_lose(delivery, reason)

    def _retry_or_lose(self, delivery: Delivery, reason: str) -> None:
        if delivery.timer is not None:
            delivery.timer.cancel()
        schedule = self._config.retry_schedule
        delivery.reason = reason
        if delivery.kind != "events_api" or delivery.attempt >= len(schedule):
            self._finish(delivery, "lost")
            return
        wait = schedule[delivery.attempt]
        delivery.attempt += 1
        loop = asyncio.get_running_loop()
        delivery.timer = loop.call_later(wait, self._attempt, delivery)

    def connected(self) -> None:
        """Deliver what waits for a socket, unless the app shall wait for its next retry."""
        if not self._config.queue_while_away:
            return
        for delivery in [d for d in self._open if d.state == "waiting" and d.attempt > 0]:
            if delivery.reason == "no_socket":
                self._cancel_timer(delivery)
                self._attempt(delivery)

    def acked(self, envelope_id: str, payload: Any) -> None:
        """Take an acknowledgement, perhaps with a payload, perhaps a late one."""
        delivery = self._by_envelope.get(envelope_id)
        if delivery is None:
            return
        self._finish(delivery, "acked", payload)

    def _finish(self, delivery: Delivery, state: str, payload: Any = None) -> None:
        self._cancel_timer(delivery)
        self._open.pop(delivery, None)
        for envelope_id in delivery.envelopes:
            self._by_envelope.pop(envelope_id, None)
        delivery.state = state
        if state == "lost":
            self.lost_count += 1
        else:
            self.acked_count += 1
        if delivery.answered is not None:
            delivery.answered(delivery, payload)
        if delivery.done is not None and not delivery.done.done():
            delivery.done.set_result(delivery)

    def _cancel_timer(self, delivery: Delivery) -> None:
        if delivery.timer is not None:
            delivery.timer.cancel()
            delivery.timer = None

    async def settled(self, delivery: Delivery) -> Delivery:
        """Wait until the delivery is acked or lost."""
        if delivery.state in ("acked", "lost"):
            return delivery
        delivery.done = asyncio.get_running_loop().create_future()
        return await delivery.done

    def pending(self) -> list[Delivery]:
        """Return what is neither acked nor lost."""
        return list(self._open)

    def clear(self) -> None:
        """Forget everything that is on its way."""
        self._held.clear()
        for delivery in list(self._open):
            self._finish(delivery, "lost")
        self.lost_count = self.acked_count = 0


def _subtype(delivery: Delivery) -> tuple[str, ...]:
    """Return the name of a message event with its subtype: ``message/message_changed``."""
    event = delivery.payload.get("event", {})
    return (f"{delivery.name}/{event['subtype']}",) if event.get("subtype") else ()
