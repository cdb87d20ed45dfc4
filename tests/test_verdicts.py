"""What the outcomes of calls say: which trouble is noted, and which is over."""

from __future__ import annotations

import pytest

from bot import texts
from bot.crisp.quota import DailyCount
from bot.domain import ChannelId, Source
from bot.errors import Ambiguous, ApiError, RateLimited, Refused, Unauthorized, Unreachable
from bot.slack.failures import MissingScope
from bot.troubles import Troubles
from bot.verdicts import LIMITED_FOR, CrispVerdicts, SlackVerdicts


def codes(troubles: Troubles) -> list[str]:
    """Return what is wrong."""
    return [trouble.code for trouble in troubles.current]


def refused(code: str, source: Source = Source.CRISP) -> Refused:
    """Return a refusal."""
    return Refused(source, "call", code)


class Hands:
    """Troubles, both sides' verdicts, and the channels that were doubted."""

    def __init__(self) -> None:
        self.now = self.today = 0.0
        self.doubted: list[ChannelId] = []
        self.troubles = Troubles(clock_ms=lambda: 0)
        self.slack = SlackVerdicts(self.troubles, on_channel=self.doubted.append)
        self.quota = DailyCount(tier="website", clock=lambda: self.today)
        self.crisp = CrispVerdicts(self.troubles, self.quota, clock=lambda: self.now)


@pytest.mark.parametrize("end", [None, refused("not_in_channel", Source.SLACK)])
def test_slacks_token_is_good_once_a_call_is_heard(end: ApiError | None) -> None:
    """A refused token is a trouble until Slack answers to the matter, be it with a refusal."""
    hands = Hands()
    err = Unauthorized(Source.SLACK, "chat.update", "token_revoked")
    hands.slack.hear("chat.update", {}, err)
    for unclear in (Ambiguous, Unreachable, RateLimited):
        hands.slack.hear("chat.update", {}, unclear(Source.SLACK, "chat.update", "x"))
    assert codes(hands.troubles) == ["slack_token"]
    hands.slack.hear("chat.update", {}, end)
    assert codes(hands.troubles) == []


def test_a_refusal_over_a_channel_has_it_looked_at() -> None:
    """Not the answer of one call decides that a channel is unusable, but a look at it."""
    hands = Hands()
    for code in ("not_in_channel", "channel_not_found", "is_archived", "invalid_blocks"):
        hands.slack.hear("chat.postMessage", {"channel": "C1"}, refused(code, Source.SLACK))
    assert hands.doubted == ["C1"] * 3
    assert codes(hands.troubles) == []


def test_a_missing_scope_is_named_with_what_is_lost() -> None:
    """What Slack says is needed is told with its loss, and is over once the token has it."""
    hands = Hands()
    needed = MissingScope("reactions.add", needed="reactions:write")
    hands.slack.hear("reactions.add", {}, needed)
    (trouble,) = hands.troubles.current
    assert trouble.about == "reactions:write"
    assert texts.SCOPE_LOSSES["reactions:write"] in trouble.words.values()
    hands.slack.granted(frozenset())
    hands.slack.granted(frozenset({"chat:write"}))
    assert codes(hands.troubles) == ["slack_scope"]
    hands.slack.granted(frozenset({"chat:write", "reactions:write"}))
    assert codes(hands.troubles) == []


@pytest.mark.parametrize("scope", [*texts.SCOPES_TO_DO_WITHOUT, "unheard:of"])
def test_what_can_be_done_without_is_no_trouble(scope: str) -> None:
    """An optional scope that is missing degrades what is shown, and nobody need mend it."""
    hands = Hands()
    hands.slack.hear("users.info", {}, MissingScope("users.info", needed=scope))
    assert codes(hands.troubles) == []


@pytest.mark.parametrize(
    ("err", "code"),
    [
        (Unauthorized(Source.CRISP, "call", "invalid_session"), "crisp_token"),
        (Unauthorized(Source.CRISP, "call", "not_subscribed"), "crisp_unsubscribed"),
        (Unauthorized(Source.CRISP, "call", "membrane_http_401"), "membrane"),
        (refused("website_not_found"), "crisp_website"),
    ],
)
def test_crisp_lets_nobody_in(err: ApiError, code: str) -> None:
    """Each way of being shut out has its own sentence, and is over with the next answer."""
    hands = Hands()
    hands.crisp.hear("GET message", None, err)
    hands.crisp.hear("GET message", None, Ambiguous(Source.CRISP, "GET message", "http_502"))
    assert codes(hands.troubles) == [code]
    hands.crisp.hear("GET message", None, refused("session_not_found"))
    assert codes(hands.troubles) == []


@pytest.mark.parametrize("code", ["too_many_requests", "http_420", "rate_limited"])
def test_too_many_calls_are_a_trouble_once_they_last(code: str) -> None:
    """A passing 429 or 420 is none; one that goes on for minutes is, until Crisp answers."""
    hands = Hands()
    limited = RateLimited(Source.CRISP, "POST message", code)
    hands.crisp.hear("POST message", {}, limited)
    hands.now = LIMITED_FOR - 1
    hands.crisp.hear("POST message", {}, limited)
    assert codes(hands.troubles) == []
    hands.now = LIMITED_FOR
    hands.crisp.hear("POST message", {}, limited)
    assert codes(hands.troubles) == ["crisp_limited"]
    hands.crisp.hear("POST message", {}, None)
    hands.crisp.hear("POST message", {}, limited)
    assert codes(hands.troubles) == []


def test_a_plan_that_is_used_up_still_reads() -> None:
    """423 is a trouble at once, and only a change that is taken says that it is over."""
    hands = Hands()
    full = RateLimited(Source.CRISP, "POST message", "quota_limit_exceeded", retry_after=60)
    hands.crisp.hear("POST message", {}, full)
    hands.crisp.hear("GET messages", None, None)
    assert codes(hands.troubles) == ["crisp_full"]
    hands.crisp.hear("POST message", {"type": "text"}, None)
    assert codes(hands.troubles) == []


def test_a_plan_without_notes_takes_replies() -> None:
    """402 is about what was wanted alone: a reply that is sent says nothing of it, a note does."""
    hands = Hands()
    note = {"type": "note", "content": "x"}
    hands.crisp.hear("POST message", note, refused("subscription_upgrade_required"))
    hands.crisp.hear("POST message", {"type": "text"}, None)
    assert codes(hands.troubles) == ["crisp_plan"]
    hands.crisp.hear("POST message", note, None)
    assert codes(hands.troubles) == []


def test_each_threshold_of_the_days_calls_is_a_trouble_until_midnight() -> None:
    """80 %, 90 % and all of them: one more each time, with the limit in words, and none at 0:00."""
    hands = Hands()
    seen = []
    for calls in (7_999, 1, 999, 1, 1_000):
        hands.quota.add(calls)
        hands.crisp.hear("GET messages", None, None)
        seen.append(codes(hands.troubles))
    low, nearly, used = "crisp_calls_low", "crisp_calls_nearly", "crisp_calls_used"
    assert seen == [[], [low], [low], [low, nearly], [low, nearly, used]]
    assert hands.troubles.current[0].words == {"quota": "10,000"}
    hands.today = 86_400.0
    hands.crisp.count()
    assert codes(hands.troubles) == []
