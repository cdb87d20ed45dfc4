-- The queue as the App Home shows it: whose customer waits longest comes first, then, of those
-- where nobody waits, the latest. Every page is a piece of an index, however long the queue is.
ALTER TABLE conversations ADD COLUMN turn INTEGER GENERATED ALWAYS AS
    (coalesce(waiting_since, 9000000000000000 - updated_at)) VIRTUAL;
CREATE INDEX conversations_queue ON conversations (turn, number, state) WHERE state <> 'resolved';
CREATE INDEX conversations_queue_of ON conversations (assignee, turn, number, state)
    WHERE state <> 'resolved';

-- Who the customers are, newest first, without the rest of what is known of them.
ALTER TABLE conversations ADD COLUMN nickname TEXT GENERATED ALWAYS AS
    (json_extract(contact, '$.nickname')) VIRTUAL;
CREATE INDEX conversations_named ON conversations (number, nickname, email);
