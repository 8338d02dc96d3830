CREATE TABLE sessions (
	token      TEXT PRIMARY KEY, -- a hash of the cookie's value
	data       BLOB NOT NULL,
	expires_at INTEGER NOT NULL -- Unix time, seconds
) STRICT;

CREATE INDEX sessions_by_expiry ON sessions (expires_at);
