"""Both platforms, one after the other; a trouble with one does not hide the other."""

from __future__ import annotations

from bot.config import Settings
from bot.doctor.check import Report
from bot.doctor.crisp import examine_crisp
from bot.doctor.slack import examine_slack


async def examine_platforms(settings: Settings, report: Report) -> None:
    """Check Slack, then Crisp."""
    await examine_slack(settings, report)
    await examine_crisp(settings, report)
