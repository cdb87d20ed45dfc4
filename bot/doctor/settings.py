"""The check of ``.env``: whether others on this machine can read the tokens in it.

Responsible for the words; what stands in the file is not looked at.
"""

from __future__ import annotations

import stat
from pathlib import Path

from bot.doctor.check import Report, ok, warn

_OTHERS = 0o077


def examine_env_file(path: Path, report: Report) -> None:
    """Check who can read the file, where there is one."""
    if not path.exists():
        return
    name = "settings file"
    if stat.S_IMODE(path.stat().st_mode) & _OTHERS:
        report(warn(name, f"Other users of this machine can read the tokens: chmod 600 {path}."))
    else:
        report(ok(name, f"Only its owner can read {path}."))
