"""Who appears in the demo, and what the first of them says.

Responsible for made-up people and their lines; it must not do anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any, Literal

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the show: ``who`` is the customer, or somebody of the team by Slack name."""

    after: float
    """Seconds after the step before."""
    who: str
    do: Literal["type", "write", "picture", "edit"]
    text: str
    """What is written, or the picture's name under static/show/."""


OPENING: tuple[Step, ...] = (
    Step(
        1.0,
        "customer",
        "write",
        "Hi! We moved to the Team plan today, but the invoice still says Starter. Can you look?",
    ),
    Step(1.2, "customer", "type", "It is invoice"),
    Step(1.8, "customer", "write", "It is invoice INV-2041, if that helps 🙂"),
)
"""What the first customer writes."""

_ANSWER = "Hi Maya, thanks for telling us! *INV-2041* was made just before you moved up. {} :tada:"

SCRIPT: tuple[Step, ...] = (
    *OPENING,
    Step(2.2, "customer", "picture", "invoice.png"),
    Step(3.5, "ana", "write", _ANSWER.format("A corected one is on its way")),
    Step(3.0, "ana", "edit", _ANSWER.format("A corrected one is on its way")),
    Step(2.5, "ben", "write", "note: she is on the *annual* plan, the credit is booked"),
    Step(3.5, "customer", "write", "That was quick, thank you Ana!"),
)
"""The whole show, half a minute long."""

SHORTCUTS: tuple[Json, ...] = (
    {"name": "Reply", "callback_id": "reply"},
    {"name": "Reply and resolve", "callback_id": "reply_resolve"},
    {"name": "Note", "callback_id": "note"},
    {"name": "Delivery status", "callback_id": "delivery_status"},
    {"name": "Retry", "callback_id": "retry"},
    {"name": "Turn into note", "callback_id": "to_note"},
    {"name": "Conversation actions", "callback_id": "conversation_actions"},
)
"""The app's shortcuts on messages, by ``name`` and ``callback_id``, as the manifest has them."""

GLOBAL_SHORTCUTS: tuple[Json, ...] = (
    {"name": "Find a person", "callback_id": "person_find"},
    {"name": "New conversation", "callback_id": "new_conversation"},
)
"""Its shortcuts that are not about a message."""

_PEOPLE: tuple[Json, ...] = (
    {
        "nickname": "Maya Lindqvist",
        "email": "maya@northwind.example",
        "company": "Northwind Studio",
        "country": "SE",
        "city": "Malmö",
        "browser": "Safari",
        "os": "macOS",
        "segments": ["team-plan"],
        "page": {"title": "Billing", "url": "https://acme.test/billing"},
        "picture": "maya.svg",
    },
    {
        "nickname": "Tomás Herrera",
        "email": "tomas@pixelbakery.example",
        "company": "Pixel Bakery",
        "country": "MX",
        "city": "Oaxaca",
        "browser": "Chrome",
        "os": "Windows",
        "segments": ["trial"],
        "page": {"title": "Pricing", "url": "https://acme.test/pricing"},
        "picture": "tomas.svg",
        "ideas": ["Is there a discount for non-profits?", "Can I pay by bank transfer?"],
    },
    {
        "nickname": "Aiko Tanaka",
        "email": "aiko@hoshilabs.example",
        "company": "Hoshi Labs",
        "country": "JP",
        "city": "Kyoto",
        "browser": "Firefox",
        "os": "Linux",
        "segments": ["enterprise"],
        "page": {"title": "API reference", "url": "https://acme.test/docs/api"},
        "picture": "aiko.svg",
        "ideas": ["Our webhook stopped firing an hour ago.", "Where do I find my API key?"],
    },
    {
        "nickname": "Jonas Weber",
        "email": "jonas@weberundsohn.example",
        "company": "Weber & Sohn",
        "country": "DE",
        "city": "Leipzig",
        "browser": "Edge",
        "os": "Windows",
        "segments": ["team-plan"],
        "page": {"title": "Order 4711", "url": "https://acme.test/orders/4711"},
        "picture": "jonas.svg",
        "ideas": ["Where is my order?", "I would like to change the delivery address."],
    },
    {
        "nickname": "Priya Nair",
        "email": "priya@lotuscart.example",
        "company": "Lotus Cart",
        "country": "IN",
        "city": "Kochi",
        "browser": "Chrome",
        "os": "Android",
        "segments": ["trial", "mobile"],
        "page": {"title": "Sign in", "url": "https://acme.test/sign-in"},
        "picture": "priya.svg",
        "ideas": ["I cannot sign in on my phone.", "The code by e-mail never arrives."],
    },
    {
        "nickname": "Elias Moreau",
        "email": "elias@atelier.example",
        "company": "Atelier Moreau",
        "country": "FR",
        "city": "Lyon",
        "browser": "Safari",
        "os": "iOS",
        "segments": ["enterprise"],
        "page": {"title": "Status", "url": "https://acme.test/status"},
        "picture": "elias.svg",
        "ideas": ["Is there an outage?", "How do I invite a colleague?"],
    },
)

_KNOWN: dict[str, tuple[str, str, Json]] = {
    "maya": ("Studio lead", "+46 70 123 45 67", {"plan": "Team", "seats": 8, "renews": "March"}),
    "tomas": ("Owner", "+52 951 123 4567", {"plan": "Trial", "seats": 1}),
    "aiko": ("Engineer", "", {"plan": "Enterprise", "seats": 120}),
    "jonas": ("Buyer", "+49 341 123456", {"plan": "Team", "seats": 14}),
    "priya": ("Founder", "", {"plan": "Trial", "seats": 3}),
    "elias": ("Architect", "+33 4 12 34 56 78", {"plan": "Enterprise", "seats": 45}),
}
"""Title, phone and custom data, by the picture's name."""


def people(crisp: str) -> list[Json]:
    """Return everybody; their pictures are where Crisp keeps those: ``crisp`` is its address."""
    return [
        {name: value for name, value in one.items() if name != "picture"}
        | {"avatar": f"{crisp}/image/avatar/{one['picture']}"}
        for one in _PEOPLE
    ]


def profiles(crisp: str) -> list[tuple[Json, Json]]:
    """Return what Crisp knows of everybody before they write: a profile and its custom data."""
    return [_profile(who) for who in people(crisp)]


def _profile(who: Json) -> tuple[Json, Json]:
    title, phone, data = _KNOWN[PurePosixPath(who["avatar"]).stem]
    profile = {
        "email": who["email"],
        "person": {
            "nickname": who["nickname"],
            "avatar": who["avatar"],
            "phone": phone,
            "geolocation": {"country": who["country"], "city": who["city"]},
            "employment": {"name": who["company"], "title": title},
        },
        "company": {"name": who["company"]},
        "segments": who["segments"],
    }
    return profile, data


def portraits() -> dict[str, bytes]:
    """Return everybody's picture by its name."""
    folder = files("bot.simulator.page") / "static" / "people"
    names = [str(one["picture"]) for one in _PEOPLE]
    return {name: folder.joinpath(name).read_bytes() for name in names}


def opening(crisp: str) -> Json:
    """Return the act by which the first customer arrives, all but the text."""
    return {"do": "visitor_message", "session_id": "session_maya", **people(crisp)[0]}
