"""Files on their way between the platforms: which may travel, and under which name; pure.

Responsible for the rules: whose addresses are fetched from, what a file is called and how it is
sent. It must not move a byte: ``bot.transfer`` does.
"""

from __future__ import annotations

from bot.files.crisp import CrispFile, read_crisp_file
from bot.files.hosts import Hosts, is_public, may_be_named, own_hosts
from bot.files.kinds import mime_type, seconds_of, sent_as
from bot.files.names import clean_name
from bot.files.reasons import Reason
from bot.files.slack import SlackFile, read_file, read_files

__all__ = [
    "CrispFile",
    "Hosts",
    "Reason",
    "SlackFile",
    "clean_name",
    "is_public",
    "may_be_named",
    "mime_type",
    "own_hosts",
    "read_crisp_file",
    "read_file",
    "read_files",
    "seconds_of",
    "sent_as",
]
