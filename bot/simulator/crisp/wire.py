"""What a REST call and its answer are, and how a path finds its handler.

Responsible for the shapes between HTTP and the simulated workspace. Must not do I/O and must not
know what any route does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from bot.simulator.crisp.world import World

Json: TypeAlias = dict[str, Any]
"""A JSON object."""


class Refusal(Exception):
    """A failure as Crisp answers it: an HTTP status, a reason, and sometimes a message."""

    def __init__(self, status: int, reason: str, message: str = "") -> None:
        """``message`` becomes ``data.message``."""
        super().__init__(message or reason)
        self.status = status
        self.reason = reason
        self.message = message


def invalid(message: str) -> Refusal:
    """Return the refusal of a malformed body or query."""
    return Refusal(400, "invalid_data", message)


@dataclass(slots=True)
class Answer:
    """A successful answer; the gate wraps it into Crisp's envelope."""

    data: Any
    status: int = 200
    reason: str = "resolved"


@dataclass(slots=True)
class Call:
    """One REST call, its path already matched."""

    method: str
    path: str
    args: dict[str, str]
    query: dict[str, str]
    body: Json
    tier: str

    def page(self) -> int:
        """Return the 1-based page number in the path."""
        text = self.args["page"]
        if not text.isdigit() or int(text) < 1:
            raise invalid("page_number must be a number from 1 on")
        return int(text)

    def per_page(self) -> int:
        """Return the page size asked for: 20 unless told, 20 to 50."""
        text = self.query.get("per_page", "20")
        if not text.isdigit() or not 20 <= int(text) <= 50:  # noqa: PLR2004 - Crisp's bounds
            raise invalid("per_page must be from 20 to 50")
        return int(text)

    def flag(self, name: str) -> bool:
        """Tell whether a 0/1 query flag is set."""
        text = self.query.get(name, "0")
        if text not in {"0", "1", "true", "false"}:
            raise invalid(f"{name} must be 0 or 1")
        return text in {"1", "true"}

    def number(self, name: str) -> int | None:
        """Return a numeric query parameter, if given."""
        text = self.query.get(name)
        if text is None:
            return None
        if not text.isdigit():
            raise invalid(f"{name} must be a number of milliseconds")
        return int(text)

    def one_of(self, name: str, allowed: Sequence[str]) -> str:
        """Return a required body field that must be one of ``allowed``."""
        value = self.body.get(name)
        if value not in allowed:
            raise invalid(f"{name} must be one of {', '.join(allowed)}")
        return str(value)

    def text(self, name: str) -> str:
        """Return a required, non-empty text field of the body."""
        value = self.body.get(name)
        if not isinstance(value, str) or not value:
            raise invalid(f"{name} must be a text that is not empty")
        return value

    def boolean(self, name: str) -> bool:
        """Return a required boolean field of the body."""
        value = self.body.get(name)
        if not isinstance(value, bool):
            raise invalid(f"{name} must be true or false")
        return value


Handler: TypeAlias = Callable[["World", Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """``template`` has named parts in braces; it is also the name the calls are counted under."""

    method: str
    template: str
    handler: Handler


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    any: _Node | None = None
    routes: dict[str, Route] = field(default_factory=dict)


class Router:
    """A tree over path segments: finding a route costs one step per segment."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """Index the routes; a literal segment wins over a named one."""
        self._root = _Node()
        for route in routes:
            node = self._root
            for part in route.template.strip("/").split("/"):
                if part.startswith("{"):
                    node.any = node = node.any or _Node()
                else:
                    node = node.children.setdefault(part, _Node())
            node.routes[route.method] = route

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route and the path's named parts; 404 or 405 as a Refusal."""
        parts = path.strip("/").split("/")
        node = self._walk(self._root, parts, 0)
        if node is None:
            raise Refusal(404, "route_not_found")
        route = node.routes.get(method)
        if route is None:
            raise Refusal(405, "method_not_allowed")
        names = route.template.strip("/").split("/")
        return route, {n[1:-1]: p for n, p in zip(names, parts, strict=True) if n.startswith("{")}

    def _walk(self, node: _Node, parts: list[str], at: int) -> _Node | None:
        if at == len(parts):
            return node if node.routes else None
        child = node.children.get(parts[at])
        if child is not None and (found := self._walk(child, parts, at + 1)) is not None:
            return found
        if node.any is not None and parts[at]:
            return self._walk(node.any, parts, at + 1)
        return None
