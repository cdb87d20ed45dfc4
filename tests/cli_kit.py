"""Running the command line in this process, beside simulators that live in the test's loop."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bot import telemetry
from bot.cli import main
from bot.simulator.crisp import CrispSimulator

Json = dict[str, Any]


class CommandLine:
    """The program, its settings in the environment and an empty folder around it."""

    def __init__(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
    ) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        monkeypatch.chdir(folder)
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(telemetry, "configure", lambda *_a, **_k: None)

    def reach(self, crisp: CrispSimulator, *, way: str = "direct", **env: str) -> None:
        """Point it at a simulator, directly or through Membrane."""
        settings = crisp.settings()
        if way == "membrane":
            for name in ("CRISP_TOKEN_IDENTIFIER", "CRISP_TOKEN_KEY"):
                del settings[name]
            settings |= crisp.membrane_settings()
        for name, value in {**settings, **env}.items():
            self._monkeypatch.setenv(name, value)

    async def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command; return its exit code and what it printed."""
        code = await asyncio.to_thread(_ended, arguments)
        out, err = self._capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    async def output(self, key: str, **given: Any) -> Any:
        """Run an action that has to succeed, and return its output."""
        code, out, err = await self.run("crisp", "run", key, "--json", "--input", json.dumps(given))
        assert (code, err) == (0, ""), err
        found: Json = json.loads(out)
        assert set(found) == {"output"}
        return found["output"]


def _ended(arguments: tuple[str, ...]) -> int:
    try:
        main(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    return 0
