"""What once broke a promise, shortened by the campaign to the steps that it takes.

A campaign that fails prints such a list: paste it here under a name that says what broke.
"""

from __future__ import annotations

from tests.campaign.steps import Step

SCRIPTS: dict[str, list[Step]] = {
    # Both edits arrived before what they edit, and waited for a profile under one key, which asked
    # for one of them alone.
    "two edits that wait for their writers": [
        ("kill_at", 4, "before"),
        ("customer", 0),
        ("wait", 10.0),
        ("reply", 2, "ben", False),
        ("start",),
        ("kill_at", 3, "before"),
        ("wait", 10.0),
        ("reply", 0, "ana", True),
        ("edit", 1),
        ("operator", 1, False),
        ("reply", 2, "ben", False),
        ("edit", 3),
    ],
    # The root was looked for from half an hour later on than it had been posted at.
    "a root that was posted while our clock was ahead": [
        ("chance", 2095),
        ("jump", 1800.0),
        ("customer", 0),
        ("operator", 0, True),
        ("reply", 0, "ben", False),
        ("disk", "full"),
        ("fault", "crisp", 8, 1),
        ("disk", "well"),
        ("aside", 2, "ana"),
        ("kill_at", 2, "after"),
        ("reply", 2, "ana", False),
        ("reply", 0, "ana", True),
        ("edit", 3),
        ("jump", -1800.0),
    ],
    # Slack's sockets were taken for lost by the clock that was ahead, and never for found again.
    "sockets by a clock that goes ahead and back": [
        ("events", "slack", "duplicate", 2),
        ("edit", 1),
        ("edit", 0),
        ("events", "crisp", "reorder", 1),
        ("jump", -90.0),
        ("edit", 1),
        ("events", "slack", "duplicate", 2),
        ("edit", 4),
        ("jump", 1800.0),
        ("events", "crisp", "duplicate", 2),
        ("edit", 0),
        ("events", "slack", "reorder", 2),
        ("jump", -90.0),
        ("events", "slack", "drop", 2),
        ("edit", 4),
        ("jump", -1800.0),
        ("jump", -1800.0),
    ],
}
