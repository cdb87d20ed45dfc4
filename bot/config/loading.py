"""Reading the settings: the environment, ``.env``, secret files and ``bridge.toml``.

Responsible for finding values and for saying, in one sentence each, which are wrong. It never
repeats a value that could be a secret, and it must not connect to anything.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, DotEnvSettingsSource

from bot.config.bridge import BridgeConfig
from bot.config.rules import broken_rules, crisp_access, membrane_access
from bot.config.settings import (
    DATABASE,
    SECRETS,
    SETTINGS,
    CrispSettings,
    MembraneSettings,
    Settings,
)
from bot.config.wording import wrong_key, wrong_setting
from bot.errors import ConfigError

S = TypeVar("S", bound=BaseSettings)

ENV_FILE = Path(".env")
BRIDGE_FILE = Path("bridge.toml")
_UNUSABLE = ""
"""Stands for a secret whose file is wrong: that has been said, and nothing more follows."""
_MISSPELLED = 0.85
"""How alike (0..1) a name has to be before it is taken for a misspelling."""


def load(
    env: Mapping[str, str] | None = None,
    *,
    env_file: Path | None = ENV_FILE,
    bridge_file: Path | None = BRIDGE_FILE,
    bridge: BridgeConfig | None = None,
) -> Settings:
    """Read every setting, or raise ConfigError with one sentence per wrong one.

    What the environment says wins over ``env_file``; an empty value counts as not set. A missing
    ``env_file`` is no error. ``bridge_file`` is read if it is there and BRIDGE_CONFIG is not set;
    ``bridge`` stands for it before it is written.
    """
    environment = os.environ if env is None else env
    problems: list[str] = []
    dotenv = _dotenv(env_file, problems)
    given = _given(environment, dotenv, problems)
    if bridge is None:
        bridge = _bridge_config(given, bridge_file, problems)
    settings = _settings(Settings, given, problems, bridge=bridge or BridgeConfig())
    if bridge is not None:
        problems.extend(broken_rules(given, bridge))
    if problems or settings is None:
        raise ConfigError(*(_with_hint(problem, environment, dotenv) for problem in problems))
    return settings


def reload(
    refused: Collection[str],
    env: Mapping[str, str] | None = None,
    *,
    env_file: Path | None = ENV_FILE,
) -> Settings:
    """Read every setting again; what the environment has and was ``refused`` gives way to ``.env``.

    So a new token in ``.env`` counts although the environment still holds the old one.
    """
    environment = os.environ if env is None else env
    offered = {name.removesuffix("_FILE") for name, value in _dotenv(env_file, []).items() if value}
    kept = {
        name: value
        for name, value in environment.items()
        if not (value.strip() in refused and name in offered)
    }
    return load(kept, env_file=env_file)


def load_crisp(
    env: Mapping[str, str] | None = None, *, env_file: Path | None = ENV_FILE
) -> CrispSettings:
    """Read what it takes to reach Crisp, for commands that need no Slack."""
    return _part(CrispSettings, env, env_file, rules=crisp_access)


def load_membrane(
    env: Mapping[str, str] | None = None, *, env_file: Path | None = ENV_FILE
) -> MembraneSettings:
    """Read what it takes to reach Membrane; which connection is meant may still be open."""
    return _part(MembraneSettings, env, env_file, rules=membrane_access)


def _part(
    model: type[S],
    env: Mapping[str, str] | None,
    env_file: Path | None,
    *,
    rules: Callable[[Mapping[str, str]], Iterator[str]],
) -> S:
    environment = os.environ if env is None else env
    problems: list[str] = []
    dotenv = _dotenv(env_file, problems)
    names = {name.upper() for name in model.model_fields}
    found = _given(environment, dotenv, problems, only=names)
    settings = _settings(model, found, problems)
    problems.extend(rules(found))
    if problems or settings is None:
        raise ConfigError(*(_with_hint(problem, environment, dotenv) for problem in problems))
    return settings


def environment() -> Mapping[str, str]:
    """Return the process's environment, for whoever starts another process."""
    return os.environ


def read_file(path: Path) -> str:
    """Return a file's text as it is, line ends included, "" if there is none; or ConfigError."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigError(f"{path} cannot be read: {_reason(err)}.") from err


def resolved(names: Mapping[str, str]) -> dict[str, str]:
    """Return the settings' values from NAME and NAME_FILE; what cannot be read counts as empty."""
    return _given(names, {}, [])


def layers(
    env: Mapping[str, str] | None = None, *, env_file: Path | None = ENV_FILE
) -> tuple[dict[str, str], dict[str, str]]:
    """Return what ``env_file`` and the environment say of settings, as NAME or NAME_FILE each."""
    problems: list[str] = []
    dotenv = _dotenv(env_file, problems)
    if problems:
        raise ConfigError(*problems)
    known = (*SETTINGS, *(f"{name}_FILE" for name in SECRETS))
    both = (dotenv, os.environ if env is None else env)
    lower, upper = (
        {name: value for name in known if (value := (layer.get(name) or "").strip())}
        for layer in both
    )
    return lower, upper


def load_bridge(path: Path) -> BridgeConfig:
    """Read one ``bridge.toml``, or raise ConfigError with one sentence per wrong key."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigError(f"{path} cannot be read: {_reason(err)}.") from err
    return parse_bridge(text, path)


def parse_bridge(text: str, path: Path) -> BridgeConfig:
    """Read the text of a ``bridge.toml`` that lies, or is to lie, at ``path``."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise ConfigError(f"{path} is not valid TOML: {err}.") from err
    try:
        return BridgeConfig.model_validate(values)
    except ValidationError as err:
        details = err.errors(include_url=False)
        raise ConfigError(*(wrong_key(path, one) for one in details)) from err


def load_database(
    env: Mapping[str, str] | None = None, *, env_file: Path | None = ENV_FILE
) -> Path:
    """Read BRIDGE_DATABASE alone, for commands that need no platform."""
    problems: list[str] = []
    dotenv = _dotenv(env_file, problems)
    if problems:
        raise ConfigError(*problems)
    for layer in (os.environ if env is None else env, dotenv):
        if value := _value("BRIDGE_DATABASE", layer, problems):
            return Path(value)
    return DATABASE


def _dotenv(path: Path | None, problems: list[str]) -> Mapping[str, str | None]:
    if path is None:
        return {}
    try:
        source = DotEnvSettingsSource(
            Settings, env_file=path, case_sensitive=True, env_ignore_empty=True
        )
    except (OSError, UnicodeDecodeError) as err:
        problems.append(f"{path} cannot be read: {_reason(err)}.")
        return {}
    return source.env_vars


def _given(
    environment: Mapping[str, str],
    dotenv: Mapping[str, str | None],
    problems: list[str],
    *,
    only: Collection[str] = SETTINGS,
) -> dict[str, str]:
    """Find each setting's value: from the environment if it says anything, else from ``.env``."""
    found: dict[str, str] = {}
    for name in (setting for setting in SETTINGS if setting in only):
        for layer in (environment, dotenv):
            value = _value(name, layer, problems)
            if value is not None:
                found[name] = value
                break
    return found


def _value(name: str, layer: Mapping[str, str | None], problems: list[str]) -> str | None:
    plain = (layer.get(name) or "").strip()
    path = (layer.get(f"{name}_FILE") or "").strip() if name in SECRETS else ""
    if plain and path:
        problems.append(f"{name} and {name}_FILE are both set: remove one of them.")
    if plain or not path:
        return plain or None
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as err:
        problems.append(f"{name}_FILE names a file that cannot be read: {path}: {_reason(err)}.")
        return _UNUSABLE
    if not secret:
        problems.append(f"{name}_FILE names a file that is empty: {path}.")
    return secret or _UNUSABLE


def _bridge_config(
    given: Mapping[str, str], default: Path | None, problems: list[str]
) -> BridgeConfig | None:
    """Read ``bridge.toml``; None when it is wrong, so that no rule is judged by it."""
    chosen = given.get("BRIDGE_CONFIG")
    path = Path(chosen) if chosen else default
    if path is None or not (chosen or path.exists()):
        return BridgeConfig()
    try:
        return load_bridge(path)
    except ConfigError as err:
        problems.extend(err.problems)
        return None


def _settings(
    model: type[S], given: Mapping[str, str], problems: list[str], **more: Any
) -> S | None:
    values = {name.lower(): value for name, value in given.items()}
    try:
        return model.model_validate({**values, **more})
    except ValidationError as err:
        for detail in err.errors(include_url=False):
            name = str(detail["loc"][0]).upper()
            if given.get(name) != _UNUSABLE:
                problems.append(wrong_setting(name, detail, given))
        return None


def _with_hint(problem: str, *layers: Collection[str]) -> str:
    """Add, to a setting that is not set, the name that looks like a misspelling of it."""
    name, _, rest = problem.partition(" is not set")
    if not rest or name not in SETTINGS:
        return problem
    known = {*SETTINGS, *(f"{secret}_FILE" for secret in SECRETS)}
    strangers = {other for layer in layers for other in layer if other not in known}
    near = difflib.get_close_matches(name, strangers, n=1, cutoff=_MISSPELLED)
    return f"{name} is not set (is {near[0]} a misspelling of it?){rest}" if near else problem


def _reason(err: OSError | UnicodeDecodeError) -> str:
    if isinstance(err, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return (err.strerror or type(err).__name__).lower()
