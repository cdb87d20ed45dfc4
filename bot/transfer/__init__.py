"""Moving the bytes of files from one platform to the other, a piece at a time.

Responsible for fetching from a platform's own hosts alone and for uploading what is fetched while
it comes in. It must not decide what travels, nor keep a whole file in memory.
"""

from __future__ import annotations

from bot.transfer.carrier import Carrier
from bot.transfer.incoming import Incoming

__all__ = ["Carrier", "Incoming"]
