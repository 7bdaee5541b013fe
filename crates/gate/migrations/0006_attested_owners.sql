-- The authors of packages by an operator's index: all packages of which the SHA-256 of the name begins with the same
-- bits, one line each. A changed package costs one row, and all of them are read in a moment.
CREATE TABLE attested_owners (
    operator TEXT   NOT NULL,
    bucket   BIGINT NOT NULL,
    packages TEXT   NOT NULL,
    PRIMARY KEY (operator, bucket)
);

-- The last change of the authors of a package between two imported indexes.
CREATE TABLE attested_owner_change (
    operator      TEXT   NOT NULL,
    package       TEXT   NOT NULL,
    owners_before TEXT   NOT NULL,
    owners_after  TEXT   NOT NULL,
    noted         BIGINT NOT NULL,
    PRIMARY KEY (operator, package)
);
