"""Every fixed text that the cards show, in one place.

Responsible for wording alone. It must not hold anything but constants: no formatting, no choice.
"""

from __future__ import annotations

from typing import Final

from bot.domain import State

STATES: Final = {
    State.PENDING: "🟠 Pending",
    State.UNRESOLVED: "🔵 Open",
    State.RESOLVED: "✅ Resolved",
}

RESOLVE: Final = "Resolve"
REOPEN: Final = "Reopen"
ASSIGN_ME: Final = "Assign to me"
OPEN_IN_CRISP: Final = "Open in Crisp"
MARK_PENDING: Final = "Mark pending"
MARK_OPEN: Final = "Mark open"
UNASSIGN: Final = "Unassign"

WAITING_SINCE: Final = "waiting since"
ASSIGNED_TO: Final = "assigned to {name}"
ASSIGNED: Final = "assigned"
UNASSIGNED: Final = "unassigned"
VIA: Final = "via {origin}"
SUBJECT: Final = "Subject: {subject}"
STARTED_BY: Final = "Started by {name}"
CONTINUES: Final = "The message goes on in the thread."
EMPTY_MESSAGE: Final = "(empty message)"
NOTE: Final = "🔒 Private note"

NOT_SENT: Final = "⚠️ This was not sent to the customer: {reason}"
MAYBE_SENT: Final = (
    "⚠️ This may not have been sent to the customer: {reason} "
    "Look in Crisp before you send it again."
)
RETRY: Final = "Retry"
SEND_AGAIN: Final = "Send again"
IT_ARRIVED: Final = "It arrived"

HELD_UNKNOWN: Final = (
    "✋ Held, and not sent: {word} is not a command. Choose what your message is meant to be."
)
HELD_LATER: Final = (
    "✋ Held, and not sent: {word} starts a later line, so this may be private. "
    "Choose what your message is meant to be."
)
HELD_SEND: Final = "Send to customer"
HELD_NOTE: Final = "Save as note"
HELD_DISCARD: Final = "Keep in Slack"
REFUSAL: Final = "🚫 {reason}"

NO_CONVERSATIONS: Final = "No conversation matches."
SHOWN_OF_TOTAL: Final = "{shown} of {total} shown."
SHOWN_OF_MORE: Final = "Only the first {shown} are shown."
UNTITLED: Final = "Unnamed visitor"
THREAD: Final = "thread"
NO_PEOPLE: Final = "Nobody matches “{query}”. Try the whole e-mail address or a part of the name."
PEOPLE_FOUND: Final = "People who match “{query}”"
LAST_CONVERSATIONS: Final = "Last conversations"
NO_LAST_CONVERSATIONS: Final = "No conversations yet."
HELP_TITLE: Final = "What you can do"

FILE: Final = "📎 File: {name}"
UNNAMED_FILE: Final = "unnamed"
ANIMATION: Final = "🎞️ Animation"
AUDIO: Final = "🎤 Audio message"
AUDIO_SECONDS: Final = "🎤 Audio message, {seconds} s"
PICKER: Final = "🔘 {text}"
FIELD: Final = "✏️ {text}"
FIELD_EMPTY: Final = "(not filled in yet)"
CAROUSEL: Final = "🖼️ {text}"
EVENT: Final = "ℹ️ {text}"  # noqa: RUF001 - the emoji, not a letter
UNKNOWN_TYPE: Final = "A message of the type {type}, which can only be seen in Crisp."
