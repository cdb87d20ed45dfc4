"""Edits and removals in Crisp: the customer's, an operator's, and the echo of our own."""

from __future__ import annotations

from typing import Any

from bot.crisp import convert
from bot.domain import Arrival, Fingerprint, SessionId, Source
from bot.relay import privacy
from bot.relay.access import Rules
from bot.relay.decisions import Decision, Early, Overwrite, Revise
from bot.relay.revisions import check, overwriting
from bot.router import Router
from bot.store import erasing
from bot.store.view import View
from bot.store.written import OwnPart, own_part, written

router = Router()


@router.on(Source.CRISP, "message:updated")
def updated(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Show a message's new content; where it may be an old one that comes late, ask Crisp."""
    session_id, fingerprint = _named(arrival)
    content = arrival.payload.get("content")
    if content is None:
        return None
    own = own_part(view, session_id, fingerprint)
    if own is not None:
        return _own_updated(own, fingerprint, content, view, rules)
    message = written(view, session_id, fingerprint)
    if message is None and _is_erased(session_id, view):
        return None
    if message is None:
        kinds = privacy.hidden_in(rules, view.conversation(session_id))
        shown = privacy.hidden_within(content, kinds)
        return Decision(early=Early(session_id, fingerprint, shown))
    link = convert.inbox_url(rules.website_id, session_id)
    markdown = privacy.summary(message.kind, content, message.hides, inbox_url=link)
    if message.removed or markdown == message.content:
        return None
    if message.is_first:
        return Decision(revise=Revise(message.id, markdown))
    asked = check(session_id, fingerprint, now=view.now, candidate=markdown)
    return Decision(effects=(asked,))


@router.on(Source.CRISP, "message:removed")
def removed(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Strike a message; nothing brings it back, so whatever comes later is older."""
    del rules
    session_id, fingerprint = _named(arrival)
    own = own_part(view, session_id, fingerprint)
    if own is not None:
        news = not own.pending and own.content is not None and own.overwritten != ""
        return Decision(overwrite=Overwrite(own.id, "")) if news else None
    message = written(view, session_id, fingerprint)
    if message is None and _is_erased(session_id, view):
        return None
    if message is None:
        return Decision(early=Early(session_id, fingerprint, None))
    if message.removed:
        return None
    return Decision(revise=Revise(message.id, None))


def _own_updated(
    own: OwnPart, fingerprint: Fingerprint, content: Any, view: View, rules: Rules
) -> Decision | None:
    """Tell an operator's edit of a reply of ours from the echo of our own, which may be late."""
    if own.pending or own.content is None or not isinstance(content, str):
        return None
    kinds = privacy.hidden_in(rules, view.conversation(own.session_id))
    candidate = overwriting(content, own.content, own.overwritten, kinds)
    if candidate is None:
        return None
    asked = check(own.session_id, fingerprint, now=view.now, candidate=candidate)
    return Decision(effects=(asked,))


def _is_erased(session_id: SessionId, view: View) -> bool:
    """Tell whether nothing of a conversation is waited for: it was erased, and not begun anew."""
    known = view.conversation(session_id) is not None
    return not known and erasing.erased_at(view, session_id) is not None


def _named(arrival: Arrival) -> tuple[SessionId, Fingerprint]:
    payload = arrival.payload
    return SessionId(payload["session_id"]), Fingerprint(int(payload["fingerprint"]))
