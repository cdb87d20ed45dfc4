"""The command line's frame: options, exit codes, and sentences in place of tracebacks."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest
import typer

from bot import __version__
from bot.cli import build, main
from bot.errors import BridgeError, ConfigError


def failing(error: BaseException) -> typer.Typer:
    """Return a command line whose one command, ``fail``, raises ``error``."""
    module = ModuleType("failing")

    def register(app: typer.Typer) -> None:
        @app.command()
        def fail() -> None:
            """Fail."""
            raise error

    vars(module)["register"] = register
    return build([module])


def ended(arguments: list[str], app: typer.Typer | None = None) -> int | str | None:
    """Run the command line and return its exit code."""
    with pytest.raises(SystemExit) as caught:
        main(arguments, app=app)
    return caught.value.code


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """--version prints the version and exits with 0."""
    assert ended(["--version"]) == 0
    assert capsys.readouterr().out == f"slack-crisp-bridge {__version__}\n"


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """--help says what the program is and exits with 0."""
    assert ended(["--help"]) == 0
    assert "Each Crisp conversation is a Slack thread." in capsys.readouterr().out


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    """What is no command exits with 2 and is named."""
    assert ended(["no-such-command"]) == 2
    assert "no-such-command" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (BridgeError("It is broken: mend it."), 1, "It is broken: mend it.\n"),
        (ConfigError("A is wrong.", "B is wrong."), 2, "A is wrong.\nB is wrong.\n"),
        (KeyboardInterrupt(), 130, ""),
        (ExceptionGroup("tasks", [ExceptionGroup("inner", [BridgeError("One.")])]), 1, "One.\n"),
        (ExceptionGroup("tasks", [BridgeError("One."), BridgeError("One.")]), 1, "One.\n"),
        (ExceptionGroup("tasks", [BridgeError("One."), ConfigError("Two.")]), 2, "One.\nTwo.\n"),
        (BaseExceptionGroup("tasks", [KeyboardInterrupt()]), 130, ""),
    ],
)
def test_a_failure_is_sentences_and_a_code(
    error: BaseException, code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is the operator's to mend is told on stderr, once, without a traceback."""
    assert ended(["fail"], failing(error)) == code
    assert capsys.readouterr() == ("", told)


def test_a_bug_is_not_hidden() -> None:
    """What is no BridgeError is ours to mend: it comes out whole, from a group as well."""
    with pytest.raises(ZeroDivisionError):
        main(["fail"], app=failing(ZeroDivisionError()))
    group = ExceptionGroup("tasks", [ZeroDivisionError(), BridgeError("One.")])
    with pytest.raises(ExceptionGroup):
        main(["fail"], app=failing(group))


def test_a_command_loads_no_other_commands_modules() -> None:
    """Who lists deliveries does not wait for what the bridge, the demo or setup needs."""
    program = (
        "import sys\nfrom bot.cli import main\n"
        "try:\n    main(['deliveries', 'list', '--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted(name for name in sys.modules if name.startswith('bot.cli.')))\n"
    )
    done = subprocess.run(  # noqa: S603 - the program stands here
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "['bot.cli.deliveries', 'bot.cli.printing']"
