"""Searching conversations: by text, by segment, by rules.

Responsible for turning a list call's search parameters into a test of one conversation. Must not
walk lists itself.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.simulator.crisp import talk
from bot.simulator.crisp.model import Conversation, conversation_json
from bot.simulator.crisp.profiles import matches, parse_filters
from bot.simulator.crisp.wire import Call, invalid

_FIELDS = ("nickname", "email", "phone", "subject")


def matcher(call: Call, *, website_id: str) -> Callable[[Conversation], bool] | None:
    """Return the test a search asks for, or None if nothing is searched."""
    query = call.query.get("search_query", "").strip()
    if not query:
        return None
    kind = call.query.get("search_type", "text")
    if kind == "text":
        needle = query.lower()
        return lambda c: has_text(c, needle)
    if kind == "segment":
        return lambda c: query in c.meta["segments"]
    if kind == "filter":
        rules = parse_filters(query)
        return lambda c: all(
            matches(conversation_json(c, website_id=website_id), rule) for rule in rules
        )
    raise invalid("search_type must be text, segment or filter")


def has_text(conversation: Conversation, needle: str) -> bool:
    """Tell whether contact data or any message contains ``needle`` (in lower case)."""
    meta = conversation.meta
    if any(needle in str(meta.get(f) or "").lower() for f in _FIELDS):
        return True
    return any(talk.is_excerpted(m, needle) for m in conversation.thread.loaded())
