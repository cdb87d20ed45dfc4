"""Verbs that say how much a thread shows."""

from __future__ import annotations

from dataclasses import replace

from bot import cards, texts
from bot.relay.access import Rules
from bot.relay.changes import context_line
from bot.relay.decisions import Change, Decision
from bot.relay.failures import answer_with
from bot.store.view import View
from handlers.verbs.orders import Act, Order


def _muting(*, muted: bool) -> Act:
    def act(order: Order, view: View, rules: Rules) -> Decision | str:
        del view, rules
        conversation = order.conversation
        if conversation is None:
            return texts.UNKNOWN_OPEN
        if conversation.muted is muted:
            return texts.MUTED_ALREADY if muted else texts.NOT_MUTED
        said = texts.MUTED if muted else texts.UNMUTED
        line = texts.DONE_BY.format(line=said, name=order.speaker.name)
        heard = replace(conversation, muted=False)  # that it is muted is the last that it shows
        success = (texts.IS_MUTED if muted else texts.IS_UNMUTED).format(name=order.name)
        answer = order.answering(success)
        told = (answer_with(answer, cards.sentence(success), name=f"done:{order.fact}"),)
        return Decision(
            change=Change(conversation.session_id, {"muted": muted}),
            effects=(
                *context_line(heard, line, at=order.at, name=f"muted:{order.fact}"),
                *(told if answer.success else ()),
            ),
        )

    return act


ACTS: dict[str, Act] = {"mute": _muting(muted=True), "unmute": _muting(muted=False)}
