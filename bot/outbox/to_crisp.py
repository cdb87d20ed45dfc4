"""Crisp as a destination: which kinds of rows it takes, and who carries each out.

Responsible for the table alone.
"""

from __future__ import annotations

from bot.crisp.client import CrispClient
from bot.outbox.changes import Assigning, SettingState
from bot.outbox.courier import Errands
from bot.outbox.echoes import Echoes
from bot.outbox.learner import Learner, Learning
from bot.outbox.sends import Sending


def crisp_courier(crisp: CrispClient, *, learner: Learner, echoes: Echoes) -> Errands:
    """Return Crisp as a destination.

    ``learner`` asks Slack who somebody is: such a row keeps its place among the replies.
    """
    return Errands(
        (
            Sending(crisp, echoes=echoes),
            SettingState(crisp),
            Assigning(crisp),
            Learning(learner),
        )
    )
