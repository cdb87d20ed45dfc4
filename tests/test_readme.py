"""The README says what the program does: its commands, settings and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from bot.cli import build
from bot.config import SETTINGS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAM = "slack-crisp-bridge"


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command of the program by its full name, and the command."""

    def below(path: str, command: Any) -> Iterator[tuple[str, Any]]:
        children = getattr(command, "commands", None)
        if not children:
            yield path, command
            return
        for name, child in children.items():
            yield from below(f"{path} {name}", child)

    yield from below(PROGRAM, typer.main.get_command(build()))


COMMANDS = dict(commands())


def test_every_command_is_in_the_readme_and_none_else() -> None:
    """The table of commands is the list of commands."""
    rows = set(re.findall(rf"^\| `({PROGRAM} [^`]+)` \|", README, re.MULTILINE))
    assert rows == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_says_what_each_command_and_option_is_for(name: str) -> None:
    """No command and no option is without a word of help."""
    command = COMMANDS[name]
    assert command.help
    for parameter in command.params:
        if parameter.param_type_name == "option":
            assert parameter.help, f"{name} {parameter.opts[0]}"


def test_every_command_typed_in_the_readme_exists() -> None:
    """What the README tells a person to type is a command, or a target of the Makefile."""
    typed = re.findall(rf"^\s*{PROGRAM} ([a-z]+)", README, re.MULTILINE)
    assert typed
    assert {f"{PROGRAM} {word}" for word in typed} <= set(COMMANDS)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make ([a-z]+)$", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_settings_of_the_readme_exist() -> None:
    """The table of settings names settings."""
    table = README[README.index("## Settings") :]
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", table)) - {"NAME_FILE"}
    assert named
    assert named <= set(SETTINGS)


def test_every_linked_file_exists() -> None:
    """No link of the README leads nowhere."""
    for target in re.findall(r"\]\(((?!https?:)[^)#]+)", README):
        assert (ROOT / target).exists(), target


def test_no_merge_was_left_unfinished() -> None:
    """No page that people read has a conflict's marks in it."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    marks = ("<" * 7, ">" * 7, "=" * 7 + "\n")
    assert [
        (page.name, line)
        for page in pages
        for line in page.read_text(encoding="utf-8").splitlines(keepends=True)
        if line.startswith(marks)
    ] == []
