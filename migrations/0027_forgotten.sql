-- Whether a message's text was deleted because of its age: what it was is asked of Crisp where it is
-- needed once more.
ALTER TABLE messages ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0 CHECK (forgotten IN (0, 1));
CREATE INDEX messages_kept ON messages (occurred_at) WHERE forgotten = 0;
