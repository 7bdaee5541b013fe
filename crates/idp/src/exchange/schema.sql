CREATE TABLE IF NOT EXISTS registration (
    id TEXT PRIMARY KEY,
    author TEXT NOT NULL,
    issuer TEXT NOT NULL,
    repository TEXT NOT NULL,       -- a name, for people
    repository_id TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    workflow TEXT NOT NULL,
    environment TEXT,
    ref TEXT NOT NULL,
    time INTEGER NOT NULL           -- seconds since 1970
) STRICT;
CREATE INDEX IF NOT EXISTS registration_author ON registration (author);
CREATE INDEX IF NOT EXISTS registration_repository ON registration (repository_id);
CREATE TABLE IF NOT EXISTS used (
    issuer TEXT NOT NULL,
    jti TEXT NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (issuer, jti)
) STRICT;
CREATE TABLE IF NOT EXISTS upload_token (
    id TEXT PRIMARY KEY,
    author TEXT NOT NULL,
    hash TEXT NOT NULL,             -- HMAC-SHA256, key = token, message = id
    registration TEXT NOT NULL,
    issued INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS upload_token_author ON upload_token (author, issued);
CREATE TABLE IF NOT EXISTS exchange_audit (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    network TEXT NOT NULL,
    event TEXT NOT NULL,            -- issued, revoked, registered, removed, or the code of a refusal
    author TEXT,
    repository TEXT,
    registration TEXT,
    token TEXT                      -- the id of an upload token
) STRICT;
CREATE INDEX IF NOT EXISTS exchange_audit_network ON exchange_audit (network, time);
