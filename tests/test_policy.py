"""The failure policy: what each error leads to, at each attempt and age."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import Source
from bot.errors import Ambiguous, ApiError, RateLimited, Refused, Unauthorized, Unreachable
from bot.policy import (
    HEALING_CODES,
    LOOKS_NEEDED,
    Dead,
    Limits,
    LookFirst,
    Retry,
    Step,
    after_absent,
    after_blind,
    after_failure,
    after_no_answer,
    backoff,
)

NOW = 1_000_000.0
LIMITS = Limits()
OLD = LIMITS.give_up_after
YOUNG = OLD - 0.001


def limited(retry_after: float | None) -> RateLimited:
    """Return a 429."""
    return RateLimited(Source.SLACK, "chat.postMessage", "ratelimited", retry_after=retry_after)


def refused(code: str = "invalid_blocks") -> Refused:
    """Return a refusal."""
    return Refused(Source.SLACK, "chat.postMessage", code)


AMBIGUOUS = Ambiguous(Source.CRISP, "POST message", "timeout")
UNREACHABLE = Unreachable(Source.CRISP, "POST message", "unreachable")
UNAUTHORIZED = Unauthorized(Source.CRISP, "POST message", "invalid_session")


def failed(error: ApiError, *, attempt: int = 1, age: float = 0.0, chance: float = 0.0) -> Step:
    """Ask what follows from a failed attempt."""
    return after_failure(error, attempt=attempt, age=age, now=NOW, chance=chance, limits=LIMITS)


@pytest.mark.parametrize(
    ("error", "attempt", "age", "step"),
    [
        (limited(7.0), 1, 0.0, Retry(NOW + 7, bucket=True, counts=False)),
        (limited(7.0), 50, OLD, Retry(NOW + 7, bucket=True, counts=False)),
        (limited(None), 1, 0.0, Retry(NOW + 5, bucket=True, counts=False)),
        (limited(0.0), 1, 0.0, Retry(NOW, bucket=True, counts=False)),
        (limited(-3.0), 1, 0.0, Retry(NOW, bucket=True, counts=False)),
        (AMBIGUOUS, 1, 0.0, LookFirst(NOW)),
        (AMBIGUOUS, 9, OLD, LookFirst(NOW)),
        (UNREACHABLE, 1, 0.0, Retry(NOW + 0.5)),
        (UNREACHABLE, 3, YOUNG, Retry(NOW + 2)),
        (UNREACHABLE, 99, 0.0, Retry(NOW + 30)),
        (UNREACHABLE, 1, OLD, Dead("unreachable")),
        (UNAUTHORIZED, 1, 0.0, Retry(NOW + 5, bucket=True)),
        (UNAUTHORIZED, 99, YOUNG, Retry(NOW + 150, bucket=True)),
        (UNAUTHORIZED, 1, OLD, Dead("invalid_session")),
        (refused(), 1, 0.0, Dead("invalid_blocks")),
        (refused(), 4, OLD, Dead("invalid_blocks")),
        (refused("is_archived"), 1, 0.0, Retry(NOW + 5)),
        (refused("is_archived"), 99, YOUNG, Retry(NOW + 150)),
        (refused("is_archived"), 1, OLD, Dead("is_archived")),
    ],
)
def test_each_failure_has_one_consequence(
    error: ApiError, attempt: int, age: float, step: Step
) -> None:
    """The kind of error, the attempt and the age decide alone what follows."""
    assert failed(error, attempt=attempt, age=age) == step


@pytest.mark.parametrize("code", sorted(HEALING_CODES))
def test_what_a_person_can_mend_waits(code: str) -> None:
    """A refusal that somebody mends in the workspace is tried again, for that row alone."""
    step = failed(refused(code), attempt=3)
    assert isinstance(step, Retry)
    assert not step.bucket


@pytest.mark.parametrize("error", [UNAUTHORIZED, refused("is_archived")])
def test_what_waits_patiently_for_a_person_has_no_age(error: ApiError) -> None:
    """What a customer wrote waits for its channel to be mended, be it for weeks."""
    waits = after_failure(
        error, attempt=9, age=30 * OLD, now=NOW, chance=0.0, limits=LIMITS, patient=True
    )
    assert isinstance(waits, Retry)
    lost = after_failure(
        UNREACHABLE, attempt=9, age=OLD, now=NOW, chance=0.0, limits=LIMITS, patient=True
    )
    assert lost == Dead("unreachable")


@given(error=st.sampled_from([UNREACHABLE, UNAUTHORIZED, refused("is_archived")]), age=st.floats(
    min_value=OLD, max_value=10 * OLD))  # fmt: skip
def test_what_is_given_up_for_its_age_was_certainly_not_delivered(
    error: ApiError, age: float
) -> None:
    """A row dies of age only where each attempt certainly did nothing."""
    assert failed(error, age=age) == Dead(error.code, certain=True)


@given(attempt=st.integers(1, 10_000), age=st.floats(0, 10 * OLD))
def test_doubt_is_never_resolved_by_sending(attempt: int, age: float) -> None:
    """After an ambiguous attempt the next step is a look, however often or long it failed."""
    assert failed(AMBIGUOUS, attempt=attempt, age=age) == LookFirst(NOW)


@given(attempt=st.integers(1, 10_000), chance=st.floats(0, 1, exclude_max=True))
def test_backoff_stays_within_its_bounds(attempt: int, chance: float) -> None:
    """A pause is between half of its ceiling and the ceiling, which doubles up to the cap."""
    pause = backoff(attempt, limits=LIMITS, chance=chance)
    ceiling = min(LIMITS.backoff_cap, LIMITS.backoff_first * 2 ** min(attempt - 1, 40))
    assert ceiling / 2 <= pause <= ceiling


@given(attempt=st.integers(1, 40), chance=st.floats(0, 1, exclude_max=True))
def test_backoff_never_shrinks(attempt: int, chance: float) -> None:
    """With the same chance a later attempt waits at least as long."""
    now, then = (backoff(n, limits=LIMITS, chance=chance) for n in (attempt, attempt + 1))
    assert now <= then


@given(wait=st.floats(0, 100_000), attempt=st.integers(1, 100), age=st.floats(0, 10 * OLD))
def test_retry_after_is_honoured_to_the_second(wait: float, attempt: int, age: float) -> None:
    """What the platform asks for is waited for, by the whole bucket, at any age."""
    step = failed(limited(wait), attempt=attempt, age=age)
    assert step == Retry(NOW + wait, bucket=True, counts=False)


# --- looks


def absent(*, looks: int, ended: float, attempts: int = 1, age: float = 0.0) -> Step:
    """Ask what follows from a look without a finding."""
    return after_absent(
        looks=looks, attempts=attempts, attempt_ended=ended, age=age, now=NOW, limits=LIMITS
    )


@pytest.mark.parametrize(
    ("looks", "ended", "step"),
    [
        (1, NOW, LookFirst(NOW + 5)),
        (1, NOW - 3, LookFirst(NOW + 2)),
        (1, NOW - 600, LookFirst(NOW + 1)),
        (2, NOW - 4.9, LookFirst(NOW + 1)),
        (2, NOW - 5, Retry(NOW, counts=False)),
        (7, NOW - 1, LookFirst(NOW + 4)),
    ],
)
def test_two_looks_and_the_time_to_settle_come_before_a_resend(
    looks: int, ended: float, step: Step
) -> None:
    """One look is never enough, and neither are two before the attempt has settled."""
    assert absent(looks=looks, ended=ended) == step


@given(looks=st.integers(1, 9), since=st.floats(0, 100), attempts=st.integers(1, 50))
def test_no_resend_without_two_settled_looks(looks: int, since: float, attempts: int) -> None:
    """Whatever the numbers, a resend follows two looks of which the last came after the settle."""
    step = absent(looks=looks, ended=NOW - since, attempts=attempts)
    if isinstance(step, Retry):
        assert looks >= LOOKS_NEEDED
        assert NOW - (NOW - since) >= LIMITS.settle
    else:
        assert isinstance(step, LookFirst)
        assert step.at > NOW
        assert step.at >= NOW - since + LIMITS.settle


def test_many_attempts_make_resends_rarer() -> None:
    """What keeps failing without an answer is sent again at growing distances."""
    step = absent(looks=2, ended=NOW - 5, attempts=10)
    assert step == Retry(NOW - 5 + 30, counts=False)


def test_an_old_row_that_is_not_there_certainly_was_not_delivered() -> None:
    """Past its age a row that two looks did not find is given up as certain."""
    assert absent(looks=2, ended=NOW - 10, age=OLD) == Dead("gave_up")


def blind(error: ApiError, *, ended: float = NOW) -> Step:
    """Ask what follows from a look that failed."""
    return after_blind(error, looks=1, attempt_ended=ended, now=NOW, chance=0.0, limits=LIMITS)


HOUR = LIMITS.uncertain_after


@pytest.mark.parametrize(
    ("error", "ended", "step"),
    [
        (limited(9.0), NOW, LookFirst(NOW + 9)),
        (limited(9.0), NOW - 2 * HOUR, LookFirst(NOW + 9)),
        (UNREACHABLE, NOW, LookFirst(NOW + 0.5)),
        (UNREACHABLE, NOW - HOUR, Dead("unreachable", certain=False)),
        (AMBIGUOUS, NOW, LookFirst(NOW + 0.5)),
        (AMBIGUOUS, NOW - HOUR, Dead("timeout", certain=False)),
        (UNAUTHORIZED, NOW, LookFirst(NOW + 0.5)),
        (UNAUTHORIZED, NOW - HOUR, Dead("invalid_session", certain=False)),
        (refused("session_not_found"), NOW, Dead("session_not_found", certain=False)),
        (refused("not_in_channel"), NOW, LookFirst(NOW + 0.5)),
        (refused("not_in_channel"), NOW - HOUR, Dead("not_in_channel", certain=False)),
    ],
)
def test_a_look_that_fails_never_leads_to_a_resend(
    error: ApiError, ended: float, step: Step
) -> None:
    """Who cannot look looks later, and in the end says that it is uncertain."""
    assert blind(error, ended=ended) == step


def test_a_person_who_insists_is_obeyed_only_where_looking_is_refused_for_good() -> None:
    """Send again is sent again where no look will ever answer; else it is looked for first."""

    def insisted(error: ApiError) -> Step:
        return after_blind(
            error, looks=1, attempt_ended=NOW, now=NOW, chance=0.0, limits=LIMITS, insisted=True
        )

    assert insisted(refused("session_not_found")) == Retry(NOW, counts=False)
    assert insisted(refused("not_in_channel")) == LookFirst(NOW + 0.5)
    assert insisted(UNREACHABLE) == LookFirst(NOW + 0.5)


@pytest.mark.parametrize(
    ("attempt", "age", "step"),
    [
        (1, 0.0, Retry(NOW + 0.5)),
        (3, LIMITS.repeat_for - 0.1, Retry(NOW + 2)),
        (3, LIMITS.repeat_for, Dead("no_answer", certain=False)),
    ],
)
def test_what_may_be_done_twice_is_repeated_until_it_is_too_old(
    attempt: int, age: float, step: Step
) -> None:
    """Setting a state twice does no harm; but nothing blocks its lane for ever."""
    found = after_no_answer(attempt=attempt, age=age, now=NOW, chance=0.0, limits=LIMITS)
    assert found == step


def test_a_post_that_cannot_be_looked_for_waits_out_a_long_outage() -> None:
    """Nobody can say whether a post arrived while Slack is away: looking goes on till it is old."""
    away = Unreachable(Source.SLACK, "conversations.replies", "connect")
    for age, expected in (
        (LIMITS.uncertain_after + 1, LookFirst),
        (LIMITS.give_up_after + 1, Dead),
    ):
        step = after_blind(
            away, looks=1, attempt_ended=0.0, now=age, chance=0.5, limits=LIMITS, decidable=False
        )
        assert isinstance(step, expected)
