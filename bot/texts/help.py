"""Texts of the verbs: how each is typed, what it does, and what to type instead."""

from __future__ import annotations

from typing import Final

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
    "Type help and a command for an example of it. {modes}"
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
