"""Why a file cannot travel, in words for machines; ``bot.texts`` has them for people."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A code of ours, where the platform that has the file has none."""

    TOO_LARGE = "file_too_large"
    EMPTY = "file_empty"
    ELSEWHERE = "file_elsewhere"
    """Its address, or where it redirects to, is not the platform's own."""
    LOGIN_PAGE = "file_login_page"
    """A web page came in place of the bytes."""
    GONE = "file_gone"
    HIDDEN = "file_hidden_by_limit"
    EXTERNAL = "file_external"
    UNREADABLE = "file_unreadable"
    """It came short, or not as what it is said to be, however often it was asked for."""
    IN_A_NOTE = "file_in_a_note"
    NO_READING = "files_read_missing"
    """The Slack app lacks the scope files:read."""
    NO_WRITING = "files_write_missing"
    """The Slack app lacks the scope files:write."""
    NO_UPLOADS = "file_uploads_unheard"
    """Crisp tells upload addresses over its socket only, and there is no token to listen with."""
