"""The check of the channel that an admin chose in Slack: which one, and whether it counts.

Responsible for reading the choice and for the words; a database that cannot be read is told by
``bot.doctor.database``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from bot.config import Settings
from bot.doctor.check import Check, ok, warn
from bot.errors import StoreError
from bot.relay.access import Choice, Rules, take
from bot.store import beside, chosen

CHOICE = "slack channel choice"


def chosen_channel(settings: Settings, rules: Rules) -> Iterator[Check]:
    """Yield a check if a channel was chosen, and let the rules have the choice."""
    path = Path(settings.bridge_database)
    if not path.exists():
        return
    try:
        with beside.reading(path, now_ms=int(time.time() * 1000)) as view:
            choice = chosen.channel(view, configured=rules.channel)
    except StoreError:
        return
    take(rules.choice, choice)
    if check := _check(choice, rules):
        yield check


def _check(choice: Choice, rules: Rules) -> Check | None:
    if choice.channel is None:
        return None
    if rules.routes_everything:
        return warn(
            CHOICE,
            f"An admin chose {choice.channel} in Slack, but the routes in bridge.toml take every "
            "conversation.",
        )
    if choice.channel == rules.channel:
        return ok(CHOICE, f"An admin chose {choice.channel} in Slack, as SLACK_CHANNEL says.")
    return warn(
        CHOICE,
        f"New conversations go to {choice.channel}, as an admin chose in Slack, and not to "
        f"SLACK_CHANNEL: set SLACK_CHANNEL={choice.channel} to make that plain, or choose again.",
    )
