"""The Slack app's manifest, as the wheel brings it, and the link that makes an app of it.

Responsible for finding the files that are handed out: in the wheel beside the package's modules,
in a checkout at its top.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote, urlencode

import bot

_CONFIG_HEADER = (
    "# Written by slack-crisp-bridge setup. A commented line shows the default; docs/settings.md\n"
    "# explains each key."
)
_KEY = re.compile(r"^(?=\w+ = )", re.MULTILINE)
NEW_APP = "https://api.slack.com/apps"


def manifest() -> str:
    """Return ``manifest.yml``."""
    return _handed_out("manifest.yml")


def new_config() -> str:
    """Return a ``bridge.toml`` to begin with: the example, with every key commented out.

    What is not chosen must not be written down, or a later version's better default never counts.
    """
    body = _handed_out("bridge.example.toml").partition("\n\n")[2]
    return f"{_CONFIG_HEADER}\n\n{_KEY.sub('# ', body)}"


def link() -> str:
    """Return the address of Slack's create-app page with the manifest, comments left out.

    https://docs.slack.dev/app-manifests/configuring-apps-with-app-manifests
    """
    lines = (line for line in manifest().splitlines(keepends=True) if not line.startswith("#"))
    query = {"new_app": "1", "manifest_yaml": "".join(lines)}
    return f"{NEW_APP}?{urlencode(query, quote_via=quote)}"


def _handed_out(name: str) -> str:
    packed = files("bot").joinpath(name)
    if packed.is_file():
        return packed.read_text(encoding="utf-8")
    return (Path(bot.__file__).parent.parent / name).read_text(encoding="utf-8")
