"""Texts that answer a verb, from whichever face."""

from __future__ import annotations

from typing import Final

from bot.domain import State

# --- buttons and commands in the thread

MARKED_READ: Final = "In Crisp the customer's messages are marked as read."
SETTLED_ALREADY: Final = "That has been settled already."
NO_TEXT_LEFT: Final = "Nothing was sent: there is no text of it here any more. Write it again."
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
FOR_ANOTHER: Final = (
    "“{ref}” is another conversation: nothing was sent. Write `/crisp {verb} {ref} …` to write "
    "there, or begin with other words to write here."
)
NOT_PLAIN: Final = (
    "This was not sent: it may not be meant for the customer, because of “{word}”. Send it without."
)
COMMAND_UNREADABLE: Final = (
    "This was not sent: write the command without formatting, and what is to be sent behind it."
)
CONVERSATION_GONE: Final = "This conversation was deleted in Crisp: nothing was sent or changed."
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
CRISP_SPARED: Final = (
    "Most of the day's calls to Crisp are used up, and the rest is kept for messages: look in "
    "Crisp, or ask again after midnight UTC."
)
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
