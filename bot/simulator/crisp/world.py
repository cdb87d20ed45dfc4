"""The simulated workspace: its conversations, people and operators, and how they change.

Responsible for identity (ids, fingerprints, time), for every change being undoable, so that a
read can be answered as of before the last change, and for keeping the list indexes true. Must not
know of HTTP or sockets; what a change means to others goes out through ``publish``.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from bot.simulator.crisp.listing import INDEXED, Listing
from bot.simulator.crisp.model import Conversation, Operator, Person, empty_meta
from bot.simulator.crisp.modes import Modes
from bot.simulator.crisp.wire import Json, Refusal

Publish: TypeAlias = Callable[[str, Json], None]
_Undo: TypeAlias = Callable[[], object]

WEBSITE_ID = "8c842203-7ed8-4e29-a608-7cf78a7d2fcc"
PEOPLE = "people"
"""The journal key of changes to people profiles."""


class World:
    """One workspace (a Crisp *website*)."""

    def __init__(
        self, *, clock: Callable[[], float], seed: int, modes: Modes, publish: Publish
    ) -> None:
        """``clock`` returns epoch seconds; ``seed`` makes ids reproducible."""
        self.website_id = WEBSITE_ID
        self.website: Json = {
            "website_id": WEBSITE_ID, "name": "Acme", "domain": "acme.test", "logo": "",
        }  # fmt: skip
        self.modes = modes
        self.root = ""
        self.publish = publish
        self.random = random.Random(seed)
        self.conversations: dict[str, Conversation] = {}
        self.people: dict[str, Person] = {}
        self.emails: dict[str, str] = {}
        self.operators: dict[str, Operator] = {}
        self.online: dict[str, None] = {}
        self.listing = Listing(self.conversations)
        self._clock = clock
        self._fingerprint = 0
        self._visitors = 0
        self._change = 0
        self._last_key = ""
        self._journals: dict[str, tuple[int, list[_Undo]]] = {}

    # Identity

    def now(self) -> int:
        """Return the time in milliseconds."""
        return int(self._clock() * 1000)

    def new_id(self) -> str:
        """Return a random UUID."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def new_fingerprint(self) -> int:
        """Return 15 digits, epoch ms and two more, higher than any allocated before."""
        self._fingerprint = max(self._fingerprint + 1, self.now() * 100)
        return self._fingerprint

    def conversation(self, session_id: str) -> Conversation:
        """Return the conversation, or refuse as Crisp does."""
        found = self.conversations.get(session_id)
        if found is None:
            raise Refusal(404, "conversation_not_found")
        return found

    # Events

    def emit(self, event: str, conversation: Conversation, **data: Any) -> None:
        """Publish a session event: its ids come first, as in every one of Crisp's."""
        base = {
            "website_id": self.website_id,
            "session_id": conversation.session_id,
            "inbox_id": conversation.inbox_id,
        }
        self.publish(event, {**base, **data})

    @contextmanager
    def silently(self) -> Iterator[None]:
        """Publish nothing: what happens was before anybody listened."""
        publish, self.publish = self.publish, lambda _event, _data: None
        try:
            yield
        finally:
            self.publish = publish

    # Changes, each of which records how to take it back

    def begin(self) -> None:
        """Start a change: what follows replaces the last change of what it touches."""
        self._change += 1

    def new_conversation(
        self, *, at: int | None = None, nickname: str = "", session_id: str = ""
    ) -> Conversation:
        """Create a conversation, invisible until its visitor writes."""
        self._visitors += 1
        created = self.now() if at is None else at
        conversation = Conversation(
            session_id=session_id or f"session_{self.new_id()}",
            created_at=created,
            updated_at=created,
            active_last=created,
            meta=empty_meta(nickname or f"visitor{self._visitors}"),
        )
        self.put(conversation)
        return conversation

    def put(self, conversation: Conversation) -> None:
        """Store a conversation."""
        self.conversations[conversation.session_id] = conversation
        self.listing.add(conversation)
        self._track(conversation)
        self._record(conversation.session_id, lambda: self.drop(conversation))

    def drop(self, conversation: Conversation) -> None:
        """Remove a conversation."""
        self.listing.remove(conversation)
        del self.conversations[conversation.session_id]
        self.online.pop(conversation.session_id, None)
        self._record(conversation.session_id, lambda: self.put(conversation))

    def change(self, conversation: Conversation, **fields: Any) -> None:
        """Set fields of a conversation; the only way to do so."""
        before = {name: getattr(conversation, name) for name in fields}
        indexed = not INDEXED.isdisjoint(fields)
        if indexed:
            self.listing.remove(conversation)
        for name, value in fields.items():
            setattr(conversation, name, value)
        if indexed:
            self.listing.add(conversation)
        if "online" in fields:
            self._track(conversation)
        self._record(conversation.session_id, lambda: self.change(conversation, **before))

    def _track(self, conversation: Conversation) -> None:
        if conversation.online:
            self.online[conversation.session_id] = None
        else:
            self.online.pop(conversation.session_id, None)

    def add_message(self, conversation: Conversation, message: Json) -> None:
        """Add a message."""
        conversation.thread.add(message)
        self._record(conversation.session_id, lambda: self.discard_message(conversation, message))

    def discard_message(self, conversation: Conversation, message: Json) -> None:
        """Remove this very message."""
        conversation.thread.discard(message)
        self._record(conversation.session_id, lambda: self.add_message(conversation, message))

    def swap_message(self, conversation: Conversation, old: Json, new: Json) -> None:
        """Put another version of a message in its place."""
        conversation.thread.swap(old, new)
        self._record(conversation.session_id, lambda: self.swap_message(conversation, new, old))

    def put_person(self, person: Person) -> None:
        """Store a profile, in place of the one with the same id if there is one."""
        old = self.people.get(person.people_id)
        if old is not None:
            self.emails.pop(old.email, None)
        self.people[person.people_id] = person
        if person.email:
            self.emails[person.email] = person.people_id
        undo = (lambda: self.drop_person(person)) if old is None else lambda: self.put_person(old)
        self._record(PEOPLE, undo)

    def drop_person(self, person: Person) -> None:
        """Remove a profile."""
        del self.people[person.people_id]
        self.emails.pop(person.email, None)
        self._record(PEOPLE, lambda: self.put_person(person))

    def _record(self, key: str, undo: _Undo) -> None:
        change, steps = self._journals.get(key, (-1, []))
        if change != self._change:
            steps = []
            self._journals[key] = (self._change, steps)
        steps.append(undo)
        self._last_key = key

    @contextmanager
    def as_before(self, key: str = "") -> Iterator[None]:
        """Show the world as of before the last change of ``key`` (a session id, people, or any).

        Undoing records its own inverses, so redoing is undoing once more. Nothing may await
        inside: others would see the past too.
        """
        last = self._last_key
        self._undo(key or last)
        try:
            yield
        finally:
            self._undo(key or last)
            self._last_key = last

    def _undo(self, key: str) -> None:
        change, steps = self._journals.pop(key, (self._change, []))
        self.begin()
        for undo in reversed(steps):
            undo()
        _, inverse = self._journals.pop(key, (0, []))
        self._journals[key] = (change, inverse)

    def reset(self) -> None:
        """Forget conversations, people and operators."""
        self.conversations.clear()
        self.people.clear()
        self.emails.clear()
        self.operators.clear()
        self.online.clear()
        self.listing.clear()
        self._journals.clear()
        self._last_key = ""
