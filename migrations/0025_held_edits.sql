-- Edits of what the customer has that look internal: carried once their writer has said so.
CREATE TABLE held_edits (
    message INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    content TEXT    NOT NULL,
    files   TEXT    NOT NULL,
    held_at INTEGER NOT NULL
) STRICT;
