-- The authors who may provide a package, by first sight: who held it when a release was first admitted through it.
-- `holders` are PAUSE ids with a blank between two. `signed` is the first admitted release of a holder with a valid
-- signature, or empty. One row for each package, so that of two processes at once one is first.
CREATE TABLE package_owner (
    package      TEXT   NOT NULL PRIMARY KEY,
    holders      TEXT   NOT NULL,
    author       TEXT   NOT NULL,
    distribution TEXT   NOT NULL,
    path         TEXT   NOT NULL,
    signed       TEXT   NOT NULL,
    seen         BIGINT NOT NULL
);
CREATE INDEX package_owner_by_author ON package_owner (author);
CREATE INDEX package_owner_by_distribution ON package_owner (distribution);

-- The newest admitted release of an author's distribution to which a package index led.
CREATE TABLE newest_release (
    author       TEXT   NOT NULL,
    distribution TEXT   NOT NULL,
    path         TEXT   NOT NULL,
    seen         BIGINT NOT NULL,
    PRIMARY KEY (author, distribution)
);
