-- Links in mails that nobody has followed yet. A sign-up is only here until then, as
-- often as somebody signs up with the address: an unverified claim takes nothing from
-- anybody.
CREATE TABLE verifications (
	token_hash  BLOB PRIMARY KEY, -- SHA-256: who reads the table can't follow a link
	member_id   TEXT REFERENCES members (id) ON DELETE CASCADE, -- whose new address it is; NULL at a sign-up
	email       TEXT NOT NULL COLLATE NOCASE, -- becomes the member's
	name        TEXT NOT NULL DEFAULT '', -- of who signs up
	password    TEXT NOT NULL DEFAULT '', -- of who signs up, by bcrypt
	return_path TEXT NOT NULL, -- where in the community the visitor was
	expires_at  INTEGER NOT NULL -- Unix time, seconds
) STRICT;

CREATE INDEX verifications_of_member ON verifications (member_id);
CREATE INDEX verifications_of_address ON verifications (email);
