-- What people's reactions have ordered: of each the last that was heard, by Slack's microseconds.
-- Slack's events come in no fixed order: an older one that comes late is none.
CREATE TABLE reacted (
    channel      TEXT    NOT NULL,
    ts           TEXT    NOT NULL,
    slack_user   TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    conversation INTEGER NOT NULL REFERENCES conversations (number) ON DELETE CASCADE,
    at           INTEGER NOT NULL,
    verb         TEXT    NOT NULL, -- what it ordered; empty once it was taken away
    made         TEXT    NOT NULL, -- the key of the order's row; empty if nothing came of it
    PRIMARY KEY (channel, ts, slack_user, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX reacted_conversation ON reacted (conversation);

-- Which order made what stands in a conversation; no row: somebody in Crisp, or nobody knows.
CREATE TABLE standing (
    conversation INTEGER NOT NULL REFERENCES conversations (number) ON DELETE CASCADE,
    what         TEXT    NOT NULL CHECK (what IN ('state', 'assignee')),
    made         TEXT    NOT NULL,
    PRIMARY KEY (conversation, what)
) STRICT, WITHOUT ROWID;
