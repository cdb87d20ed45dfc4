-- What admins chose in Slack, by name, as JSON.
CREATE TABLE settings (
    name   TEXT    PRIMARY KEY,
    value  TEXT    NOT NULL,
    set_by TEXT    NOT NULL,
    set_at INTEGER NOT NULL
) STRICT;
