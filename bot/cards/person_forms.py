"""Forms about people: a profile to fill in, a new conversation, whom to look for.

Responsible for the fields and what stands in them. It must not know what is done with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot import texts
from bot.cards.modals import INPUT_LIMIT, modal, said, text_input
from bot.domain import Block, Json

LONG = frozenset({"about", "notepad", "address", "data"})
"""Fields with room for several lines."""
EMAIL, TEXT, QUERY = "email", "text", "query"
FIRST_MESSAGE = 3_000


def person_form(
    fields: Mapping[str, str], *, title: str, callback: str, meta: Json, notice: str = ""
) -> dict[str, Any]:
    """Return a form with these fields, by name; what is too long for a field must not be among."""
    blocks: list[Block] = [said(notice)] if notice else []
    blocks += [
        text_input(
            texts.PERSON_FIELDS[name], name, value=value, lines=name in LONG,
            optional=name != EMAIL, hint=texts.PERSON_HINTS.get(name, ""),
        )
        for name, value in fields.items()
    ]  # fmt: skip
    return modal(title, blocks, callback=callback, meta=meta, submit=texts.PERSON_SAVE)


def fits(value: str) -> bool:
    """Tell whether a value can be edited in a form, without being cut."""
    return len(value.encode("utf-16-le")) // 2 <= INPUT_LIMIT


def new_conversation_form(email: str, *, meta: Json) -> dict[str, Any]:
    """Return the form that begins a conversation."""
    blocks = [
        said(texts.NEW_EXPLAINED),
        text_input(texts.PERSON_FIELDS[EMAIL], EMAIL, value=email),
        text_input(texts.NEW_TEXT, TEXT, lines=True, most=FIRST_MESSAGE),
    ]
    return modal(
        texts.NEW_CONVERSATION, blocks, callback="new_conversation", meta=meta,
        submit=texts.NEW_SEND,
    )  # fmt: skip


def find_form(*, meta: Json, values: Sequence[str] = ("",)) -> dict[str, Any]:
    """Return the form that looks for people."""
    blocks = [text_input(texts.FIND_WHOM, QUERY, value=values[0], hint=texts.FIND_HINT)]
    return modal(texts.FIND_PERSON, blocks, callback="person_find", meta=meta, submit=texts.FIND)
