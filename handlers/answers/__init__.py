"""What is answered to each question. Every face has it asked in ``handlers.slack_questions``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from handlers.answers import conversations, helping, people, saved, website
from handlers.answers.asked import Answer

ANSWERS: Mapping[str, Answer] = MappingProxyType(
    {
        **helping.ANSWERS,
        **conversations.ANSWERS,
        **people.ANSWERS,
        **website.ANSWERS,
        **saved.ANSWERS,
    }
)
"""By the verb's name; a verb that changes something is in ``handlers.verbs``."""
