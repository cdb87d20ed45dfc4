"""The options that the app gives for what somebody types into an external select.

Responsible for reading them as Slack does; it must not know who asked.
https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload
"""

from __future__ import annotations

from typing import Any

from bot.simulator.slack import blocks as block_kit
from bot.simulator.slack.model import Json

_LEAST_TYPED = 3
_MOST_GROUPS = 100


def check(element: Json, typed: str) -> None:
    """Refuse what Slack's client would not ask the app about; ValueError with one sentence."""
    if not element["type"].endswith("external_select"):
        raise ValueError(f"{element['action_id']} is a {element['type']}: it asks for no options")
    least = element.get("min_query_length", _LEAST_TYPED)
    if len(typed) < least:
        raise ValueError(
            f"{element['action_id']} asks for options once {least} characters are typed"
        )


def read(answer: Any) -> list[Json] | str:
    """Return the options of an acknowledgement, or what is wrong with it."""
    if not isinstance(answer, dict):
        return "the acknowledgement has no options"
    if (groups := answer.get("option_groups")) is not None:
        if not isinstance(groups, list) or len(groups) > _MOST_GROUPS:
            return f"option_groups must be a list of at most {_MOST_GROUPS}"
        lists = [group.get("options") if isinstance(group, dict) else None for group in groups]
    else:
        lists = [answer.get("options")]
    if lists == [[]]:
        return []
    if wrong := [problem for options in lists for problem in block_kit.option_problems(options)]:
        return wrong[0]
    return [option for options in lists for option in options or []]
