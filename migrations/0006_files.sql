-- The files of a reply, as Slack described them: what is held is sent whole later on.
ALTER TABLE messages ADD COLUMN files TEXT NOT NULL DEFAULT '[]';

-- A part that is a file: Slack's id of the file that it came from, or that it has become.
ALTER TABLE parts ADD COLUMN file TEXT;

CREATE INDEX outbox_untold_files ON outbox (accepted_at)
    WHERE kind = 'sendfile' AND state = 'pending' AND told = 0;
