"""The check of the file of saved replies.

Responsible for the words; the file is read in ``bot.saved_replies``. No text of a reply is shown.
"""

from __future__ import annotations

from pathlib import Path

from bot.config import Settings
from bot.doctor.check import Report, ok, warn
from bot.errors import ConfigError
from bot.saved_replies import read

SAVED_REPLIES = "saved replies"


def examine_saved_replies(settings: Settings, report: Report) -> None:
    """Read the file, if one is named: a check for each mistake, or how many replies there are."""
    file = settings.bridge.saved_replies.file
    if not file:
        return
    try:
        replies = read(Path(file))
    except ConfigError as err:
        for problem in err.problems:
            report(warn(SAVED_REPLIES, problem))
        return
    report(ok(SAVED_REPLIES, f"{len(replies)} in {file}."))
