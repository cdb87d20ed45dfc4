-- Whole numbers that only grow: the last fingerprint handed out, the run counter.
CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How far each side is known to be read, in the platform's own milliseconds.
CREATE TABLE watermarks (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Everything that came in and was acted on. UNIQUE by the identity of the fact: whatever arrives a
-- second time, whichever way, is the same fact. The payload stays only while it is still needed.
CREATE TABLE inbox (
    id          INTEGER PRIMARY KEY,
    source      TEXT    NOT NULL CHECK (source IN ('slack', 'crisp')),
    kind        TEXT    NOT NULL,
    fact        TEXT,
    occurred_at INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    swept       INTEGER NOT NULL CHECK (swept IN (0, 1)),
    state       TEXT    NOT NULL CHECK (state IN ('done', 'waiting', 'parked', 'failed')),
    parked_on   TEXT,
    payload     TEXT,
    error       TEXT,
    CHECK ((state = 'parked') = (parked_on IS NOT NULL)),
    CHECK ((state = 'failed') = (error IS NOT NULL)),
    CHECK (state = 'done' OR payload IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX inbox_fact ON inbox (source, fact) WHERE fact IS NOT NULL;
CREATE INDEX inbox_parked ON inbox (parked_on, occurred_at) WHERE state = 'parked';
CREATE INDEX inbox_failed ON inbox (id) WHERE state = 'failed';
CREATE INDEX inbox_done ON inbox (accepted_at) WHERE state = 'done';

CREATE TABLE conversations (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id    TEXT    NOT NULL UNIQUE,
    state         TEXT    NOT NULL DEFAULT 'pending'
                          CHECK (state IN ('pending', 'unresolved', 'resolved')),
    channel       TEXT,
    thread_ts     TEXT,
    assignee      TEXT,
    inbox_id      TEXT,
    email         TEXT    NOT NULL DEFAULT '' COLLATE NOCASE,
    contact       TEXT    NOT NULL DEFAULT '{}',
    known         INTEGER NOT NULL DEFAULT 0 CHECK (known IN (0, 1)),
    waiting_since INTEGER,
    updated_at    INTEGER NOT NULL DEFAULT 0,
    changed_at    INTEGER NOT NULL DEFAULT 0, -- our clock: the last news of state or assignee
    state_at      INTEGER NOT NULL DEFAULT 0, -- Crisp's clock, where an event bears a time
    assigned_at   INTEGER NOT NULL DEFAULT 0,
    active_at     INTEGER NOT NULL DEFAULT 0,
    version       INTEGER NOT NULL DEFAULT 0,
    CHECK (thread_ts IS NULL OR channel IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX conversations_thread ON conversations (channel, thread_ts)
    WHERE thread_ts IS NOT NULL;
CREATE INDEX conversations_email ON conversations (email, number) WHERE email <> '';
CREATE INDEX conversations_active ON conversations (active_at);

-- Threads that are no conversation's own any more, since their root was deleted or a second one was
-- found: what is written there still belongs to it. Without a conversation: not ours, do not ask.
CREATE TABLE former_threads (
    id           INTEGER PRIMARY KEY,
    channel      TEXT NOT NULL,
    thread_ts    TEXT NOT NULL,
    conversation INTEGER REFERENCES conversations (number) ON DELETE CASCADE,
    UNIQUE (channel, thread_ts)
) STRICT;
CREATE INDEX former_threads_conversation ON former_threads (conversation);

-- One row a message, by its identity on the side where it was written.
CREATE TABLE messages (
    id           INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversations (number) ON DELETE CASCADE,
    author       TEXT    NOT NULL CHECK (author IN ('visitor', 'operator', 'agent', 'bot')),
    kind         TEXT    NOT NULL,
    fingerprint  INTEGER,
    channel      TEXT,
    ts           TEXT,
    slack_user   TEXT,
    speaker      TEXT    NOT NULL DEFAULT '',
    state        TEXT    NOT NULL DEFAULT 'relayed' CHECK (state IN ('relayed', 'held', 'kept')),
    content      TEXT    NOT NULL,
    occurred_at  INTEGER NOT NULL,
    CHECK ((fingerprint IS NULL) <> (ts IS NULL)),
    CHECK ((channel IS NULL) = (ts IS NULL))
) STRICT;
CREATE UNIQUE INDEX messages_fingerprint ON messages (conversation, fingerprint)
    WHERE fingerprint IS NOT NULL;
CREATE UNIQUE INDEX messages_ts ON messages (channel, ts) WHERE ts IS NOT NULL;

-- What a message became on the other side: one or more posts or sends, each with an id of its own.
CREATE TABLE parts (
    id          INTEGER PRIMARY KEY,
    message     INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    part        INTEGER NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed', 'uncertain', 'dropped')),
    fingerprint INTEGER UNIQUE,
    channel     TEXT,
    ts          TEXT,
    UNIQUE (message, part),
    UNIQUE (channel, ts)
) STRICT;

-- What is still to be done on a platform, or was given up and waits for a person. Done rows go.
CREATE TABLE outbox (
    id            INTEGER PRIMARY KEY,
    destination   TEXT    NOT NULL CHECK (destination IN ('slack', 'crisp')),
    lane          TEXT    NOT NULL,
    order_key     INTEGER NOT NULL,
    part          INTEGER NOT NULL DEFAULT 0,
    priority      INTEGER NOT NULL,
    kind          TEXT    NOT NULL,
    key           TEXT    NOT NULL UNIQUE,
    conversation  INTEGER REFERENCES conversations (number) ON DELETE CASCADE,
    part_id       INTEGER REFERENCES parts (id) ON DELETE CASCADE,
    payload       TEXT    NOT NULL,
    state         TEXT    NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'dead', 'uncertain')),
    attempts      INTEGER NOT NULL DEFAULT 0,
    looks         INTEGER NOT NULL DEFAULT 0,
    must_look     INTEGER NOT NULL DEFAULT 0 CHECK (must_look IN (0, 1)),
    attempt_ended INTEGER,
    not_before    INTEGER NOT NULL DEFAULT 0,
    accepted_at   INTEGER NOT NULL,
    born_at       INTEGER NOT NULL DEFAULT 0, -- never changes, whatever is tried again
    insisted      INTEGER NOT NULL DEFAULT 0 CHECK (insisted IN (0, 1)),
    told          INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1)),
    folded        INTEGER NOT NULL DEFAULT 0 CHECK (folded IN (0, 1)), -- an edit went into payload
    error         TEXT,
    CHECK (state = 'pending' OR error IS NOT NULL)
) STRICT;
CREATE INDEX outbox_lane ON outbox (lane, order_key, id) WHERE state = 'pending';
CREATE UNIQUE INDEX outbox_one_card ON outbox (lane) WHERE kind = 'card' AND state = 'pending';
CREATE INDEX outbox_untold ON outbox (accepted_at)
    WHERE kind = 'send' AND state = 'pending' AND told = 0;
CREATE INDEX outbox_given_up ON outbox (id) WHERE state <> 'pending';
CREATE INDEX outbox_conversation ON outbox (conversation);
CREATE INDEX outbox_part ON outbox (part_id);

CREATE TABLE slack_users (
    user_id    TEXT PRIMARY KEY,
    profile    TEXT    NOT NULL,
    fetched_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Names of channels and user groups, for mentions.
CREATE TABLE slack_names (
    id         TEXT PRIMARY KEY,
    name       TEXT    NOT NULL,
    fetched_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE operators (
    user_id   TEXT PRIMARY KEY,
    name      TEXT    NOT NULL,
    email     TEXT    NOT NULL,
    avatar    TEXT    NOT NULL,
    available INTEGER NOT NULL CHECK (available IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Calls to Crisp, by UTC day, against the day's quota.
CREATE TABLE crisp_calls (
    day   TEXT PRIMARY KEY,
    calls INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
