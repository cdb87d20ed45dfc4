-- Conversations that were erased: what was written in them until then does not come back.
CREATE TABLE erased (
    session_id TEXT    PRIMARY KEY,
    at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX erased_at ON erased (at);

-- What was erased, by the conversations' numbers, and how far its removal from Slack is. It never says
-- whose they were.
CREATE TABLE erasures (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    source   TEXT    NOT NULL,
    numbers  TEXT    NOT NULL CHECK (json_valid(numbers)),
    messages INTEGER NOT NULL,
    removed  INTEGER NOT NULL DEFAULT 0 -- posts in Slack
) STRICT;

-- What people wrote themselves in those threads: a bot cannot delete it.
CREATE TABLE erasure_left (
    channel   TEXT    NOT NULL,
    ts        TEXT    NOT NULL,
    erasure   INTEGER NOT NULL REFERENCES erasures (id) ON DELETE CASCADE,
    permalink TEXT    NOT NULL,
    PRIMARY KEY (channel, ts)
) STRICT, WITHOUT ROWID;
CREATE INDEX erasure_left_of ON erasure_left (erasure);

-- The threads that they had: who writes there is told that it reaches nobody.
CREATE TABLE erased_threads (
    channel   TEXT NOT NULL,
    thread_ts TEXT NOT NULL,
    PRIMARY KEY (channel, thread_ts)
) STRICT, WITHOUT ROWID;

-- Crisp's name for the person, as far as it was told: their profile may be removed there.
ALTER TABLE conversations ADD COLUMN people_id TEXT GENERATED ALWAYS AS
    (json_extract(contact, '$.people_id')) VIRTUAL;
CREATE INDEX conversations_people ON conversations (people_id) WHERE people_id <> '';
