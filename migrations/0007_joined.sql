-- Rows that go out in one post. The others name the first: its turn, its doubt and its end are theirs.
-- They are in nobody's way: a lane's head never has a leader.
ALTER TABLE outbox ADD COLUMN leader INTEGER REFERENCES outbox (id) ON DELETE SET NULL;
CREATE INDEX outbox_leader ON outbox (leader) WHERE leader IS NOT NULL;

-- A row that was refused together with others goes out by itself from then on.
ALTER TABLE outbox ADD COLUMN alone INTEGER NOT NULL DEFAULT 0 CHECK (alone IN (0, 1));
