CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,      -- seconds since 1970
    author TEXT,                -- PAUSE id in capital letters; NULL if the text is none
    address TEXT NOT NULL,
    network TEXT NOT NULL,      -- the /24 or /64 of the address
    client TEXT NOT NULL,
    method TEXT NOT NULL,
    outcome TEXT NOT NULL,
    key TEXT                    -- the key that signed the token
) STRICT;
CREATE INDEX IF NOT EXISTS audit_author ON audit (author, time);
CREATE INDEX IF NOT EXISTS audit_network ON audit (network, time);
CREATE TABLE IF NOT EXISTS code (
    digest BLOB PRIMARY KEY,    -- SHA-256 of the code
    expires INTEGER NOT NULL,
    content TEXT NOT NULL       -- JSON
) STRICT;
CREATE TABLE IF NOT EXISTS notice (
    author TEXT PRIMARY KEY,
    time INTEGER NOT NULL       -- of the last mail
) STRICT;
