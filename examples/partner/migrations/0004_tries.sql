-- What is limited, such as the sign-ins from one address: see limit.go.
CREATE TABLE tries (
	key     BLOB PRIMARY KEY, -- SHA-256
	free_at INTEGER NOT NULL -- Unix time, milliseconds, when all tries are back
) STRICT;

CREATE INDEX tries_by_time ON tries (free_at);
