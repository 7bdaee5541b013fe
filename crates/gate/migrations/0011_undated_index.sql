-- An index without a date was stored as one of 1970. It has no date now; `seen` is when it was first seen.
CREATE TABLE index_dated (
    cpan  TEXT   NOT NULL PRIMARY KEY,
    dated BIGINT,
    seen  BIGINT NOT NULL
);
INSERT INTO index_dated (cpan, dated, seen) SELECT cpan, NULLIF(dated, 0), seen FROM index_seen;
DROP TABLE index_seen;
ALTER TABLE index_dated RENAME TO index_seen;
