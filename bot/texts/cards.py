"""Texts of the card and of the thread: names, messages, the small lines."""

from __future__ import annotations

from typing import Final

from bot.domain import State

# --- names, where nobody has given one

UNTITLED: Final = "Unnamed visitor"
VISITOR: Final = "Visitor #{number}"
OPERATOR: Final = "Operator"
AN_APP: Final = "App"
AN_OPERATOR: Final = "an operator"
NOBODY: Final = "nobody"
COMPANY: Final = "Support"
CUSTOMER: Final = "Customer"
SOMEONE: Final = "someone"
A_CHANNEL: Final = "channel"
A_GROUP: Final = "team"
NOTHING: Final = "—"

# --- the card

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
MARK_READ: Final = "Mark read in Crisp"

GONE_SIGN: Final = "🗑️ deleted in Crisp"
BLOCKED_SIGN: Final = "🚫 blocked"
SNOOZED_SIGN: Final = "💤 until {when}"
MUTED_SIGN: Final = "🔕 muted"
WAITING_SINCE: Final = "waiting since"
ASSIGNED_TO: Final = "assigned to {name}"
TYPING: Final = "✍️ is typing…"
ASSIGNED: Final = "assigned"
UNASSIGNED: Final = "unassigned"
CONTINUES: Final = "The message goes on in the thread."
STARTED_BY: Final = "Started by {name}"
DATE: Final = "{date_short_pretty} at {time}"
"""Slack's own template: it fills the fields in for each reader."""

EMAIL_SIGN: Final = "✉️"
PHONE_SIGN: Final = "📞"
COMPANY_SIGN: Final = "🏢"
PAGE_SIGN: Final = "📄"
PLACE_SIGN: Final = "📍"
DEVICE_SIGN: Final = "💻"
SEGMENTS_SIGN: Final = "🏷️"
SUBJECT: Final = "Subject: {subject}"
VIA: Final = "via {origin}"
ORIGINS: Final = {
    "email": "e-mail",
    "facebook": "Messenger",
    "instagram": "Instagram",
    "line": "LINE",
    "messenger": "Messenger",
    "phone": "phone",
    "sms": "SMS",
    "telegram": "Telegram",
    "twilio": "SMS",
    "twitter": "X",
    "viber": "Viber",
    "whatsapp": "WhatsApp",
    "x": "X",
}
"""Crisp's words for the ways by which customers write, as people call them."""
COPIES: Final = "CC: {addresses}"
AND_MORE: Final = "{shown} and {more} more"
TOPIC: Final = "Topic: {topic}"
VERIFIED: Final = "{email} ✓ verified"
PAGES_BEFORE: Final = "{page} ← {before}"
STARS: Final = ("☆☆☆☆☆", "★☆☆☆☆", "★★☆☆☆", "★★★☆☆", "★★★★☆", "★★★★★")
RATING: Final = "Rated {stars}"
RATED_WITH: Final = "{rating} “{comment}”"
BROWSER_ON_SYSTEM: Final = "{browser} on {system}"

# --- messages

EMPTY_MESSAGE: Final = "(empty message)"
REST_IN_CRISP: Final = "… This message goes on for {more} characters more: they are in Crisp."
NOTE: Final = "🔒 Private note"
LATE: Final = "late"
ADDED_BY_EDIT: Final = "added by an edit"
EDITED: Final = "edited"
REMOVED: Final = "🗑️ Removed in Crisp"

FILE: Final = "📎 File: {name}"
FILE_NAMES: Final = {"audio": "voice message", "animation": "animation"}
"""What a file is called whose message has no name for it."""
UNNAMED_FILE: Final = "unnamed"
ANIMATION: Final = "🎞️ Animation"
AUDIO: Final = "🎤 Audio message"
AUDIO_LASTING: Final = "🎤 Audio message, {duration}"
IMAGE: Final = "🏞️ Image: {name}"
VIDEO: Final = "🎬 Video: {name}"
SOUND: Final = "🔊 Sound: {name}"
PICKER: Final = "🔘 {text}"
CHOSEN: Final = "☑"
NOT_CHOSEN: Final = "☐"
FIELD: Final = "✏️ {text}"
FIELD_EMPTY: Final = "(not filled in yet)"
CAROUSEL: Final = "🖼️ {text}"
EVENT: Final = "ℹ️ {text}"  # noqa: RUF001 - the emoji, not a letter
UNKNOWN_TYPE: Final = "A message of the type {type}, which can only be seen in Crisp."

NOTE_SIGN: Final = "🔒"
HISTORY: Final = "Earlier in this conversation"
OLDER: Final = "Show earlier messages"
NOTHING_EARLIER: Final = "There is nothing earlier in this conversation."
HISTORY_UNREAD: Final = "Crisp does not tell what was said earlier just now: try again in a minute."
BACK_AGAIN: Final = "The customer is back"
FORMER_THREAD: Final = "earlier thread"
GOES_ON: Final = "This conversation goes on"
IN_NEW_THREAD: Final = "in a new thread"

# --- lines in the thread

BECAME: Final = {
    State.PENDING: "Marked pending",
    State.UNRESOLVED: "Reopened",
    State.RESOLVED: "Resolved",
}
ASSIGNMENT: Final = "Assigned to {name}"
BLOCKED: Final = "Customer blocked"
UNBLOCKED: Final = "Customer unblocked"
SET: Final = "{field} set to {value}"
FIELDS: Final = {
    "nickname": "Name",
    "email": "E-mail",
    "phone": "Phone",
    "address": "Address",
    "subject": "Subject",
}
SEGMENTS_ADDED: Final = "Put into {names}"
SEGMENTS_REMOVED: Final = "Taken out of {names}"
DATA_SET: Final = "{key} set to {value}"
DATA_UNSET: Final = "{names} taken away"
COPIES_ADDED: Final = "{names} put in copy"
COPIES_REMOVED: Final = "{names} taken out of copy"
TRANSCRIPT_SENT: Final = "Transcript sent to {email}"
SNOOZED: Final = "💤 Snoozed until {when}"
WOKEN: Final = "⏰ Open again: the time has come until which it was snoozed"
WOKEN_BY_CUSTOMER: Final = "⏰ Open again: the customer wrote while it was snoozed"
MUTED: Final = "Thread muted"
UNMUTED: Final = "Thread unmuted"
DONE_BY: Final = "{line} by {name}"
FILE_NOT_SHOWN: Final = "📎 {name} is not shown here: {reason}. Open it in Crisp."
FILE_COMING: Final = "⬇️ {name} is on its way here: {done} of {total} MB"
FILE_GOING: Final = "⬆️ {name} is on its way to the customer: {done} of {total} MB"
FILE_FROM: Final = "📎 {file} is from {name}."
NOT_SHOWN: Final = "⚠️ A message could not be shown here ({reason}). Read it in Crisp."
SEVERAL_NOT_SHOWN: Final = (
    "⚠️ {number} messages could not be shown here ({reason}). Read them in Crisp."
)
EDIT_NOT_SHOWN: Final = (
    "⚠️ An edit or removal in Crisp could not be shown here ({reason}). Read it in Crisp."
)
REPLY_EDITED_IN_CRISP: Final = "✏️ A reply from here was edited in Crisp; it now reads: {text}"
REPLY_REMOVED_IN_CRISP: Final = "🗑️ A reply from here was removed in Crisp."
WRITER_UNREAD: Final = (
    "⚠️ A reply here was not sent: Slack did not say who wrote it ({reason}). "
    "Write it again, or answer in Crisp."
)

# --- after an absence, told to the channel

GAP_REPORT: Final = "Away {time}: {messages} in {conversations} caught up."
ONE_MESSAGE: Final = "1 message"
MESSAGES: Final = "{number} messages"
ONE_CONVERSATION: Final = "1 conversation"
CONVERSATIONS: Final = "{number} conversations"
SECONDS: Final = "{seconds} s"
