"""What the settings are going to be, until they are written: nothing on the disk changes before.

Responsible for the layers (``.env``, the environment, flags and answers, the last wins) and for
what is to be written of them. It talks to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.cli.setup.manifest import new_config
from bot.config import (
    BRIDGE_FILE,
    ENV_FILE,
    SECRETS,
    BridgeConfig,
    Settings,
    bridge_file,
    env_file,
    layers,
    load,
    parse_bridge,
    read_file,
    resolved,
)
from bot.config.writing import write
from bot.errors import ConfigError


@dataclass
class Draft:
    """The settings as they are going to be."""

    in_file: dict[str, str]
    """What ``.env`` says today, as NAME or NAME_FILE."""
    from_environment: dict[str, str]
    names: dict[str, str] = field(default_factory=dict)
    """What holds: all layers, as NAME or NAME_FILE."""
    to_write: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    relay: dict[str, str] = field(default_factory=dict)
    """Keys of ``[relay]`` in ``bridge.toml``."""

    def put(self, name: str, value: str) -> None:
        """Set NAME or NAME_FILE; an empty value takes the setting out."""
        for other in _both(name):
            self.names.pop(other, None)
            self.to_write.pop(other, None)
            self.gone.add(other)
        if value:
            self.names[name] = self.to_write[name] = value
            self.gone.discard(name)

    def checkpoint(self) -> tuple[dict[str, str], dict[str, str], set[str]]:
        """Return how the settings are now, for ``restore``."""
        return dict(self.names), dict(self.to_write), set(self.gone)

    def restore(self, then: tuple[dict[str, str], dict[str, str], set[str]]) -> None:
        """Make the settings what they were then."""
        self.names, self.to_write, self.gone = then

    def get(self, name: str) -> str:
        """Return a setting's value, from its file where it has one; "" if there is none."""
        return resolved(self.names).get(name, "")

    @property
    def bridge_path(self) -> Path:
        """Where ``bridge.toml`` lies, or is to lie."""
        return Path(self.get("BRIDGE_CONFIG") or BRIDGE_FILE)

    def bridge_text(self) -> str:
        """Return what ``bridge.toml`` is going to be; a new one sets nothing else."""
        text = read_file(self.bridge_path) if self.bridge_path.exists() else new_config()
        return bridge_file.changed(text, "relay", self.relay) if self.relay else text

    def bridge(self) -> BridgeConfig:
        """Return what ``bridge.toml`` is going to say, or raise ConfigError."""
        return parse_bridge(self.bridge_text(), self.bridge_path)

    def settings(self) -> Settings:
        """Return the settings, or raise ConfigError with a sentence for each that is wrong."""
        return load(self.names, env_file=None, bridge_file=None, bridge=self.bridge())

    def wrong(self, name: str) -> str | None:
        """Say what is wrong with the value of one setting, whatever the others are."""
        try:
            self.settings()
        except ConfigError as err:
            found = (p for p in err.problems if p.startswith(f"{name} ") and "not set" not in p)
            return next(found, None)
        return None

    def overridden(self) -> list[str]:
        """Name the settings that the environment will go on setting to something else."""
        return [
            name for name, value in self.from_environment.items() if self.names.get(name) != value
        ]

    def write(self) -> list[Path]:
        """Write what has changed, and return which files that were."""
        written = []
        old = read_file(ENV_FILE)
        new = env_file.changed(old or f"{env_file.HEADER}\n", self.to_write, gone=self.gone)
        bridge = self.bridge_text()
        if new != old or ENV_FILE.stat().st_mode & 0o077:
            write(ENV_FILE, new, private=True)
            written.append(ENV_FILE)
        if not self.bridge_path.exists() or read_file(self.bridge_path) != bridge:
            write(self.bridge_path, bridge)
            written.append(self.bridge_path)
        return written


def begin(flags: Mapping[str, str]) -> Draft:
    """Start from what there is: ``.env``, then the environment, then the flags."""
    in_file, from_environment = layers()
    draft = Draft(in_file, from_environment, names=dict(in_file))
    for layer in (from_environment, flags):
        twice = [s for s in SECRETS if layer.get(s) and layer.get(f"{s}_FILE")]
        if twice:
            raise ConfigError(*(f"{s} and {s}_FILE are both set: remove one." for s in twice))
        for name, value in layer.items():
            draft.put(name, value)
    return draft


def _both(name: str) -> tuple[str, ...]:
    secret = name.removesuffix("_FILE")
    return (secret, f"{secret}_FILE") if secret in SECRETS else (name,)
