"""The settings that come from the environment or ``.env``: names, defaults and bounds.

Responsible for what one value allows; rules between values are in ``bot.config.rules``. It must
not read anything: ``bot.config.loading`` does, and hands the values in. A setting's name is its
field's in upper case.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.config.bridge import CHANNEL_ID, BridgeConfig
from bot.domain import ChannelId, WebsiteId

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
DATABASE = Path("bridge.db")
_QUOTA = {"website": 10_000, "plugin": 5_000}


def _wrong(sentence: str) -> PydanticCustomError:
    """Say what the setting must be; ``loading`` puts its name in front."""
    return PydanticCustomError("setting", "{sentence}", {"sentence": sentence})


def _starts_with(prefix: str, *, where: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(prefix):
            raise _wrong(f"must start with {prefix} (you find it under {where})")
        return value

    return AfterValidator(check)


def _url(value: str) -> str:
    """Refuse what is not an http(s) URL, and drop the slash at its end."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username:
        raise _wrong(
            "must be a URL such as https://api.example.com/v1, with nothing after its path"
        )
    return value.rstrip("/")


def _url_with_slash(value: str) -> str:
    return _url(value) + "/"


def _channel(value: str) -> str:
    if not re.match(CHANNEL_ID, value):
        raise _wrong(
            "must be a channel's id such as C0123456789, not its name "
            "(in Slack: the channel's details, at the bottom)"
        )
    return value


def _website(value: str) -> str:
    if not _UUID.fullmatch(value):
        raise _wrong(
            "must be a UUID such as 8c842203-7ed8-4e29-a608-7cf78a7d2fcc "
            "(in Crisp: Settings, Workspace Settings, Setup)"
        )
    return value


def _port(value: object) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", str(value)) or int(str(value)) > 65_535:  # noqa: PLR2004 - TCP's last port
        raise _wrong("must be a port number from 0 to 65535 (0: any free one)")
    return int(str(value))


class _Given(BaseSettings):
    """What every group of settings has in common: nothing is read here."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings gives it by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what ``loading`` hands in and nothing else: it has read the rest."""
        return (init_settings,)


class SlackSettings(_Given):
    """Slack's part."""

    slack_bot_token: Annotated[
        SecretStr, _starts_with("xoxb-", where="OAuth & Permissions on the app's page in Slack")
    ]
    slack_app_token: (
        Annotated[
            SecretStr, _starts_with("xapp-", where="Basic Information on the app's page in Slack")
        ]
        | None
    ) = None
    slack_signing_secret: SecretStr | None = None
    slack_channel: Annotated[ChannelId, AfterValidator(_channel)] | None = None
    slack_api_url: Annotated[str, AfterValidator(_url_with_slash)] = "https://slack.com/api/"


class _TokenSettings(_Given):
    """Crisp's own part."""

    crisp_website_id: Annotated[WebsiteId, AfterValidator(_website)]
    crisp_token_identifier: SecretStr | None = None
    crisp_token_key: SecretStr | None = None
    crisp_tier: Literal["website", "plugin"] = "website"
    crisp_api_url: Annotated[str, AfterValidator(_url)] = "https://api.crisp.chat/v1"
    crisp_events: Literal["rtm", "webhook"] = "rtm"
    crisp_hook_secret: SecretStr | None = None
    crisp_hook_token: SecretStr | None = None


class MembraneSettings(_Given):
    """Membrane's part."""

    membrane_token: SecretStr | None = None
    membrane_connection_id: str | None = None
    membrane_api_url: Annotated[str, AfterValidator(_url)] = "https://api.getmembrane.com"


class CrispSettings(MembraneSettings, _TokenSettings):
    """What it takes to reach Crisp, by whichever way."""

    @property
    def via_membrane(self) -> bool:
        """Tell whether Crisp's REST API is reached through Membrane."""
        return self.membrane_token is not None


class Settings(CrispSettings, SlackSettings):
    """What an operator chose, checked; ``bridge`` is what ``bridge.toml`` says."""

    bridge_database: Path = DATABASE
    bridge_http_host: str = "127.0.0.1"
    bridge_http_port: Annotated[int, BeforeValidator(_port)] = 3000
    bridge_config: Path | None = None
    bridge: BridgeConfig = Field(default_factory=BridgeConfig)

    @property
    def socket_mode(self) -> bool:
        """Tell whether Slack's events come over Socket Mode; otherwise over HTTP."""
        return self.slack_app_token is not None

    @property
    def crisp_quota(self) -> int:
        """The Crisp calls allowed in a day."""
        return self.bridge.crisp.daily_quota or _QUOTA[self.crisp_tier]

    def channel_for(
        self, *, inbox: str | None, segments: Collection[str], origin: str
    ) -> ChannelId:
        """Name the channel that a conversation of this inbox, segments and origin belongs to."""
        routed = self.bridge.channel_for(inbox=inbox, segments=segments, origin=origin)
        channel = routed or self.slack_channel
        if channel is None:  # load() lets no such settings through
            raise LookupError("no route matches and SLACK_CHANNEL is not set")
        return channel


SETTINGS: tuple[str, ...] = tuple(
    name.upper() for name in Settings.model_fields if name != "bridge"
)
"""Every setting's name, in the order of the documentation."""
SECRETS: tuple[str, ...] = (
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "CRISP_TOKEN_IDENTIFIER",
    "CRISP_TOKEN_KEY",
    "CRISP_HOOK_SECRET",
    "CRISP_HOOK_TOKEN",
    "MEMBRANE_TOKEN",
)
"""The settings that are secrets: each can be given as ``NAME_FILE``, the path of a file."""
