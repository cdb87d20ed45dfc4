-- A row's number names one row for ever. What is in flight is ended by its number: if an echo had
-- ended it before, and a later row had been given the same number, the later one would be lost.
CREATE TABLE outbox_numbered (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
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
    leader        INTEGER REFERENCES outbox_numbered (id) ON DELETE SET NULL,
    alone         INTEGER NOT NULL DEFAULT 0 CHECK (alone IN (0, 1)),
    CHECK (state = 'pending' OR error IS NOT NULL)
) STRICT;
INSERT INTO outbox_numbered SELECT
    id, destination, lane, order_key, part, priority, kind, key, conversation, part_id, payload,
    state, attempts, looks, must_look, attempt_ended, not_before, accepted_at, born_at, insisted,
    told, folded, error, leader, alone
FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_numbered RENAME TO outbox;
CREATE INDEX outbox_lane ON outbox (lane, order_key, id) WHERE state = 'pending';
CREATE UNIQUE INDEX outbox_one_card ON outbox (lane) WHERE kind = 'card' AND state = 'pending';
CREATE INDEX outbox_untold ON outbox (accepted_at)
    WHERE kind = 'send' AND state = 'pending' AND told = 0;
CREATE INDEX outbox_untold_files ON outbox (accepted_at)
    WHERE kind = 'sendfile' AND state = 'pending' AND told = 0;
CREATE INDEX outbox_given_up ON outbox (id) WHERE state <> 'pending';
CREATE INDEX outbox_conversation ON outbox (conversation);
CREATE INDEX outbox_part ON outbox (part_id);
CREATE INDEX outbox_leader ON outbox (leader) WHERE leader IS NOT NULL;
