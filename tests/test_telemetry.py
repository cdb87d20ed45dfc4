"""Logs that give nothing away, and figures that say what happened."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import Source
from bot.errors import BridgeError
from bot.telemetry import HIDDEN, Metrics, configure, hide, redact


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Put the process's logging back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Return what was logged as JSON."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_unless_it_is_a_terminal() -> None:
    """A pipe gets one JSON object per line, with the event's name and its values."""
    stream = io.StringIO()
    configure(stream)
    structlog.get_logger().info("delivered", conversation=12, lane="slack")
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "delivered", "level": "info", "conversation": 12, "lane": "slack"}


def test_a_log_that_cannot_be_written_ends_nothing() -> None:
    """On a full disk nothing is said, and all goes on."""

    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(28, "No space left on device")

        def flush(self) -> None:
            self.write("")

    configure(Full())
    structlog.get_logger().error("database.refused")
    logging.getLogger("library").warning("as well")


def test_text_on_a_terminal() -> None:
    """A person at a terminal gets text."""
    stream = Terminal()
    configure(stream)
    structlog.get_logger().info("delivered", conversation=12)
    assert "delivered" in stream.getvalue()
    assert not stream.getvalue().lstrip().startswith("{")


@pytest.mark.parametrize(
    "key",
    [
        "text",
        "content",
        "email",
        "token",
        "SLACK_BOT_TOKEN",
        "appToken",
        "customer_email",
        "e_mail",
    ],
)
def test_a_key_that_names_a_secret_hides_its_value(key: str) -> None:
    """Message text, credentials and addresses are hidden whatever they look like."""
    assert redact(None, "info", {key: "harmless"}) == {key: HIDDEN}
    nested = redact(None, "info", {"outer": {"list": [{key: ["harmless"]}]}})
    assert nested == {"outer": {"list": [{key: HIDDEN}]}}


@pytest.mark.parametrize("key", ["context", "key", "contents_id", "event", "texts"])
def test_a_key_that_only_sounds_like_one_is_shown(key: str) -> None:
    """Only whole words of a key count."""
    assert redact(None, "info", {key: "harmless"}) == {key: "harmless"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sent xoxb-12-ab to", f"sent {HIDDEN} to"),
        ("xoxe.xoxp-1-Mi0y", HIDDEN),
        ("xapp-1-A1-2-ff", HIDDEN),
        ("Authorization: Basic dXNlcjpwYXNz==", f"Authorization: Basic {HIDDEN}"),
        ("bearer abc.def-1", f"bearer {HIDDEN}"),
        (
            "wss://x.slack.com/link/?ticket=abc&app_id=1",
            f"wss://x.slack.com/link/?ticket={HIDDEN}&app_id=1",
        ),
        ("POST /crisp/events?token=hush", f"POST /crisp/events?token={HIDDEN}"),
        ("from ada.l+x@mail.example.com.", f"from {HIDDEN}."),
        (
            "[type=missing, input_value={'a': 'Hi]'}, input_type=dict]",
            f"[type=missing, input_value={HIDDEN}]'}}, input_type=dict]",
        ),
        ("conversation 12 is pending", "conversation 12 is pending"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, expected: str) -> None:
    """Tokens, credentials, tickets and addresses are hidden inside any text."""
    assert hide(text) == expected


@given(
    kind=st.sampled_from(["xoxb-", "xoxp-", "xapp-", "Bearer ", "Basic "]),
    secret=st.text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789", min_size=8),
    around=st.text(
        alphabet=st.characters(exclude_characters="-_", categories=("Zs", "Po")), max_size=5
    ),
)
def test_no_token_survives_whatever_stands_around_it(kind: str, secret: str, around: str) -> None:
    """A token is hidden between any spaces and punctuation."""
    assert secret not in hide(f"{around}{kind}{secret}{around}")


def logged_failure(error: BaseException) -> str:
    """Return what is logged as the exception when ``error`` is caught."""
    stream = io.StringIO()
    configure(stream)
    try:
        raise error
    except type(error):
        structlog.get_logger().exception("failed")
    (line,) = lines(stream)
    return str(line["exception"])


def test_a_traceback_says_where_and_not_what() -> None:
    """A stranger's exception is logged by type and place: its words may quote a customer."""
    stream = io.StringIO()
    configure(stream)
    try:
        int("my card is 4111")
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("aiohttp.server").exception("failed")
    assert "4111" not in stream.getvalue()
    for line in lines(stream):
        assert line["exception"].splitlines()[0] == "ValueError"
        assert "test_telemetry.py:" in line["exception"]


def test_a_failure_on_a_terminal_is_traced_the_same_way() -> None:
    """Text has the place of a failure, and no more of a stranger's words than JSON has."""
    stream = Terminal()
    configure(stream)
    try:
        int("my card is 4111")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "test_telemetry.py:" in stream.getvalue()
    assert "4111" not in stream.getvalue()


def test_our_own_and_the_systems_errors_keep_their_words() -> None:
    """What is written for a person, and what the system says, is logged, sieved."""
    assert "BridgeError: Mend it.\n" in logged_failure(BridgeError("Mend it."))
    assert "No space left" in logged_failure(OSError(28, "No space left on device"))
    assert "ada@" not in logged_failure(BridgeError("No such agent: ada@example.com"))


def test_groups_and_causes_are_traced() -> None:
    """What failed inside a group, and what came before, is logged as well."""
    group = ExceptionGroup("hush", [BridgeError("One."), ValueError("hush")])
    group.__cause__ = KeyError("hush")
    traced = logged_failure(group)
    assert "  | BridgeError: One." in traced
    assert "  | ValueError\n" in traced
    assert "after\nKeyError" in traced
    assert "hush" not in traced


@pytest.mark.parametrize("name", ["slack_bolt.AsyncApp", "aiohttp.server", "socketio", "httpx"])
def test_libraries_are_heard_from_warning_on(name: str) -> None:
    """Their lines look like ours and are sieved like ours; request lines at INFO are not shown."""
    stream = io.StringIO()
    configure(stream)
    logging.getLogger(name).info("HTTP Request: GET https://x/?ticket=abc")
    logging.getLogger(name).warning("lost %s", "wss://x/?ticket=abc")
    (line,) = lines(stream)
    assert (line["logger"], line["level"]) == (name, "warning")
    assert line["event"] == f"lost wss://x/?ticket={HIDDEN}"


def test_configuring_twice_logs_once() -> None:
    """A second set-up replaces the first one."""
    first, second = io.StringIO(), io.StringIO()
    configure(first)
    configure(second)
    logging.getLogger("aiohttp").error("once")
    structlog.get_logger().error("once")
    assert first.getvalue() == ""
    assert len(lines(second)) == 2


def test_each_figure_is_counted_under_its_name() -> None:
    """Every method of Metrics moves exactly the figure it is named for."""
    calls: list[tuple[Callable[[Metrics], None], str, float]] = [
        (
            lambda m: m.accepted(Source.SLACK, "message"),
            'bridge_accepted_total{kind="message",source="slack"}',
            1,
        ),
        (lambda m: m.duplicate(Source.CRISP), 'bridge_duplicates_total{source="crisp"}', 1),
        (lambda m: m.event_failed(), "bridge_failed_events_total", 1),
        (lambda m: m.committed(), "bridge_commits_total", 1),
        (lambda m: m.delivered(Source.SLACK), 'bridge_delivered_total{destination="slack"}', 1),
        (
            lambda m: m.retried(Source.CRISP, "429"),
            'bridge_retried_total{destination="crisp",reason="429"}',
            1,
        ),
        (lambda m: m.died(Source.CRISP), 'bridge_dead_total{destination="crisp"}', 1),
        (lambda m: m.uncertain(), "bridge_uncertain_total", 1),
        (lambda m: m.given_up({"failed": 2}), 'bridge_given_up{state="failed"}', 2),
        (
            lambda m: m.queue(Source.SLACK, depth=3, age=1.5),
            'bridge_queue_depth{destination="slack"}',
            3,
        ),
        (
            lambda m: m.queue(Source.SLACK, depth=3, age=1.5),
            'bridge_queue_age_seconds{destination="slack"}',
            1.5,
        ),
        (lambda m: m.reached_slack(0.2), "bridge_customer_to_slack_seconds_count", 1),
        (lambda m: m.reached_customer(0.2), "bridge_slack_to_customer_seconds_sum", 0.2),
        (lambda m: m.crisp_calls(today=7, quota=9), "bridge_crisp_calls_today", 7),
        (lambda m: m.crisp_calls(today=7, quota=9), "bridge_crisp_quota", 9),
        (lambda m: m.connected(Source.CRISP, up=True), 'bridge_connected{source="crisp"}', 1),
        (lambda m: m.troubles(["x", "y", "x"]), 'bridge_troubles{code="x"}', 2),
        (lambda m: m.swept(1700000000.0), "bridge_last_sweep_timestamp_seconds", 1.7e9),
    ]
    for call, name, expected in calls:
        metrics = Metrics()
        before = figures(metrics)
        call(metrics)
        after = figures(metrics)
        assert after[name] == expected, name
        moved = {one.partition("{")[0] for one in after if after[one] != before.get(one, 0)}
        assert name.partition("{")[0] in moved


def figures(metrics: Metrics) -> dict[str, float]:
    """Return the figures as /metrics shows them, without the process's own."""
    shown = metrics.render().decode().splitlines()
    pairs = [line.rsplit(" ", 1) for line in shown if line.startswith("bridge_")]
    return {name: float(value) for name, value in pairs if "_created" not in name}


def test_nothing_is_connected_at_first() -> None:
    """Both sides are shown as not connected before anything has happened."""
    shown = figures(Metrics())
    assert shown['bridge_connected{source="slack"}'] == 0
    assert shown['bridge_connected{source="crisp"}'] == 0


def test_two_bridges_in_one_process_count_apart() -> None:
    """Figures live in a registry of their own."""
    first, second = Metrics(), Metrics()
    first.committed()
    assert figures(second)["bridge_commits_total"] == 0
