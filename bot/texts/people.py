"""Texts about people: their card, changing them, and conversations that are begun with them."""

from __future__ import annotations

from typing import Final

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
