"""What is handed out: the wheel, the pinned requirements, and the Makefile on a bare machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot import __version__
from bot.cli.setup.manifest import manifest, new_config

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "handlers", "migrations")
HANDED_OUT = ("manifest.yml", "bridge.example.toml")
"""What lies at the top and goes into the wheel beside bot's modules."""

pytestmark = pytest.mark.timeout(300)


def run(
    *command: str | Path, cwd: Path, env: Mapping[str, str] | None = None, code: int = 0
) -> str:
    """Run a command, check its exit code and return what it wrote."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    done = subprocess.run(  # noqa: S603 - the commands stand in this file
        command,
        cwd=cwd,
        env={**kept, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the project, without isolation and without network."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    unwanted = shutil.ignore_patterns("__pycache__")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=unwanted)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore", *HANDED_OUT):
        shutil.copy(ROOT / name, source)
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder)
    run(*build, source, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a clean environment that sees the suite's packages; return its bin.

    A path in a .pth file is searched, but the .pth files inside it are not read: the suite's own
    editable install of this project stays out of sight.
    """
    folder = tmp_path_factory.mktemp("clean") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    paths = sysconfig.get_paths("venv", vars={"base": str(folder), "platbase": str(folder)})
    suite = sysconfig.get_path("purelib")
    Path(paths["purelib"], "suite.pth").write_text(f"{suite}\n", encoding="utf-8")
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index")
    # The suite's packages count as installed here, its install of this project as well.
    run(*pip, "--no-deps", "--ignore-installed", wheel, cwd=folder.parent)
    return folder / "bin"


def test_the_wheel_holds_everything_the_packages_hold(wheel: Path) -> None:
    """SQL, the demo page's assets, data files and type marker are in the wheel, nothing beside."""
    source = wheel.parent / "source"
    expected = {
        str(path.relative_to(source))
        for package in PACKAGES
        for path in (source / package).rglob("*")
        if path.is_file()
    }
    expected |= {f"bot/{name}" for name in HANDED_OUT}
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == expected
    assert any(re.fullmatch(r"migrations/\d{4}_\w+\.sql", name) for name in packed)
    assert "bot/py.typed" in packed


def test_the_installed_program_runs_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    """--version and --help work where there is neither a checkout nor a setting."""
    program = installed / "slack-crisp-bridge"
    assert run(program, "--version", cwd=tmp_path) == f"slack-crisp-bridge {__version__}\n"
    assert "Usage: slack-crisp-bridge" in run(program, "--help", cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_installed_program_is_the_wheels(installed: Path, tmp_path: Path) -> None:
    """What runs is what the wheel brought, SQL included, not the checkout beside it."""
    script = (
        "import bot, handlers, migrations, importlib.resources as r\n"
        "print(bot.__file__, handlers.__file__, migrations.__file__)\n"
        "print(*[f for f in r.files('migrations').iterdir() if f.name.endswith('.sql')])\n"
    )
    modules, scripts = run(installed / "python", "-c", script, cwd=tmp_path).splitlines()
    found = modules.split() + scripts.split()
    assert len(found) > len(PACKAGES)
    assert all(path.startswith(str(installed.parent)) for path in found)


def test_the_installed_program_brings_what_setup_hands_out(installed: Path, tmp_path: Path) -> None:
    """The manifest and a first bridge.toml come from the wheel as they come from a checkout."""
    script = (
        "from bot.cli.setup.manifest import new_config, manifest\n"
        "import sys; sys.stdout.write(manifest() + new_config())\n"
    )
    assert run(installed / "python", "-c", script, cwd=tmp_path) == manifest() + new_config()
    assert manifest() == (ROOT / "manifest.yml").read_text(encoding="utf-8")


def test_every_module_can_be_imported_without_the_development_packages(
    installed: Path, tmp_path: Path
) -> None:
    """Nothing in the packages imports what only the tests need."""
    script = (
        "import importlib, pkgutil, sys\n"
        f"for package in {PACKAGES!r}:\n"
        "    top = importlib.import_module(package)\n"
        "    for found in pkgutil.walk_packages(top.__path__, package + '.'):\n"
        "        if not found.name.endswith('__main__'):\n"
        "            importlib.import_module(found.name)\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))\n"
    )
    imported = set(run(installed / "python", "-c", script, cwd=tmp_path).split())
    assert "bot" in imported
    assert imported & {"pytest", "hypothesis", "playwright", "jsonschema", "yaml", "mypy"} == set()


def pins(name: str) -> dict[str, str]:
    """Return package to version of a compiled requirements file."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, flags=re.MULTILINE))


def test_the_development_requirements_hold_the_runtime_ones() -> None:
    """One environment serves both: what both files name has the same version."""
    runtime, development = pins("requirements.txt"), pins("requirements-dev.txt")
    assert runtime.items() <= development.items()
    assert len(development) > len(runtime) > 10


def test_every_dependency_is_pinned() -> None:
    """What pyproject.toml asks for is in the compiled files."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    runtime, _, rest = text.partition("[project.optional-dependencies]")
    development = rest.partition("[project.scripts]")[0]
    for part, name in ((runtime, "requirements.txt"), (development, "requirements-dev.txt")):
        asked = {one.lower() for one in re.findall(r'^  "([\w-]+)>=', part, flags=re.MULTILINE)}
        assert asked
        assert asked <= {one.lower() for one in pins(name)}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_has_hashes_and_no_index_is_named(name: str) -> None:
    """Each package is checked by pip against its hash, wherever pip is told to find it."""
    text = (ROOT / name).read_text(encoding="utf-8")
    requirements = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert [one for one in requirements if "--hash=sha256:" not in one] == []
    assert re.search(r"https?://|--(extra-)?index-url|--find-links", text) is None


def test_make_help_names_every_target() -> None:
    """`make` alone lists what there is."""
    listed = set(re.findall(r"^make (\w+)", run("make", cwd=ROOT), flags=re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert listed == set(re.findall(r"^\.PHONY: (\w+)", makefile, flags=re.MULTILINE))
    assert {"demo", "test", "check", "bench", "lock", "clean", "help"} <= listed


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("exit 1", "Python 3.11 or newer is needed: run 'apt-get install python3 python3-venv'"),
        (
            'case "$2" in *ensurepip*) exit 1 ;; esac',
            "cannot make a virtual environment: run 'apt-get install python3-venv'",
        ),
    ],
)
def test_make_says_what_a_bare_machine_lacks(body: str, sentence: str, tmp_path: Path) -> None:
    """Without a usable Python there is one sentence that names the package to install."""
    for name in ("Makefile", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    python.chmod(0o755)
    said = run("make", f"PYTHONS={python}", "demo", cwd=tmp_path, code=2).splitlines()
    assert sentence in said[0]
    assert not (tmp_path / ".venv").exists()
