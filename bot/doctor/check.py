"""What a check says, and what a failed call means to whoever runs the doctor; pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum

from bot.domain import Source
from bot.errors import ApiError, RateLimited, Refused, Unauthorized

SKEW_WARN = 15.0
"""Seconds that a clock may be off unmentioned: a Date header has whole ones, and a call takes."""
SKEW_FAIL = 240.0
"""Slack's signed requests are refused by both ends when the clocks differ by 300 s."""


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, how it ended, and one sentence: what is wrong and what to do."""

    name: str
    status: Status
    message: str

    def as_dict(self) -> dict[str, str]:
        """Return it as JSON has it."""
        return {key: str(value) for key, value in asdict(self).items()}


Report = Callable[[Check], None]
"""Takes each check as it ends."""


def ok(name: str, message: str) -> Check:
    """Return a check that found nothing wrong."""
    return Check(name, Status.OK, message)


def warn(name: str, message: str) -> Check:
    """Return a check that found something to know, with which the bridge works."""
    return Check(name, Status.WARN, message)


def fail(name: str, message: str) -> Check:
    """Return a check that found what keeps the bridge from working."""
    return Check(name, Status.FAIL, message)


def failed_call(name: str, err: ApiError, *, refused: str) -> Check:
    """Say what a failed call means; ``refused`` is the remedy where the platform said no."""
    platform = err.source.value.capitalize()
    if isinstance(err, RateLimited):
        wait = "a minute" if err.retry_after is None else f"{err.retry_after:.0f} seconds"
        return warn(name, f"{platform} asks for patience ({err.code}): run doctor again in {wait}.")
    if isinstance(err, Unauthorized | Refused):
        return fail(name, f"{platform} refuses {err.call} ({err.code}): {refused}.")
    setting = "SLACK_API_URL" if err.source is Source.SLACK else "CRISP_API_URL"
    return fail(
        name,
        f"{platform} did not answer {err.call} ({err.code}): check the network, its proxy and "
        f"firewall, {platform}'s status page, and {setting} if you set it.",
    )


def clock(source: Source, date: str | None, *, before: float, after: float) -> Check:
    """Compare our clock, read ``before`` and ``after`` a call, with the answer's Date header."""
    name, platform = f"{source.value} clock", source.value.capitalize()
    try:
        parsed = parsedate_to_datetime(date or "")
    except ValueError:
        return warn(name, f"{platform} did not say what time it is: compare the clock by hand.")
    theirs = parsed.replace(tzinfo=parsed.tzinfo or UTC).timestamp()
    # Their second began at ``theirs``; ours is taken at whichever end is kinder.
    skew = max(before - (theirs + 1), theirs - after, 0.0)
    if skew < SKEW_WARN:
        return ok(name, f"This machine's clock agrees with {platform}'s.")
    message = (
        f"This machine's clock is {skew:.0f} seconds off {platform}'s: have it set by NTP "
        "(timedatectl set-ntp true)."
    )
    return (fail if skew >= SKEW_FAIL else warn)(name, message)
