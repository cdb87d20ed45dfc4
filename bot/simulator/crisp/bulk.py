"""A full inbox in an instant, for benchmarks, and the people every simulation starts with.

Responsible for made-up content. Seeded messages are made only when somebody looks at them, so that
a million of them cost neither time nor memory. Publishes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.simulator.crisp import profiles
from bot.simulator.crisp.model import Conversation, Operator, empty_meta
from bot.simulator.crisp.thread import Thread
from bot.simulator.crisp.wire import Json
from bot.simulator.crisp.world import World

OPERATORS = (
    ("a5f1e0c2-6b7d-4c8e-9f10-2a3b4c5d6e01", "ana@acme.test", "Ana", "Silva", "owner"),
    ("a5f1e0c2-6b7d-4c8e-9f10-2a3b4c5d6e02", "ben@acme.test", "Ben", "Okafor", "member"),
    ("a5f1e0c2-6b7d-4c8e-9f10-2a3b4c5d6e03", "cleo@acme.test", "Cleo", "Martin", "member"),
)
PEOPLE = (
    ("jane.doe@example.com", "Jane Doe", "Globex", "globex.example", "Lisbon", "PT"),
    ("john.smith@initech.example", "John Smith", "Initech", "initech.example", "Austin", "US"),
    ("mira.patel@hooli.example", "Mira Patel", "Hooli", "hooli.example", "Pune", "IN"),
    ("li.wei@umbrella.example", "Li Wei", "Umbrella", "umbrella.example", "Singapore", "SG"),
)
MESSAGE_GAP = 10
"""Milliseconds between two seeded messages of one conversation."""
_EVERY = 1000


def furnish(world: World) -> None:
    """Put the operators and some people into an empty world."""
    now = world.now()
    picture = f"{world.root}/image/avatar"
    world.website["logo"] = f"{picture}/Acme.png"
    for user_id, email, first, last, role in OPERATORS:
        world.operators[user_id] = Operator(
            user_id=user_id, email=email, first_name=first, last_name=last, role=role,
            avatar=f"{picture}/{first}-{last}.svg", title="Support", since=now,
        )  # fmt: skip
    for email, name, company, domain, city, country in PEOPLE:
        card: Json = {
            "email": email,
            "person": {
                "nickname": name,
                "avatar": f"{picture}/{name.replace(' ', '-')}.svg",
                "geolocation": {"country": country, "city": city},
                "employment": {"name": company, "domain": domain, "title": "Buyer"},
            },
            "company": {"name": company, "domain": domain, "url": f"https://{domain}"},
            "segments": ["customer"],
        }
        profiles.create(world, card)


def session_of(number: int) -> str:
    """Return the session id of the n-th seeded conversation, counted from 0."""
    return f"session_{number:08x}-0000-4000-8000-000000000000"


def seed(
    world: World, *, conversations: int, messages: int, state: str = "resolved",
    newest: int | None = None,
) -> Json:  # fmt: skip
    """Add conversations, one second apart, the last one ending at ``newest`` (ms; now).

    Message ``j`` of a conversation has the timestamp ``created_at + j * 10`` and the fingerprint
    ``timestamp * 100``; even ones are the visitor's. Returns the range of numbers that
    ``session_of`` turns into ids, and the created_at of the first.
    """
    newest = world.now() if newest is None else newest
    length = max(0, messages - 1) * MESSAGE_GAP
    start = sum(1 for s in world.conversations if s.endswith("-0000-4000-8000-000000000000"))
    first_created = newest - length - max(0, conversations - 1) * _EVERY
    world.listing.clear()
    for number in range(start, start + conversations):
        created = first_created + (number - start) * _EVERY
        _add(world, number, created, messages=messages, length=length, state=state)
    return {
        "first": start,
        "conversations": conversations,
        "first_session_id": session_of(start),
        "first_created_at": first_created,
        "created_every": _EVERY,
        "message_gap": MESSAGE_GAP,
    }


def _add(
    world: World, number: int, created: int, *, messages: int, length: int, state: str
) -> None:
    meta = {**_SHARED, "nickname": f"Seeded {number}", "email": f"seeded{number}@example.com"}
    conversation = Conversation(
        session_id=session_of(number), created_at=created, updated_at=created + length,
        meta=meta, state=state, visible=True, online=False,
        thread=Thread(_messages(number, created, messages)),
    )  # fmt: skip
    if messages:
        conversation.last = _message(number, created, messages - 1)
    world.conversations[conversation.session_id] = conversation


_SHARED: Json = empty_meta("")
"""Never changed in place: contact data is replaced when it changes."""


def _messages(number: int, created: int, count: int) -> Callable[[], list[Json]]:
    return lambda: [_message(number, created, j) for j in range(count)]


def _message(number: int, created: int, j: int) -> Json:
    timestamp = created + j * MESSAGE_GAP
    by_visitor = j % 2 == 0
    return {
        "type": "text",
        "from": "user" if by_visitor else "operator",
        "origin": "chat",
        "content": f"Seeded message {j} of conversation {number}",
        "fingerprint": timestamp * 100,
        "timestamp": timestamp,
        "user": {"nickname": f"Seeded {number}" if by_visitor else "Ana Silva"},
        "preview": [],
        "mentions": [],
        "read": "chat",
        "delivered": "chat",
        "edited": False,
        "translated": False,
        "automated": False,
        "stamped": True,
    }
