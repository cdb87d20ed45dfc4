"""Texts about what is wrong and must be mended by a person: what, what to do, that it is over."""

from __future__ import annotations

from typing import Final

SCOPE_LOSSES: Final = {
    "channels:history": "replies in public channels do not reach the bridge",
    "channels:read": "it cannot be seen whether the bot is in a public channel",
    "chat:write": "nothing can be posted",
    "chat:write.customize": "customers' names stand in the text instead of above it",
    "commands": "/crisp does not exist",
    "files:read": "agents' files are not passed on to customers",
    "files:write": "customers' files are shown as addresses, not as files",
    "groups:history": "replies in private channels do not reach the bridge",
    "groups:read": "it cannot be seen whether the bot is in a private channel",
    "im:write": "nobody gets the notifications that they chose in their settings",
    "links:read": "links to Crisp's inbox are not previewed",
    "links:write": "links to Crisp's inbox are not previewed",
    "reactions:read": "reactions are not heard: ✅ resolves nothing",
    "reactions:write": "no ⚠ is put on a reply that was not delivered",
    "usergroups:read": (
        "mentions of user groups reach customers as @team, and none under [access] is known"
    ),
    "users:read": "nobody's reply is sent, because agents cannot be told from guests and strangers",
    "users:read.email": (
        "agents are not matched with Crisp's operators by e-mail, only by [agents] in bridge.toml"
    ),
}
"""What does not work without each scope that manifest.yml asks for."""
SCOPES_TO_DO_WITHOUT: Final = ("chat:write.customize", "usergroups:read", "users:read.email")
"""Scopes without which something is shown otherwise, and nothing is wrong."""

TROUBLE_TOLD: Final = "⚠️ {sentence}"
TROUBLE_OVER: Final = "✅ {sentence}"

TROUBLES: Final = {
    "channel_without_bot": (
        "The bot is not in {channel} any more: nothing is posted there, and replies written there "
        "reach no customer. Write /invite with the bot's name in it; what waits is then delivered."
    ),
    "channel_archived": (
        "{channel} is archived: conversations there wait. Unarchive it, or choose another channel "
        "by inviting the bot to one."
    ),
    "channel_unknown": (
        "{channel} was deleted, or is private and the bot is not in it: conversations there wait. "
        "Invite the bot to it if it still exists, else to another channel, and choose that one."
    ),
    "slack_token": (
        "Slack refuses the bot's token ({reason}): nothing goes to Slack. Install the app again "
        "and put its Bot User OAuth Token into SLACK_BOT_TOKEN; what waits is then delivered."
    ),
    "slack_app_token": (
        "Slack refuses the app's token ({reason}): nothing is heard from Slack at once. Make an "
        "app-level token with the scope connections:write and put it into SLACK_APP_TOKEN."
    ),
    "slack_scope": (
        "The Slack app lacks the scope {scope}, so {loss}. Add it under OAuth & Permissions, or "
        "take manifest.yml again, and install the app again."
    ),
    "crisp_token": (
        "Crisp refuses the token ({reason}): nothing goes to customers. Make a new token in Crisp "
        "and put it into CRISP_TOKEN_IDENTIFIER and CRISP_TOKEN_KEY; what waits is then sent."
    ),
    "crisp_socket": (
        "Crisp lets nobody in at its socket with this token: customers' messages come minutes "
        "late. Check that CRISP_TIER says what kind of token it is, or make a new token."
    ),
    "crisp_unsubscribed": (
        "The plugin of the Crisp token is not installed on the website any more: nothing goes to "
        "customers. Install it again in Crisp; what waits is then sent."
    ),
    "membrane": (
        "Membrane lets no call through to Crisp ({reason}): nothing goes to customers. Connect it "
        "again in Membrane, or check MEMBRANE_TOKEN; what waits is then sent."
    ),
    "crisp_slack_plugin": (
        "Crisp's own Slack plugin works on the same website: conversations are posted twice, and "
        "what agents answer by it is relayed as an operator's. Remove that plugin in Crisp."
    ),
    "crisp_plan": (
        "Crisp's plan does not include what was wanted, as with private notes on the free plan: it "
        "was refused, and whoever wanted it was told. Change the plan, or do without."
    ),
    "crisp_full": (
        "Crisp's plan is used up: it takes no messages for now, and replies wait. Look at the "
        "plan's limits in Crisp; what waits is sent as soon as Crisp takes it."
    ),
    "crisp_limited": (
        "Crisp answers nothing but that there were too many calls: replies wait. The day's calls "
        "may be used up, which ends at midnight UTC; a plugin's limit can be raised by Crisp."
    ),
    "crisp_operator": (
        "[agents] in bridge.toml takes the Slack user {agent} for somebody who is no operator in "
        "Crisp any more: their replies go out as of somebody unmapped. Change the entry."
    ),
    "crisp_calls_low": (
        "80 % of today's {quota} calls to Crisp are used: replies no longer mark what they answer "
        "as read, and nothing is compared with Crisp. Messages go on; midnight UTC ends it."
    ),
    "crisp_calls_nearly": (
        "90 % of today's {quota} calls to Crisp are used: what was missed is looked for every half "
        "hour, and questions are not looked up. Messages go on; midnight UTC ends it."
    ),
    "crisp_calls_used": (
        "All of today's {quota} calls to Crisp are used: Crisp may refuse messages until midnight "
        "UTC, and what it refuses waits. A plugin's limit can be raised by Crisp."
    ),
    "crisp_website": (
        "Crisp does not know the website of CRISP_WEBSITE_ID: nothing goes to customers. Put the "
        "website's id from Crisp's workspace settings there; what waits is then sent."
    ),
    "database_full": (
        "There is no room for the database {path}: nothing new is taken in, and Slack and Crisp "
        "are not told that it was. Make room on its disk; what was missed is then read."
    ),
    "database_read_only": (
        "The database {path} cannot be written: nothing new is taken in, and Slack and Crisp are "
        "not told that it was. Make the file, its folder and its disk writable; what was missed "
        "is then read."
    ),
    "database_locked": (
        "Another process keeps the database {path} locked: nothing new is taken in. End what works "
        "on that file; what was missed is then read."
    ),
    "database_failing": (
        "The disk does not take what is written to the database {path}: nothing new is taken in. "
        "Look at the disk and the system's log, and run doctor; what was missed is then read."
    ),
}
"""What is wrong, and what to do, by its code."""

NOTHING_TAKEN_IN: Final = (
    "⚠️ The bridge cannot store anything at the moment: what is written here goes nowhere yet, and "
    "what customers write does not come here. Nothing is lost: all of it is passed on as soon as "
    "that is mended. Whoever runs the bridge finds the reason in its log."
)
TAKEN_IN_AGAIN: Final = "The bridge stores messages again: what was written meanwhile is passed on."

TROUBLES_OVER: Final = {
    "channel_without_bot": "The bot is in {channel} again: what waited is being delivered.",
    "channel_archived": "{channel} is in use again: what waited is being delivered.",
    "channel_unknown": "{channel} is there again: what waited is being delivered.",
    "slack_token": "Slack takes the bot's token again: what waited is being delivered.",
    "slack_app_token": "Slack takes the app's token again: what was missed is being read.",
    "slack_scope": "The Slack app has the scope {scope} again.",
    "crisp_token": "Crisp takes the token again: what waited is being sent.",
    "crisp_socket": "Crisp's socket lets the bridge in again.",
    "crisp_unsubscribed": "The Crisp plugin is installed again: what waited is being sent.",
    "membrane": "Membrane lets calls through to Crisp again: what waited is being sent.",
    "crisp_slack_plugin": "Crisp's own Slack plugin has written nothing for a day.",
    "crisp_plan": "Crisp's plan includes it again.",
    "crisp_full": "Crisp takes messages again: what waited is being sent.",
    "crisp_limited": "Crisp takes calls again: what waited is being sent.",
    "crisp_operator": "Everybody whom [agents] names is an operator in Crisp again.",
    "crisp_calls_low": "A new day of calls to Crisp has begun.",
    "crisp_calls_nearly": "A new day of calls to Crisp has begun.",
    "crisp_calls_used": "A new day of calls to Crisp has begun: what waited is being sent.",
    "crisp_website": "Crisp knows the website again: what waited is being sent.",
    "database_full": "There is room for the database again: what was missed is being read.",
    "database_read_only": "The database can be written again: what was missed is being read.",
    "database_locked": "The database is free again: what was missed is being read.",
    "database_failing": "The database is being written again: what was missed is being read.",
}
"""What is said when it is mended, by the same code."""
