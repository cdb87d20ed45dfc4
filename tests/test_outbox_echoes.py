"""The short memory of what Crisp has told of."""

from __future__ import annotations

from bot.domain import Fingerprint, SessionId
from bot.outbox.echoes import Echoes

HERE, THERE = SessionId("session_here"), SessionId("session_there")


def test_a_message_is_heard_of_by_its_whole_identity() -> None:
    """A message is known by its conversation and fingerprint together."""
    echoes = Echoes()
    echoes.note(HERE, 170000000000001)
    assert echoes.heard(HERE, Fingerprint(170000000000001))
    assert not echoes.heard(THERE, Fingerprint(170000000000001))
    assert not echoes.heard(HERE, Fingerprint(170000000000002))


def test_the_oldest_is_forgotten() -> None:
    """The memory has an end, and the oldest goes first."""
    echoes = Echoes(kept=2)
    for fingerprint in (1, 2, 1, 3):
        echoes.note(HERE, fingerprint)
    assert [echoes.heard(HERE, Fingerprint(number)) for number in (1, 2, 3)] == [False, True, True]


def test_what_is_no_identity_is_passed_over() -> None:
    """An event without a usable identity is nothing to remember."""
    echoes = Echoes()
    echoes.note(None, 1)
    echoes.note(HERE, "1")
    assert not echoes.heard(HERE, Fingerprint(1))
