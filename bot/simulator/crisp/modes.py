"""The switches of the simulator: limits, and the behaviours nobody has confirmed of Crisp.

Responsible for their names, defaults and validation. Must not act on them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from bot.simulator.crisp.wire import Json

_KINDS = frozenset({"plugin", "website"})
_CHOICES: dict[str, frozenset[Any]] = {
    "rate_limit_status": frozenset({429, 420}),
    "send_status": frozenset({200, 201, 202}),
    "hook_timestamp_unit": frozenset({"ms", "s"}),
}


@dataclass(slots=True)
class Modes:
    """What ``POST /_control/config`` can set; docs/simulator-crisp.md says what each does."""

    limits: bool = True
    quota: dict[str, int] = field(default_factory=lambda: {"website": 10_000, "plugin": 5_000})
    rate_limit_status: int = 429
    retry_after: bool = False
    errors_as_200: bool = False
    html_errors: bool = False
    dedupe: bool = False
    notes: bool = True
    plan_limit: bool = False
    send_status: int = 202
    rename: bool = False
    state_messages: bool = False
    whole_acknowledges: bool = False
    swap_acknowledges: bool = False
    messages_per_page: int = 40
    key_end: str = ""
    website_gone: bool = False
    unsubscribed: bool = False
    latency: float = 0.0
    outage: bool = False
    upload_limit: int = 10_000_000
    upload_ttl: float = 0.0
    hook_url: str = ""
    hook_kind: str = "plugin"
    hook_timestamp_unit: str = "ms"
    hook_delays: list[float] = field(default_factory=lambda: [0.05, 0.2, 0.5])

    def update(self, changes: Json) -> None:
        """Set the named switches; ValueError, and nothing set, if one is wrong."""
        known = {f.name for f in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"unknown setting {name!r}; known: {sorted(known)}")
            self._check(name, value)
        for name, value in changes.items():
            if name == "quota":
                self.quota = {**self.quota, **value}
            else:
                setattr(self, name, value)

    def to_json(self) -> Json:
        """Return every switch."""
        return asdict(self)

    def _check(self, name: str, value: Any) -> None:
        current = getattr(self, name)
        if name in _CHOICES:
            if value not in _CHOICES[name]:
                raise ValueError(f"{name} must be one of {sorted(_CHOICES[name])}")
        elif name == "hook_kind" and value not in _KINDS:
            raise ValueError("hook_kind must be plugin or website")
        elif isinstance(current, bool) != isinstance(value, bool):
            raise ValueError(
                f"{name} must be {'true or false' if isinstance(current, bool) else 'no boolean'}"
            )
        elif isinstance(current, int | float):
            if not isinstance(value, int | float) or value < 0:
                raise ValueError(f"{name} must be a number from 0 on")
        elif not isinstance(value, type(current)):
            raise ValueError(f"{name} must be a {type(current).__name__}")
