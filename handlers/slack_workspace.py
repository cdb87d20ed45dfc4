"""News of a channel's or the app's own fate: archived, deleted, back again, its token revoked.

Responsible for having a listener for each, so that it is acknowledged: nothing follows from such
an event alone. ``bot.vigil`` hears of them as well, and looks at once.
"""

from __future__ import annotations

from bot.domain import Arrival, Source
from bot.relay.access import Rules
from bot.relay.decisions import Decision
from bot.router import Router
from bot.store.view import View

router = Router()


@router.on(
    Source.SLACK,
    "app_uninstalled",
    "channel_archive",
    "channel_deleted",
    "channel_unarchive",
    "group_archive",
    "group_deleted",
    "group_unarchive",
    "tokens_revoked",
)
def happened(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Store nothing: how a channel is, and whether the token is good, is asked anew each time.

    https://docs.slack.dev/reference/events/channel_archive
    """
    del arrival, view, rules
    return None
