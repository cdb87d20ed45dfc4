-- Slack's time of the edit of a reply that was decided on last: an older one that comes late is none.
ALTER TABLE messages ADD COLUMN revised_at INTEGER NOT NULL DEFAULT 0;
