"""Commands, buttons, shortcuts and modals: what people do with the app, and its answer to that.

Responsible for the payloads and for carrying out what an acknowledgement says.
https://docs.slack.dev/reference/interaction-payloads
"""

from __future__ import annotations

import re
from typing import Any

from bot.simulator.slack import elements, forms, people, render, suggestions, views
from bot.simulator.slack.api import ApiError
from bot.simulator.slack.delivery import Delivery, Dispatcher
from bot.simulator.slack.model import SLACKBOT, Channel, Ephemeral, Json, Message, User, View
from bot.simulator.slack.responses import show_answer
from bot.simulator.slack.workspace import Workspace

_WITH_TRIGGER = ("block_actions", "message_action", "shortcut", "view_submission")
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
            "channel_name": _named(channel)["name"],
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
        offering = elements.offering(element, self._ws.offers.get(message.ts, {}))
        made = elements.action(block, offering, value, ts=self._ws.ids.ts())
        channel = self._ws.channels[message.channel]
        hidden = isinstance(message, Ephemeral)
        url = self._ws.new_response_url(
            channel.id,
            user.id,
            message_ts=None if hidden else message.ts,
            ephemeral_ts=message.ts if hidden else None,
            thread_ts=message.thread_ts,
        )
        payload = self._place(message) | {
            "state": {"values": forms.of_message(message.blocks or [], block, element, made)},
            "response_url": url,
            "actions": [made],
        }
        return self._interact("block_actions", user, payload)

    def _place(self, message: Message | Ephemeral) -> Json:
        """Return what a payload says of the message in which something is used."""
        channel = self._ws.channels[message.channel]
        container: Json = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": isinstance(message, Ephemeral),
        }
        if message.thread_ts is not None:
            container["thread_ts"] = message.thread_ts
        about: Json = {"container": container, "channel": _named(channel)}
        if isinstance(message, Message):
            about["message"] = render.message(self._ws, message)
        return about

    def use_in_view(
        self, user: User, view: View, *, action: Json, value: Any = None, values: Json
    ) -> Delivery:
        """Use an element of a modal or App Home; ``values`` is what was typed into it until now."""
        block, element = elements.find(view.payload["blocks"], **action)
        offered = self._ws.offers.get(view.id, {})
        offering = elements.offering(element, offered)
        made = elements.action(block, offering, value, ts=self._ws.ids.ts())
        view.values = forms.of_view(view, values, offered)
        if made["type"] not in elements.STATELESS:
            view.values[block["block_id"]][element["action_id"]] = elements.used(offering, value)
        payload = {
            "container": {"type": "view", "view_id": view.id},
            "view": views.wire(view),
            "actions": [made],
        }
        return self._interact("block_actions", user, payload)

    def suggest(
        self, user: User, where: Message | Ephemeral | View, *, action: Json, value: str
    ) -> Delivery:
        """Type into an external select; what the app offers can be chosen afterwards."""
        if isinstance(where, View):
            block, element = elements.find(where.payload["blocks"], **action)
            about: Json = {
                "container": {"type": "view", "view_id": where.id},
                "view": views.wire(where),
            }
        else:
            block, element = elements.find(where.blocks or [], **action)
            about = self._place(where)
        suggestions.check(element, value)
        payload = about | {
            "action_id": element["action_id"],
            "block_id": block.get("block_id", ""),
            "value": value,
        }
        kept = self._ws.offers.setdefault(where.id if isinstance(where, View) else where.ts, {})

        def answered(delivery: Delivery, answer: Any) -> None:
            found = suggestions.read(answer) if delivery.state == "acked" else "no_answer"
            if isinstance(found, str):
                delivery.outcome = {"options": [], "error": found}
                return
            kept[element["action_id"]] = found
            delivery.outcome = {"options": found}

        return self._interact("block_suggestion", user, payload, answered)

    def shortcut(
        self, user: User, *, callback_id: str, channel: Channel | None, message: Message | None
    ) -> Delivery:
        """Use a shortcut: on a message, which travels whole, or a global one."""
        payload: Json = {"callback_id": callback_id, "action_ts": self._ws.ids.ts()}
        if channel is None or message is None:
            return self._interact("shortcut", user, payload)
        payload |= {
            "channel": _named(channel),
            "message_ts": message.ts,
            "message": render.message(self._ws, message),
            "response_url": self._ws.new_response_url(
                channel.id, user.id, thread_ts=message.thread_ts
            ),
        }
        return self._interact("message_action", user, payload)

    def submit(self, user: User, view: View, values: Json) -> Delivery:
        """Submit a modal; ValueError where Slack's own client would not."""
        view.values = forms.of_view(view, values, self._ws.offers.get(view.id, {}))
        forms.check(view, view.values)
        view.errors = None
        payload = {"view": views.wire(view), "response_urls": []}

        def answered(delivery: Delivery, answer: Any) -> None:
            if delivery.state == "lost":
                self._refuse(view, {"": _TROUBLE})
            else:
                self._after_submit(view, answer if isinstance(answer, dict) else {})
            top = self._ws.topmost(user.id)
            delivery.outcome = {
                "view": views.wire(top) if top is not None else None,
                "errors": view.errors,
            }

        return self._interact("view_submission", user, payload, answered)

    def _refuse(self, view: View, errors: Json) -> None:
        """Keep a view open and show what is wrong with it: by block_id, "" for all of it."""
        view.errors = errors
        self._ws.watch("view", user=view.user, view=views.wire(view), errors=errors)

    def _after_submit(self, view: View, answer: Json) -> None:
        try:
            self._carry_out(view, answer)
        except ApiError as error:
            self._refuse(view, {"": error.code, **error.more})

    def _carry_out(self, view: View, answer: Json) -> None:
        match answer.get("response_action"):
            case "errors":
                errors = answer.get("errors") or {}
                inputs = {b["block_id"] for b in view.payload["blocks"] if b["type"] == "input"}
                self._refuse(view, errors if errors and set(errors) <= inputs else {"": _TROUBLE})
            case "update":
                views.replace_content(self._ws, view, views.checked(answer.get("view"), "modal"))
            case "push":
                views.push(self._ws, view.user, views.checked(answer.get("view"), "modal"))
            case "clear":
                views.close(self._ws, view, everything=True)
            case None:
                views.close(self._ws, view)
            case _:
                self._refuse(view, {"": _TROUBLE})

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
        triggers = {"trigger_id": self._ws.new_trigger(user.id)} if kind in _WITH_TRIGGER else {}
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
            "team": {"id": people.TEAM, "domain": people.TEAM_DOMAIN},
            "enterprise": None,
            "is_enterprise_install": False,
            **triggers,
            **payload,
        }
        return self._dispatcher.send(Delivery("interactive", kind, whole, answered))


def _named(channel: Channel) -> Json:
    """Return a channel as interactions name it: private ones and direct ones have no name."""
    kind = {"im": "directmessage", "group": "privategroup"}.get(channel.kind, channel.name)
    return {"id": channel.id, "name": kind}


def _why(delivery: Delivery) -> str:
    return '"operation_timeout"' if delivery.reason == "timeout" else '"dispatch_failed"'


def own_or_other(ws: Workspace, channel: Channel, ts: str, user: str) -> Message | Ephemeral:
    """Return the message that somebody sees under a timestamp, an ephemeral one included."""
    return ws.find_ephemeral(user, ts) or ws.message(channel, ts)
