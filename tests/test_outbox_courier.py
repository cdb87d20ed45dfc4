"""Destinations that are made of errands."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bot.outbox.changes import Assigning, SettingState
from bot.outbox.courier import Errands
from bot.outbox.echoes import Echoes
from bot.outbox.to_crisp import crisp_courier
from bot.outbox.to_slack import slack_courier
from bot.recent_pages import RecentPages
from bot.relay.access import Rules
from bot.relay.effects import KINDS
from tests.core_kit import CHANNEL


def destinations() -> tuple[Errands, Errands]:
    """Both destinations, of parts that are never called."""
    nothing = object()
    slack = slack_courier(
        nothing, nothing, nothing, Rules(CHANNEL, "w"),  # type: ignore[arg-type]  # not called
        learner=nothing, pages=RecentPages(), typists=nothing, screens=nothing, clock=float,  # type: ignore[arg-type]  # as above
        redecide=lambda _tx, _ids: None,
        movers=SimpleNamespace(slack=nothing), say_in_home=nothing, erasing=nothing,  # type: ignore[arg-type]  # as above
    )  # fmt: skip
    crisp = crisp_courier(
        nothing, nothing, Rules(CHANNEL, "w"),  # type: ignore[arg-type]  # as above
        learner=nothing, echoes=Echoes(), spare=nothing, movers=nothing,  # type: ignore[arg-type]  # as above
    )  # fmt: skip
    return slack, crisp


def test_every_kind_of_row_has_somebody_who_carries_it_out() -> None:
    """A kind that no destination takes would lie in its lane for ever."""
    slack, crisp = destinations()
    assert slack.kinds | crisp.kinds == KINDS


def test_two_errands_for_one_kind_are_refused() -> None:
    """Which of the two would carry a row out is not left to chance."""
    one = SettingState(object(), object())  # type: ignore[arg-type]  # not called
    other = Assigning(object())  # type: ignore[arg-type]  # not called
    assert Errands((one, other)).kinds == {one.kind, other.kind}
    with pytest.raises(ValueError, match="two errands"):
        Errands((one, one))
