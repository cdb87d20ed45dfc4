"""Texts about what is hidden, and about what was erased."""

from __future__ import annotations

from typing import Final

HIDDEN: Final = {
    "card": "[card number hidden · see Crisp]",
    "iban": "[IBAN hidden · see Crisp]",
    "private_key": "[private key hidden · see Crisp]",
    "token": "[token hidden · see Crisp]",
    "password": "[password hidden · see Crisp]",
}
"""What stands where something was, by its kind. It must be in brackets: then it is told from what
it stands for."""
HIDDEN_HERE: Final = "[hidden]"
"""What stands where something is hidden from a channel that was not when it was stored."""

KEPT_FOR_DAYS: Final = "{days} days"
KEPT_FOR_EVER: Final = "for ever"
TEXT_NOT_KEPT: Final = "(This text is old, and not to be had from Crisp any more.)"
ERASED_THREAD: Final = "this conversation was erased"
ERASED_UNSENT: Final = "its conversation was erased before."
