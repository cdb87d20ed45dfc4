-- What each side is known to have got, and the one reaction that says so.

-- When a part was accepted by the other side, in our milliseconds; unknown for older ones.
ALTER TABLE parts ADD COLUMN delivered_at INTEGER;
CREATE INDEX messages_conversation ON messages (conversation, id);

-- The bot's reactions that may be on a message of somebody's: names with a comma between them.
-- One is wanted at most; more can be there only while one is exchanged for another.
CREATE TABLE marks (
    channel TEXT NOT NULL,
    ts      TEXT NOT NULL,
    names   TEXT NOT NULL CHECK (names <> ''),
    PRIMARY KEY (channel, ts)
) STRICT, WITHOUT ROWID;

INSERT INTO marks (channel, ts, names)
SELECT channel, ts, group_concat(name) FROM (
    SELECT json_extract(payload, '$.channel') AS channel, json_extract(payload, '$.ts') AS ts,
        json_extract(payload, '$.name') AS name
    FROM outbox WHERE kind = 'react'
    UNION
    SELECT json_extract(payload, '$.channel'), json_extract(payload, '$.ts'),
        'hourglass_flowing_sand'
    FROM outbox WHERE kind = 'send' AND told = 1
    UNION
    SELECT m.channel, m.ts, 'warning' FROM messages m JOIN parts p ON p.message = m.id
    WHERE m.ts IS NOT NULL AND p.state IN ('failed', 'uncertain')
    UNION
    SELECT channel, ts, 'raised_hand' FROM messages WHERE ts IS NOT NULL AND state = 'held'
) GROUP BY channel, ts;

-- There was a row for each reaction; now one row holds the one that is wanted, the last.
DELETE FROM outbox WHERE kind = 'react' AND EXISTS (
    SELECT 1 FROM outbox o WHERE o.kind = 'react' AND o.lane = outbox.lane AND o.id <> outbox.id
    AND (json_extract(o.payload, '$.present'), o.id)
        > (json_extract(outbox.payload, '$.present'), outbox.id)
);
UPDATE outbox SET
    key = 'react:' || json_extract(payload, '$.channel') || ':' || json_extract(payload, '$.ts'),
    payload = CASE WHEN json_extract(payload, '$.present') THEN payload
        ELSE json_set(payload, '$.name', '') END
WHERE kind = 'react';
UPDATE outbox SET payload = json_remove(payload, '$.present') WHERE kind = 'react';
