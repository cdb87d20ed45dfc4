"""Settings and ``bridge.toml``; the only reader of the environment.

Responsible for reading, checking and naming what an operator chose. It must not connect to
anything, and nobody else may read the environment.
"""

from bot.config.bridge import BridgeConfig, Crisp, Pacing, Relay, Route, Timers
from bot.config.loading import (
    BRIDGE_FILE,
    ENV_FILE,
    environment,
    layers,
    load,
    load_bridge,
    load_crisp,
    load_database,
    load_membrane,
    parse_bridge,
    read_file,
    reload,
    resolved,
)
from bot.config.settings import SECRETS, SETTINGS, CrispSettings, MembraneSettings, Settings

__all__ = [
    "BRIDGE_FILE",
    "ENV_FILE",
    "SECRETS",
    "SETTINGS",
    "BridgeConfig",
    "Crisp",
    "CrispSettings",
    "MembraneSettings",
    "Pacing",
    "Relay",
    "Route",
    "Settings",
    "Timers",
    "environment",
    "layers",
    "load",
    "load_bridge",
    "load_crisp",
    "load_database",
    "load_membrane",
    "parse_bridge",
    "read_file",
    "reload",
    "resolved",
]
