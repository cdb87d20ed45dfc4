"""Texts about what is wrong and must be mended by a person: what, what to do, that it is over."""

from __future__ import annotations

from typing import Final

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
    "crisp_website": (
        "Crisp does not know the website of CRISP_WEBSITE_ID: nothing goes to customers. Put the "
        "website's id from Crisp's workspace settings there; what waits is then sent."
    ),
}
"""What is wrong, and what to do, by its code."""

TROUBLES_OVER: Final = {
    "channel_without_bot": "The bot is in {channel} again: what waited is being delivered.",
    "channel_archived": "{channel} is in use again: what waited is being delivered.",
    "channel_unknown": "{channel} is there again: what waited is being delivered.",
    "slack_token": "Slack takes the bot's token again: what waited is being delivered.",
    "slack_app_token": "Slack takes the app's token again: what was missed is being read.",
    "slack_scope": "The Slack app has the scope {scope} again.",
    "crisp_token": "Crisp takes the token again: what waited is being sent.",
    "crisp_website": "Crisp knows the website again: what waited is being sent.",
}
"""What is said when it is mended, by the same code."""
