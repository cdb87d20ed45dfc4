"""Every modal with a form, by its callback. A new one is a module here with its ``MODALS``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from handlers.modals import people, settings, verb_form, writing
from handlers.modals.forms import Modal

MODALS: Mapping[str, Modal] = MappingProxyType(
    {**verb_form.MODALS, **writing.MODALS, **settings.MODALS, **people.MODALS}
)
OPENED_BY: Mapping[str, str] = MappingProxyType(
    {shortcut: name for name, modal in MODALS.items() for shortcut in modal.shortcuts}
)
"""Which modal each shortcut opens."""
