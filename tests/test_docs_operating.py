"""docs/operating.md says what there is: every figure, command, route, state and log event."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import Histogram

from bot import texts
from bot.cli.deliveries import State
from bot.telemetry import Metrics
from tests import spawning

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    """Return the part of the page below a heading."""
    found = TEXT.partition(f"\n## {heading}\n")[2]
    assert found, heading
    return found.partition("\n## ")[0]


def rows(text: str) -> list[tuple[str, ...]]:
    """Return the cells of a section's table rows that start with a `name`."""
    lines = re.findall(r"^\| (`.*) \|$", text, flags=re.MULTILINE)
    return [tuple(cell.strip() for cell in line.split(" | ")) for line in lines]


def test_every_figure_is_documented_with_its_labels() -> None:
    """The table of metrics equals the registry: names, labels, and no other."""
    documented = {
        cells[0].strip("`"): set(re.findall(r"`(\w+)`", cells[1])) if len(cells) > 2 else set()
        for cells in (tuple(re.split(r" ?\| ?", line)[1:-1]) for line in _lines("Metrics"))
    }
    registry = {
        value._name: set(value._labelnames)
        for value in vars(Metrics()).values()
        if hasattr(value, "_labelnames")
    }
    assert documented == registry


def _lines(heading: str) -> list[str]:
    return re.findall(r"^\| `.*\|$", section(heading), flags=re.MULTILINE)


def test_histograms_are_called_so() -> None:
    """A figure is described as a histogram if it is one."""
    described = {
        cells[0].strip("`") for cells in rows(section("Metrics")) if "Histogram" in cells[-1]
    }
    are = {v._name for v in vars(Metrics()).values() if isinstance(v, Histogram)}
    assert described == are


def test_every_state_is_documented() -> None:
    """Each state that deliveries list takes has a row that says what to do."""
    documented = [
        cells[0].strip("`") for cells in rows(section("What is not delivered? `deliveries`"))
    ]
    assert set(documented) == {state.value for state in State} - {"all"}


def test_every_check_is_documented() -> None:
    """Each name that a check of the doctor can have stands in the table, and no other."""
    named = re.compile(
        r'(?:^|[^\w])(?:ok|warn|fail|Check|name =|[A-Z_]+ =)\(?\s*f?"((?:slack|crisp|database|'
        r"membrane|disk|deliveries|troubles?|settings|config|saved)(?: [a-z ]+)?)"
    )
    sources = [*(ROOT / "bot" / "doctor").glob("*.py"), ROOT / "bot" / "cli" / "doctor.py"]
    used = {
        name.strip() for path in sources for name in named.findall(path.read_text(encoding="utf-8"))
    }
    used |= {"slack clock", "crisp clock", "slack scope", "slack channel", "disk space"}
    documented = {
        cells[0].strip("`").removesuffix(" …")
        for cells in rows(section("Is everything there? `doctor`"))
    }
    assert used == documented


def test_every_trouble_is_documented() -> None:
    """Each trouble has a row: what has happened, what to do, and what happens meanwhile."""
    documented = [cells[0].strip("`") for cells in rows(section("What breaks"))]
    assert sorted(documented) == sorted(texts.TROUBLES)


def test_every_log_event_exists() -> None:
    """A log event that the page explains is one that is logged, at that level."""
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for package in ("bot", "handlers")
        for path in (ROOT / package).glob("**/*.py")
        if "simulator" not in path.parts
    )
    for cells in rows(section("Logs")):
        name, level = cells[0].strip("`"), cells[1]
        assert re.search(rf'log\.{level}\(\s*"{re.escape(name)}"', code), name


def test_every_command_shown_is_one() -> None:
    """Each command line in the page is taken: the command and its options exist."""
    shown = re.findall(r"^slack-crisp-bridge (.+)$", TEXT, flags=re.MULTILINE)
    assert len(shown) >= 8
    helps: dict[tuple[str, ...], str] = {}
    for line in shown:
        words = line.split()
        depth = 2 if words[0] == "deliveries" else 1
        command = tuple(words[:depth])
        if command not in helps:
            helps[command] = _help(command)
        for option in (word for word in words if word.startswith("--")):
            assert option in helps[command], line


def _help(command: tuple[str, ...]) -> str:
    code, out, err = spawning.run_here(*command, "--help", cwd=ROOT, env={"COLUMNS": "200"})
    assert code == 0, err
    return out


@pytest.mark.parametrize("route", ["/healthz", "/readyz", "/metrics"])
def test_every_route_is_documented(route: str) -> None:
    """The routes an operator asks stand in the page, and are in the server."""
    assert f"`GET {route}`" in section("Health")
    assert f'add_get("{route}"' in (ROOT / "bot" / "server.py").read_text(encoding="utf-8")
