"""What people do with files: share, change, delete.

Responsible for the verbs; ``posting`` makes the messages that carry files.
"""

from __future__ import annotations

import base64
from typing import Any

from bot.simulator.slack import people, posting
from bot.simulator.slack.crowd import Crowd
from bot.simulator.slack.files import new_file
from bot.simulator.slack.model import File, Json, User


class Sharing(Crowd):
    """People who share files."""

    def do_upload(
        self, user: User, *, files: list[Json], text: str = "", channel: str = people.SUPPORT,
        thread_ts: str | None = None,
    ) -> Json:  # fmt: skip
        """Share files, each ``{"name", "content" or "base64", "mimetype"}``, perhaps with text."""
        where = self.present(user, channel)
        made = [self._file(user, one) for one in files]
        message = self.draft(user, where, typed=text, blocks=None, thread_ts=thread_ts)
        message.subtype = "file_share"
        message.files = [file.id for file in made]
        posting.share_file(self._ws, where, made, message)
        return {"channel": where.id, "ts": message.ts, "files": message.files}

    def _file(self, user: User, one: Json) -> File:
        encoded = one.get("base64")
        content = base64.b64decode(encoded) if encoded else str(one.get("content", "")).encode()
        name, mimetype = str(one.get("name") or "file.txt"), str(one.get("mimetype") or "")
        file = new_file(self._ws, name=name, user=user.id, size=len(content), mimetype=mimetype)
        file.content, file.complete = content, True
        file.mode = str(one.get("mode") or file.mode)
        file.file_access = str(one.get("file_access") or file.file_access)
        return file

    def do_set_file(self, _user: User, *, file: str, **fields: Any) -> Json:
        """Change a file's ``mode``, ``file_access`` or ``deleted``."""
        found = self._ws.files.get(file)
        if found is None:
            raise LookupError(f"there is no file {file!r}")
        for name, value in fields.items():
            if name not in ("mode", "file_access", "deleted"):
                raise ValueError(f"a file has no field {name!r} that can be changed")
            setattr(found, name, value)
        return {}
