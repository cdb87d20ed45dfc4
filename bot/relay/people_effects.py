"""What is to be done with people: the payloads of their outbox rows.

Responsible for shapes only, like ``bot.relay.effects``, which gathers all payloads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from bot.domain import Millis, SlackUserId, Speaker
from bot.relay.answer import Answer


@dataclass(frozen=True, slots=True)
class StartConversation:
    """Create a conversation with somebody, and send them the first message as the team.

    The steps that are done are in the payload; each is stored before the next begins.
    """

    kind: ClassVar[str] = "start"
    looked_for: ClassVar[bool] = True
    email: str
    contents: tuple[str, ...]
    """The message, split where Crisp cuts."""
    speaker: Speaker
    answer: Answer
    session_id: str = ""
    """Crisp's name for it, once it is created."""
    fingerprints: tuple[int, ...] = ()
    """Handed out with it, one for each part."""
    messages: tuple[int, ...] = ()
    """The parts by their stored ids."""
    described: bool = False
    """Crisp knows with whom it is."""
    sent: int = 0
    """So many parts are known to be sent."""


@dataclass(frozen=True, slots=True)
class SavePerson:
    """Add, change or delete a person's profile in Crisp; it may be repeated.

    Fields are named as in ``bot.relay.persons``; of lists and of data only what is added, changed
    or taken away is held, so that what others have changed meanwhile stays.
    """

    kind: ClassVar[str] = "person"
    change: Literal["add", "edit", "delete"]
    person: str
    """The profile's id, or its e-mail address."""
    answer: Answer
    fields: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    """Digests of what the fields held when they were filled in: what is different by now is not
    overwritten. A field that is not here is."""
    segments_added: tuple[str, ...] = ()
    segments_removed: tuple[str, ...] = ()
    data_set: dict[str, str] = field(default_factory=dict)
    data_unset: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell somebody in a direct message that the customer of a conversation of theirs wrote.

    ``at`` tells one wish from the next, in epoch milliseconds.
    """

    kind: ClassVar[str] = "notify"
    wanted_anew: ClassVar[bool] = True
    user: SlackUserId
    at: Millis
