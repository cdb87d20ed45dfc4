"""manifest.yml: what Slack accepts, what this version uses, and a reason for each scope."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bot.relay import verbs
from bot.simulator.page import cast

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "tests" / "data" / "slack-manifest.schema.json"


@pytest.fixture
def manifest() -> dict[str, Any]:
    """Return manifest.yml, parsed."""
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    return parsed


def documented(heading: str) -> list[str]:
    """Return the names of the table below a heading of docs/scopes.md, each with a reason."""
    text = (ROOT / "docs" / "scopes.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([\w:.]+)` \| .{10,}\. \|$", section, flags=re.MULTILINE)


def test_slack_accepts_the_manifest(manifest: dict[str, Any]) -> None:
    """The manifest is valid by Slack's own JSON schema."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.Draft7Validator(schema).validate(manifest)


def test_every_scope_has_a_reason(manifest: dict[str, Any]) -> None:
    """docs/scopes.md gives a reason for each scope asked for, and for no other."""
    assert documented("Scopes") == manifest["oauth_config"]["scopes"]["bot"]


def test_every_event_has_a_reason(manifest: dict[str, Any]) -> None:
    """docs/scopes.md gives a reason for each event subscribed to, and for no other."""
    assert documented("Events") == manifest["settings"]["event_subscriptions"]["bot_events"]


def test_scopes_and_events_are_sorted_and_single(manifest: dict[str, Any]) -> None:
    """Lists are in order and hold nothing twice, so that two versions compare well."""
    scopes = manifest["oauth_config"]["scopes"]
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    for names in (scopes["bot"], scopes["bot_optional"], events):
        assert names == sorted(set(names))
    assert set(scopes["bot_optional"]) < set(scopes["bot"])


def test_nobody_is_asked_for_more_than_a_bot_needs(manifest: dict[str, Any]) -> None:
    """No user scopes, no redirect URL, no token rotation and no request URL are asked for."""
    assert set(manifest["oauth_config"]) == {"scopes"}
    assert set(manifest["oauth_config"]["scopes"]) == {"bot", "bot_optional"}
    assert manifest["settings"]["token_rotation_enabled"] is False
    assert "request_url" not in json.dumps(manifest)


def test_mentions_are_read_from_messages(manifest: dict[str, Any]) -> None:
    """app_mention would arrive beside the message, in no fixed order: it is not subscribed to."""
    assert "app_mention" not in manifest["settings"]["event_subscriptions"]["bot_events"]


def test_socket_mode_and_buttons_are_on(manifest: dict[str, Any]) -> None:
    """The app works without a public address, and its buttons answer."""
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"]["is_enabled"] is True


def test_shortcuts_fit_slacks_limits(manifest: dict[str, Any]) -> None:
    """At most ten shortcuts, global ones included, each with a name of at most 24 characters."""
    shortcuts = manifest["features"]["shortcuts"]
    assert len(shortcuts) <= 10
    assert [
        s["name"] for s in shortcuts if len(s["name"]) > 24 or len(s["description"]) > 150
    ] == []


def test_the_demo_offers_the_shortcuts_on_messages(manifest: dict[str, Any]) -> None:
    """The page's menu below a message is the one that the manifest makes in Slack."""
    offered = [s for s in manifest["features"]["shortcuts"] if s["type"] == "message"]
    wanted = [(s["name"], s["callback_id"]) for s in offered]
    assert [(s["name"], s["callback_id"]) for s in cast.SHORTCUTS] == wanted


def test_the_command_escapes_and_hints(manifest: dict[str, Any]) -> None:
    """/crisp gets users and channels as ids, and shows its verbs while it is typed."""
    (command,) = manifest["features"]["slash_commands"]
    assert (command["command"], command["should_escape"]) == ("/crisp", True)
    assert command["usage_hint"] == verbs.usage_hint()


def test_the_demos_page_offers_the_manifests_shortcuts(manifest: dict[str, Any]) -> None:
    """bot/simulator/page/cast.py has the shortcuts of each kind by name, in the same order."""
    offered = {"message": cast.SHORTCUTS, "global": cast.GLOBAL_SHORTCUTS}
    for kind, there in offered.items():
        wanted = [
            {"name": one["name"], "callback_id": one["callback_id"]}
            for one in manifest["features"].get("shortcuts", [])
            if one["type"] == kind
        ]
        assert list(there) == wanted
