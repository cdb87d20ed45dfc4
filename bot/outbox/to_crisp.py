"""Crisp as a destination: which kinds of rows it takes, and who carries each out.

Responsible for the table alone.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.crisp.client import CrispClient
from bot.outbox.acting import Acting, ActingOnce
from bot.outbox.changes import Assigning, SettingState
from bot.outbox.checks import Checking
from bot.outbox.courier import Errands, Gated
from bot.outbox.echoes import Echoes
from bot.outbox.edits import EditingSent
from bot.outbox.existing import CheckingConversation
from bot.outbox.files_to_crisp import SendingFile
from bot.outbox.learner import Learner, Learning
from bot.outbox.moving import Movers
from bot.outbox.people import SavingPerson
from bot.outbox.read_marks import MarkingRead
from bot.outbox.sends import Sending
from bot.outbox.starting import Starting
from bot.outbox.waking import Waking
from bot.relay.access import Rules
from bot.store.reader import Reader


def crisp_courier(
    crisp: CrispClient,
    reader: Reader,
    rules: Rules,
    *,
    learner: Learner,
    echoes: Echoes,
    spare: Callable[[], bool],
    movers: Movers,
) -> Errands:
    """Return Crisp as a destination.

    ``rules`` say what is hidden. ``learner`` asks Slack who somebody is: such a row keeps its place
    among the replies. ``spare`` tells whether a call that could be left out can be made today.
    """
    return Gated(
        (
            Sending(crisp, reader, echoes=echoes),
            SendingFile(crisp, reader, movers, echoes=echoes),
            EditingSent(crisp),
            SettingState(crisp, reader),
            Assigning(crisp),
            Acting(crisp),
            ActingOnce(crisp),
            Waking(reader),
            MarkingRead(crisp, reader, spare=spare),
            Checking(crisp, reader, rules),
            CheckingConversation(crisp),
            Starting(crisp, echoes=echoes),
            SavingPerson(crisp),
            Learning(learner),
        ),
        rules,
    )
