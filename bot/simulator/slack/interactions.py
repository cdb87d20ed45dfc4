"""Commands, buttons, shortcuts and modals: what people do with the app, and its answer to that.

Responsible for the payloads and for carrying out what an acknowledgement says.
https://docs.slack.dev/reference/interaction-payloads
"""

from __future__ import annotations

import re
from typing import Any

from bot.simulator.slack import elements, people, render, views
from bot.simulator.slack.api import ApiError
from bot.simulator.slack.delivery import Delivery, Dispatcher
from bot.simulator.slack.model import SLACKBOT, Channel, Ephemeral, Json, Message, User, View
from bot.simulator.slack.responses import show_answer
from bot.simulator.slack.workspace import Workspace

_TROUBLE = "We had some trouble connecting. Try again?"


class Interactions:
    """Sends what people do; nothing of it is ever sent twice."""

    def __init__(self, ws: Workspace, dispatcher: Dispatcher) -> None:
        """Deliveries go out through the dispatcher, once each."""
        self._ws = ws
        self._dispatcher = dispatcher

    def command(self, user: User, channel: Channel, *, command: str, text: str) -> Delivery:
        """Send a slash command; the acknowledgement may carry a message."""
        payload = {
            "token": "verification",
            "team_id": people.TEAM,
            "team_domain": people.TEAM_DOMAIN,
            "channel_id": channel.id,
            "channel_name": "directmessage" if channel.is_im else channel.name,
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": self._encoded(text),
            "api_app_id": people.APP,
            "is_enterprise_install": "false",
            "response_url": self._ws.new_response_url(channel.id, user.id),
            "trigger_id": self._ws.new_trigger(user.id),
        }

        def answered(delivery: Delivery, answer: Any) -> None:
            if delivery.state == "lost":
                self._complain(user, channel, f"{command} failed with the error {_why(delivery)}")
            elif answer:
                body = answer if isinstance(answer, dict) else {"text": str(answer)}
                try:
                    show_answer(self._ws, channel, user.id, body, source="command")
                except ApiError as error:
                    self._complain(user, channel, f"{command} failed with the error {error.code}")

        return self._dispatcher.send(
            Delivery("slash_commands", "slash_commands", payload, answered)
        )

    def _encoded(self, text: str) -> str:
        """Encode names as Slack does with should_escape: ``<@U1|ana>``, ``<#C1|general>``."""

        def person(match: re.Match[str]) -> str:
            name = match[1].lower()
            found = next((u for u in self._ws.users.values() if u.name.lower() == name), None)
            return f"<@{found.id}|{found.name}>" if found else match[0]

        def channel(match: re.Match[str]) -> str:
            name = match[1].lower()
            found = next((c for c in self._ws.channels.values() if c.name == name), None)
            return f"<#{found.id}|{found.name}>" if found else match[0]

        text = re.sub(r"(?<!\S)@([\w.-]+)", person, text)
        return re.sub(r"(?<!\S)#([\w.-]+)", channel, text)

    def _complain(self, user: User, channel: Channel, text: str) -> None:
        ts = self._ws.ids.ts()
        note = Ephemeral(ts, channel.id, user.id, text, source="slack", username=SLACKBOT)
        self._ws.show(note)

    def use_in_message(
        self, user: User, message: Message | Ephemeral, *, action: Json, value: Any = None
    ) -> Delivery:
        """Use an element of a message; ``action`` has action_id and perhaps block_id."""
        block, element = elements.find(message.blocks or [], **action)
        made = elements.action(block, element, value, ts=self._ws.ids.ts())
        channel = self._ws.channels[message.channel]
        hidden = isinstance(message, Ephemeral)
        container: Json = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": hidden,
        }
        if message.thread_ts is not None:
            container["thread_ts"] = message.thread_ts
        url = self._ws.new_response_url(
            channel.id,
            user.id,
            message_ts=None if hidden else message.ts,
            ephemeral_ts=message.ts if hidden else None,
            thread_ts=message.thread_ts,
        )
        payload: Json = {
            "container": container,
            "channel": {"id": channel.id, "name": channel.name},
            "state": {"values": _held(message.blocks or [], block, element, made)},
            "response_url": url,
            "actions": [made],
        }
        if isinstance(message, Message):
            payload["message"] = render.message(self._ws, message)
        return self._interact("block_actions", user, payload)

    def use_in_view(self, user: User, view: View, *, action: Json, value: Any = None) -> Delivery:
        """Use an element of a modal or App Home."""
        block, element = elements.find(view.payload["blocks"], **action)
        made = elements.action(block, element, value, ts=self._ws.ids.ts())
        if made["type"] not in ("button", "overflow"):
            held = elements.used(element, value)
            view.values.setdefault(block["block_id"], {})[element["action_id"]] = held
        payload = {
            "container": {"type": "view", "view_id": view.id},
            "view": views.wire(view),
            "actions": [made],
        }
        return self._interact("block_actions", user, payload)

    def shortcut(
        self, user: User, *, callback_id: str, channel: Channel | None, message: Message | None
    ) -> Delivery:
        """Use a shortcut: on a message, which travels whole, or a global one."""
        payload: Json = {"callback_id": callback_id, "action_ts": self._ws.ids.ts()}
        if channel is None or message is None:
            return self._interact("shortcut", user, payload)
        payload |= {
            "channel": {"id": channel.id, "name": channel.name},
            "message_ts": message.ts,
            "message": render.message(self._ws, message),
            "response_url": self._ws.new_response_url(
                channel.id, user.id, thread_ts=message.thread_ts
            ),
        }
        return self._interact("message_action", user, payload)

    def submit(self, user: User, view: View, values: Json) -> Delivery:
        """Submit a modal; ValueError if a required input is empty, as Slack's client insists."""
        view.values = _filled(view, values)
        view.errors = None
        payload = {"view": views.wire(view), "response_urls": []}

        def answered(delivery: Delivery, answer: Any) -> None:
            if delivery.state == "lost":
                view.errors = {"": _TROUBLE}
                self._ws.watch("view", user=user.id, view=views.wire(view), errors=view.errors)
                return
            try:
                self._after_submit(view, answer if isinstance(answer, dict) else {})
            except ApiError as error:
                view.errors = {"": error.code, **error.more}
                self._ws.watch("view", user=user.id, view=views.wire(view), errors=view.errors)

        return self._interact("view_submission", user, payload, answered)

    def _after_submit(self, view: View, answer: Json) -> None:
        match answer.get("response_action"):
            case "errors":
                view.errors = answer.get("errors") or {}
                shown = views.wire(view)
                self._ws.watch("view", user=view.user, view=shown, errors=view.errors)
            case "update":
                views.replace_content(self._ws, view, views.checked(answer.get("view"), "modal"))
            case "push":
                payload = views.checked(answer.get("view"), "modal")
                above = views.new_view(self._ws, view.user, payload, previous=view)
                views.show(self._ws, above)
            case "clear":
                views.close(self._ws, view, everything=True)
            case _:
                views.close(self._ws, view)

    def close(self, user: User, view: View, *, everything: bool = False) -> Delivery | None:
        """Close a modal; the app is told only if it asked for that."""
        payload = {"view": views.wire(view), "is_cleared": everything}
        views.close(self._ws, view, everything=everything)
        if not view.payload.get("notify_on_close"):
            return None
        return self._interact("view_closed", user, payload)

    def open_home(self, user: User, tab: str) -> None:
        """Open the App Home."""
        event: Json = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": self._ws.direct_channel(user.id).id,
            "tab": tab,
            "event_ts": self._ws.ids.ts(),
        }
        if (home := self._ws.homes.get(user.id)) is not None:
            event["view"] = views.wire(home)
        self._ws.tell_app(event, None)

    def _interact(self, kind: str, user: User, payload: Json, answered: Any = None) -> Delivery:
        whole = {
            "type": kind,
            "user": {
                "id": user.id,
                "username": user.name,
                "name": user.name,
                "team_id": user.team_id,
            },
            "api_app_id": people.APP,
            "token": "verification",
            "trigger_id": self._ws.new_trigger(user.id),
            "team": {"id": people.TEAM, "domain": people.TEAM_DOMAIN},
            "enterprise": None,
            "is_enterprise_install": False,
        } | payload
        return self._dispatcher.send(Delivery("interactive", kind, whole, answered))


def _why(delivery: Delivery) -> str:
    return '"operation_timeout"' if delivery.reason == "timeout" else '"dispatch_failed"'


def _held(blocks: list[Json], block: Json, element: Json, made: Json) -> Json:
    """Return ``state.values`` of a message after an element was used."""
    values: Json = {}
    for one, other in elements.stateful(blocks):
        mine = one is block and other is element
        held = {k: v for k, v in made.items() if k not in ("action_id", "block_id", "action_ts")}
        slot = values.setdefault(one.get("block_id", ""), {})
        slot[other["action_id"]] = held if mine else elements.initial(other)
    return values


def _filled(view: View, given: Json) -> Json:
    """Return the whole ``state.values``: what was given, else held before, else initial.

    ``given`` has values by action_id, or by block_id and then action_id.
    """
    values: Json = {}
    for block, element in elements.stateful(view.payload["blocks"]):
        block_id, action_id = block["block_id"], element["action_id"]
        inner = given.get(block_id)
        if isinstance(inner, dict) and action_id in inner:
            value = elements.used(element, inner[action_id])
        elif action_id in given:
            value = elements.used(element, given[action_id])
        else:
            value = view.values.get(block_id, {}).get(action_id) or elements.initial(element)
        required = block["type"] == "input" and not block.get("optional")
        if required and elements.is_empty(value):
            raise ValueError(f"{action_id} (block {block_id}) must be filled in")
        values.setdefault(block_id, {})[action_id] = value
    return values


def own_or_other(ws: Workspace, channel: Channel, ts: str, user: str) -> Message | Ephemeral:
    """Return the message that somebody sees under a timestamp, an ephemeral one included."""
    return ws.find_ephemeral(user, ts) or ws.message(channel, ts)
