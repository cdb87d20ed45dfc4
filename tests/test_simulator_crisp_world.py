"""The simulated workspace itself: whatever is sent in, it answers; whatever changed, it undoes."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.simulator.crisp import bulk, desk, rest_conversations, rest_messages, rest_people, talk
from bot.simulator.crisp.listing import Wanted, facets
from bot.simulator.crisp.model import conversation_json
from bot.simulator.crisp.modes import Modes
from bot.simulator.crisp.wire import Answer, Call, Json, Refusal, Route
from bot.simulator.crisp.world import World

WRITES = [
    route
    for module in (rest_conversations, rest_messages, rest_people)
    for route in module.ROUTES
    if route.method not in {"GET", "HEAD"}
]
FINGERPRINT = 170000000000001
plain = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
values = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
words = st.sampled_from(
    ("type", "from", "origin", "content", "fingerprint", "timestamp", "user", "state", "assigned",
     "email", "segments", "data", "person", "company", "blocked", "participants", "fingerprints",
     "nickname", "inbox_id", "to", "date", "opened")
)  # fmt: skip
likely = st.sampled_from(
    ("user", "operator", "text", "note", "picker", "start", "chat", "resolved", "a@b", True,
     FINGERPRINT, {"user_id": None}, [FINGERPRINT], {"id": "p", "text": "?", "choices": []})
)  # fmt: skip
bodies = st.dictionaries(words, likely | values, max_size=6)


def furnished() -> tuple[World, list[tuple[str, Json]]]:
    """Return a world with one conversation, `session_x`, and the list of what it publishes."""
    published: list[tuple[str, Json]] = []
    world = World(
        clock=lambda: 1_700_000_000.0, seed=0, modes=Modes(),
        publish=lambda event, data: published.append((event, data)),
    )  # fmt: skip
    bulk.furnish(world)
    conversation = world.new_conversation(session_id="session_x")
    message = {"type": "text", "from": "user", "origin": "chat", "content": "hello"}
    talk.send(world, conversation, {**message, "fingerprint": FINGERPRINT})
    world.begin()
    published.clear()
    return world, published


def call(world: World, route: Route, body: Json) -> Answer:
    """Call a route for the conversation, message or person there is."""
    args = {
        "website": world.website_id, "session": "session_x", "fingerprint": str(FINGERPRINT),
        "people": "jane.doe@example.com", "page": "1",
    }  # fmt: skip
    return route.handler(world, Call(route.method, route.template, args, {}, body, "website"))


def refusal(world: World, route: Route, body: Json) -> Refusal | None:
    """Call a route and return the refusal, if it was one."""
    try:
        call(world, route, body)
    except Refusal as refused:
        return refused
    return None


def photograph(world: World) -> Any:
    """Return all that a read could show."""
    found = world.conversations.get("session_x")
    return (
        found and conversation_json(found, website_id=world.website_id),
        found and (list(found.thread), found.participants, found.reminders, found.transcripts),
        {key: (p.to_json(), p.data, tuple(p.sessions)) for key, p in world.people.items()},
        [c.session_id for c in world.listing.page(Wanted("updated", frozenset(), 1, 20))],
        [c.session_id for c in world.listing.page(Wanted("updated", frozenset({"unread"}), 1, 20))],
    )


@settings(max_examples=150, deadline=None)
@given(route=st.sampled_from(WRITES), body=bodies)
def test_no_body_breaks_a_route(route: Route, body: Json) -> None:
    """Every body is answered or refused, and a refusal changes and publishes nothing."""
    world, published = furnished()
    before = photograph(world)
    refused = refusal(world, route, body)
    if refused is not None:
        assert refused.status in {400, 402, 404, 409}
        assert photograph(world) == before
        assert published == []


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from(WRITES), bodies), min_size=1, max_size=6))
def test_the_past_can_be_shown_and_the_present_comes_back(
    steps: list[tuple[Route, Json]],
) -> None:
    """Undoing a conversation's last change shows it as it was; afterwards all is as it is."""
    world, _ = furnished()
    for route, body in steps:
        before = photograph(world)
        world.begin()
        refusal(world, route, body)
        after = photograph(world)
        with world.as_before("session_x"):
            shown = photograph(world)
        if after[:2] != before[:2]:
            assert shown[:2] == before[:2]
        assert photograph(world) == after


@given(
    changes=st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from(("resolve", "open", "write", "assign"))),
        max_size=25,
    )
)
def test_an_index_is_what_sorting_would_give(changes: list[tuple[int, str]]) -> None:
    """After any changes each list equals the filtered and sorted conversations."""
    world, _ = furnished()
    bulk.seed(world, conversations=5, messages=1)
    everything = [
        Wanted(order, frozenset({facet}), 1, 50)
        for order in ("created", "updated", "waiting")
        for facet in ("all", "resolved", "not_resolved", "unread", "unassigned")
    ]
    for wanted in everything:
        world.listing.page(wanted)
    ana = next(iter(world.operators))
    for number, change in changes:
        conversation = world.conversation(bulk.session_of(number))
        match change:
            case "resolve":
                desk.set_state(world, conversation, "resolved")
            case "open":
                desk.set_state(world, conversation, "unresolved")
            case "assign":
                desk.assign(world, conversation, None if conversation.assigned else ana)
            case _:
                message = {"type": "text", "from": "user", "origin": "chat", "content": "x"}
                talk.send(world, conversation, message)
    for wanted in everything:
        (facet,) = wanted.facets
        expected = {
            c.session_id
            for c in world.conversations.values()
            if facet in facets(c) and (wanted.order != "waiting" or c.waiting_since is not None)
        }
        page = world.listing.page(wanted)
        assert {c.session_id for c in page} == expected
        if wanted.order == "updated":
            dates = [c.updated_at for c in page]
            assert dates == sorted(dates, reverse=True)
