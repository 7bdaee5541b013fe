-- Archives without a bundle that were young when they were first seen, so that no mirror can keep them young.
CREATE TABLE awaited_bundle (
    path   TEXT   NOT NULL PRIMARY KEY,
    author TEXT   NOT NULL,
    seen   BIGINT NOT NULL
);
