-- What each person in Slack has chosen for themselves. An empty name: the one of their profile.
CREATE TABLE preferences (
    user_id      TEXT    PRIMARY KEY,
    shown_as     TEXT    NOT NULL DEFAULT '' CHECK (length(shown_as) <= 60),
    hold_seconds INTEGER NOT NULL DEFAULT 0 CHECK (hold_seconds BETWEEN 0 AND 60)
) STRICT, WITHOUT ROWID;
