"""My settings: what a person chooses for themselves.

Responsible for what may be chosen. What follows from it is decided where replies are.
"""

from __future__ import annotations

from typing import Any

from bot import cards, texts
from bot.markup import one_line
from bot.relay.access import Rules, speaker_for
from bot.relay.decisions import Audit, Decision, Preferences
from bot.store.view import View
from handlers.modals.forms import Errors, Form, Modal, Opening, Submission

NAME, HOLD, NOTIFY = "shown_as", "hold_seconds", "notify"
OFF, ASSIGNED = "off", "assigned"
NAME_LIMIT = 60
HOLDS = (0, 5, 10, 20, 30, 60)
"""Seconds that a reply may be held."""


def _open(opening: Opening, view: View, rules: Rules) -> dict[str, Any] | str:
    del view
    user = opening.user
    holds = [(_seconds(seconds), str(seconds)) for seconds in HOLDS]
    blocks = [*_as_whom(opening, rules)]
    blocks.append(
        cards.select_input(
            texts.SETTINGS_HOLD, HOLD, holds, chosen=str(user.hold_seconds),
            hint=texts.SETTINGS_HOLD_HINT,
        )
    )  # fmt: skip
    if opening.operator is not None:  # to nobody else can anything be assigned
        blocks.append(_notify(chosen=ASSIGNED if user.notify else OFF))
    return cards.modal(
        texts.SETTINGS, blocks, callback="settings", meta=opening.meta(), submit=texts.SETTINGS_SAVE
    )


def _as_whom(opening: Opening, rules: Rules) -> list[dict[str, Any]]:
    """Return the field for the name, or what decides it in place of the person."""
    user, operator = opening.user, opening.operator
    if operator is None and rules.unmapped_agents == "profile":
        hint = texts.SETTINGS_NAME_HINT.format(name=one_line(user.name, NAME_LIMIT))
        field = cards.text_input(
            texts.SETTINGS_NAME, NAME, value=user.shown_as, hint=hint, optional=True,
            most=NAME_LIMIT,
        )  # fmt: skip
        return [field]
    speaker = speaker_for(user, operator, rules)
    if speaker is None:
        return [cards.said(texts.SETTINGS_UNMATCHED)]
    name = one_line(speaker.name, NAME_LIMIT)
    said = (texts.SETTINGS_AS_OPERATOR if operator else texts.SETTINGS_AS_COMPANY).format(name=name)
    return [cards.said(said)]


def _notify(*, chosen: str) -> dict[str, Any]:
    choices = [(texts.SETTINGS_NOTIFY_NONE, OFF), (texts.SETTINGS_NOTIFY_ASSIGNED, ASSIGNED)]
    return cards.select_input(
        texts.SETTINGS_NOTIFY, NOTIFY, choices, chosen=chosen, hint=texts.SETTINGS_NOTIFY_HINT
    )


def _seconds(seconds: int) -> str:
    if not seconds:
        return texts.SETTINGS_HOLD_NONE
    return texts.SETTINGS_HOLD_SECONDS.format(seconds=seconds)


def _validate(form: Form, view: View, rules: Rules) -> Errors:
    """Refuse a name of which nothing is seen, or which is longer than customers are shown."""
    del view, rules
    typed = form.value(NAME)
    if typed and (not _name(typed).strip() or len(typed) > NAME_LIMIT):
        return {NAME: texts.SETTINGS_NAME_WRONG.format(most=NAME_LIMIT)}
    return {}


def _name(typed: str) -> str:
    return one_line(typed, NAME_LIMIT)


def _submitted(said: Submission, view: View, rules: Rules) -> Decision:
    del view, rules
    form, user = said.form, said.user
    held, notified = form.value(HOLD), form.value(NOTIFY)
    chosen = Preferences(
        user.user_id,
        shown_as=_name(form.value(NAME)) if _asks_for_name(form) else user.shown_as,
        hold_seconds=int(held) if held in map(str, HOLDS) else user.hold_seconds,
        notify=notified == ASSIGNED if notified in {OFF, ASSIGNED} else user.notify,
    )
    audit = Audit(user=user.user_id, name=user.name, verb="settings")
    return Decision(preferences=chosen, audit=audit)


def _asks_for_name(form: Form) -> bool:
    """Tell whether the name could be typed: who is an operator has left it as it was."""
    blocks = form.raw.get("blocks")
    shown = (
        [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    )
    return any(block.get("element", {}).get("action_id") == NAME for block in shown)


MODALS: dict[str, Modal] = {"settings": Modal(_open, _submitted, _validate)}
