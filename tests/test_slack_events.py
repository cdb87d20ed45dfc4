"""Slack's wire shapes as arrivals: what is a fact, what is an echo, what is nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import METADATA_EVENT, Arrival, ChannelId, Source
from bot.slack import events, messages
from bot.slack.models import part
from tests.slack_fakes import CHANNEL, ME

Json = dict[str, Any]

TS = "1700000001.000200"
ROOT = "1700000000.000100"
REPLY: Json = {
    "type": "message",
    "channel": "C1",
    "user": "U1",
    "text": "hello",
    "ts": TS,
    "thread_ts": ROOT,
    "event_ts": TS,
    "team": "T1",
}


def envelope(event: Json, **outer: Any) -> Json:
    """Return an event as the Events API wraps it."""
    return {
        "type": "event_callback",
        "token": "old-verification-token",
        "team_id": "T1",
        "api_app_id": "A1",
        "event_id": "Ev1",
        "is_ext_shared_channel": False,
        "event": event,
        **outer,
    }


def read(event: Json) -> Arrival | None:
    """Read a live event."""
    return events.event_arrival(envelope(event), ME)


def changed(new: Json, old: Json | None, **outer: Any) -> Json:
    """Return a message_changed event."""
    event = {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "channel": "C1",
        "ts": "1700000009.000100",
        "event_ts": "1700000009.000100",
        "message": new,
        **outer,
    }
    return event if old is None else {**event, "previous_message": old}


@pytest.mark.parametrize("subtype", [None, "thread_broadcast", "file_share", "me_message"])
def test_what_a_person_writes_is_one_fact(subtype: str | None) -> None:
    """Every way of writing a new message is the kind message, named by channel and ts."""
    arrival = read(REPLY if subtype is None else {**REPLY, "subtype": subtype})
    assert arrival is not None
    assert (arrival.source, arrival.kind) == (Source.SLACK, "message")
    assert arrival.fact == f"message:C1:{TS}"
    assert arrival.occurred_at == 1_700_000_001_000
    assert (arrival.payload["team_id"], arrival.payload["is_ext_shared_channel"]) == ("T1", False)
    assert "token" not in arrival.payload
    assert not arrival.swept


def test_a_listed_message_is_the_same_fact() -> None:
    """What a sweep finds is the fact that the live event was."""
    live = read(REPLY)
    item = {name: value for name, value in REPLY.items() if name not in {"channel", "event_ts"}}
    swept = events.message_arrival(item, CHANNEL)
    assert live is not None
    assert swept is not None
    assert (swept.fact, swept.kind, swept.occurred_at) == (live.fact, live.kind, live.occurred_at)
    assert swept.swept
    assert swept.payload["channel"] == "C1"


@pytest.mark.parametrize(
    "subtype", ["channel_join", "channel_topic", "reminder_add", "tombstone", "new"]
)
def test_other_subtypes_are_nothing(subtype: str) -> None:
    """Joins, topics and whatever Slack invents next are not messages."""
    assert read({**REPLY, "subtype": subtype}) is None
    assert events.message_arrival({**REPLY, "subtype": subtype}, CHANNEL) is None


@pytest.mark.parametrize(
    "own", [{"user": "UBOT"}, {"bot_id": "BBOT"}, {"bot_id": "BNEW", "app_id": "A1"}]
)
def test_our_own_posts_are_echoes(own: Json) -> None:
    """A post of ours comes back as an event, and becomes nothing, live or listed."""
    assert read({**REPLY, **own}) is None
    assert events.message_arrival({**REPLY, **own}, CHANNEL, identity=ME) is None


def test_another_bots_post_is_a_message_by_a_bot() -> None:
    """Whether another app may speak to customers is configuration, so its post arrives."""
    arrival = read({**REPLY, "bot_id": "BOTHER"})
    assert arrival is not None
    assert messages.is_by_bot(arrival.payload)
    assert not messages.is_own_post(arrival.payload, ME)


def test_a_person_who_uses_our_app_is_not_our_bot() -> None:
    """An app_id alone, as on a person's message written with an app, is no mark of our bot."""
    assert read({**REPLY, "app_id": "A1"}) is not None


@pytest.mark.parametrize(
    ("new", "old", "arrives"),
    [
        ({"text": "b", "edited": {}}, {"text": "a"}, False),
        ({"text": "b", "edited": {"ts": "1"}}, {"text": "a"}, True),
        ({"text": "a", "edited": {"ts": "1"}, "blocks": [1]}, {"text": "a", "blocks": []}, True),
        ({"text": "a", "attachments": [{"from_url": "x"}]}, {"text": "a"}, False),
        (
            {"text": "a", "attachments": [1], "edited": {"ts": "1"}},
            {"text": "a", "edited": {"ts": "1"}},
            False,
        ),
        ({"text": "a"}, {"text": "a", "files": [{"id": "F1"}]}, True),
        ({"text": "a", "edited": {"ts": "1"}}, None, True),
        ({"text": "a", "reply_count": 2}, {"text": "a", "reply_count": 1}, False),
    ],
)
def test_only_edits_of_what_was_written_arrive(new: Json, old: Json | None, arrives: bool) -> None:  # noqa: FBT001 - a table's column
    """Unfurling a link or counting replies changes a message without editing it."""
    new = {"user": "U1", "ts": TS, **new}
    arrival = read(changed(new, old if old is None else {"user": "U1", "ts": TS, **old}))
    assert (arrival is not None) is arrives
    if arrival is not None:
        assert (arrival.kind, arrival.fact) == ("message_changed", None)
        assert arrival.occurred_at == 1_700_000_009_000


def test_our_own_updates_are_echoes_but_a_deleted_root_is_not() -> None:
    """chat.update comes back as an edit; a root that a moderator deleted comes as one as well."""
    ours = {"bot_id": "BBOT", "ts": ROOT, "text": "b", "edited": {"ts": "1"}}
    assert read(changed(ours, {**ours, "text": "a"})) is None
    tombstone = {"user": "USLACKBOT", "text": "This message was deleted.", "ts": ROOT}
    arrival = read(changed(tombstone, ours))
    assert arrival is not None
    assert messages.is_tombstone(arrival.payload)
    assert messages.message_ts(arrival.payload) == ROOT


def test_an_edit_without_a_ts_is_named_by_its_old_version() -> None:
    """Slack may leave ts and user out of the new version."""
    event = changed({"text": "b", "edited": {"ts": "1"}}, {**REPLY, "text": "a"})
    assert messages.message_ts(event) == TS
    assert messages.author(event) == "U1"
    assert messages.thread_of(event) == ROOT


def test_a_deletion_arrives_without_a_fact() -> None:
    """Deletions, also of our own posts, are compared with what is stored."""
    event = {
        "type": "message",
        "subtype": "message_deleted",
        "channel": "C1",
        "ts": "1700000009.000100",
        "deleted_ts": TS,
        "previous_message": {**REPLY, "bot_id": "BBOT"},
    }
    arrival = read(event)
    assert arrival is not None
    assert (arrival.kind, arrival.fact) == ("message_deleted", None)
    assert messages.message_ts(arrival.payload) == TS
    assert read({**event, "deleted_ts": "x"}) is None


@pytest.mark.parametrize("kind", ["reaction_added", "reaction_removed"])
def test_a_reaction_is_a_fact_of_its_moment(kind: str) -> None:
    """The same reaction, delivered again, is one fact; added again later, it is another."""
    event = {
        "type": kind,
        "user": "U1",
        "reaction": "eyes",
        "item": {"type": "message", "channel": "C1", "ts": TS},
        "event_ts": "1700000005.000100",
    }
    first, again = read(event), read(dict(event))
    later = read({**event, "event_ts": "1700000006.000100"})
    assert first is not None
    assert again is not None
    assert later is not None
    assert first.kind == kind
    assert first.fact == again.fact != later.fact
    assert read({**event, "user": "UBOT"}) is None
    assert read({**event, "item": {"type": "file", "file": "F1"}}) is None


@pytest.mark.parametrize(
    "kind",
    [
        "user_change",
        "channel_rename",
        "group_rename",
        "subteam_updated",
        "channel_archive",
        "group_unarchive",
        "member_left_channel",
        "app_home_opened",
        "link_shared",
        "tokens_revoked",
        "app_uninstalled",
    ],
)
def test_subscribed_events_arrive_under_their_own_name(kind: str) -> None:
    """What the manifest subscribes to arrives as what it is."""
    arrival = read({"type": kind, "event_ts": TS})
    assert arrival is not None
    assert arrival.kind == kind


def test_other_events_are_nothing() -> None:
    """An event that nobody asked for is dropped; a mention comes as a message already."""
    assert read({"type": "app_mention", "user": "U1", "ts": TS, "channel": "C1"}) is None
    assert read({"type": "emoji_changed"}) is None


def test_a_command_is_one_fact_without_the_old_token() -> None:
    """A command is named by its trigger, and Slack's verification token is not kept."""
    body = {
        "command": "/crisp",
        "text": "list",
        "trigger_id": "1.2.a",
        "user_id": "U1",
        "token": "old",
    }
    arrival = events.command_arrival(body)
    assert arrival is not None
    assert (arrival.kind, arrival.fact) == ("command", "command:1.2.a")
    assert arrival.payload["text"] == "list"
    assert "token" not in arrival.payload


def press(action_id: str = "conversation:resolve", **more: Any) -> Json:
    """Return a block_actions body."""
    return {
        "type": "block_actions",
        "user": {"id": "U1"},
        "actions": [{"action_id": action_id, "action_ts": TS, "value": "12"}],
        **more,
    }


def test_a_press_is_one_fact() -> None:
    """A press is named by who, when and what."""
    arrival = events.action_arrival(press())
    assert arrival is not None
    assert arrival.kind == "action:conversation:resolve"
    assert arrival.fact == f"action:U1:{TS}:conversation:resolve"
    assert arrival.occurred_at == 1_700_000_001_000


def test_a_link_button_is_nothing() -> None:
    """Slack reports that a link was opened; nobody has to do anything."""
    assert events.action_arrival(press("conversation:open")) is None


@pytest.mark.parametrize("kind", ["message_action", "shortcut"])
def test_a_shortcut_is_one_fact(kind: str) -> None:
    """Message shortcuts and global ones arrive alike."""
    body = {"type": kind, "callback_id": "note", "action_ts": TS, "user": {"id": "U1"}}
    arrival = events.shortcut_arrival(body)
    assert arrival is not None
    assert (arrival.kind, arrival.fact) == ("shortcut:note", f"shortcut:U1:{TS}:note")


def test_a_submitted_view_is_one_fact_per_state() -> None:
    """Submitted again as it was it is the same fact, after an update or filled in otherwise not."""

    def submitted(**more: Any) -> Arrival:
        view = {"id": "V1", "hash": "h1", "callback_id": "note", **more}
        body = {"type": "view_submission", "user": {"id": "U1"}, "view": view}
        assert events.view_arrival({**body, "type": "view_closed"}) is None
        arrival = events.view_arrival(body)
        assert arrival is not None
        return arrival

    typed = {"values": {"b": {"a": {"value": "one"}}}}
    first = submitted(state=typed)
    assert first.kind == "view:note"
    assert str(first.fact).startswith("view:V1:h1:")
    assert submitted(state=typed).fact == first.fact
    facts = {first.fact, submitted(state=typed, hash="h2").fact, submitted().fact}
    assert len(facts) == 3


def test_our_key_is_read_from_our_metadata_only() -> None:
    """Metadata of another app, or without a key, names no post of ours."""
    ours = {"event_type": METADATA_EVENT, "event_payload": {"key": "k1"}}
    assert messages.own_key({"metadata": ours}) == "k1"
    assert messages.own_key({"metadata": {**ours, "event_type": "other"}}) is None
    assert messages.own_key({"metadata": {**ours, "event_payload": {"key": 1}}}) is None
    assert messages.own_key({}) is None


def test_a_message_says_which_team_its_writer_is_of() -> None:
    """A Slack Connect partner's own team stands before the one that the message is in."""
    assert messages.team_of({"user_team": "T2", "team": "T1"}) == "T2"
    assert messages.team_of({"team": "T1"}) == "T1"
    assert messages.team_of({}) == ""


def test_a_root_is_no_reply() -> None:
    """A root has no thread_ts, or its own."""
    assert messages.is_reply(REPLY)
    assert not messages.is_reply({**REPLY, "thread_ts": TS})
    assert not messages.is_reply({"ts": TS})


# -- anything at all ------------------------------------------------------------------------------

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.just(TS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*REPLY, "subtype", "id", "bot_id"]), inner, max_size=4)
    ),
    max_leaves=8,
)
MESSAGES = {"message", "thread_broadcast", "file_share", "me_message"}
BODIES: list[Json] = [
    envelope(REPLY),
    envelope(changed({**REPLY, "text": "b", "edited": {"ts": "1"}}, REPLY)),
    envelope({"type": "message", "subtype": "message_deleted", "channel": "C1", "deleted_ts": TS}),
    envelope({**REPLY, "subtype": "file_share", "files": [{"id": "F1"}]}),
    envelope({**REPLY, "subtype": "channel_join"}),
    envelope({"type": "reaction_added", "user": "U1", "reaction": "eyes", "item": {"ts": TS}}),
    {"command": "/crisp", "trigger_id": "1.2", "user_id": "U1"},
    press(),
    {"type": "shortcut", "callback_id": "x", "action_ts": TS, "user": {"id": "U1"}},
    {"type": "view_submission", "user": {"id": "U1"}, "view": {"id": "V1", "callback_id": "x"}},
]


def paths(value: Any, prefix: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List every place in a JSON value."""
    inner: list[tuple[Any, Any]] = list(value.items()) if isinstance(value, dict) else []
    if isinstance(value, list):
        inner = list(enumerate(value))
    return [prefix, *(p for name, item in inner for p in paths(item, (*prefix, name)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any, *, drop: bool) -> Any:
    """Return a copy of a JSON value with one place changed or dropped."""
    if not path:
        return new
    head, rest = path[0], path[1:]
    copy = dict(value) if isinstance(value, dict) else list(value)
    if drop and not rest:
        del copy[head]
    else:
        copy[head] = replaced(copy[head], rest, new, drop=drop)
    return copy


@st.composite
def mutated(draw: st.DrawFn) -> Json:
    """Draw a request body with a few places changed or missing."""
    body: Any = draw(st.sampled_from(BODIES))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([p for p in paths(body) if p] or [()]))
        body = replaced(body, path, draw(JUNK), drop=draw(st.booleans()) and bool(path))
    return body if isinstance(body, dict) else {}


@given(mutated())
def test_no_body_makes_the_reading_raise(body: Json) -> None:
    """Whatever is sent is read or is nothing; only new messages are messages, each with a fact."""
    arrivals = [
        events.event_arrival(body, ME),
        events.message_arrival(body, ChannelId("C1")),
        events.message_arrival(part(body, "event"), ChannelId("C1"), identity=ME),
        events.command_arrival(body),
        events.action_arrival(body),
        events.shortcut_arrival(body),
        events.view_arrival(body),
    ]
    for arrival in arrivals:
        if arrival is None or arrival.kind != "message":
            continue
        wrote = arrival.payload
        assert wrote["type"] == "message"
        assert (wrote.get("subtype") or "message") in MESSAGES
        assert wrote.get("user") or wrote.get("bot_id")
        assert arrival.fact == f"message:{wrote['channel']}:{wrote['ts']}"
        assert arrival.occurred_at > 0 or wrote["ts"].startswith("0")


@given(mutated())
def test_no_event_makes_a_helper_raise(body: Json) -> None:
    """The helpers that handlers use take anything."""
    event = part(body, "event")
    for helper in (
        messages.is_new_message,
        messages.is_reply,
        messages.is_by_bot,
        messages.own_key,
        messages.is_tombstone,
        messages.message_ts,
        messages.thread_of,
        messages.author,
        messages.edited_text_differs,
    ):
        helper(event)
    messages.is_own_post(event, ME)
    messages.team_of(event)
