"""The simulated Slack's modals and App Homes: what is opened, submitted, pushed and closed."""

from __future__ import annotations

from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack import SlackSimulator
from bot.simulator.slack.people import ANA
from tests.simulator_slack_kit import (
    Json,
    Wire,
    act,
    bolt,
    button,
    client,
    modal,
    plain,
    refused,
    sim,
    slack,
    socket,
    until,
    web_client,
    wire,
)

__all__ = ["bolt", "client", "sim", "socket"]  # the fixtures


async def test_a_modal_s_answers_are_carried_out(sim: SlackSimulator, bolt: AsyncApp) -> None:
    """Errors stay on the view, update replaces, push stacks, clear empties."""
    answers: list[Json] = [
        {"response_action": "errors", "errors": {"b": "too short"}},
        {"response_action": "update", "view": modal(callback_id="cb", private_metadata="2")},
        {"response_action": "push", "view": modal(callback_id="cb", private_metadata="3")},
        {"response_action": "clear"},
    ]
    typed: list[str] = []

    @bolt.shortcut("find")
    async def on_global(ack: Any, shortcut: Json, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=shortcut["trigger_id"], view=modal())
        await ack()

    @bolt.view("cb")
    async def on_submit(ack: Any, view: Json) -> None:
        typed.append(view["state"]["values"]["b"]["a"]["value"])
        await ack(**answers[len(typed) - 1])

    await sim.act(as_="ana", do="global_shortcut", callback_id="find")
    with pytest.raises(ValueError, match="must be filled in"):
        await sim.act(as_="ana", do="submit")
    await sim.act(as_="ana", do="submit", values={"a": "x"})
    assert sim.dump()["views"][ANA][0]["errors"] == {"b": "too short"}
    await sim.act(as_="ana", do="submit", values={"b": {"a": "longer"}})
    assert [v["private_metadata"] for v in sim.dump()["views"][ANA]] == ["2"]
    await sim.act(as_="ana", do="submit")
    assert [v["private_metadata"] for v in sim.dump()["views"][ANA]] == ["2", "3"]
    await sim.act(as_="ana", do="submit", values={"a": "end"})
    assert ANA not in sim.dump()["views"]
    assert typed == ["x", "longer", "longer", "end"]


async def test_closing_is_told_only_if_asked_for(sim: SlackSimulator, bolt: AsyncApp) -> None:
    """view_closed comes with notify_on_close and not without."""
    closed: list[str] = []
    views = [modal(), modal(notify_on_close=True)]

    @bolt.shortcut("find")
    async def on_global(ack: Any, shortcut: Json, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=shortcut["trigger_id"], view=views.pop(0))
        await ack()

    @bolt.view_closed("cb")
    async def on_closed(ack: Any, view: Json) -> None:
        closed.append(view["id"])
        await ack()

    for _ in range(2):
        await sim.act(as_="ana", do="global_shortcut", callback_id="find")
        view_id = sim.dump()["views"][ANA][0]["id"]
        await sim.act(as_="ana", do="close")
    assert closed == [view_id]


async def test_triggers_are_good_once_and_briefly() -> None:
    """A spent, an old and an invented trigger_id are told apart."""
    now = [1000.0]
    async with slack(clock=lambda: now[0]) as sim, wire(sim), web_client(sim) as client:
        trigger = (await sim.act(as_="ana", do="command", wait=False))["payload"]["trigger_id"]
        await client.views_open(trigger_id=trigger, view=modal())
        again = client.views_open(trigger_id=trigger, view=modal())
        assert (await refused(again))["error"] == "exchanged_trigger_id"
        trigger = (await sim.act(as_="ana", do="command", wait=False))["payload"]["trigger_id"]
        now[0] += 3.5
        late = client.views_open(trigger_id=trigger, view=modal())
        assert (await refused(late))["error"] == "expired_trigger_id"
        invented = client.views_open(trigger_id="1.2.3", view=modal())
        assert (await refused(invented))["error"] == "invalid_trigger_id"


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (modal(title=plain("x" * 25)), "1 to 24 characters"),
        (modal(private_metadata="x" * 3001), "less than 3001 characters"),
        (modal(*[{"type": "divider"}] * 101), "no more than 100 items"),
        ({k: v for k, v in modal().items() if k != "submit"}, "`submit` is required"),
        (modal(type="poem"), "must be one of: modal"),
    ],
)
async def test_views_are_checked(
    sim: SlackSimulator, client: AsyncWebClient, view: Json, words: str
) -> None:
    """A view over its limits is refused with invalid_arguments, which says why."""
    answer = await refused(client.views_open(trigger_id="1", view=view))
    assert answer["error"] == "invalid_arguments"
    assert words in answer["response_metadata"]["messages"][0]
    assert not sim.dump()["views"]


async def test_the_app_home(sim: SlackSimulator, socket: Wire, client: AsyncWebClient) -> None:
    """Opening it is an event; what is published is kept per person; its buttons work."""
    opened = await act(sim, socket, as_="ana", do="open_home")
    assert (opened["type"], opened["user"], opened["tab"]) == ("app_home_opened", ANA, "home")
    view = {"type": "home", "blocks": [button()]}
    published = await client.views_publish(user_id=ANA, view=view)
    stale = client.views_publish(user_id=ANA, view=view, hash="1.x")
    assert (await refused(stale))["error"] == "hash_conflict"
    pressed = await sim.act(as_="ana", do="press", action_id="go", wait=False)
    envelope = await socket.receive()
    await socket.ack(envelope)
    assert envelope["payload"]["view"]["id"] == published["view"]["id"]
    assert pressed["payload"]["container"]["type"] == "view"


async def test_pushed_views_stack_to_three(
    sim: SlackSimulator, socket: Wire, client: AsyncWebClient
) -> None:
    """views.push goes on top, no further than the third; views.update finds by external_id."""
    for expected in ("open", "push", "push", "push_limit_reached"):
        asked = await sim.act(as_="ana", do="command", wait=False)
        await socket.ack(await socket.receive())
        trigger = asked["payload"]["trigger_id"]
        if expected == "open":
            await client.views_open(trigger_id=trigger, view=modal(external_id="first"))
        elif expected == "push":
            await client.views_push(trigger_id=trigger, view=modal())
        else:
            call = client.views_push(trigger_id=trigger, view=modal())
            assert (await refused(call))["error"] == expected
    await client.views_update(external_id="first", view=modal(private_metadata="new"))
    stack = sim.dump()["views"][ANA]
    assert [v["private_metadata"] for v in stack] == ["new", "", ""]
    assert stack[2]["previous_view_id"] == stack[1]["id"]
    assert await until(lambda: not sim.dump()["pending"])


async def test_what_the_app_does_not_have_cannot_be_used(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """With the switches set, other shortcuts are refused, and so is a Home that is off."""
    sim.configure(shortcuts=["find"], home_tab=False)
    for order in ({"do": "global_shortcut"}, {"do": "shortcut", "ts": "1"}):
        with pytest.raises(LookupError, match="no shortcut 'other'"):
            await sim.act({"as": "ana", "callback_id": "other", **order})
    call = client.views_publish(user_id=ANA, view={"type": "home", "blocks": []})
    assert (await refused(call))["error"] == "not_enabled"
