"""Mutated payloads: none makes the customer get something that is not plainly an agent's doing.

What is plainly an agent's is judged here anew, by Slack's own description of its payloads, and not
by the code that decides.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.crisp import events as crisp_events
from bot.domain import Arrival, SlackUserId
from bot.slack import events
from bot.slack.models import Identity
from bot.store import queue
from tests.core_kit import ANA, CHANNEL, NOW, ROOT, SESSION
from tests.slack_kit import OURS, TEAM, TS, Desk
from tests.test_modes import reaching

Json = dict[str, Any]
BEN = replace(ANA, user_id=SlackUserId("UBEN"), name="ben", email="ben@acme.test")
AGENTS = {ANA.user_id, BEN.user_id}
NOBODY = {
    "UGUEST": {"guest": True}, "USTRANGER": {"stranger": True}, "UAPP": {"bot": True},
    "UGONE": {"deleted": True},
}  # fmt: skip
IDENTITY = Identity(SlackUserId("UBOT"), "BBOT", TEAM, "ABOT", "https://a.slack.com/")
LATER = "1700000008.000300"
WRITTEN = {None, "thread_broadcast", "file_share", "me_message"}
"""Subtypes of what people write."""
VALUES: list[Any] = [
    None, "", 0, 5, -1.5, True, False, [], {}, [[]], {"id": ANA.user_id}, "junk", "\x00", "🙂",
    *AGENTS, *NOBODY, "UBOT", "USLACKBOT", TEAM, "T2", "B1", "BBOT", "A1", CHANNEL, "C9", ROOT, TS,
    LATER, "bot_message", "message_changed", "message_deleted", "message_replied", "channel_join",
    "thread_broadcast", "tombstone", "reply #1 Hello", "held:send", f"{CHANNEL}:{TS}", SESSION,
]  # fmt: skip
FIELDS = [
    "bot_id", "app_id", "bot_profile", "subtype", "user_team", "team", "team_id", "hidden", "user",
    "user_id", "edited", "thread_ts", "ts", "channel", "type", "message", "is_enterprise_install",
]  # fmt: skip
MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(["drop", "replace", "set", "copy", "wrap"]), st.integers(0, 999),
        st.integers(0, len(FIELDS) - 1), st.integers(0, len(VALUES) - 1),
    ),
    min_size=1, max_size=3,
)  # fmt: skip


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of everything in a payload."""
    if path:
        yield path
    if isinstance(node, dict | list):
        for name, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from places(child, (*path, name))


def held_at(body: Any, path: tuple[Any, ...]) -> Any:
    """Return what stands at a place."""
    for name in path:
        body = body[name]
    return body


def mutated(body: Json, mutations: list[tuple[str, int, int, int]]) -> Json:
    """Return a payload with things dropped, replaced, added, put elsewhere or wrapped."""
    body = copy.deepcopy(body)
    for what, where, field, value in mutations:
        found = list(places(body))
        if not found:
            break
        path = found[where % len(found)]
        parent, name = held_at(body, path[:-1]), path[-1]
        new = copy.deepcopy(VALUES[value])
        match what:
            case "drop":
                del parent[name]
            case "replace":
                parent[name] = new
            case "set":
                target = parent if isinstance(parent, dict) else body
                target[FIELDS[field]] = new
            case "copy":
                parent[name] = copy.deepcopy(held_at(body, found[(where * 7 + value) % len(found)]))
            case "wrap":
                parent[name] = [parent[name]] if value % 2 else {"value": parent[name]}
    return body


# --- what is plainly an agent's


def inner(body: Any, *path: str) -> Any:
    """Return what stands at a path of names; None if nothing does."""
    for name in path:
        body = body.get(name) if isinstance(body, Mapping) else None
    return body


def is_of_team(user: Any, *teams: Any) -> bool:
    """Tell whether somebody is an agent of ours; a team that is named must be ours."""
    named = [team for team in teams if team not in (None, "")]
    return isinstance(user, str) and user in AGENTS and all(team == TEAM for team in named[:1])


def is_reply(message: Any, user: Any) -> bool:
    """Tell whether a person wrote this: no app, no event of Slack's own."""
    return (
        isinstance(message, Mapping)
        and message.get("subtype") in WRITTEN | {""}
        and message.get("bot_id") in (None, "")
        and not message.get("bot_profile")
        and not message.get("hidden")
        and is_of_team(user, message.get("user_team"), message.get("team"))
    )


def plain_message(body: Json) -> bool:
    """Tell whether a body is an agent's reply, or an agent's edit of one, in a thread of ours."""
    event = body.get("event")
    if inner(event, "type") != "message" or inner(event, "channel") != CHANNEL:
        return False
    if inner(event, "subtype") != "message_changed":
        return is_reply(event, inner(event, "user")) and inner(event, "thread_ts") == ROOT
    new = inner(event, "message")
    editor = inner(new, "edited", "user")
    author = inner(new, "user") or ANA.user_id
    return is_reply(new, author) and author == ANA.user_id and editor in (None, "", author)


def plain_press(body: Json) -> bool:
    """Tell whether an agent of ours did something by a button, a form, a shortcut or a command."""
    if "command" in body:
        return is_of_team(body.get("user_id"), body.get("team_id"))
    return is_of_team(inner(body, "user", "id"), inner(body, "user", "team_id"))


def plain_reaction(body: Json) -> bool:
    """Tell whether an agent of ours reacted."""
    event = body.get("event")
    return inner(event, "type") == "reaction_added" and is_of_team(inner(event, "user"))


# --- the kinds


def message(**more: Any) -> Json:
    """Return the event of a reply."""
    event = {
        "type": "message", "user": ANA.user_id, "channel": CHANNEL, "ts": LATER, "text": "Hello",
        "thread_ts": ROOT, "team": TEAM, "user_team": TEAM, "client_msg_id": "x",
        "blocks": [{"type": "rich_text", "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "Hello"}]}
        ]}], **more,
    }  # fmt: skip
    return {"type": "event_callback", "team_id": TEAM, "event_id": "Ev1", "event": event}


def edit() -> Json:
    """Return the event of an edit of what was sent."""
    before = {**message()["event"], "ts": TS}
    after = {**before, "text": "Other", "edited": {"user": ANA.user_id, "ts": LATER}}
    event = {
        "type": "message", "subtype": "message_changed", "channel": CHANNEL, "ts": LATER,
        "hidden": True, "message": {**after, "blocks": []}, "previous_message": before,
        "event_ts": LATER,
    }  # fmt: skip
    return {"type": "event_callback", "team_id": TEAM, "event": event}


def deletion() -> Json:
    """Return the event of a deletion of what was sent."""
    event = {
        "type": "message", "subtype": "message_deleted", "channel": CHANNEL, "ts": LATER,
        "deleted_ts": TS, "previous_message": {**message()["event"], "ts": TS}, "event_ts": LATER,
    }  # fmt: skip
    return {"type": "event_callback", "team_id": TEAM, "event": event}


def reaction() -> Json:
    """Return the event of a reaction that orders a reply."""
    event = {
        "type": "reaction_added", "user": ANA.user_id, "reaction": "tada", "item_user": "UBOT",
        "item": {"type": "message", "channel": CHANNEL, "ts": ROOT}, "event_ts": LATER,
    }  # fmt: skip
    return {"type": "event_callback", "team_id": TEAM, "event": event}


def interaction(kind: str, **more: Any) -> Json:
    """Return what every interaction has in common."""
    return {
        "type": kind, "user": {"id": ANA.user_id, "team_id": TEAM, "username": "ana"},
        "team": {"id": TEAM, "domain": "a"}, "channel": {"id": CHANNEL}, "trigger_id": "t1",
        "response_url": "https://hooks.test/1", "api_app_id": "ABOT", **more,
    }  # fmt: skip


def press(action_id: str, value: str) -> Json:
    """Return the press of a button."""
    return interaction(
        "block_actions", container={"channel_id": CHANNEL, "thread_ts": ROOT},
        actions=[{"action_id": action_id, "value": value, "action_ts": LATER, "block_id": "b"}],
    )  # fmt: skip


def form() -> Json:
    """Return the submission of the form that answers the customer."""
    view = {
        "id": "V1", "hash": "h", "callback_id": "reply", "blocks": [],
        "private_metadata": json.dumps({"channel": CHANNEL, "s": SESSION}),
        "state": {"values": {"b": {"text": {"type": "plain_text_input", "value": "Hello"}}}},
    }  # fmt: skip
    return interaction("view_submission", view=view)


def shortcut() -> Json:
    """Return the shortcut that tries a reply again."""
    return interaction(
        "message_action", callback_id="retry", action_ts=LATER, message_ts=TS,
        message={"ts": TS, "thread_ts": ROOT, "user": ANA.user_id},
    )  # fmt: skip


def command() -> Json:
    """Return the command that answers the customer."""
    return {
        "command": "/crisp", "text": "reply #1 Hello", "user_id": ANA.user_id, "team_id": TEAM,
        "channel_id": CHANNEL, "trigger_id": "t1", "response_url": "https://hooks.test/1",
    }  # fmt: skip


def event(body: Json) -> Arrival | None:
    """Read a body of the Events API."""
    return events.event_arrival(body, IDENTITY)


@dataclass(frozen=True)
class Kind:
    """One kind of payload, how it is read and judged; ``state`` is that of the reply before."""

    body: Json
    read: Callable[[Json], Arrival | None]
    plain: Callable[[Json], bool]
    state: str = "sent"
    sends: bool = True


RETRY = f"send:{CHANNEL}:{TS}:0"
ORDER = json.dumps({"s": SESSION, "a": "Hello", "c": True})
KINDS = {
    "reply": Kind(message(), event, plain_message),
    "reply with a file": Kind(
        message(subtype="file_share", files=[{"id": "F1", "name": "a.png", "mode": "hosted"}]),
        event, plain_message,
    ),
    "reply by an app": Kind(
        message(subtype="bot_message", bot_id="B1", app_id="A1"), event, plain_message, sends=False
    ),
    "edit": Kind(edit(), event, plain_message),
    "edit of what waits": Kind(edit(), event, plain_message, "waits"),
    "edit of what is held": Kind(edit(), event, plain_message, "held", sends=False),
    "deletion": Kind(deletion(), event, lambda _body: False, sends=False),
    "reaction": Kind(reaction(), event, plain_reaction),
    "send button": Kind(
        press("held:send", f"{CHANNEL}:{TS}"), events.action_arrival, plain_press, "held"
    ),
    "retry button": Kind(
        press("delivery:retry", RETRY), events.action_arrival, plain_press, "dead"
    ),
    "verb button": Kind(press("verb:reply", ORDER), events.action_arrival, plain_press),
    "shortcut": Kind(shortcut(), events.shortcut_arrival, plain_press, "dead"),
    "form": Kind(form(), events.view_arrival, plain_press),
    "command": Kind(command(), events.command_arrival, plain_press),
}  # fmt: skip


def desk_with(state: str) -> Desk:
    """Return an inbox that has a reply in a state, and knows people who may not answer."""
    rules = replace(OURS, reactions={"tada": "reply Hello"}, collision_ms=0)
    desk = Desk(rules)
    for user in (BEN, *(replace(BEN, user_id=SlackUserId(i), **w) for i, w in NOBODY.items())):  # type: ignore[arg-type]  # flags
        desk.tx.save_user(user)
    desk.reply("!urgent" if state == "held" else "Before")
    if state == "sent":
        desk.deliver()
    elif state == "dead":
        queue.give_up(desk.tx, desk.attempt(), certain=True, error="invalid_data")
    return desk


DESKS: dict[str, Desk] = {}


def outcome(kind: Kind, body: Json) -> list[str]:
    """Return what of a payload would reach the customer anew; nothing may be raised."""
    desk = DESKS.get(kind.state) or DESKS.setdefault(kind.state, desk_with(kind.state))
    arrival = kind.read(body)
    if arrival is None:
        return []
    desk.conn.execute("SAVEPOINT fuzz")
    try:
        before = reaching(desk)
        desk.receive(arrival)
        after = reaching(desk)
    finally:
        desk.conn.execute("ROLLBACK TO fuzz")
        desk.conn.execute("RELEASE fuzz")
    return [one for one in after if one not in before]


@pytest.mark.parametrize("name", KINDS)
def test_the_payloads_do_what_they_say(name: str) -> None:
    """Unmutated, each kind that can make the customer get something does."""
    kind = KINDS[name]
    assert bool(outcome(kind, kind.body)) is kind.sends
    assert kind.plain(kind.body) is kind.sends or name == "edit of what is held"


@pytest.mark.parametrize("name", KINDS)
@settings(
    max_examples=40,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(mutations=MUTATIONS)
def test_no_mutation_sends_what_is_not_plainly_an_agents(
    name: str, mutations: list[tuple[str, int, int, int]]
) -> None:
    """Whatever is dropped, added, retyped or exchanged: in doubt nothing goes to the customer."""
    kind = KINDS[name]
    body = mutated(kind.body, mutations)
    sent = outcome(kind, body)
    assert not sent or kind.plain(body), body


# --- what Crisp says

SAID: Json = {
    "website_id": "website", "session_id": SESSION, "inbox_id": None, "type": "text",
    "from": "operator", "origin": "chat", "content": "Hello", "fingerprint": NOW * 100 + 7,
    "timestamp": NOW, "user": {"user_id": "op", "nickname": "Ana"}, "state": "resolved",
    "routing_id": "op-ana", "fingerprints": [NOW * 100], "email": "maya@example.com",
    "data": {"a": "b"}, "segments": ["vip"], "is_blocked": False, "stars": 5,
}  # fmt: skip


@settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(kind=st.sampled_from(crisp_events.EVENTS), mutations=MUTATIONS)
def test_nothing_that_crisp_says_is_sent_to_the_customer(
    kind: str, mutations: list[tuple[str, int, int, int]]
) -> None:
    """No event of Crisp's, mutated or not, makes a row that a customer would see."""
    body = mutated({"data": SAID}, mutations)

    def read(given: Json) -> Arrival | None:
        return crisp_events.arrival(kind, given.get("data"), website_id="website")

    assert outcome(Kind(body, read, lambda _body: False), body) == []
