"""Who is in the user groups that decide who may do what.

Responsible for the SQL of memberships. News that is older than what is stored changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection

from bot.domain import SlackUserId
from bot.relay.decisions import Members
from bot.store.transaction import Transaction
from bot.store.view import View


def keep(tx: Transaction, news: Members) -> bool:
    """Store who is in a group, or has come and gone; False if something later is known."""
    stored = tx.conn.execute(
        "INSERT INTO slack_groups (id, heard_at) VALUES (?, ?) ON CONFLICT (id)"
        " DO UPDATE SET heard_at = excluded.heard_at WHERE heard_at <= excluded.heard_at",
        (news.group, news.at),
    )
    if stored.rowcount == 0:
        return False
    if news.everybody is not None:
        tx.conn.execute("DELETE FROM group_members WHERE group_id = ?", (news.group,))
    come = news.added if news.everybody is None else news.everybody
    tx.conn.executemany(
        "INSERT INTO group_members (user_id, group_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(user_id, news.group) for user_id in sorted(come)],
    )
    tx.conn.executemany(
        "DELETE FROM group_members WHERE user_id = ? AND group_id = ?",
        [(user_id, news.group) for user_id in sorted(news.removed)],
    )
    return True


def admins(view: View, named: Collection[str], *, limit: int) -> tuple[SlackUserId, ...]:
    """Return who is named as an admin, by person or group; of nobody named, whom Slack calls so.

    Of the latter those are found whose profile is known here.
    """
    if named:
        rows = view.conn.execute(
            "SELECT user_id, group_id FROM group_members ORDER BY user_id"
        ).fetchall()
        people = {row[0] for row in rows if row[1] in named}
        found = sorted(people | {one for one in named if not one.startswith("S")})
    else:
        sql = "SELECT user_id FROM slack_users WHERE json_extract(profile, '$.admin') = 1"
        found = sorted(row[0] for row in view.conn.execute(sql))
    return tuple(SlackUserId(one) for one in found[:limit])


def members(view: View, *, limit: int) -> tuple[SlackUserId, ...]:
    """Return full members of the workspace whose profiles are known, the latest read first."""
    strangers = " OR ".join(
        f"json_extract(profile, '$.{one}') = 1" for one in ("bot", "guest", "stranger", "deleted")
    )
    sql = f"SELECT user_id FROM slack_users WHERE NOT coalesce({strangers}, 0)"  # noqa: S608 - our own words
    rows = view.conn.execute(f"{sql} ORDER BY fetched_at DESC, user_id LIMIT ?", (limit,))
    return tuple(SlackUserId(row[0]) for row in rows)
