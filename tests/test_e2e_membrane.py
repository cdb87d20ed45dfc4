"""The relay through Membrane: the same suite over the other transport, and Membrane's own troubles.

The tests that are imported here run once more, in a world without any Crisp token.
"""

from __future__ import annotations

import pytest

from tests.e2e_kit import answers, rest, stored
from tests.harness import Json, World, eventually
from tests.membrane_kit import through_membrane
from tests.test_e2e_edits import test_a_customers_edit_changes_the_post
from tests.test_e2e_faults import (
    test_a_look_is_believed_only_the_second_time,
    test_crisps_rate_limit,
    test_sends_that_fail,
)
from tests.test_e2e_relay import (
    test_buttons_change_the_conversation_in_crisp,
    test_first_message_opens_a_thread,
    test_long_texts_are_split_and_arrive_whole,
    test_notes_and_asides_never_reach_the_customer,
    test_reply_reaches_the_customer_under_the_operators_name,
    test_slash_commands_answer_and_act,
)
from tests.test_e2e_sweep import test_both_sides_write_while_the_bridge_is_away

RELAY = (
    test_a_customers_edit_changes_the_post,
    test_a_look_is_believed_only_the_second_time,
    test_both_sides_write_while_the_bridge_is_away,
    test_buttons_change_the_conversation_in_crisp,
    test_crisps_rate_limit,
    test_first_message_opens_a_thread,
    test_long_texts_are_split_and_arrive_whole,
    test_notes_and_asides_never_reach_the_customer,
    test_reply_reaches_the_customer_under_the_operators_name,
    test_sends_that_fail,
    test_slash_commands_answer_and_act,
)
"""What is run again; naming them keeps the imports."""


@pytest.fixture
def world(world: World) -> World:
    """Reach Crisp through Membrane alone."""
    return through_membrane(world)


def direct_calls(world: World) -> int:
    """Return how many calls came to Crisp by another way than Membrane's proxy."""
    dump = world.crisp.dump()
    proxied = [call for call in dump["membrane"]["calls"] if "/proxy/" in call]
    return len(dump["calls"]["log"]) - len(proxied)


async def test_every_call_goes_by_the_proxy_with_our_fingerprint(world: World) -> None:
    """Nothing reaches Crisp but through Membrane, no action is run, and the name is ours."""
    async with world.bridge():
        session = world.visitor("hello", nickname="Jane")
        await world.reply(session, "hi Jane")
        await eventually(lambda: answers(world, session) == ["hi Jane"], what="the reply")
        await rest(world)
    [sent] = world.customer_sees(session)
    ours = stored(world, "SELECT fingerprint FROM parts WHERE fingerprint IS NOT NULL")
    assert (sent["fingerprint"],) in ours
    assert direct_calls(world) == 0
    assert not [c for c in world.crisp.dump()["membrane"]["calls"] if "/actions" in c]


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "error", "status": 502},
        {"do": "error_after", "status": 504},
        {"do": "drop_after"},
        {"do": "disconnect"},
        {"do": "rate_limit", "retry_after": 0, "times": 2},
        {"do": "error", "status": 401},
        {"do": "error", "status": 404},
    ],
    ids=lambda fault: "-".join(str(value) for value in fault.values()),
)
async def test_membranes_own_failures(world: World, fault: Json) -> None:
    """Whatever Membrane does to a send, the customer gets it once and in order."""
    async with world.bridge():
        session = world.visitor("hello")
        await eventually(lambda: world.root_of(session), what="the thread")
        world.crisp.faults.add({"on": "membrane POST *", **fault})
        await world.reply(session, "one")
        await world.reply(session, "two")
        await eventually(lambda: answers(world, session) == ["one", "two"], what="both", within=30)
        await rest(world)
    assert answers(world, session) == ["one", "two"]


async def test_a_connection_that_is_mended_sends_what_waited(world: World) -> None:
    """While the connection is out of order nothing is given up, and then everything goes."""
    async with world.bridge():
        session = world.visitor("hello")
        await eventually(lambda: world.root_of(session), what="the thread")
        world.crisp.membrane.config({"disconnected": True})
        await world.reply(session, "one")
        await eventually(
            lambda: stored(world, "SELECT 1 FROM outbox WHERE error = 'membrane_http_403'"),
            what="the refusal",
        )
        world.crisp.membrane.config({"disconnected": False})
        await eventually(lambda: answers(world, session) == ["one"], what="the reply")


async def test_the_socket_with_a_token_and_the_calls_through_membrane(world: World) -> None:
    """With a Crisp token events may come over RTM, while every call goes through Membrane."""
    token = world.crisp.settings()
    names = ("CRISP_TOKEN_IDENTIFIER", "CRISP_TOKEN_KEY")
    world.crisp.config({"hook_url": ""})
    async with world.bridge(CRISP_EVENTS="rtm", **{name: token[name] for name in names}):
        session = world.visitor("hello")
        await world.reply(session, "hi")
        await eventually(lambda: answers(world, session) == ["hi"], what="the reply")
    assert direct_calls(world) == 0
