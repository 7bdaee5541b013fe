-- Checkpoints of Sigstore's logs, by the id of the log's key: those of verified bundles, and those that a log served.
-- `proven` is 1 if the tree is known to be part of the largest proven one.
CREATE TABLE sigstore_tree (
    log    TEXT   NOT NULL,
    size   BIGINT NOT NULL,
    root   TEXT   NOT NULL,
    url    TEXT   NOT NULL,
    note   TEXT   NOT NULL,
    seen   BIGINT NOT NULL,
    proven BIGINT NOT NULL,
    PRIMARY KEY (log, size, root)
);

-- Two checkpoints that a log of Sigstore signed, of which one does not continue the other.
CREATE TABLE sigstore_fork (
    log   TEXT   NOT NULL PRIMARY KEY,
    url   TEXT   NOT NULL,
    known TEXT   NOT NULL,
    found TEXT   NOT NULL,
    seen  BIGINT NOT NULL
);

-- The state of the search for identities in Sigstore's logs: texts that the monitor alone reads.
CREATE TABLE identity_watch (
    name  TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL
);
