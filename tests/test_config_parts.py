"""Settings in parts: commands that need one side alone ask for that side's alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import load_crisp, load_membrane
from bot.errors import ConfigError

WEBSITE = {"CRISP_WEBSITE_ID": "8c842203-7ed8-4e29-a608-7cf78a7d2fcc"}
TOKEN = {"CRISP_TOKEN_IDENTIFIER": "id", "CRISP_TOKEN_KEY": "key"}
MEMBRANE = {"MEMBRANE_TOKEN": "m", "MEMBRANE_CONNECTION_ID": "c"}


def problems(env: dict[str, str]) -> tuple[str, ...]:
    """Return what is wrong with settings for Crisp."""
    with pytest.raises(ConfigError) as caught:
        load_crisp(env, env_file=None)
    return caught.value.problems


def test_crisp_needs_a_token_or_membrane_and_nothing_of_slack() -> None:
    """Either way is enough, whatever is wrong with Slack's settings."""
    wrong = {"SLACK_BOT_TOKEN": "nonsense", "BRIDGE_HTTP_PORT": "x"}
    assert not load_crisp({**WEBSITE, **TOKEN, **wrong}, env_file=None).via_membrane
    assert load_crisp({**WEBSITE, **MEMBRANE, **wrong}, env_file=None).via_membrane


def test_what_is_missing_for_crisp_is_named() -> None:
    """Each missing setting has a sentence, with the name that looks like a misspelling of it."""
    found = problems({"CRISP_TOKEN_KEY": "key", "CRISP_WEBSITEID": "x"})
    assert len(found) == 2
    assert any("is CRISP_WEBSITEID a misspelling of it?" in one for one in found)
    assert any(one.startswith("CRISP_TOKEN_IDENTIFIER is not set") for one in found)
    assert "membrane connections" in problems({**WEBSITE, "MEMBRANE_TOKEN": "m"})[0]


def test_events_by_hook_need_no_secret_to_make_calls() -> None:
    """How events come is no matter of calls."""
    env = {**WEBSITE, **TOKEN, "CRISP_EVENTS": "webhook"}
    assert load_crisp(env, env_file=None).crisp_events == "webhook"


def test_membrane_needs_its_token_alone(tmp_path: Path) -> None:
    """The connection may still be open; the token may be in a file."""
    secret = tmp_path / "token"
    secret.write_text("from-a-file\n")
    found = load_membrane({"MEMBRANE_TOKEN_FILE": str(secret)}, env_file=None)
    assert found.membrane_token is not None
    assert found.membrane_token.get_secret_value() == "from-a-file"
    assert found.membrane_connection_id is None
    with pytest.raises(ConfigError, match="MEMBRANE_TOKEN is not set"):
        load_membrane({}, env_file=None)
