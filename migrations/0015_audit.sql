-- Who did what, from Slack: one row for each thing that a person did, or was refused. It never holds
-- what anybody wrote.
CREATE TABLE audit (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    user       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    verb       TEXT    NOT NULL,
    detail     TEXT    NOT NULL DEFAULT '',
    session_id TEXT,                    -- stays when the conversation is erased
    channel    TEXT,
    ts         TEXT,
    permalink  TEXT    NOT NULL DEFAULT '',
    outcome    TEXT    NOT NULL CHECK
        (outcome IN ('asked', 'done', 'refused', 'failed', 'uncertain', 'withdrawn'))
) STRICT;
CREATE INDEX audit_at ON audit (at);

-- The outbox rows that carry it out. A key may be used again, by a later wish for the same thing.
CREATE TABLE audit_keys (
    key     TEXT    NOT NULL,
    audit   INTEGER NOT NULL REFERENCES audit (id) ON DELETE CASCADE,
    outcome TEXT    NOT NULL DEFAULT 'asked' CHECK
        (outcome IN ('asked', 'done', 'failed', 'uncertain', 'withdrawn')),
    PRIMARY KEY (key, audit)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_keys_of ON audit_keys (audit);
