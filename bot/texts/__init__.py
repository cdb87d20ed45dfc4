"""Every text that the bridge itself writes, for people in Slack and for Crisp, in one place.

Responsible for wording alone: constants, and templates for ``str.format`` with named fields. It
must not hold anything else: no formatting, no choice. Logs, and what an operator reads on the
terminal, are no part of it.
"""

from __future__ import annotations

from bot.texts.answers import *  # noqa: F403 - the catalogue is one, in parts
from bot.texts.cards import *  # noqa: F403 - the catalogue is one, in parts
from bot.texts.forms import *  # noqa: F403 - the catalogue is one, in parts
from bot.texts.guarding import *  # noqa: F403 - the catalogue is one, in parts
from bot.texts.help import *  # noqa: F403 - the catalogue is one, in parts
from bot.texts.home import *  # noqa: F403 - the catalogue is one, in parts
from bot.texts.notices import *  # noqa: F403 - the catalogue is one, in parts
from bot.texts.people import *  # noqa: F403 - the catalogue is one, in parts
from bot.texts.privacy import *  # noqa: F403 - the catalogue is one, in parts
from bot.texts.troubles import *  # noqa: F403 - the catalogue is one, in parts
