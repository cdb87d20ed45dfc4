"""The campaign: whatever people, platforms and machines do, each message arrives once, in order.

It can fail. Each of these was broken once, and found by one of the first five campaigns of random
steps: a resend without a look, no doubt after a crash, a look in Slack that finds nothing, facts
that count twice.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.campaign.replaying import conclude, replay
from tests.campaign.scripts import SCRIPTS
from tests.campaign.steps import CALL_FAULTS, EVENT_FAULTS, MOST, Step, perform
from tests.campaign.world import World
from tests.crashing import POINTS

CHOSEN = os.environ.get("CAMPAIGN_EXAMPLES")
EXAMPLES = int(CHOSEN or 20)
"""So many campaigns: the same ones each time, unless somebody says how many."""
STEPS = int(os.environ.get("CAMPAIGN_STEPS", "30"))

NUMBERS = st.integers(0, MOST - 1)
AGENTS = st.sampled_from(("ana", "ben"))
VERBS = ("!resolve", "!reopen", "!pending", "!assign me")
SIDES = st.sampled_from(("slack", "crisp"))


class Campaign(RuleBasedStateMachine):
    """Customers, operators, agents, both platforms and the system, all at once."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.script: list[Step] = []

    def do(self, *step: Any) -> None:
        """Carry a step out."""
        self.script.append(step)
        self.world.loop.play(perform(self.world, [step]))

    @initialize(seed=st.integers(0, 999))
    def chance(self, seed: int) -> None:
        self.do("chance", seed)

    @rule(number=NUMBERS)
    def customer(self, number: int) -> None:
        self.do("customer", number)

    @rule(number=NUMBERS, note=st.booleans())
    def operator(self, number: int, *, note: bool) -> None:
        self.do("operator", number, note)

    @rule(number=NUMBERS, who=AGENTS, note=st.booleans())
    def reply(self, number: int, who: str, *, note: bool) -> None:
        self.do("reply", number, who, note)

    @rule(number=NUMBERS, who=AGENTS)
    def aside(self, number: int, who: str) -> None:
        self.do("aside", number, who)

    @rule(back=st.integers(0, 4))
    def edit(self, back: int) -> None:
        self.do("edit", back)

    @rule(back=st.integers(0, 4))
    def remove(self, back: int) -> None:
        self.do("remove", back)

    @rule(side=SIDES, number=st.integers(0, len(CALL_FAULTS["slack"]) - 1), times=st.integers(1, 3))
    def fault(self, side: str, number: int, times: int) -> None:
        self.do("fault", side, number, times)

    @rule(side=SIDES, what=st.sampled_from(EVENT_FAULTS), times=st.integers(1, 3))
    def events(self, side: str, what: str, times: int) -> None:
        self.do("events", side, what, times)

    @rule(number=NUMBERS, name=st.sampled_from(("resolved", "unresolved", "pending")))
    def state(self, number: int, name: str) -> None:
        self.do("state", number, name)

    @rule(number=NUMBERS, somebody=st.booleans())
    def assign(self, number: int, *, somebody: bool) -> None:
        self.do("assign", number, somebody)

    @rule(number=NUMBERS, who=AGENTS, verb=st.sampled_from(VERBS))
    def order(self, number: int, who: str, verb: str) -> None:
        self.do("order", number, who, verb)

    @rule(side=SIDES, lasts=st.booleans())
    def outage(self, side: str, *, lasts: bool) -> None:
        self.do("outage", side, lasts)

    @rule(point=st.sampled_from(sorted(POINTS)), nth=st.integers(1, 3))
    def die_at(self, point: str, nth: int) -> None:
        self.do("die_at", point, nth)

    @rule(how=st.sampled_from(("full", "locked", "well", "well")))
    def disk(self, how: str) -> None:
        self.do("disk", how)

    @rule(seconds=st.sampled_from((-1800.0, -90.0, 90.0, 1800.0)))
    def jump(self, seconds: float) -> None:
        self.do("jump", seconds)

    @rule(side=SIDES)
    def cut(self, side: str) -> None:
        self.do("cut", side)

    @rule()
    def kill(self) -> None:
        self.do("kill")

    @rule(commits=st.integers(0, 8), when=st.sampled_from(("before", "after")))
    def kill_at(self, commits: int, when: str) -> None:
        self.do("kill_at", commits, when)

    @rule()
    def start(self) -> None:
        self.do("start")

    @rule()
    def restart(self) -> None:
        self.do("restart")

    @rule(seconds=st.sampled_from((0.05, 0.5, 2.0, 10.0, 70.0, 1000.0)))
    def wait(self, seconds: float) -> None:
        self.do("wait", seconds)

    def teardown(self) -> None:
        try:
            conclude(self.world, self.script)
        finally:
            self.world.close()


pytestmark = [
    # Finding the shortest script of a failure takes minutes.
    pytest.mark.timeout(1800),
    # Who is killed leaves behind what was never begun.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]

TestCampaign = Campaign.TestCase
TestCampaign.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=not CHOSEN,
    database=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_once_broke_holds(name: str) -> None:
    """Each script that once broke a promise is kept, and no longer does."""
    replay(SCRIPTS[name])
