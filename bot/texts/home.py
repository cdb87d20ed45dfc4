"""Texts of App Home."""

from __future__ import annotations

from typing import Final

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
HOME_FAILED: Final = "not understood: {failed}"
HOME_GIVEN_UP_NONE: Final = "Everything is delivered"
HOME_QUOTA: Final = "Calls to Crisp today: {percent} % of {quota}"
