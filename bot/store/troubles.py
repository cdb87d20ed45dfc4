"""What is wrong and must be mended by a person, for as long as it lasts.

Responsible for the SQL of troubles; which there are and what is said of them is not known here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain import Millis
from bot.store.transaction import Transaction
from bot.store.view import View


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong. ``words`` fill in its sentence; times are of our clock."""

    code: str
    about: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    since: Millis = Millis(0)
    told: Millis | None = None

    @property
    def name(self) -> tuple[str, str]:
        """What tells it from others."""
        return self.code, self.about


def troubles(view: View) -> tuple[Trouble, ...]:
    """Return what is wrong, the oldest first."""
    sql = "SELECT code, about, words, since, told FROM troubles ORDER BY since, code, about"
    return tuple(
        Trouble(code, about, json.loads(words), since, told)
        for code, about, words, since, told in view.conn.execute(sql)
    )


def keep(tx: Transaction, trouble: Trouble) -> None:
    """Store a trouble as it is by now."""
    tx.conn.execute(
        "INSERT INTO troubles (code, about, words, since, told) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (code, about) DO UPDATE SET words = excluded.words, told = excluded.told",
        (
            trouble.code, trouble.about, json.dumps(dict(trouble.words)), trouble.since,
            trouble.told,
        ),
    )  # fmt: skip


def forget(tx: Transaction, trouble: Trouble) -> None:
    """Forget a trouble: it is mended."""
    sql = "DELETE FROM troubles WHERE code = ? AND about = ?"
    tx.conn.execute(sql, (trouble.code, trouble.about))
