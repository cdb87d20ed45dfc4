-- Whether somebody wants a direct message when a customer writes in what is assigned to them.
ALTER TABLE preferences ADD COLUMN notify INTEGER NOT NULL DEFAULT 0 CHECK (notify IN (0, 1));
