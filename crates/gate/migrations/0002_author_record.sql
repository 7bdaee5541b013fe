-- The records of an author that count, from version 1 without a gap: their exact text, who signed them, and when.
CREATE TABLE author_record (
    author       TEXT   NOT NULL,
    version      BIGINT NOT NULL,
    digest       TEXT   NOT NULL,
    record       TEXT   NOT NULL,
    subject_kind TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    issuer       TEXT   NOT NULL,
    repository   TEXT   NOT NULL,
    signed       BIGINT NOT NULL,
    seen         BIGINT NOT NULL,
    PRIMARY KEY (author, version)
);
