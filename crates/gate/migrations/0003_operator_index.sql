-- What operators vouch for, by the address of their index: the newest index that was seen. An older one, or
-- another one of the same number, is refused. `held` is 0 where its records are not here, as after an import;
-- `tried` is when the operator was last asked, with success or without.
CREATE TABLE operator_index (
    operator      TEXT   NOT NULL PRIMARY KEY,
    number        BIGINT NOT NULL,
    digest        TEXT   NOT NULL,
    signed        BIGINT NOT NULL,
    asked         BIGINT NOT NULL,
    held          BIGINT NOT NULL,
    tried         BIGINT NOT NULL
);

-- The digest of what it says of an author, so that only what changed is written.
CREATE TABLE vouched_author (
    operator TEXT NOT NULL,
    author   TEXT NOT NULL,
    digest   TEXT NOT NULL,
    PRIMARY KEY (operator, author)
);

-- The records in it: their exact text, and the bundle of each.
CREATE TABLE vouched_record (
    operator TEXT   NOT NULL,
    author   TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    record   TEXT   NOT NULL,
    bundle   TEXT   NOT NULL,
    PRIMARY KEY (operator, author, version)
);

-- The overrides in it, and when each was first seen here: they count only some time after that.
CREATE TABLE vouched_override (
    operator  TEXT   NOT NULL,
    author    TEXT   NOT NULL,
    record    TEXT   NOT NULL,
    version   BIGINT NOT NULL,
    effective BIGINT NOT NULL,
    noted     BIGINT NOT NULL,
    PRIMARY KEY (operator, author, record)
);
