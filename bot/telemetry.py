"""Logs and metrics: what the bridge says about itself.

Responsible for where log lines go, for keeping message text, credentials and e-mail addresses out
of them, and for the figures behind ``/metrics``. It must not see message text.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from structlog.typing import Processor

from bot.domain import Source
from bot.errors import BridgeError

METRICS_CONTENT_TYPE = CONTENT_TYPE_LATEST
HIDDEN = "[hidden]"

_SECRET_KEYS = (
    "authorization",
    "content",
    "cookie",
    "email",
    "excerpt",
    "mail",
    "password",
    "secret",
    "text",
    "ticket",
    "token",
)
"""A log key that has one of these among its words is never shown."""
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_HIDE = (
    (re.compile(r"x(?:ox[a-z]|app)(?:\.xox[a-z])?-[\w-]+", re.IGNORECASE), HIDDEN),
    (re.compile(r"\b(Basic|Bearer)\s+[\w+/.~=-]+", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (
        re.compile(r"([?&](?:ticket|token|key|secret|signature)=)[^&\s\"']+", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\binput_value=.*?(?=, input_type=|\]|$)", re.DOTALL), f"input_value={HIDDEN}"),
    (re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+"), HIDDEN),
)
_ENDS_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What a terminal would obey, or take for another line: no value of a log has it."""
_LATENCY = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
"""Histogram bounds in seconds, from one healthy hop to an outage of an hour."""


def configure(stream: TextIO, *, as_json: bool | None = None, level: int = logging.INFO) -> None:
    """Send all logs to ``stream``: ours from ``level`` on, the libraries' from WARNING on.

    ``as_json`` None means text when ``stream`` is a terminal and JSON otherwise.
    """
    if as_json is None:
        as_json = not stream.isatty()
    stream = cast("TextIO", _Steadfast(stream))
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_trace),
        redact,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    _route_libraries(stream, shared=shared, renderer=renderer)


class _Steadfast:
    """A stream that drops what cannot be written: a full disk must not end what has to be said."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()


def _route_libraries(stream: TextIO, *, shared: list[Processor], renderer: Processor) -> None:
    """Give the standard library's root logger one handler that writes as ours do."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Hide what must not be logged: by the key's name, or by what the value looks like."""
    return {key: _without_secrets(key, value) for key, value in event.items()}


def _without_secrets(key: str, value: Any) -> Any:
    if key.startswith("_") or value is None or isinstance(value, bool | int | float):
        return value
    if _names_a_secret(key):
        return HIDDEN
    if isinstance(value, Mapping):
        return {inner: _without_secrets(str(inner), one) for inner, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_secrets("", one) for one in value]
    shown = hide(str(value))
    return shown if key == "exception" else _ENDS_A_LINE.sub(" ", shown)


def _names_a_secret(key: str) -> bool:
    return any(word.lower() in _SECRET_KEYS for word in _WORDS.findall(key))


def hide(text: str) -> str:
    """Replace what looks like a token, a credential or an e-mail address."""
    for pattern, instead in _HIDE:
        text = pattern.sub(instead, text)
    return text


def _trace(exc_info: tuple[Any, BaseException, Any]) -> str:
    """Say what failed and where, without the words of an exception that is not ours.

    Those may quote what a customer wrote; a BridgeError's or an OSError's never do.
    """
    return "\n".join(_described(exc_info[1]))


def _described(error: BaseException) -> Iterator[str]:
    says = f": {error}" if isinstance(error, BridgeError | OSError) else ""
    yield f"{type(error).__qualname__}{says}"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
    for inner in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from (f"  | {line}" for line in _described(inner))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield "after"
        yield from _described(before)


class Metrics:
    """The bridge's figures, in a registry of their own; every name starts with ``bridge_``."""

    def __init__(self) -> None:
        """Start every figure at nothing."""
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._accepted = Counter(
            "bridge_accepted", "Events committed.", ["source", "kind"], registry=registry
        )
        self._duplicates = Counter(
            "bridge_duplicates", "Events that were known already.", ["source"], registry=registry
        )
        self._refused = Counter(
            "bridge_refused_requests", "HTTP requests refused at a door.", ["door"],
            registry=registry,
        )  # fmt: skip
        self._failed = Counter(
            "bridge_failed_events", "Events whose handler failed.", registry=registry
        )
        self._commits = Counter("bridge_commits", "Commits of the database.", registry=registry)
        self._delivered = Counter(
            "bridge_delivered", "Effects delivered.", ["destination"], registry=registry
        )
        self._joined = Counter(
            "bridge_joined", "Messages that share another's post in Slack.", registry=registry
        )
        self._retried = Counter(
            "bridge_retried",
            "Attempts to be made again.",
            ["destination", "reason"],
            registry=registry,
        )
        self._dead = Counter("bridge_dead", "Dead letters.", ["destination"], registry=registry)
        self._uncertain = Counter(
            "bridge_uncertain", "Deliveries nobody can be sure of.", registry=registry
        )
        self._given_up = Gauge(
            "bridge_given_up", "What waits for a person.", ["state"], registry=registry
        )
        self._queue_depth = Gauge(
            "bridge_queue_depth", "Effects waiting.", ["destination"], registry=registry
        )
        self._queue_age = Gauge(
            "bridge_queue_age_seconds",
            "Age of the oldest effect waiting.",
            ["destination"],
            registry=registry,
        )
        self._customer_to_slack = Histogram(
            "bridge_customer_to_slack_seconds",
            "From a customer's message accepted to its post in Slack.",
            buckets=_LATENCY,
            registry=registry,
        )
        self._slack_to_customer = Histogram(
            "bridge_slack_to_customer_seconds",
            "From an agent's reply accepted to its message in Crisp.",
            buckets=_LATENCY,
            registry=registry,
        )
        self._crisp_calls = Gauge(
            "bridge_crisp_calls_today", "Calls to Crisp since midnight UTC.", registry=registry
        )
        self._crisp_quota = Gauge(
            "bridge_crisp_quota", "Calls to Crisp allowed in a day.", registry=registry
        )
        self._connected = Gauge(
            "bridge_connected", "1 while connected.", ["source"], registry=registry
        )
        self._last_sweep = Gauge(
            "bridge_last_sweep_timestamp_seconds",
            "When the last finished sweep started.",
            registry=registry,
        )
        self._troubles = Gauge(
            "bridge_troubles", "What a person must mend.", ["code"], registry=registry
        )
        for source in Source:
            self._connected.labels(source.value).set(0)

    def accepted(self, source: Source, kind: str) -> None:
        """Count an event that was committed."""
        self._accepted.labels(source.value, kind).inc()

    def duplicate(self, source: Source) -> None:
        """Count an event that was known already."""
        self._duplicates.labels(source.value).inc()

    def refused(self, door: Source) -> None:
        """Count a request that did not come from the platform whose door it knocked at."""
        self._refused.labels(door.value).inc()

    def event_failed(self) -> None:
        """Count an event whose handler failed."""
        self._failed.inc()

    def committed(self) -> None:
        """Count a commit."""
        self._commits.inc()

    def delivered(self, destination: Source) -> None:
        """Count an effect that was delivered."""
        self._delivered.labels(destination.value).inc()

    def joined(self, messages: int) -> None:
        """Count messages that went out in another's post."""
        self._joined.inc(messages)

    def retried(self, destination: Source, reason: str) -> None:
        """Count an attempt that will be made again; ``reason`` is one of few words."""
        self._retried.labels(destination.value, reason).inc()

    def died(self, destination: Source) -> None:
        """Count a dead letter."""
        self._dead.labels(destination.value).inc()

    def uncertain(self) -> None:
        """Count a delivery that nobody can be sure of."""
        self._uncertain.inc()

    def given_up(self, counts: Mapping[str, int]) -> None:
        """Say how many wait for a person now, by state: dead, uncertain, failed."""
        for state in ("dead", "uncertain", "failed"):
            self._given_up.labels(state).set(counts.get(state, 0))

    def queue(self, destination: Source, *, depth: int, age: float) -> None:
        """Say how many effects wait and for how many seconds the oldest has."""
        self._queue_depth.labels(destination.value).set(depth)
        self._queue_age.labels(destination.value).set(age)

    def reached_slack(self, seconds: float) -> None:
        """Record how long a customer's message took, from accepted to posted."""
        self._customer_to_slack.observe(seconds)

    def reached_customer(self, seconds: float) -> None:
        """Record how long an agent's reply took, from accepted to sent."""
        self._slack_to_customer.observe(seconds)

    def crisp_calls(self, *, today: int, quota: int) -> None:
        """Say how much of the day's quota is used."""
        self._crisp_calls.set(today)
        self._crisp_quota.set(quota)

    def connected(self, source: Source, *, up: bool) -> None:
        """Say whether a platform is connected."""
        self._connected.labels(source.value).set(1 if up else 0)

    def swept(self, started_at: float) -> None:
        """Say when (epoch seconds) the sweep that just finished had started."""
        self._last_sweep.set(started_at)

    def troubles(self, codes: Iterable[str]) -> None:
        """Say what is wrong at the moment; what is not named is not wrong."""
        self._troubles.clear()
        for code in codes:
            self._troubles.labels(code).inc()

    def render(self) -> bytes:
        """Write every figure in Prometheus' text format (``METRICS_CONTENT_TYPE``)."""
        return generate_latest(self.registry)
