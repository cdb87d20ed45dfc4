-- Why a conversation left a thread, and whether that thread says by now where it goes on.
-- lost: its root was deleted. rebuilt: a person wanted a new one. returned: the customer came back.

ALTER TABLE former_threads ADD COLUMN why TEXT NOT NULL DEFAULT 'lost'
    CHECK (why IN ('lost', 'rebuilt', 'returned'));
ALTER TABLE former_threads ADD COLUMN pointed INTEGER NOT NULL DEFAULT 0 CHECK (pointed IN (0, 1));
