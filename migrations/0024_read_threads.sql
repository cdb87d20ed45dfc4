-- Which threads a catch-up that is not finished has read, as a list showed them then: it goes on
-- with the others after a kill. They go when it is finished.
CREATE TABLE read_threads (
    channel   TEXT NOT NULL,
    thread_ts TEXT NOT NULL,
    latest    TEXT NOT NULL,            -- the latest reply's ts; empty for what no list showed
    replies   TEXT NOT NULL,
    PRIMARY KEY (channel, thread_ts)
) STRICT, WITHOUT ROWID;
