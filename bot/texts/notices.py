"""Texts for one person: what became of their reply, what they may not, and why something failed."""

from __future__ import annotations

from typing import Final

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

RESTORED: Final = (
    "The bridge's database was put back from a backup of {at}. What was passed on since is looked "
    "for; whoever wrote what is not found is asked about it."
)
RESTORED_COPY: Final = (
    "The bridge's database was put back from an older copy. What was passed on since is looked "
    "for; whoever wrote what is not found is asked about it."
)
NOT_REPEATED: Final = (
    "The bridge's database was put back from a backup: your command may have been carried out "
    "before that, so it was not carried out again. Give it once more if it is needed."
)

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
    "operator_not_found": "whom it was to be assigned to is no operator in Crisp any more",
    "website_not_found": "Crisp does not know the website any more",
    "not_subscribed": "the Crisp token has no access to this website",
    "invalid_session": "the Crisp token was refused",
    "unreachable": "Crisp could not be reached",
    "unreadable": "another version of the bridge stored it, and this one cannot read it",
    "failed": "something in the bridge went wrong with it",
    "no_answer": "Crisp gave no usable answer",
    "channel_sends_nothing": "nothing goes to customers from this channel",
    "channel_sends_on_purpose": (
        "from this channel only what is sent on purpose goes to customers (!reply, or a button)"
    ),
    "restored": (
        "the bridge's database was put back from a backup, and it may have been done before that"
    ),
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
