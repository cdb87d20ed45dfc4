-- Which version of a message is the last, and which one the other side shows.
-- A version counts the edits; a removal is one.

ALTER TABLE messages ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1));

-- The version of its message that a delivered part shows on the other side.
ALTER TABLE parts ADD COLUMN shown INTEGER NOT NULL DEFAULT 0;

-- Several parts can share one post: the first has the post's channel and ts, the others name it.
ALTER TABLE parts ADD COLUMN joined_to INTEGER REFERENCES parts (id) ON DELETE CASCADE;
CREATE INDEX parts_joined_to ON parts (joined_to) WHERE joined_to IS NOT NULL;

-- How far the customer's side is known to have got with a part: delivered to them, read by them.
ALTER TABLE parts ADD COLUMN seen TEXT NOT NULL DEFAULT 'sent'
    CHECK (seen IN ('sent', 'delivered', 'read'));
ALTER TABLE parts ADD COLUMN seen_at INTEGER;
