"""What people do with files: share, change, delete.

Responsible for the verbs; ``posting`` makes the messages that carry files.
"""

from __future__ import annotations

import base64
from typing import Any

from bot.simulator.serving import made_up, manner
from bot.simulator.slack import people, posting
from bot.simulator.slack.crowd import Crowd
from bot.simulator.slack.files import new_file
from bot.simulator.slack.model import File, Json, User

_CHANGEABLE = ("mode", "file_access", "deleted", "name", "mimetype", "size")


class Sharing(Crowd):
    """People who share files."""

    def do_upload(
        self, user: User, *, files: list[Json], text: str = "", channel: str = people.SUPPORT,
        thread_ts: str | None = None,
    ) -> Json:  # fmt: skip
        """Share files, each with a name and content, base64 or size, perhaps with text."""
        where = self.present(user, channel)
        made = [self._file(user, one) for one in files]
        message = self.draft(user, where, typed=text, blocks=None, thread_ts=thread_ts)
        message.subtype = "file_share"
        message.files = [file.id for file in made]
        posting.share_file(self._ws, where, made, message)
        return {"channel": where.id, "ts": message.ts, "files": message.files}

    def _file(self, user: User, one: Json) -> File:
        encoded = one.get("base64")
        name, mimetype = str(one.get("name") or "file.txt"), str(one.get("mimetype") or "")
        content = base64.b64decode(encoded) if encoded else str(one.get("content", "")).encode()
        if "size" in one:
            content = made_up(name, int(one["size"]))
        file = new_file(self._ws, name=name, user=user.id, size=len(content), mimetype=mimetype)
        file.fill(content)
        file.complete = True
        file.manner = manner(one.get("serve", {}))
        file.external_url = str(one.get("url") or "")
        file.duration_ms = int(one.get("duration_ms") or 0)
        file.mode = str(one.get("mode") or file.mode)
        file.file_access = str(one.get("file_access") or file.file_access)
        return file

    def do_set_file(self, _user: User, *, file: str, **fields: Any) -> Json:
        """Change what is said of a file, true or not, or how it is given out (``serve``)."""
        found = self._ws.files.get(file)
        if found is None:
            raise LookupError(f"there is no file {file!r}")
        if "serve" in fields:
            found.manner = manner(fields.pop("serve"))
        for name, value in fields.items():
            if name not in _CHANGEABLE:
                raise ValueError(f"a file has no field {name!r} that can be changed")
            setattr(found, name, value)
        return {}

    def do_delete_file(self, user: User, *, file: str) -> Json:
        """Delete one's own file, an admin any; its messages keep a tombstone of it."""
        found = self._ws.files.get(file)
        if found is None or found.deleted:
            raise LookupError(f"there is no file {file!r}")
        if found.user != user.id and not user.is_admin:
            raise ValueError(f"{user.name} may not delete {file}; only its owner or an admin may")
        posting.drop_file(self._ws, found)
        return {}
