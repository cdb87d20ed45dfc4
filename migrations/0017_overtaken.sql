-- Who made a conversation's state or assignee what it is, and when: what somebody else changed a
-- moment ago is shown to who orders something else, not overwritten. Where it was changed in Crisp,
-- nobody says by whom: "made" and "slack_user" are empty.
ALTER TABLE standing ADD COLUMN slack_user TEXT NOT NULL DEFAULT '';
ALTER TABLE standing ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE standing ADD COLUMN at INTEGER NOT NULL DEFAULT 0; -- our clock
