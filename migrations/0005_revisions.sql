-- Our clock's time as of which a message's content is known; 0: it is as it was first written.
ALTER TABLE messages ADD COLUMN heard_at INTEGER NOT NULL DEFAULT 0;
-- What tells the version of a Slack message that was last decided on from any other.
ALTER TABLE messages ADD COLUMN digest TEXT;

-- What Crisp shows in place of a reply's part since somebody changed it there; '' if they removed it.
ALTER TABLE parts ADD COLUMN overwritten TEXT;

-- Revisions that came before their message. Without content: a removal. Of several nobody knows the
-- order.
CREATE TABLE early_revisions (
    session_id  TEXT    NOT NULL,
    fingerprint INTEGER NOT NULL,
    content     TEXT,
    heard_at    INTEGER NOT NULL,
    several     INTEGER NOT NULL DEFAULT 0 CHECK (several IN (0, 1)),
    PRIMARY KEY (session_id, fingerprint)
) STRICT, WITHOUT ROWID;
CREATE INDEX early_revisions_heard ON early_revisions (heard_at);
