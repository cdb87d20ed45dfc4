"""The database: all SQL, the one writer, group commit and migrations."""
