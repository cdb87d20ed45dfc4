"""The doctor: is everything there that the bridge needs, and what is to be done where it is not.

Responsible for asking both platforms and the database, one check after the other, and for one
sentence each. It changes nothing, and tells no secrets, e-mail addresses or message text.
"""

from bot.doctor.check import Check, Status
from bot.doctor.database import examine_database
from bot.doctor.platforms import examine_platforms
from bot.doctor.saved_replies import examine_saved_replies
from bot.doctor.slack import SCOPES

__all__ = [
    "SCOPES",
    "Check",
    "Status",
    "examine_database",
    "examine_platforms",
    "examine_saved_replies",
]
