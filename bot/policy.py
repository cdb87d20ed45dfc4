"""What follows from a failed attempt or a look: try again, look first, or give up; pure.

Responsible for the arithmetic of failure only. ``bot.outbox`` carries the step out, and stores it.
All times are seconds; ``now`` and the results are epoch seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import Ambiguous, ApiError, RateLimited, Refused, Unauthorized, Unreachable

HEALING_CODES = frozenset(
    {
        "not_in_channel",
        "channel_not_found",
        "is_archived",
        "missing_scope",
        "restricted_action",
        "website_not_found",
    }
)
"""Refusals that a person mends in the workspace: kept and tried again, not given up at once."""


LOOKS_NEEDED = 2
FLEETING_ATTEMPTS = 5
"""Notices to one person and reactions are dropped after so many attempts."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, and when to stop; seconds."""

    settle: float = 5.0
    """The last of two looks comes at least this long after the attempt ended."""
    give_up_after: float = 24 * 3600.0
    """A row that certainly was not delivered dies at this age."""
    uncertain_after: float = 3600.0
    """A row that cannot be looked for is uncertain this long after its attempt ended."""
    backoff_first: float = 1.0
    backoff_cap: float = 60.0
    healing_cap: float = 300.0
    rate_limit_default: float = 5.0
    repeat_for: float = 300.0
    """What may be repeated without looking (a state, an assignment) is given up at this age when
    no usable answer comes: it holds up the replies behind it."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Send again, not before ``at``. ``bucket`` says that the whole rate bucket waits."""

    at: float
    bucket: bool = False
    counts: bool = True
    """False where the platform never took the attempt up, as with a rate limit."""


@dataclass(frozen=True, slots=True)
class LookFirst:
    """Find out, at ``at``, whether it arrived, before anything is sent again."""

    at: float


@dataclass(frozen=True, slots=True)
class Dead:
    """Give up and tell a person. ``certain`` says that it certainly was not delivered."""

    reason: str
    certain: bool = True


Step = Retry | LookFirst | Dead


def backoff(attempt: int, *, limits: Limits, chance: float, cap: float | None = None) -> float:
    """Return seconds to wait after the ``attempt``-th failure (1-based), with full-half jitter.

    Doubles from ``backoff_first`` up to the cap; ``chance`` in [0, 1) spreads the upper half.
    """
    ceiling = min(cap or limits.backoff_cap, limits.backoff_first * 2.0 ** min(attempt - 1, 30))
    return min(ceiling * (0.5 + chance / 2), ceiling)


def after_failure(
    error: ApiError,
    *,
    attempt: int,
    age: float,
    now: float,
    chance: float,
    limits: Limits,
    patient: bool = False,
) -> Step:
    """Decide what follows when the ``attempt``-th call failed; ``age`` is the row's age.

    ``patient``: while only a person can mend it, it waits however old it is.
    """
    mendable = isinstance(error, Unauthorized) or (
        isinstance(error, Refused) and error.code in HEALING_CODES
    )
    match error:
        case RateLimited():
            wait = limits.rate_limit_default if error.retry_after is None else error.retry_after
            return Retry(now + max(wait, 0.0), bucket=True, counts=False)
        case Ambiguous():
            return LookFirst(now)
        case _ if age >= limits.give_up_after and not (patient and mendable):
            return Dead(error.code)
        case Unauthorized():
            wait = backoff(attempt, limits=limits, chance=chance, cap=limits.healing_cap)
            return Retry(now + max(wait, limits.rate_limit_default), bucket=True)
        case Refused() if mendable:
            wait = backoff(attempt, limits=limits, chance=chance, cap=limits.healing_cap)
            return Retry(now + max(wait, limits.rate_limit_default))
        case Unreachable():
            return Retry(now + backoff(attempt, limits=limits, chance=chance))
        case _:
            return Dead(error.code)


def after_no_answer(*, attempt: int, age: float, now: float, chance: float, limits: Limits) -> Step:
    """Decide what follows when something that may be repeated got no usable answer."""
    if age >= limits.repeat_for:
        return Dead("no_answer", certain=False)
    return Retry(now + backoff(attempt, limits=limits, chance=chance))


def after_absent(
    *, looks: int, attempts: int, attempt_ended: float, age: float, now: float, limits: Limits
) -> Step:
    """Decide what follows when a look, the ``looks``-th (1-based), did not find the row.

    Absent in two looks, the last at least ``settle`` after the attempt ended: send again, at
    once after the first attempts and less often after many.
    """
    settled = attempt_ended + limits.settle
    if looks >= LOOKS_NEEDED and now >= settled:
        if age >= limits.give_up_after:
            return Dead("gave_up")
        patience = backoff(attempts, limits=limits, chance=0.0) if attempts > LOOKS_NEEDED else 0.0
        return Retry(max(now, attempt_ended + patience), counts=False)
    return LookFirst(max(settled, now + min(1.0, limits.settle / 2)))


def after_blind(
    error: ApiError,
    *,
    looks: int,
    attempt_ended: float,
    now: float,
    chance: float,
    limits: Limits,
    insisted: bool = False,
    decidable: bool = True,
) -> Step:
    """Decide what follows when looking itself failed: look later, or call it uncertain.

    ``insisted``: a person was told that it is uncertain and wants it sent again; then it is
    sent where looking will never be possible. ``decidable``: there is somebody who can say
    whether it arrived; where there is nobody, looking goes on until the row is too old.
    """
    if isinstance(error, RateLimited):
        wait = limits.rate_limit_default if error.retry_after is None else error.retry_after
        return LookFirst(now + max(wait, 0.0))
    patience = limits.uncertain_after if decidable else limits.give_up_after
    if now - attempt_ended >= patience:
        return Dead(error.code, certain=False)
    if (
        isinstance(error, Refused)
        and error.code not in HEALING_CODES
        and not isinstance(error, Unauthorized)
    ):
        return Retry(now, counts=False) if insisted else Dead(error.code, certain=False)
    return LookFirst(now + backoff(max(looks, 1), limits=limits, chance=chance))
