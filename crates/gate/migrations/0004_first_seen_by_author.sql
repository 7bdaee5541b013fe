-- A distribution's first signer is remembered for one author. The same name in another author's directory is another
-- row, because anybody may upload a file of any name into the own directory.
--
-- The author is the part of the path behind `authors/id/A/AU/`, up to the next slash.
CREATE TABLE first_seen_by_author (
    scope        TEXT   NOT NULL,
    author       TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    subject_kind TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    issuer       TEXT   NOT NULL,
    repository   TEXT   NOT NULL,
    path         TEXT   NOT NULL,
    seen         BIGINT NOT NULL,
    PRIMARY KEY (scope, author, name)
);
INSERT INTO first_seen_by_author (scope, author, name, subject_kind, subject, issuer, repository, path, seen)
SELECT scope,
       substr(path, 17, length(substr(path, 17)) - length(ltrim(substr(path, 17), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-'))),
       name, subject_kind, subject, issuer, repository, path, seen
FROM first_seen;
DROP TABLE first_seen;
ALTER TABLE first_seen_by_author RENAME TO first_seen;
CREATE INDEX first_seen_by_name ON first_seen (scope, name);
