"""The simulated Slack's inputs: what they hold, what is suggested, and what is not submitted."""

from __future__ import annotations

from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack import SlackSimulator, forms, suggestions
from bot.simulator.slack.model import View
from bot.simulator.slack.people import ANA
from tests.simulator_slack_kit import (
    Json,
    Wire,
    bolt,
    client,
    modal,
    plain,
    refused,
    sim,
    socket,
)

__all__ = ["bolt", "client", "sim", "socket"]  # the fixtures


def asks(name: str, kind: str, **more: Any) -> Json:
    """Return an input block ``b_NAME`` whose element has this name; ``optional`` is the block's."""
    optional = more.pop("optional", False)
    element = {"type": kind, "action_id": name, **more}
    return {
        "type": "input", "block_id": f"b_{name}", "label": plain(name), "element": element,
        "optional": optional,
    }  # fmt: skip


def opening(app: AsyncApp, view: Json) -> None:
    """Let the app open this modal for the shortcut ``find``."""

    @app.shortcut("find")
    async def on_global(ack: Any, shortcut: Json, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=shortcut["trigger_id"], view=view)
        await ack()


async def opened(sim: SlackSimulator, socket: Wire, client: AsyncWebClient, view: Json) -> Json:
    """Open this modal for Ana by a command; return it."""
    asked = await sim.act(as_="ana", do="command", wait=False)
    await socket.ack(await socket.receive())
    done = await client.views_open(trigger_id=asked["payload"]["trigger_id"], view=view)
    found: Json = done["view"]
    return found


async def test_the_app_suggests_what_an_external_select_can_be_set_to(
    sim: SlackSimulator, bolt: AsyncApp
) -> None:
    """What is typed goes to the app with the view; only what it offers can be chosen."""
    opening(bolt, modal(asks("who", "external_select", min_query_length=2)))
    asked: list[Json] = []
    submitted: list[Json] = []

    @bolt.options("who")
    async def on_options(ack: Any, payload: Json) -> None:
        asked.append(payload)
        await ack(options=[{"text": plain("Maya"), "value": "m"}])

    @bolt.view("cb")
    async def on_submit(ack: Any, view: Json) -> None:
        submitted.append(view["state"]["values"]["b_who"]["who"])
        await ack()

    await sim.act(as_="ana", do="global_shortcut", callback_id="find")
    with pytest.raises(ValueError, match="once 2 characters"):
        await sim.act(as_="ana", do="suggest", action_id="who", value="m")
    with pytest.raises(LookupError, match="no option 'm'"):
        await sim.act(as_="ana", do="submit", values={"who": "m"})
    done = await sim.act(as_="ana", do="suggest", action_id="who", value="may")
    assert done["options"] == [{"text": plain("Maya"), "value": "m"}]
    await sim.act(as_="ana", do="submit", values={"who": "m"})
    assert submitted[0]["selected_option"]["value"] == "m"
    (payload,) = asked
    assert (payload["value"], payload["block_id"], payload["user"]["id"]) == ("may", "b_who", ANA)
    assert payload["container"]["view_id"] == payload["view"]["id"]
    assert "trigger_id" not in payload


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "no options"),
        ({"options": [{"text": plain("x" * 76), "value": "v"}]}, "less than 76 characters"),
        ({"options": [{"text": plain("x"), "value": str(n)} for n in range(101)]}, "100 items"),
        ({"option_groups": [{"label": plain("x")}]}, "missing required field: options"),
    ],
)
def test_options_out_of_shape_are_not_shown(answer: Any, words: str) -> None:
    """An acknowledgement without options, with wrong ones or with too many offers nothing."""
    assert words in suggestions.read(answer)


async def test_an_app_that_does_not_answer_suggests_nothing(
    sim: SlackSimulator, socket: Wire, client: AsyncWebClient
) -> None:
    """Without an acknowledgement in time there are no options."""
    await opened(sim, socket, client, modal(asks("who", "external_select", min_query_length=0)))
    sim.configure(ack_timeout=0.01)
    silent = await sim.act(as_="ana", do="suggest", action_id="who")
    assert (silent["options"], silent["error"]) == ([], "no_answer")


@pytest.mark.parametrize(
    ("block", "value", "words"),
    [
        (asks("a", "plain_text_input", max_length=3), "four", "0 to 3 characters"),
        (asks("a", "plain_text_input", min_length=3), "no", "3 to 3000 characters"),
        (asks("a", "plain_text_input"), "x" * 3001, "0 to 3000 characters"),
        (asks("a", "email_text_input"), "maya@", "e-mail address"),
        (asks("a", "url_text_input"), "example.test", "begins with http"),
        (asks("a", "number_input", is_decimal_allowed=False), "1.5", "whole number"),
        (asks("a", "number_input", is_decimal_allowed=True, max_value="2"), "2.5", "at most 2"),
        (asks("a", "number_input", is_decimal_allowed=False, min_value="2"), "1", "at least 2"),
        (asks("a", "number_input", is_decimal_allowed=False), "one", "must be a number"),
        (asks("a", "datepicker"), None, "must be filled in"),
    ],
)
def test_slacks_client_checks_before_it_submits(block: Json, value: Any, words: str) -> None:
    """A value out of its input's bounds is a sentence, and nothing is submitted."""
    view = View("V1", ANA, modal(block), hash="", root_view_id="V1")
    with pytest.raises(ValueError, match=words):
        forms.check(view, forms.of_view(view, {"a": value}, {}))


async def test_an_unknown_input_is_a_mistake(
    sim: SlackSimulator, socket: Wire, client: AsyncWebClient
) -> None:
    """A value for an input that is not in the view is refused, and the sentence names those."""
    await opened(sim, socket, client, modal())
    with pytest.raises(LookupError, match="no input 'tetx'"):
        await sim.act(as_="ana", do="submit", values={"a": "x", "tetx": "y"})


async def test_what_is_typed_travels_with_a_press_and_outlives_an_update(
    sim: SlackSimulator, socket: Wire, client: AsyncWebClient
) -> None:
    """A press tells what was typed; the same block and action keep it, whatever initial_value."""
    press = {"type": "actions", "block_id": "acts", "elements": [
        {"type": "button", "action_id": "go", "text": plain("Go")}]}  # fmt: skip
    view = await opened(sim, socket, client, modal(asks("a", "plain_text_input"), press))
    order = {"as": "ana", "do": "press", "action_id": "go", "values": {"a": "typed"}}
    pressed = await sim.act({**order, "wait": False})
    await socket.ack(await socket.receive())
    assert pressed["payload"]["view"]["state"]["values"]["b_a"]["a"]["value"] == "typed"
    again = modal(
        asks("a", "plain_text_input", initial_value="new"),
        asks("c", "plain_text_input", initial_value="new"),
    )
    updated = await client.views_update(view_id=view["id"], view=again)
    values = updated["view"]["state"]["values"]
    assert values == {"b_a": {"a": {"type": "plain_text_input", "value": "typed"}}}
    sent = await sim.act(as_="ana", do="submit", wait=False)
    values = sent["payload"]["view"]["state"]["values"]
    assert (values["b_a"]["a"]["value"], values["b_c"]["c"]["value"]) == ("typed", "new")


async def test_a_refused_submission_is_answered_with_its_errors(
    sim: SlackSimulator, bolt: AsyncApp
) -> None:
    """The answer tells what is seen then; errors must name inputs; a push finds room or fails."""
    opening(bolt, modal())
    answers: list[Json] = [
        {"response_action": "errors", "errors": {"b": "too short"}},
        {"response_action": "errors", "errors": {"a": "not a block"}},
        {"response_action": "push", "view": modal()},
        {"response_action": "push", "view": modal()},
        {"response_action": "push", "view": modal()},
        {"response_action": "update", "view": modal(title=plain("x" * 25))},
        {},
    ]

    @bolt.view("cb")
    async def on_submit(ack: Any) -> None:
        await ack(**answers.pop(0))

    await sim.act(as_="ana", do="global_shortcut", callback_id="find")
    done = [await sim.act(as_="ana", do="submit", values={"a": "x"}) for _ in range(7)]
    assert [one["errors"] for one in done[:2]] == [
        {"b": "too short"},
        {"": "We had some trouble connecting. Try again?"},
    ]
    ids = [one["view"]["id"] for one in done]
    assert ids[2] != ids[1]
    assert ids[3] == ids[4] == ids[5]
    assert done[4]["errors"] == {"": "push_limit_reached"}
    assert done[5]["errors"][""] == "invalid_arguments"
    assert ids[6] == ids[2]


async def test_a_submission_that_nobody_acknowledges_stays_open(
    sim: SlackSimulator, socket: Wire, client: AsyncWebClient
) -> None:
    """Without an acknowledgement in time the modal says so and keeps what was typed."""
    await opened(sim, socket, client, modal())
    sim.configure(ack_timeout=0.01)
    done = await sim.act(as_="ana", do="submit", values={"a": "kept"})
    assert (done["acked"], done["errors"]) == (
        False,
        {"": "We had some trouble connecting. Try again?"},
    )
    assert done["view"]["state"]["values"]["b"]["a"]["value"] == "kept"


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (modal(asks("a", "button", text=plain("x"))), "unsupported type: button"),
        (modal(asks("a", "plain_text_input", initial_value="x" * 3001)), "less than 3001"),
        (
            modal(asks("a", "static_select", options=[{"text": plain("A"), "value": "a"}],
                       initial_option={"text": plain("B"), "value": "b"})),
            "must be one of the options",
        ),
        (
            modal(asks("a", "static_select",
                       options=[{"text": {"type": "mrkdwn", "text": "A"}, "value": "a"}])),
            "must be one of: plain_text",
        ),
    ],
)  # fmt: skip
async def test_inputs_are_checked(client: AsyncWebClient, view: Json, words: str) -> None:
    """An input that Slack would refuse is refused, in its words."""
    answer = await refused(client.views_open(trigger_id="1", view=view))
    assert words in answer["response_metadata"]["messages"][0]


async def test_a_view_of_over_250_kilobytes_is_too_large(client: AsyncWebClient) -> None:
    """Slack's limit for a whole view holds beside those of its parts."""
    text = {"type": "section", "text": plain("x" * 2900)}
    view = modal(*[text] * 90, type="home")
    answer = await refused(client.views_publish(user_id=ANA, view=view))
    assert answer["error"] == "view_too_large"


async def test_changes_of_a_user_group_are_told(sim: SlackSimulator, socket: Wire) -> None:
    """Who came and who went is one event, the group as it is now another."""
    await sim.act(as_="ada", do="set_group", group="@support-team", who=["ben", "ada"])
    changed, updated = await socket.event(), await socket.event()
    assert (changed["type"], changed["subteam_id"]) == ("subteam_members_changed", "S0SUPPORT1")
    assert (changed["added_users"], changed["removed_users"]) == (["U0ADMIN001"], [ANA])
    assert updated["subteam"]["users"] == ["U0BEN00001", "U0ADMIN001"]
    with pytest.raises(LookupError, match="no user group"):
        await sim.act(as_="ada", do="set_group", group="nobody", who=[])


async def test_the_app_hears_who_invited_it(sim: SlackSimulator, socket: Wire) -> None:
    """member_joined_channel of the bot itself names the inviter; reactions name their item."""
    await sim.act(as_="ada", do="invite", who="bridge", channel="elsewhere")
    events = [await socket.event(), await socket.event()]
    joined = next(e for e in events if e["type"] == "member_joined_channel")
    assert (joined["user"], joined["inviter"]) == ("U0BRIDGE01", "U0ADMIN001")
    said = await sim.act(as_="ana", do="message", text="hi", channel="elsewhere")
    await socket.event()
    await sim.act(as_="ben", do="react", ts=said["ts"], name="eyes", channel="elsewhere")
    added = await socket.event()
    assert added["item"] == {"type": "message", "channel": said["channel"], "ts": said["ts"]}
    assert (added["type"], added["item_user"]) == ("reaction_added", ANA)
    assert "thread_ts" not in str(added)
