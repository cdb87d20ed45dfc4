"""People in Crisp: a profile that is removed there takes what is here of the person with it."""

from __future__ import annotations

from bot.crisp.events import PERSON_REMOVED
from bot.domain import Arrival, Source
from bot.relay.access import Rules
from bot.relay.decisions import Decision, Erase
from bot.router import Router
from bot.slack.models import word
from bot.store import erasing
from bot.store.view import View

router = Router()


@router.on(Source.CRISP, PERSON_REMOVED)
def removed(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Erase the conversations of somebody whose profile is no more."""
    if not rules.erase_removed:
        return None
    people_id, email = word(arrival.payload, "people_id"), word(arrival.payload, "email")
    sessions = erasing.sessions_of_person(view, people_id, email)
    return Decision(erase=Erase(sessions)) if sessions else None
