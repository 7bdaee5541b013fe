-- The state of `watch`, which the monitor alone reads: for each author how far the checks have come, and the known
-- files. No row here says whose signatures are valid.
CREATE TABLE watched_author (
    author TEXT NOT NULL PRIMARY KEY,
    cursor TEXT NOT NULL,
    files  TEXT NOT NULL
);

-- Alerts that wait for delivery. `noted` counts nanoseconds since 1970.
CREATE TABLE watch_alert (
    noted  BIGINT NOT NULL,
    author TEXT   NOT NULL,
    alert  TEXT   NOT NULL,
    PRIMARY KEY (noted, author)
);
