-- The queue without what was deleted in Crisp, and with what is put off behind all else, the next to
-- come back first. It is on no list but its own and that of all.
DROP INDEX conversations_queue;
DROP INDEX conversations_queue_of;
ALTER TABLE conversations DROP COLUMN turn;
ALTER TABLE conversations ADD COLUMN turn INTEGER GENERATED ALWAYS AS (
    coalesce(9100000000000000 + snoozed_until, waiting_since, 9000000000000000 - updated_at)
) VIRTUAL;
CREATE INDEX conversations_queue ON conversations (turn, number, state, gone)
    WHERE state <> 'resolved' AND gone = 0;
CREATE INDEX conversations_queue_of ON conversations
    (assignee, turn, number, state, gone, snoozed_until)
    WHERE state <> 'resolved' AND gone = 0 AND snoozed_until IS NULL;
CREATE INDEX conversations_queue_snoozed ON conversations
    (turn, number, state, gone, snoozed_until)
    WHERE state <> 'resolved' AND gone = 0 AND snoozed_until IS NOT NULL;
