"""What the outcomes of calls say about tokens, scopes, channels and plans; noted as troubles.

Responsible for reading outcomes alone: it calls nothing. A call that works says that what was
wrong with its credentials is mended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot import texts
from bot.crisp.membrane import is_own
from bot.crisp.quota import DailyCount, Stage
from bot.domain import ChannelId, Json
from bot.errors import Ambiguous, ApiError, RateLimited, Refused, Unauthorized, Unreachable
from bot.slack.failures import MissingScope
from bot.troubles import Troubles

ABOUT_CHANNELS = frozenset({"not_in_channel", "channel_not_found", "is_archived"})
"""Slack's answers after which the channel is looked at."""
LIMITED_FOR = 120.0
"""So many seconds of refusals for the number of calls are no passing moment any more."""
SHUT_OUT = ("membrane", "crisp_token", "crisp_unsubscribed", "crisp_website", "crisp_limited")
"""Troubles with Crisp that any answer to the matter ends."""
SPENT = {
    Stage.LOW: "crisp_calls_low",
    Stage.NEARLY: "crisp_calls_nearly",
    Stage.USED_UP: "crisp_calls_used",
}
"""Troubles with the day's calls, each from a stage on."""
QUOTA = "quota_limit_exceeded"
UPGRADE = "subscription_upgrade_required"


class SlackVerdicts:
    """Hears how each call to Slack ended."""

    def __init__(self, troubles: Troubles, *, on_channel: Callable[[ChannelId], None]) -> None:
        """``on_channel`` is told of a channel that may have become unusable."""
        self._troubles = troubles
        self._on_channel = on_channel

    def hear(self, method: str, given: Json, err: ApiError | None) -> None:
        """Take note of what an outcome says; ``given`` are the call's arguments."""
        del method
        if isinstance(err, Unauthorized):
            self._troubles.note("slack_token", reason=err.code)
        elif err is None or isinstance(err, Refused):
            self._troubles.heal("slack_token")
        if isinstance(err, MissingScope):
            self._lacks(err.needed)
        elif isinstance(err, Refused) and err.code in ABOUT_CHANNELS:
            self._on_channel(ChannelId(str(given.get("channel") or "")))

    def _lacks(self, needed: str) -> None:
        """Note the first of the scopes that would do, unless it is one to do without."""
        for scope in needed.split(","):
            if scope in texts.SCOPE_LOSSES and scope not in texts.SCOPES_TO_DO_WITHOUT:
                loss = texts.SCOPE_LOSSES[scope]
                self._troubles.note("slack_scope", scope, scope=scope, loss=loss)
                return

    def granted(self, scopes: frozenset[str]) -> None:
        """Hear which scopes the token has; empty where Slack did not say."""
        if not scopes:
            return
        lacking = texts.SCOPE_LOSSES.keys() - scopes
        self._troubles.only("slack_scope", lacking)


class CrispVerdicts:
    """Hears how each call to Crisp ended."""

    def __init__(
        self, troubles: Troubles, quota: DailyCount, *, clock: Callable[[], float]
    ) -> None:
        """``quota`` counts the day's calls, ``clock`` tells seconds that only go on."""
        self._troubles = troubles
        self._quota = quota
        self._clock = clock
        self._limited_since: float | None = None

    def hear(self, call: str, given: Any, err: ApiError | None) -> None:
        """Take note of what an outcome says; ``given`` is the call's body."""
        self.count()
        match err:
            case RateLimited():
                self._limited(err)
            case Unauthorized():
                self._refused(err)
            case Refused(code="website_not_found"):
                self._troubles.note("crisp_website")
            case Refused():
                self._let_in()
                self._takes(call)
                if err.code == UPGRADE:
                    self._troubles.note("crisp_plan")
            case Unreachable() | Ambiguous():
                return
            case _:
                self._let_in()
                self._takes(call)
                if isinstance(given, Mapping) and given.get("type") == "note":
                    self._troubles.heal("crisp_plan")

    def count(self) -> None:
        """Take note of how far the day's calls are used up."""
        used = self._quota.stage
        for least, code in SPENT.items():
            if used >= least:
                self._troubles.note(code, quota=f"{self._quota.limit:,}")
            else:
                self._troubles.heal(code)

    def _limited(self, err: RateLimited) -> None:
        if err.code == QUOTA:
            self._troubles.note("crisp_full")
            return
        now = self._clock()
        if self._limited_since is None:
            self._limited_since = now
        elif now - self._limited_since >= LIMITED_FOR:
            self._troubles.note("crisp_limited")

    def _refused(self, err: Unauthorized) -> None:
        if is_own(err):
            self._troubles.note("membrane", reason=err.code)
        elif err.code == "not_subscribed":
            self._troubles.note("crisp_unsubscribed")
        else:
            self._troubles.note("crisp_token", reason=err.code)

    def _let_in(self) -> None:
        self._limited_since = None
        for code in SHUT_OUT:
            self._troubles.heal(code)

    def _takes(self, call: str) -> None:
        """Hear that a change was taken, or refused for what it is: a full plan still reads."""
        if not call.startswith(("GET", "HEAD")):
            self._troubles.heal("crisp_full")
