"""Which handler decides which kind."""

from __future__ import annotations

from typing import cast

import pytest

from bot.domain import Arrival, Source
from bot.relay.access import Rules
from bot.relay.decisions import Decision
from bot.router import Handler, Router
from bot.store.view import View
from tests.core_kit import RULES

NOWHERE = cast("View", None)
"""No handler here looks at what is stored."""


def saying(word: str) -> Handler:
    """Return a handler whose decision names it."""

    def handle(arrival: Arrival, view: View, rules: Rules) -> Decision:
        del arrival, view, rules
        return Decision(park_on=word)

    return handle


def decided(router: Router, source: Source, kind: str) -> str | None:
    """Return the name of the handler that decided."""
    decision = router.decide(Arrival(source, kind, {}), NOWHERE, RULES)
    return decision.park_on if decision else None


def test_a_kind_goes_to_its_handler() -> None:
    """An exact kind wins over a prefix; what has no handler is nobody's business."""
    router = Router()
    router.on(Source.SLACK, "action:held:send")(saying("exact"))
    router.on(Source.SLACK, "action:held:*", "command")(saying("prefix"))
    assert decided(router, Source.SLACK, "action:held:send") == "exact"
    assert decided(router, Source.SLACK, "action:held:note") == "prefix"
    assert decided(router, Source.SLACK, "command") == "prefix"
    assert decided(router, Source.SLACK, "action:other") is None
    assert decided(router, Source.CRISP, "command") is None
    assert router.kinds(Source.SLACK) == {"action:held:send", "action:held:*", "command"}
    assert router.kinds(Source.CRISP) == frozenset()


@pytest.mark.parametrize("kind", ["message", "action:*"])
def test_no_kind_has_two_handlers(kind: str) -> None:
    """Two handlers of one kind are a mistake of the program, found at its start."""
    first, second = Router(), Router()
    first.on(Source.SLACK, kind)(saying("a"))
    with pytest.raises(ValueError, match="two handlers"):
        first.on(Source.SLACK, kind)(saying("b"))
    second.on(Source.SLACK, kind)(saying("b"))
    with pytest.raises(ValueError, match="two handlers"):
        Router().merge([first, second])


def test_merging_takes_over_all_tables() -> None:
    """The merged router decides what each of its parts did; the platforms stay apart."""
    slack, crisp = Router(), Router()
    slack.on(Source.SLACK, "message")(saying("slack"))
    crisp.on(Source.CRISP, "message")(saying("crisp"))
    merged = Router().merge([slack, crisp])
    assert decided(merged, Source.SLACK, "message") == "slack"
    assert decided(merged, Source.CRISP, "message") == "crisp"
