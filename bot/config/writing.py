"""Writing settings files: whole or not at all.

Responsible for the disk alone; what is written is made elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from bot.errors import BridgeError

PRIVATE = 0o600


def write(path: Path, text: str, *, private: bool = False) -> None:
    """Put ``text`` in the place of a file in one step; mode 600 if ``private``, else its old mode.

    A link is followed, and the owner stays where that is allowed: a bridge that runs as another
    user must still be able to read what root has changed.
    """
    target = path.resolve()
    try:
        _write(target, text, private=private)
    except OSError as err:
        reason = (err.strerror or type(err).__name__).lower()
        raise BridgeError(f"{path} cannot be written: {reason}.") from err


def _write(target: Path, text: str, *, private: bool) -> None:
    old = target.stat() if target.exists() else None
    mode = PRIVATE if private else stat.S_IMODE(old.st_mode) if old else 0o644
    file, name = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.")  # made with 600
    try:
        with os.fdopen(file, "wb") as out:
            out.write(text.encode())
            out.flush()
            os.fsync(out.fileno())
            if old is not None:
                with contextlib.suppress(PermissionError):
                    os.fchown(out.fileno(), old.st_uid, old.st_gid)
            os.fchmod(out.fileno(), mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
