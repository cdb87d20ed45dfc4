-- Who is in the user groups that [access] in bridge.toml names, as Slack told last.
CREATE TABLE slack_groups (
    id       TEXT    PRIMARY KEY,
    heard_at INTEGER NOT NULL -- as of when, by Slack's clock
) STRICT, WITHOUT ROWID;
CREATE TABLE group_members (
    user_id  TEXT NOT NULL,
    group_id TEXT NOT NULL REFERENCES slack_groups (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, group_id)
) STRICT, WITHOUT ROWID;

-- Profiles did not say who is an admin: each is read again by the next sweeps.
UPDATE slack_users SET fetched_at = 0;
