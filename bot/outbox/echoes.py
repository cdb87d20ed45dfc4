"""What Crisp has told of, lately: a message that was heard of needs no looking for.

Responsible for a short memory of proofs. Nothing rests on it alone: what it has forgotten is
looked for. It helps where a look is answered from a cache that is older than the message.
"""

from __future__ import annotations

from bot.domain import Fingerprint, SessionId

KEPT = 5000


class Echoes:
    """The last messages that an event has reported, by their identity."""

    def __init__(self, *, kept: int = KEPT) -> None:
        """Remember at most ``kept`` messages."""
        self._kept = kept
        self._heard: dict[tuple[str, int], None] = {}

    def note(self, session_id: object, fingerprint: object) -> None:
        """Remember that a message is there; what is no identity is passed over."""
        if not isinstance(session_id, str) or not isinstance(fingerprint, int):
            return
        self._heard[(session_id, fingerprint)] = None
        if len(self._heard) > self._kept:
            del self._heard[next(iter(self._heard))]

    def heard(self, session_id: SessionId, fingerprint: Fingerprint) -> bool:
        """Tell whether a message is known to be there."""
        return (session_id, fingerprint) in self._heard
