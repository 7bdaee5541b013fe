-- What the gate remembers. The same on SQLite and PostgreSQL: texts, and times as seconds since 1970 in UTC.

-- The identity that signed the first release of an author, or of a distribution, that was allowed.
CREATE TABLE first_seen (
    scope        TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    subject_kind TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    issuer       TEXT   NOT NULL,
    repository   TEXT   NOT NULL,
    path         TEXT   NOT NULL,
    seen         BIGINT NOT NULL,
    PRIMARY KEY (scope, name)
);

-- Releases that were allowed with a valid signature.
CREATE TABLE signed_before (
    path         TEXT   NOT NULL,
    digest       TEXT   NOT NULL,
    author       TEXT   NOT NULL,
    distribution TEXT   NOT NULL,
    subject_kind TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    issuer       TEXT   NOT NULL,
    repository   TEXT   NOT NULL,
    signed       BIGINT NOT NULL,
    seen         BIGINT NOT NULL,
    PRIMARY KEY (path, digest)
);
CREATE INDEX signed_before_by_author ON signed_before (author);
CREATE INDEX signed_before_by_distribution ON signed_before (distribution);

-- The newest date of an index of each CPAN; an older one is a step back.
CREATE TABLE index_seen (
    cpan  TEXT   NOT NULL PRIMARY KEY,
    dated BIGINT NOT NULL,
    seen  BIGINT NOT NULL
);
