"""Actions: what Membrane is given where it offers one, and what is made of its answer."""

from __future__ import annotations

from typing import Any

import pytest

from bot.crisp.actions import Action, find, read_input
from bot.crisp.actions.meta import merged
from bot.crisp.actions.offered import shaped, translate
from bot.crisp.membrane import OfferedAction

OPERATOR = {"user_id": "u1", "email": "ana@acme.test", "identifier": "id", "key": "secret"}


def action(key: str) -> Action[Any, Any]:
    """Return an action that there is."""
    found = find(key)
    assert found is not None
    return found


def offer(*names: str, required: tuple[str, ...] = ()) -> OfferedAction:
    """Return an offered action that takes these names."""
    schema = {"properties": {name: {} for name in names}, "required": list(required)}
    return OfferedAction.model_validate({"id": "a1", "inputSchema": schema})


def translated(key: str, given: str, offered: OfferedAction) -> dict[str, Any] | None:
    """Translate an input for an offered action."""
    return translate(offered, read_input(action(key).takes, given), website_id="w1")


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        (
            offer("websiteId", "sessionId", "state", required=("websiteId", "sessionId")),
            {"websiteId": "w1", "sessionId": "s1", "state": "resolved"},
        ),
        (offer("session_id", "state"), {"session_id": "s1", "state": "resolved"}),
        (offer("sessionId"), None),
        (offer("sessionId", "state", "secretWord", required=("secretWord",)), None),
        (OfferedAction.model_validate({"id": "a1"}), None),
    ],
    ids=["camel", "snake", "a-name-too-few", "a-name-too-many", "no-schema"],
)
def test_an_input_is_given_whole_or_not_at_all(
    offered: OfferedAction, expected: dict[str, Any] | None
) -> None:
    """Every name that was given has a place and nothing required is missing, or it is not run."""
    given = '{"session_id": "s1", "state": "resolved"}'
    assert translated("update-conversation-state", given, offered) == expected


def test_defaults_go_along_where_there_is_a_place() -> None:
    """What an input leaves to its defaults is said to an action that asks for it."""
    offered = offer("sessionId", "content", "type", "from", "origin", required=("type", "from"))
    found = translated("send-message", '{"session_id": "s1", "content": "x"}', offered)
    assert found == {
        "sessionId": "s1", "content": "x", "type": "text", "from": "operator", "origin": "chat",
    }  # fmt: skip


@pytest.mark.parametrize(
    "raw",
    [
        [OPERATOR],
        [{"type": "operator", "details": OPERATOR}],
        {"operators": [OPERATOR]},
        {"items": [OPERATOR]},
        {"error": False, "reason": "listed", "data": [OPERATOR]},
    ],
    ids=["bare", "details", "ours", "items", "envelope"],
)
def test_a_list_is_found_in_any_wrapping_and_bears_no_credentials(raw: Any) -> None:
    """A list comes in our shape however it is wrapped; operators' tokens stay behind."""
    found = shaped(action("list-operators"), raw)
    assert [one["user_id"] for one in found["operators"]] == ["u1"]
    assert "secret" not in str(found)


def test_what_is_not_understood_stays_as_it_is_but_for_credentials() -> None:
    """An output of another shape is given as it came, never as an empty list."""
    raw = {"team": {"ana": OPERATOR}}
    found = shaped(action("list-operators"), raw)
    assert found == {"team": {"ana": {"user_id": "u1", "email": "ana@acme.test"}}}
    assert shaped(action("get-website"), {"title": "Acme"}) == {"title": "Acme"}


def test_segments_are_added_and_taken_away_in_order() -> None:
    """Each is there once, in the order in which it came, and what is removed is gone."""
    assert merged(("a", "b"), add=("b", "c"), remove=("a", "x")) == ["b", "c"]
