-- What is wrong and must be mended by a person, for as long as it lasts.
CREATE TABLE troubles (
    code  TEXT    NOT NULL,
    about TEXT    NOT NULL,             -- a channel, a scope, ...; empty where there is only one
    words TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(words)),
    since INTEGER NOT NULL,
    told  INTEGER,                      -- when it was told to people; NULL: it was not
    PRIMARY KEY (code, about)
) STRICT, WITHOUT ROWID;
