-- What was hidden in a message before it was stored, by kind with a comma between them: what Crisp has
-- of it is compared with what is stored after the same was hidden in it.
ALTER TABLE messages ADD COLUMN hides TEXT NOT NULL DEFAULT '';
