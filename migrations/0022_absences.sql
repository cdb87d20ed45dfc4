-- When a platform was not heard, and which message was the last that was stored before: what is
-- caught up after that is told to the channel once, and the rows go.
CREATE TABLE absences (
    source       TEXT    NOT NULL CHECK (source IN ('slack', 'crisp')),
    since        INTEGER NOT NULL,
    back         INTEGER,             -- NULL: it is not heard yet
    last_message INTEGER NOT NULL,
    PRIMARY KEY (source, since)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX absences_open ON absences (source) WHERE back IS NULL;
