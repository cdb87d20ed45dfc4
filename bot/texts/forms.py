"""Texts of the modals."""

from __future__ import annotations

from typing import Final

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
