"""Who works on a website: looked up once a minute, however many ask."""

from __future__ import annotations

import asyncio

import pytest

from bot.desk.team import KEPT, Team
from bot.domain import Source
from bot.errors import Unreachable
from bot.lookups import Colleague
from tests.questions_kit import WEBSITE, CannedCrisp


def operator(name: str, **more: str) -> dict[str, object]:
    """Return an operator as Crisp sends them."""
    return {"type": "operator", "details": {"user_id": name, "first_name": name, **more}}


async def test_who_is_online_comes_first_and_one_call_does_for_a_minute() -> None:
    """Whoever asks at once or soon gets the same answer; later it is asked for again."""
    crisp = CannedCrisp(
        {
            "operators/list": [
                operator("Ben", role="member", availability="away"),
                operator("Zoe", title="Head of support", role="owner", availability="online"),
                operator("ana", role="member"),
            ]
        }
    )
    now = 100.0
    team = Team(crisp.client, clock=lambda: now)
    first, second = await asyncio.gather(team.operators(), team.operators())
    assert first == second
    assert [(one.name, one.role, one.online) for one in first] == [
        ("Zoe", "Head of support", True), ("ana", "member", False), ("Ben", "member", False),
    ]  # fmt: skip
    assert len(crisp.calls) == 1
    now += KEPT
    assert isinstance((await team.operators())[0], Colleague)
    assert len(crisp.calls) == 2


async def test_a_failure_is_not_kept() -> None:
    """Who asks after Crisp did not answer has it asked again."""
    away = Unreachable(Source.CRISP, "GET x", "unreachable")
    crisp = CannedCrisp({"": away})
    crisp.answers[f"/website/{WEBSITE}"] = away
    team = Team(crisp.client, clock=lambda: 1.0)
    with pytest.raises(Unreachable):
        await team.website()
    crisp.answers[f"/website/{WEBSITE}"] = {"website_id": WEBSITE, "name": "Acme", "domain": "a.b"}
    assert (await team.website()).domain == "a.b"
