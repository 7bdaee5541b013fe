-- The packages that led to each release, by the package indexes of a CPAN that clients got. `entries` has a line for
-- each release: its path below `authors/id/`, and its packages, each after the day on which it last led there.
CREATE TABLE served_packages (
    cpan    TEXT   NOT NULL,
    bucket  BIGINT NOT NULL,
    entries TEXT   NOT NULL,
    PRIMARY KEY (cpan, bucket)
);
