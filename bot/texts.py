"""Every text that the bridge itself writes, for people in Slack and for Crisp, in one place.

Responsible for wording alone: constants, and templates for ``str.format`` with named fields. It
must not hold anything else: no formatting, no choice. Logs, and what an operator reads on the
terminal, are no part of it.
"""

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

# --- notices to an agent about their own reply

REFUSAL: Final = "🚫 {reason}"

NOT_SENT: Final = "⚠️ This was not sent to the customer: {reason}"
MAYBE_SENT: Final = (
    "⚠️ This may not have been sent to the customer: {reason} "
    "Look in Crisp before you send it again."
)
RETRY: Final = "Retry"
SEND_AGAIN: Final = "Send again"
IT_ARRIVED: Final = "It arrived"
TRIED_AGAIN: Final = "It is being tried again."
COUNTED_AS_SENT: Final = "Good: it is counted as sent."

HELD_UNKNOWN: Final = (
    "✋ Held, and not sent: “{word}” is not a command. Choose what your message is meant to be."
)
HELD_LATER: Final = (
    "✋ Held, and not sent: “{word}” starts a later line, so this may be private. "
    "Choose what your message is meant to be."
)
PRIVATE_MESSAGE: Final = "forwarded"
HELD_FORWARDED: Final = (
    "✋ Held, and not sent: what you forwarded was not meant for customers where it was written. "
    "Choose what your message is meant to be."
)
HELD_LINES_BELOW: Final = "{word} with lines below"
HELD_SEND: Final = "Send to customer"
HELD_NOTE: Final = "Save as note"
HELD_DISCARD: Final = "Keep in Slack"
HELD_SENT: Final = "Sent to the customer."
HELD_NOTED: Final = "Saved as a note."
HELD_KEPT: Final = "It stays in Slack."

STILL_WAITING: Final = (
    "This has not reached the customer yet: Crisp does not take it at the moment. It is sent as "
    "soon as that works; there is nothing for you to do."
)
UNDECIDED_REPLY: Final = (
    "This was not sent to the customer: {reason}. Write it again, or answer in Crisp."
)
NO_TEXT: Final = "There was no text to send."
FILES_IN_A_NOTE: Final = (
    "Files stay in Slack when they are with a private note: notes in Crisp are text only, and the "
    "customer would see a file."
)
EDIT_IS_NO_COMMAND: Final = "An edit is no command, and nothing was sent: write the command anew."
EDIT_IS_NO_COMMAND_NOW: Final = (
    "An edit is no command: write the command anew. What was sent stays as it was."
)
EDIT_UNCLEAR: Final = (
    "This edit was not passed on, because it may not be meant for the customer: a line looks like "
    "a command or a note. What was sent stays as it was; edit it again."
)
EDIT_REFUSED: Final = (
    "This edit was not passed on: what was sent stays as it was. To take it back, delete the "
    "message."
)
EDIT_TO_NOTE: Final = (
    "An edit cannot make a note of what was sent to the customer, who still sees the version "
    "before: delete it, and write the note anew."
)
EDIT_TO_REPLY: Final = (
    "An edit cannot send what was saved as a note: the note stays as it was. Write the reply anew."
)
EDIT_OF_KEPT: Final = "An edit does not send what stayed in Slack: write it anew."
EDIT_OUTSIDE_CHATBOX: Final = (
    "Only what was sent to Crisp's chatbox can be edited; this went out by {origin}, and the "
    "customer keeps the version before."
)
REMOVAL_OUTSIDE_CHATBOX: Final = (
    "Only what was sent to Crisp's chatbox can be taken back; this went out by {origin}, and the "
    "customer keeps it."
)
EDITED_AFTER_READ: Final = "The customer sees your edit, but had already read the version before."
REMOVED_AFTER_READ: Final = "This was removed at the customer, who had already read it."
EDIT_OF_REMOVED: Final = (
    "This edit was not passed on: the message is no longer in Crisp. Write it anew."
)
EDIT_FAILED: Final = (
    "This edit was not passed on ({reason}): Crisp may still show the version before."
)
REMOVAL_FAILED: Final = "This could not be removed ({reason}): remove it in Crisp."
SENT_AS_REPLY: Final = (
    "This was already sent to the customer when you made a note of it: delete it, and write the "
    "note anew."
)
SENT_AS_NOTE: Final = (
    "This was already saved as a note when you made a reply of it: write the reply anew."
)

# --- what has become of a message, when somebody asks

STATUS_TITLE: Final = "Delivery status"
STATUS_CLOSE: Final = "Close"
STATUS_HELD: Final = "✋ Held, and not sent. Its writer chooses what it is meant to be."
STATUS_KEPT: Final = "This stayed in Slack: nothing of it was sent to the customer."
STATUS_WITHDRAWN: Final = "This was taken back before it was sent."
STATUS_FAILED: Final = "⚠️ Not all of this was sent to the customer."
STATUS_UNCERTAIN: Final = (
    "⚠️ This may not have been sent to the customer. Look in Crisp before you send it again."
)
STATUS_WAITING: Final = "⏳ On its way: Crisp has not taken all of it yet."
STATUS_ACCEPTED: Final = "Taken by Crisp. That the customer has got it is not known yet."
STATUS_DELIVERED: Final = "Delivered to the customer, and not known to be read yet."
STATUS_READ: Final = "📬 Read by the customer."
STATUS_NOTED: Final = "A private note in Crisp: no customer sees it."
STATUS_AS: Final = "The customer sees it from {name}."
STATUS_NOTE_BY: Final = "In Crisp it is from {name}."
STATUS_WRITTEN: Final = "Written"
STATUS_PART: Final = "Part {number} of {total}"
STATUS_PART_ACCEPTED: Final = "Taken by Crisp"
STATUS_PART_DELIVERED: Final = "delivered"
STATUS_PART_READ: Final = "read"
STATUS_PART_FAILED: Final = "Not sent"
STATUS_PART_UNCERTAIN: Final = "May not have been sent"
STATUS_PART_WAITING: Final = "Waiting"
STATUS_NO_RECEIPTS: Final = (
    "This conversation is no chat on your website: Crisp may never hear whether it was read."
)
STATUS_BY_VISITOR: Final = "From the customer, {name}"
STATUS_BY_OPERATOR: Final = "From {name}, in Crisp"
STATUS_WRITTEN_IN_CRISP: Final = "Written"
STATUS_SHOWN: Final = "Shown here"
STATUS_REMOVED: Final = "Removed in Crisp since."
STATUS_TEAM_READ: Final = "Read by the team"
STATUS_TEAM_UNREAD: Final = "In Crisp it is not marked as read by the team yet."
STATUS_READ_ALREADY: Final = "Read by the customer"
STATUS_NOT_READ: Final = "Not known to be read by the customer yet."
STATUS_UNDECIDED: Final = (
    "This was received, and is looked at as soon as it is known who wrote it and where."
)
STATUS_NOT_UNDERSTOOD: Final = (
    "⚠️ This was not sent: something in the bridge went wrong. Whoever runs it finds it among its "
    "deliveries; write it again, or answer in Crisp."
)
STATUS_OWN: Final = "This is a line of the bridge's own: it went to nobody else."
STATUS_NOT_RELAYED: Final = "This message was not sent to the customer, and will not be."
STATUS_ELSEWHERE: Final = (
    "This message belongs to no conversation with a customer: nothing of it is sent to anybody. "
    "Only replies in the thread of a customer's card are."
)

# --- buttons and commands in the thread

MARKED_READ: Final = "In Crisp the customer's messages are marked as read."
SETTLED_ALREADY: Final = "That has been settled already."
NOT_THE_WRITER: Final = "Only who wrote it can decide this."
UNKNOWN_OPEN: Final = "This conversation is no longer known here; open it in Crisp."
UNKNOWN_ANSWER: Final = "This conversation is no longer known here; answer in Crisp."
NO_SAVED_REPLIES: Final = (
    "There are no saved replies: whoever runs the bridge can name a file of them under "
    "[saved_replies] in bridge.toml."
)
SAVED_REPLIES: Final = "Saved replies"
CHOOSE_REPLY: Final = "Choose a saved reply for {name}: you see it before it is sent."
NO_SUCH_REPLY: Final = (
    "Nothing was sent: no saved reply is called “{code}”. Choose one for {name}: you see it before "
    "it is sent."
)
MORE_REPLIES: Final = (
    "{shown} of {total} are here: type a word of the one that you want to see others."
)
REPLY_PREVIEW: Final = "“{code}”, as the customer of {name} gets it from {speaker}:"
PREVIEW_CUT: Final = "The rest of it is not shown here."
SEND: Final = "Send"
REPLY_LACKS: Final = (
    "“{code}” was not sent: it needs {placeholder}, which is not known here. Write it yourself, or "
    "have a fallback put into the file: {example}."
)
NOT_TAKEN_BACK: Final = (
    "Taking your reaction away changed nothing: the conversation is no longer as it left it."
)
NO_SUCH_OPERATOR: Final = (
    "No operator is called that. Type `!assign me`, `!assign NAME` (an operator's name or "
    "e-mail) or `!unassign`."
)
ASSIGNEE_UNMATCHED: Final = (
    "Only operators can be assigned: your Slack account is not matched with one. Use the same "
    "e-mail in both, or ask the bridge's admin to map you under [agents] in bridge.toml."
)

# --- modals

MODAL_TITLE: Final = "Crisp"
MODAL_CLOSE: Final = "Close"
SENDING: Final = "⏳ Sending…"
STILL_SENDING: Final = (
    "⏳ Crisp does not answer just now. It is queued and goes out as soon as Crisp answers: close "
    "this if you like, you are told if it does not work."
)
DONE: Final = "✅ Done."
FORM_TITLE: Final = "{verb} #{number}"
FORM_ABOUT: Final = "This will {summary}."
FORM_ARGUMENT: Final = "What exactly"
FORM_SUBMIT: Final = "Do it"
FIELD_MISSING: Final = "Fill this in: it cannot be done without."
PICK: Final = "Which conversation"
PICK_MINE: Final = "Yours, the latest first"
PICK_OPEN: Final = "Open, the latest first"
PICKED: Final = "#{number} {name}"
NONE_TO_PICK: Final = "There is no conversation yet."
CHOOSE_VERB: Final = "What to do"
CRISP_INTRO: Final = "Type /crisp help for all that can be typed, such as /crisp resolve #12."
NOT_ITS_NUMBER: Final = "This is not its number: type {number} if you mean it."
CONFIRM_NUMBER: Final = "Type its number to confirm"
ACTIONS_TITLE: Final = "What to do with #{number}"
ACTION: Final = "{name}: {summary}"
NOTHING_TO_RETRY: Final = (
    "Nothing of this is to be tried again: it was sent, or is still on its way."
)
NOT_RELAYED_NO_NOTE: Final = "This stayed in Slack, so there is nothing to make a note of."
NOTE_ALREADY: Final = "This is a private note already."
SENT_NO_NOTE: Final = (
    "The customer has this, or may have it: it cannot become a note any more. Delete it to take it "
    "back, and write the note anew."
)
NO_REPLY_OF_OURS: Final = "This is no reply to a customer: use it on one that was not sent."
HELD_STILL: Final = "This is held and was not sent to the customer. What is it meant to be?"
MENU_MORE: Final = "All actions…"
MENU_REPLY: Final = "Reply…"
MENU_NOTE: Final = "Private note…"
WRITING_TITLES: Final = {
    "reply": "Reply to #{number}",
    "reply_resolve": "Reply, resolve #{number}",
    "note": "Note on #{number}",
}
WRITING_LABELS: Final = {
    "reply": "To the customer",
    "reply_resolve": "To the customer; the conversation is resolved then",
    "note": "For the team alone",
}
WRITING_SUBMITS: Final = {
    "reply": "Send",
    "reply_resolve": "Send and resolve",
    "note": "Save the note",
}
SEEN_AS: Final = (
    "The customer sees it from {name}, with *bold*, _italic_, `code` and lists formatted."
)
NOTED_AS: Final = "A private note in Crisp, from {name}: the customer never sees it."
PREVIEW: Final = "Preview"
PREVIEW_GOES_ON: Final = "The text goes on."
DO_IT: Final = "Do it"
FILL_IN: Final = "Fill in…"
SUBMITTED_BEFORE: Final = (
    "This was taken already, as it stood when you first sent it. What you changed since is below, "
    "and was not sent."
)
MODAL_NOT_OPENED: Final = "Slack wanted the form sooner than it came: try again."
FORM_OUTDATED: Final = "This form is of another version of the bridge: close it and open it again."

# --- who may not

WRITER_UNMATCHED: Final = (
    "Your Slack account is not matched with a Crisp operator, so this was not sent. Use the same "
    "e-mail in both, or ask the bridge's admin to map you under [agents] in bridge.toml."
)
BY_AN_APP: Final = "Posts of apps and bots are not passed on to customers."
BY_DEACTIVATED: Final = "This account is deactivated, so nothing of it is passed on to customers."
BY_STRANGER: Final = "You are not a member of this workspace, so this was not sent to the customer."
BY_GUEST: Final = "Guests cannot answer customers; ask a full member of the workspace to do it."
BY_NO_AGENT: Final = (
    "You are not among those who act for customers here, so nothing was sent or changed. Whoever "
    "runs the bridge can add you or your user group under [access] in bridge.toml."
)
OFFER_CHANNEL: Final = (
    "Shall Crisp's conversations come to <#{channel}>? New ones would open their threads here "
    "instead of in <#{now}>; those that have a thread stay where they are."
)
OFFER_SHARED: Final = (
    "⚠️ People of another company can read this channel, and so what your customers write."
)
OFFER_USE: Final = "Use this channel"
OFFER_LATER: Final = "Not now"
OFFER_ROUTED: Final = (
    "Routes in bridge.toml say where every conversation goes. To have new ones come to "
    "<#{channel}>, let the last of them say this, and start the bridge again:"
    '\n`channel = "{channel}"`'
)
OFFER_TO_ADMINS: Final = (
    "Only the bridge's admins choose the channel for Crisp's conversations. Those of them who are "
    "in this channel are asked now; else ask one to invite me here."
)
CHANNEL_CHOSEN: Final = (
    "New conversations open their threads in <#{channel}> from now on. In the bridge's settings "
    "this is `SLACK_CHANNEL={channel}`; another channel that is set there later wins."
)
CHANNEL_CHOSEN_ALREADY: Final = "New conversations open their threads in <#{channel}> already."
CHANNEL_KEPT: Final = "Nothing has changed: new conversations open their threads in <#{now}>."
BY_NO_ADMIN: Final = (
    "Only the bridge's admins can do that, so nothing was changed: ask one of them to."
)

# --- failures and their reasons

DID_NOT_WORK: Final = "That did not work: {reason}. Try again, or do it in Crisp."
MAY_NOT_HAVE_WORKED: Final = (
    "That may not have worked: {reason}. Look in Crisp before you do it again."
)
REASONS: Final = {
    "subscription_upgrade_required": (
        "Crisp refuses it on the current plan (private notes need a paid one)"
    ),
    "invalid_data": "Crisp did not accept the content",
    "session_not_found": "the conversation no longer exists in Crisp",
    "conversation_not_found": "the conversation no longer exists in Crisp",
    "not_subscribed": "the Crisp token has no access to this website",
    "invalid_session": "the Crisp token was refused",
    "unreachable": "Crisp could not be reached",
    "no_answer": "Crisp gave no usable answer",
    "cannot_be_looked_for": "Crisp gave no usable answer, and does not tell whether it was done",
}
OF_A_FILE: Final = "the file “{name}” cannot be passed on: {reason}"
FILE_REASONS: Final = {
    "file_too_large": "it is larger than files may be",
    "file_empty": "it is empty",
    "file_elsewhere": "it is not where the platform keeps its files",
    "file_login_page": "a web page came in place of it",
    "file_gone": "it was deleted",
    "file_hidden_by_limit": "Slack hides it, as the workspace is over its plan's limit",
    "file_external": "it is only a link to another service, so share that link in a text",
    "file_unreadable": "it could not be read as a whole",
    "files_read_missing": (
        "the Slack app lacks the scope files:read; once it is added and the app installed again, "
        "this works without a restart"
    ),
    "files_write_missing": (
        "the Slack app lacks the scope files:write; once it is added and the app installed again, "
        "this works without a restart"
    ),
    "file_uploads_unheard": (
        "Crisp tells where to upload over its own socket only, and there is no Crisp token to "
        "listen there with"
    ),
}
OTHER_REASON: Final = "the answer was “{code}”"
BRIDGE_FAILED: Final = (
    "something in the bridge went wrong, and whoever runs it finds it among its deliveries"
)
WHOSE_UNREAD: Final = "Slack could not be asked whose thread it is"
WHO_UNREAD: Final = "Slack could not be asked who wrote it"

# --- /crisp: help

HELP_TITLE: Final = "What you can do"
VERBS: Final = {
    "help": ("help", "this list"),
    "list": ("list [pending|unresolved|resolved|mine|unassigned]", "the queue"),
    "show": ("show REF", "one conversation"),
    "link": ("link REF", "its addresses, in Slack and in Crisp"),
    "resolve": ("resolve REF", "mark it resolved"),
    "unresolve": ("unresolve REF", "open it again; reopen does the same"),
    "pending": ("pending REF", "mark it pending"),
    "snooze": ("snooze REF UNTIL", "put it off, and open it again then"),
    "assign": ("assign REF [me|nobody|NAME]", "give it to yourself, to nobody or to somebody"),
    "unassign": ("unassign REF", "take it from whoever has it"),
    "reply": ("reply REF TEXT", "answer the customer; --resolve before the text resolves it too"),
    "note": ("note REF TEXT", "save a private note"),
    "read": ("read REF", "mark it read in Crisp"),
    "unread": ("unread REF", "mark it unread in Crisp"),
    "mute": ("mute REF", "show in its thread what is said, and nothing else"),
    "unmute": ("unmute REF", "show in its thread again what becomes of it"),
    "block": ("block REF", "block the customer: what they write is dropped"),
    "unblock": ("unblock REF", "hear the customer again"),
    "set": (
        "set REF name|email|phone|address|subject VALUE",
        "correct what is known of the customer",
    ),
    "segments add": ("segments add REF SEGMENT", "put it into segments"),
    "segments remove": ("segments remove REF SEGMENT", "take it out of segments"),
    "data set": ("data set REF KEY VALUE", "set a custom value"),
    "data unset": ("data unset REF KEY", "take custom values away"),
    "cc add": ("cc add REF EMAIL", "put people in copy"),
    "cc remove": ("cc remove REF EMAIL", "take people out of copy"),
    "transcript": ("transcript REF [EMAIL]", "have Crisp e-mail the conversation"),
    "r": ("r REF [CODE]", "send a saved reply, or choose one"),
    "replies": ("replies [WORDS]", "the saved replies"),
    "rebuild": ("rebuild REF", "open its thread anew, with what was said before"),
    "delete": ("delete REF NUMBER", "take it out of Crisp for good; NUMBER is its own, once more"),
    "who": ("who QUERY", "find a person by e-mail, name, company or phone"),
    "new": ("new EMAIL TEXT", "begin a conversation with a person, as yourself"),
    "person show": ("person show EMAIL", "all that Crisp knows of a person"),
    "person add": ("person add EMAIL [NAME]", "add a person to Crisp's contacts"),
    "person edit": ("person edit EMAIL FIELD VALUE", "change what Crisp knows of a person"),
    "person delete": ("person delete EMAIL", "delete a person from Crisp's contacts"),
    "operators": ("operators", "who answers in Crisp, and who of them is online"),
    "website": ("website", "which website this is about"),
    "stats": ("stats", "the queue and the last 24 hours in figures"),
}
"""Each verb of ``bot.relay.verbs``: how it is typed after /crisp, and what it does."""
REACTIONS: Final = {
    "white_check_mark": "resolve",
    "eyes": "assign me",
    "zzz": "snooze tomorrow 9:00",
}
"""What is ordered by which emoji where nobody has said otherwise, as it is typed after ``!``."""
EXAMPLES: Final = {
    "REF": "#12",
    "CODE": "thanks",
    "EMAIL": "maya@example.com",
    "FIELD": "name",
    "KEY": "plan",
    "NAME": "Ana",
    "NUMBER": "12",
    "PHONE": "+351912345678",
    "QUERY": "maya@example.com",
    "SEGMENT": "vip",
    "TEXT": "Hello!",
    "TIME": "tomorrow",
    "UNTIL": "tomorrow",
    "VALUE": "Maya",
    "WHEN": "tomorrow",
    "WORDS": "refund",
}
"""What somebody may type in place of a word of a usage; the first of several stands for all."""
HELP_GROUPS: Final = {
    "queue": "The queue",
    "conversation": "A conversation",
    "person": "People",
    "website": "The website",
    "nothing": "Help",
}
HELP_MORE: Final = (
    "REF is {forms}. In a conversation's thread, type ! in place of /crisp and leave REF out. "
    "Type help and a command for an example of it."
)
HELP_SLASH: Final = "Anywhere"
HELP_THREAD: Final = "In its thread"
HELP_ANY_THREAD: Final = "In a conversation's thread"
HELP_BUTTON: Final = "With the mouse"
HELP_ON_CARD: Final = "on its card, or in the card's ⋯ menu"
HELP_IN_FORM: Final = "in the App Home, or in the form that /crisp alone opens"
HELP_ALIASES: Final = "The same: {aliases}"
HELP_ADMINS: Final = "Only admins may."
HELP_ASKS: Final = "You are asked before it is done."
HELP_NUMBER: Final = "It is done once you have typed the conversation's number again."
HELP_WITHOUT: Final = "Not there: {reason}"
NO_SUCH_HELP: Final = "There is no command “{typed}”: help alone names all there are."
REF_FORMS: Final = (
    "its number (#12), session id, Slack permalink or Crisp inbox URL, or the customer's e-mail"
)
"""The five forms of a reference, to end a sentence with."""
NO_SUCH_COMMAND: Final = "There is no such command: type {sign}help for all there are."
DID_YOU_MEAN: Final = (
    "There is no such command: type {sign}{near} if you meant that, or {sign}help for all "
    "there are."
)
MISUSED: Final = {
    "list": "Type {sign}list alone, or with pending, unresolved, resolved, mine or unassigned.",
    "who": "Type {sign}who and the e-mail, name, company or phone of the person you look for.",
}
TYPE_AS: Final = "Type {sign}{usage}."
REF_MISSING: Final = "Type {sign}{word} and which conversation: {forms}."
TAKES_NO_MORE: Final = (
    "Nothing was done: type {sign}{word} alone for this conversation, or with another one: {forms}."
)
REF_UNREADABLE: Final = "That names no conversation: give {forms}."

# --- /crisp: answers

CHANGED: Final = {
    State.RESOLVED: "{name} is resolved.",
    State.UNRESOLVED: "{name} is open again.",
    State.PENDING: "{name} is pending.",
}
ASSIGNED_AS_ASKED: Final = "{name} is assigned."
UNASSIGNED_AS_ASKED: Final = "{name} is nobody's now."
REPLIED: Final = "Sent to the customer of {name}."
REPLIED_AND_RESOLVED: Final = "Sent to the customer of {name}, which is resolved then."
NOTED: Final = "Saved as a note on {name}."
NOT_PLAIN: Final = (
    "This was not sent: it may not be meant for the customer, because of “{word}”. Send it without."
)
COMMAND_UNREADABLE: Final = (
    "This was not sent: write the command without formatting, and what is to be sent behind it."
)
CONVERSATION_GONE: Final = "This conversation was deleted in Crisp, so nothing was sent."
IS_BLOCKED: Final = "The customer of {name} is blocked: Crisp drops what they write."
IS_UNBLOCKED: Final = "The customer of {name} is not blocked any more."
SAID_OF: Final = "{name}: {said}."
MARKED_UNREAD: Final = "In Crisp the customer's last message is unread again."
IS_MUTED: Final = "The thread of {name} shows what is said from now on, and nothing else."
IS_UNMUTED: Final = "The thread of {name} shows again what becomes of it."
MUTED_ALREADY: Final = "This thread is muted already."
NOT_MUTED: Final = "This thread is not muted."
TRANSCRIPT_TO_WHOM: Final = (
    "The customer's e-mail address is not known: name the address to send the transcript to."
)
TRANSCRIPT_TO_OTHERS: Final = (
    "Send the whole conversation {name} to {email}? That is not the customer's address. It was "
    "not sent yet."
)
SNOOZE_UNTIL_WHEN: Final = (
    "Say until when, within a year: 30m, 2h, 9:00, tomorrow, tomorrow 14:30, monday, monday 8:00 "
    "or 2026-12-01 14:00."
)
SEVERAL_OPERATORS: Final = "Several operators are called that: {names}. Name one of them."
SET_WHAT: Final = (
    "Name what to set, and to what: name, email, phone, address or subject, as in set email "
    "maya@example.com."
)
NO_EMAIL: Final = "“{typed}” is no e-mail address."
CONFIRM: Final = "Yes, do it"
CONFIRM_VERB: Final = "{name}: {summary}? It was not done yet."
LOSES: Final = {
    "delete": (
        "Deleting {name} takes the whole conversation out of Crisp, for everybody and for good: "
        "its messages, notes and files. What is in this thread stays."
    ),
}
"""What is lost by each verb that is confirmed by typing the conversation's number."""
NUMBER_WANTED: Final = "{loses} Nothing was done yet: to do it, type {command}"
TYPE_NUMBER: Final = "Type its number…"
DELETED: Final = "Deleted in Crisp"
IS_DELETED: Final = "{name} is deleted in Crisp."
THE_CONVERSATION: Final = "The conversation"
SOMEBODY_IN_CRISP: Final = "Somebody in Crisp"
OVERTAKEN: Final = "{who} {did} {seconds} s ago, and nothing was changed yet."
DID_STATE: Final = {
    State.PENDING: "marked this pending",
    State.UNRESOLVED: "opened this again",
    State.RESOLVED: "resolved this",
}
DID_TAKE: Final = "assigned this to themselves"
DID_ASSIGN: Final = "assigned this to {name}"
DID_UNASSIGN: Final = "took this from whoever had it"
STATE_ANYWAY: Final = {
    State.PENDING: "Mark it pending anyway?",
    State.UNRESOLVED: "Open it again anyway?",
    State.RESOLVED: "Resolve it anyway?",
}
ASSIGN_ANYWAY: Final = "Assign it to {name} anyway?"
UNASSIGN_ANYWAY: Final = "Unassign it anyway?"
COMING: Final = "Looking it up in Crisp: the answer comes here as soon as it is found."
QUEUED: Final = "It is queued, and will be done as soon as Crisp answers; you will be told here."
NO_MATCH: Final = (
    "No conversation matches that: check it with /crisp list, or look the customer up with "
    "/crisp who and their name."
)
NOT_ALLOWED: Final = (
    "Only full members of this workspace can ask about customers: ask one of them to."
)
ASKER_UNMATCHED: Final = (
    "Your Slack account matches no Crisp operator: use the same e-mail address in both, or have "
    "whoever runs the bridge map you in bridge.toml."
)
BROKEN: Final = (
    "That went wrong inside the bridge: try again, or have whoever runs it look at its log."
)
CRISP_BUSY: Final = "Crisp wants fewer questions just now: ask again in a minute."
CRISP_DENIED: Final = (
    "Crisp refuses the bridge's token: have whoever runs the bridge run slack-crisp-bridge doctor."
)
CRISP_AWAY: Final = "Crisp does not answer the question just now: ask again in a minute."
SLACK_AWAY: Final = "Slack does not say who you are just now: ask again in a minute."

LINK_THREAD: Final = "Thread"
LINK_INBOX: Final = "Inbox"
LINK_NO_THREAD: Final = "It has no thread here yet: rebuild opens one."
OPERATORS_TITLE: Final = "Operators: {online} of {total} online"
NO_OPERATORS: Final = "Crisp names no operators of this website."
ONLINE: Final = "🟢"
OFFLINE: Final = "⚪"
WEBSITE_ID: Final = "id"
STATS_TITLE: Final = "The queue and the last 24 hours"
STATS_LONGEST: Final = "Waiting longest: #{number}, since"
STATS_NOBODY: Final = "Nobody is waiting for an answer."
STATS_SAID: Final = "{received} messages from customers, {sent} to them, in the last 24 hours"
STATS_REPLY: Final = "Half of the replies came within {time}"
STATS_CALLS: Final = "{calls} of {quota} calls to Crisp used today (UTC)"
UNDER_A_MINUTE: Final = "a minute"
MINUTES: Final = "{minutes} min"
HOURS: Final = "{hours} h {minutes} min"

LIST_TITLES: Final = {
    "": "Conversations that are not resolved",
    "pending": "Pending conversations",
    "unresolved": "Unresolved conversations",
    "resolved": "Resolved conversations",
    "mine": "Conversations assigned to you",
    "unassigned": "Conversations assigned to nobody",
}
AS_STORED: Final = "{title} (as last stored here: Crisp does not answer just now)"
FIRST_OF_MORE: Final = "{title} (the first of them: there are more in Crisp)"
ONLY_IN_CRISP: Final = "In Crisp, without a thread here"
NO_CONVERSATIONS: Final = "{title}: No conversation matches."
SHOWN_OF_TOTAL: Final = "{shown} of {total} shown."
SHOWN_OF_MORE: Final = "Only the first {shown} are shown."
THREAD: Final = "thread"
NO_PEOPLE: Final = (
    "Nobody matches “{query}”. Try the whole e-mail address, or a part of the name, the company or "
    "the phone number."
)
PEOPLE_FOUND: Final = "People who match “{query}”"
LAST_CONVERSATIONS: Final = "Last conversations"
NO_LAST_CONVERSATIONS: Final = "No conversations yet."
CONVERSATIONS_UNREAD: Final = "Crisp does not tell their conversations just now."

# --- people

PEOPLE_PAGE: Final = "People who match “{query}”, page {page}"
NO_MORE_PEOPLE: Final = "There are no more people who match “{query}”."
SAME_EMAIL: Final = (
    "{number} profiles have the e-mail {email}. Compare them before you change one: Crisp keeps "
    "each apart."
)
PERSON_NUMBERED: Final = "{number}. {name}"
SHOW_NUMBERED: Final = "Show {number}"
SHOW: Final = "Show"
NEXT: Final = "Next"
PREVIOUS: Final = "Previous"
MORE: Final = "More"
BACK: Final = "Back"
ADDRESS_SIGN: Final = "🏠"
WEBSITE_SIGN: Final = "🌐"
JOB_SIGN: Final = "💼"
SUBSCRIPTION_SIGN: Final = "📬"
NOTEPAD_SIGN: Final = "📝"
ABOUT_SIGN: Final = "💬"
DATA_SIGN: Final = "📊"
LOCALES_SIGN: Final = "🗣️"
WORKS_AT: Final = "at {company}"
SUBSCRIBED: Final = "Gets campaigns by e-mail"
UNSUBSCRIBED: Final = "Gets no campaigns by e-mail"
DATA_LINE: Final = "{key}: {value}"
DATA_UNREAD: Final = "Crisp does not tell the custom data just now."
AND_OTHERS: Final = "and {number} more"
LAST_SEEN: Final = "Last seen"
KNOWN_SINCE: Final = "Known since"
ALL_OF_PERSON: Final = "{name}, all that Crisp knows ({page} of {pages})"
NO_SUCH_PERSON: Final = (
    "Crisp has no such profile. Look the person up with /crisp who and their name."
)

# --- changing people

PERSON_FIELDS: Final = {
    "name": "Name",
    "email": "E-mail",
    "phone": "Phone",
    "company": "Company",
    "domain": "Company's domain",
    "title": "Title",
    "role": "Role",
    "address": "Address",
    "city": "City",
    "country": "Country",
    "website": "Website",
    "about": "About",
    "notepad": "Notepad",
    "segments": "Segments",
    "data": "Custom data",
}
PERSON_ADDED: Final = "Added to Crisp's contacts."
PERSON_SAVED: Final = "Saved in Crisp's contacts."
PERSON_DELETED: Final = "Deleted from Crisp's contacts; the conversations stay."
PERSON_EXISTS: Final = "There is a profile with {email} already: it was left as it is."
PERSON_EMAIL_TAKEN: Final = "Nothing was saved: another profile has {email}."
PERSON_CHANGED_MEANWHILE: Final = (
    "Somebody else changed this profile meanwhile. What only you changed is saved; this is not:"
)
PERSON_CHANGED: Final = "{field}: it is “{now}” by now, you typed “{typed}”"
PERSON_OVERWRITE: Final = "Overwrite {field}"
PERSON_EDIT_AS: Final = (
    "Say whom, what and how: {usage}. The fields are {fields}; segments are `vip, -trial`, data "
    "is `KEY: VALUE` (without a value it is taken away)."
)
PERSON_ADD_AS: Final = "Say whom to add by a whole e-mail address, and then their name if you like."
DELETE: Final = "Delete"
EDIT: Final = "Edit"
NEW_CONVERSATION: Final = "New conversation"

PERSON_HINTS: Final = {
    "segments": "Between commas",
    "data": "A line for each: key: value",
}
PERSON_SAVE: Final = "Save"
PERSON_ADD: Final = "Add a person"
PERSON_UNCHANGED: Final = "Nothing was changed."
PERSON_NOT_WHOLE: Final = (
    "What is too long for a form is not shown here, and stays as it is; change it in Crisp."
)
FIND_PERSON: Final = "Find a person"
FIND_WHOM: Final = "Whom do you look for?"
FIND_HINT: Final = "An e-mail address, or a part of the name, the company or the phone number"
FIND: Final = "Find"

# --- a new conversation

NEW_EXPLAINED: Final = (
    "The person gets this from you. Crisp's inbox shows the conversation once they have answered; "
    "here it has a thread at once."
)
NEW_TEXT: Final = "What do you want to write?"
NEW_SEND: Final = "Send"
TO_THE_THREAD: Final = "Open its thread"
STARTED: Final = (
    "Sent to {email} as {name}. In Crisp's inbox this conversation stays out of sight until the "
    "customer answers; their answer comes to the thread here, and what you write there reaches "
    "them."
)
NEW_NEEDS_EMAIL: Final = "Give one whole e-mail address, and then what to write to them."
NEW_NEEDS_TEXT: Final = "Nothing was sent: there is no text to begin the conversation with."
NEW_NOT_PLAIN: Final = (
    "Nothing was sent: the text begins like a command or a note ({word}). Begin the conversation "
    "with what the customer is to read."
)
NEW_TOO_LONG: Final = "Nothing was sent: a first message has room for {most} characters."
STILL_HERE: Final = "What you wrote to {email}: {text}"

# --- App Home

HOME_TITLE: Final = "Who waits for an answer"
HOME_SHELVES: Final = {
    "mine": "Mine",
    "unassigned": "Unassigned",
    "snoozed": "Snoozed",
    "all": "All open",
}
HOME_COUNTED: Final = "{name} ({count})"
HOME_FOUND: Final = "Conversations of people who match “{query}”, newest first"
HOME_FOUND_MOST: Final = "The {count} newest conversations of people who match “{query}”"
HOME_FOUND_NONE: Final = (
    "Nobody here matches “{query}”. Try a part of the name or of the e-mail address; "
    "/crisp who looks in Crisp as well."
)
HOME_SEARCH: Final = "Find a person"
HOME_SEARCH_HINT: Final = "A part of a name or e-mail address, then Enter"
HOME_BACK: Final = "Back to the queue"
HOME_NEXT: Final = "Next page"
HOME_PREVIOUS: Final = "Previous page"
HOME_PAGE: Final = "Page {page} of {pages}"
HOME_OPEN_THREAD: Final = "Open thread"
HOME_PERSON: Final = "{name} · {email}"
HOME_SNOOZED: Final = "snoozed until"
HOME_NOTHING: Final = {
    "mine": "Nothing is assigned to you. Look at the unassigned ones and take the first of them.",
    "unassigned": "Everything that is open is assigned to somebody.",
    "snoozed": "Nothing is snoozed.",
    "all": "Nobody waits: every conversation is resolved.",
}
HOME_UNMATCHED: Final = (
    "Nothing can be yours yet: your Slack account matches no Crisp operator. Use the same e-mail "
    "address in both, or have whoever runs the bridge map you in bridge.toml."
)
HOME_NEWCOMER: Final = (
    "When a customer writes to you in Crisp, the conversation appears here and as a thread in "
    "{channel}. Answer in the thread: what you write there reaches the customer under your name. "
    "A line that starts with !note becomes a note for the team, and /crisp help lists all that "
    "you can do."
)
HOME_READ_ONLY: Final = (
    "You can look here and change nothing: whoever runs the bridge can add you or your user group "
    "under [access] in bridge.toml."
)
HOME_CLOSED: Final = "The queue is for full members of this workspace: ask one of them."
HOME_UNAVAILABLE: Final = (
    "The queue cannot be shown just now: open this tab again in a minute, or have whoever runs the "
    "bridge look at its log."
)
SETTINGS: Final = "My settings"
SETTINGS_SAVE: Final = "Save"
SETTINGS_NAME: Final = "Name that customers see"
SETTINGS_NAME_HINT: Final = "Empty: the name of your Slack profile, {name}"
SETTINGS_NAME_WRONG: Final = "Type a name of up to {most} characters, or leave it empty."
SETTINGS_AS_OPERATOR: Final = "Customers see you as {name}, your name as an operator in Crisp."
SETTINGS_AS_COMPANY: Final = "Customers see your replies under the name {name}."
SETTINGS_UNMATCHED: Final = (
    "Your replies reach nobody yet: your Slack account matches no Crisp operator. Use the same "
    "e-mail address in both, or have whoever runs the bridge map you in bridge.toml."
)
SETTINGS_HOLD: Final = "Hold my replies"
SETTINGS_HOLD_HINT: Final = "Until then an edit changes what is sent, and a deletion keeps it back."
SETTINGS_HOLD_NONE: Final = "Send at once"
SETTINGS_HOLD_SECONDS: Final = "Send after {seconds} seconds"
SETTINGS_NOTIFY: Final = "Notifications"
SETTINGS_NOTIFY_HINT: Final = "A direct message from this app: who wrote, and where; never what."
SETTINGS_NOTIFY_NONE: Final = "Off"
SETTINGS_NOTIFY_ASSIGNED: Final = "When a conversation that is assigned to me gets a message"
CUSTOMER_WROTE: Final = "wrote"
HOME_HEALTH: Final = "How the bridge is doing"
HOME_SIDES: Final = {"slack": "Slack", "crisp": "Crisp"}
HOME_CONNECTED: Final = "🟢 {name} is connected"
HOME_DISCONNECTED: Final = "🔴 {name} is not connected"
HOME_CATCHING_UP: Final = "🟠 Still reading what was missed"
HOME_QUEUED: Final = "On the way: {slack} to Slack, {crisp} to Crisp"
HOME_OLDEST: Final = "the oldest for {minutes} min"
HOME_GIVEN_UP: Final = "Not delivered: {dead}, not sure: {uncertain}"
HOME_GIVEN_UP_NONE: Final = "Everything is delivered"
HOME_QUOTA: Final = "Calls to Crisp today: {percent} % of {quota}"
