-- The newest checkpoint of each CPAN log, by the log's key: `note` has it with its signatures. `dated` is the latest
-- time at which it is known to have been the newest, `asked` when the log was last read. The `index` columns have the
-- newest leaf of a package index.
CREATE TABLE log_checkpoint (
    log          TEXT   NOT NULL PRIMARY KEY,
    size         BIGINT NOT NULL,
    root         TEXT   NOT NULL,
    note         TEXT   NOT NULL,
    seen         BIGINT NOT NULL,
    dated        BIGINT,
    asked        BIGINT,
    index_leaf   BIGINT,
    index_digest TEXT,
    index_time   BIGINT
);

-- Earlier trees that the newest one was proven to continue.
CREATE TABLE log_tree (
    log  TEXT   NOT NULL,
    size BIGINT NOT NULL,
    root TEXT   NOT NULL,
    PRIMARY KEY (log, size)
);

-- Two checkpoints that a log signed, of which one does not continue the other.
CREATE TABLE log_fork (
    log   TEXT   NOT NULL PRIMARY KEY,
    known TEXT   NOT NULL,
    found TEXT   NOT NULL,
    seen  BIGINT NOT NULL
);
