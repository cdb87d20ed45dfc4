"""Rules between settings: what one choice makes necessary.

Responsible for sentences about combinations. Pure: it is handed what is set and must not read
anything. It works on names and raw values, so that it has its say even when a value is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.config.bridge import BridgeConfig
from bot.config.orders import wrong_order


def broken_rules(given: Mapping[str, str], bridge: BridgeConfig) -> Iterator[str]:
    """Yield one sentence per broken rule; ``given`` holds the settings that are set."""
    yield from _slack(given, bridge)
    yield from _events(given)
    yield from crisp_access(given, rtm=given.get("CRISP_EVENTS") != "webhook")
    yield from _bridge(bridge)


def _slack(given: Mapping[str, str], bridge: BridgeConfig) -> Iterator[str]:
    if "SLACK_APP_TOKEN" not in given and "SLACK_SIGNING_SECRET" not in given:
        yield (
            "SLACK_APP_TOKEN is not set: set it for Socket Mode, "
            "or set SLACK_SIGNING_SECRET to receive Slack's events over HTTP."
        )
    if "SLACK_CHANNEL" not in given and not bridge.routes_everything:
        yield (
            "SLACK_CHANNEL is not set: set it to the id of the channel that gets the threads, "
            "or end bridge.toml with a [[routes]] that has no conditions."
        )


def _events(given: Mapping[str, str]) -> Iterator[str]:
    secrets = ("CRISP_HOOK_SECRET", "CRISP_HOOK_TOKEN")
    if given.get("CRISP_EVENTS") == "webhook" and not any(name in given for name in secrets):
        yield (
            "CRISP_EVENTS=webhook needs CRISP_HOOK_SECRET (a plugin's hooks) "
            "or CRISP_HOOK_TOKEN (a website's hooks)."
        )


def crisp_access(given: Mapping[str, str], *, rtm: bool = False) -> Iterator[str]:
    """Yield what is missing to reach Crisp; ``rtm`` where its socket is needed too."""
    yield from _token(given, rtm=rtm)
    yield from _membrane(given)


def _token(given: Mapping[str, str], *, rtm: bool) -> Iterator[str]:
    through_membrane = "MEMBRANE_TOKEN" in given or "MEMBRANE_CONNECTION_ID" in given
    tokens = ("CRISP_TOKEN_IDENTIFIER", "CRISP_TOKEN_KEY")
    missing = [name for name in tokens if name not in given]
    if not missing:
        return
    if not through_membrane:
        for name in missing:
            yield f"{name} is not set: make a token in Crisp, or set MEMBRANE_TOKEN instead."
    elif len(missing) == 1:
        yield f"{missing[0]} is not set, but the other half of the Crisp token is: set both."
    elif rtm:
        yield (
            "CRISP_EVENTS=rtm signs in with a Crisp token, which Membrane does not hand out: "
            "set CRISP_EVENTS=webhook, or CRISP_TOKEN_IDENTIFIER and CRISP_TOKEN_KEY as well."
        )


def _membrane(given: Mapping[str, str]) -> Iterator[str]:
    if "MEMBRANE_TOKEN" in given and "MEMBRANE_CONNECTION_ID" not in given:
        yield (
            "MEMBRANE_CONNECTION_ID is not set: name the connection that MEMBRANE_TOKEN is for "
            "(slack-crisp-bridge membrane connections lists them)."
        )
    if "MEMBRANE_CONNECTION_ID" in given and "MEMBRANE_TOKEN" not in given:
        yield "MEMBRANE_TOKEN is not set: MEMBRANE_CONNECTION_ID cannot be reached without it."


def membrane_access(given: Mapping[str, str]) -> Iterator[str]:
    """Yield what is missing to ask Membrane about its connections."""
    if "MEMBRANE_TOKEN" not in given:
        yield "MEMBRANE_TOKEN is not set: make one in Membrane, for the workspace's API."


def _bridge(bridge: BridgeConfig) -> Iterator[str]:
    for name, order in bridge.reactions.items():
        if problem := wrong_order(order):
            yield f"reactions.{name} {problem}"
    if bridge.relay.unmapped_agents == "company" and not bridge.relay.company_name:
        yield 'relay.company_name is needed when relay.unmapped_agents is "company".'
    for number, route in enumerate(bridge.routes[:-1], start=1):
        if route.unconditional:
            yield (
                f"routes {number + 1} and later are never reached: route {number} has no "
                "conditions, so put it last."
            )
            return
