-- Links in mails that nobody has followed yet.
CREATE TABLE verifications (
	token_hash  BLOB PRIMARY KEY, -- SHA-256: who reads the table can't follow a link
	member_id   TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
	email       TEXT NOT NULL, -- becomes the member's
	return_path TEXT NOT NULL, -- where in the community the visitor was
	expires_at  INTEGER NOT NULL -- Unix time, seconds
) STRICT;

CREATE INDEX verifications_of_member ON verifications (member_id);
