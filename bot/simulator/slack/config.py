"""What can be switched while the simulator runs.

Responsible for the switches, their defaults and their validation; others obey them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

SCOPES = (
    "app_mentions:read", "channels:history", "channels:join", "channels:read", "chat:write",
    "chat:write.customize", "commands", "files:read", "files:write", "groups:history",
    "groups:read", "im:history", "im:read", "im:write", "links:read", "links:write",
    "reactions:read", "reactions:write", "usergroups:read", "users.profile:read", "users:read",
    "users:read.email",
)  # fmt: skip

SUBSCRIPTIONS = (
    "app_home_opened", "app_uninstalled", "channel_archive", "channel_deleted", "channel_rename",
    "channel_unarchive", "file_shared", "group_archive", "group_deleted", "group_rename",
    "group_unarchive", "link_shared", "member_joined_channel", "member_left_channel",
    "message.channels", "message.groups", "message.im", "reaction_added", "reaction_removed",
    "subteam_created", "subteam_members_changed", "subteam_updated", "tokens_revoked",
    "user_change",
)  # fmt: skip


@dataclass(slots=True)
class Config:
    """The switches; seconds where they are times."""

    limits: bool = True
    """Answer 429 as the rates demand."""
    rates: dict[str, list[float]] = field(default_factory=dict)
    """Method to [calls per second, burst], in place of the built-in rates."""
    ack_timeout: float = 3.0
    retry_schedule: list[float] = field(default_factory=lambda: [0.0, 60.0, 300.0])
    queue_while_away: bool = True
    """Deliver what waits as soon as a socket connects, not only at its next retry."""
    trigger_ttl: float = 3.0
    ticket_ttl: float = 30.0
    refresh_grace: float = 10.0
    """How long a socket stays open after it was told to refresh."""
    share_delay: float = 0.05
    """How long after files.completeUploadExternal the file's message appears."""
    shares_again: bool = False
    """Share a file once more when its upload is completed a second time, and not refuse that."""
    plain_shares: bool = False
    """Share files under the app's own name, whichever is given."""
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    subscriptions: list[str] = field(default_factory=lambda: list(SUBSCRIPTIONS))
    unfurl_domains: list[str] = field(default_factory=lambda: ["app.crisp.chat"])
    shortcuts: list[str] = field(default_factory=list)
    """The shortcuts that the app has, by callback_id; empty: any."""
    home_tab: bool = True
    """Let the app publish a Home."""
    messages_tab: bool = True
    """Let the app write to people directly."""
    bot_message_subtype: bool = False
    """Give posts under another name the classic subtype ``bot_message``."""
    bare_changes: bool = False
    """Send message_changed without the message's ``ts`` and ``user``."""
    lose_ephemerals: bool = False
    """Answer chat.postEphemeral with ok and show nothing."""
    outage: bool = False
    """Refuse every call, file and socket."""

    def change(self, values: dict[str, Any]) -> None:
        """Set the given switches; ValueError with one sentence if one is unknown or wrong."""
        known = {f.name: getattr(self, f.name) for f in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"unknown setting {name!r}; known: {sorted(known)}")
            setattr(self, name, _fitting(name, value, like=known[name]))

    def dump(self) -> dict[str, Any]:
        """Return all switches as JSON."""
        return asdict(self)


def _fitting(name: str, value: Any, *, like: Any) -> Any:
    if isinstance(like, bool):
        if isinstance(value, bool):
            return value
    elif isinstance(like, float):
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    elif isinstance(value, type(like)):
        return value
    raise ValueError(f"{name} must be a {type(like).__name__}, as in {like!r}")
