"""Slack as a destination: which kinds of rows it takes, and who carries each out.

Responsible for the table alone.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.crisp.client import CrispClient
from bot.outbox.announcing import Announcing, TellingDirectly
from bot.outbox.card_edits import ShowingTyping, UpdatingCard
from bot.outbox.courier import Errands
from bot.outbox.erasing import Erasing, Pace
from bot.outbox.files_to_slack import PostingFile, RemovingFile, TidyingShares
from bot.outbox.histories import Pointing, ShowingHistory
from bot.outbox.learner import Learner, Learning
from bot.outbox.leaving import Leaving
from bot.outbox.moving import Movers
from bot.outbox.notices import (
    Notifying,
    Reacting,
    Removing,
    Responding,
    SayInHome,
    Telling,
    TellingInHome,
    UpdatingView,
)
from bot.outbox.openings import Openings, Redecide
from bot.outbox.posts import Posting
from bot.outbox.reopening import Reopening
from bot.outbox.root_looks import RootLooks
from bot.outbox.roots import Roots
from bot.outbox.saying import Saying
from bot.outbox.updates import UpdatingPost
from bot.recent_pages import RecentPages
from bot.relay.access import Rules
from bot.screens import Screens
from bot.slack.client import SlackClient
from bot.store.reader import Reader
from bot.typists import Typists


def slack_courier(
    slack: SlackClient,
    crisp: CrispClient,
    reader: Reader,
    rules: Rules,
    *,
    learner: Learner,
    pages: RecentPages,
    typists: Typists,
    screens: Screens,
    clock: Callable[[], float],
    redecide: Redecide,
    movers: Movers,
    say_in_home: SayInHome,
    erasing: Pace,
    joins: bool = True,
    caught_up: Callable[[], bool] = lambda: True,
) -> Errands:
    """Return Slack as a destination.

    ``redecide`` decides arrivals again that waited for what a row has brought; ``joins`` allows
    several messages in one post; ``caught_up`` tells whether what was missed in Slack is in.
    """
    roots = Roots(crisp, rules, pages=pages, clock=clock)
    looks = RootLooks(slack, reader, rules.bridged_channels(), clock=clock)
    openings = Openings(slack, reader, roots, redecide=redecide)
    return Leaving(
        (
            PostingFile(movers, reader, rules),
            RemovingFile(movers.slack, slack),
            TidyingShares(movers.slack),
            UpdatingPost(slack, reader, roots),
            UpdatingCard(slack, reader, roots, typists=typists),
            ShowingTyping(slack, reader, roots, typists=typists),
            Posting(
                slack,
                reader,
                roots,
                looks=looks,
                openings=openings,
                joins=joins,
                caught_up=caught_up,
            ),
            Saying(slack),
            Reopening(slack, crisp, reader, rules, looks=looks, openings=openings),
            ShowingHistory(slack, crisp, reader, rules, clock=clock),
            Pointing(slack, reader, roots),
            Reacting(slack, reader),
            Telling(slack),
            Notifying(slack),
            TellingInHome(say_in_home),
            Responding(slack),
            UpdatingView(slack, screens),
            Removing(slack),
            Announcing(slack),
            TellingDirectly(slack),
            Erasing(slack, movers.slack, reader, rules, pace=erasing, clock=clock),
            Learning(learner),
        ),
        rules,
    )
