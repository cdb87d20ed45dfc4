"""docs/actions.md: each example works, and each action stands in the table."""

from __future__ import annotations

import re
import shlex
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.crisp.actions import ACTIONS
from bot.simulator.crisp import CrispSimulator
from tests.cli_kit import CommandLine

TEXT = (Path(__file__).parent.parent / "docs" / "actions.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^slack-crisp-bridge (.+)$", TEXT, re.MULTILINE)


@pytest.fixture
async def crisp() -> AsyncIterator[CrispSimulator]:
    """Return the Crisp that the examples are about."""
    simulator = CrispSimulator()
    await simulator.start()
    try:
        simulator.act(
            {
                "do": "visitor_message",
                "session_id": "session_demo",
                "text": "Where is my order?",
                "email": "jane.doe@example.com",
            }
        )
        yield simulator
    finally:
        await simulator.stop()


async def test_every_example_works(
    crisp: CrispSimulator,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Each line that the page has a person type ends with 0 and prints something."""
    cli = CommandLine(capsys, monkeypatch, tmp_path)
    cli.reach(crisp, **crisp.membrane_settings())
    assert len(EXAMPLES) >= 15
    for line in EXAMPLES:
        code, out, err = await cli.run(*shlex.split(line))
        assert (code, bool(out)) == (0, True), f"{line}: {err}"


def test_every_action_is_in_the_table() -> None:
    """The table names the actions that there are, and no other."""
    rows = re.findall(r"^\| (`[a-z`, -]+`) \|", TEXT, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z-]+)`", row)}
    assert named == {action.key for action in ACTIONS}
