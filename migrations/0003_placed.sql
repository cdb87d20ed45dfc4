-- Why a part's post does not stand where its message belongs, which its label says: it was tried
-- again after it was given up, or an edit has made its message longer.
ALTER TABLE parts ADD COLUMN placed TEXT NOT NULL DEFAULT '' CHECK (placed IN ('', 'late', 'edit'));
