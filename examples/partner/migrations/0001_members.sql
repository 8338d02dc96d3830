-- Whoever has an account has verified the address: see verifications.
CREATE TABLE members (
	id         TEXT PRIMARY KEY, -- the community's sub: it never changes and is never given twice
	name       TEXT NOT NULL,
	email      TEXT NOT NULL UNIQUE COLLATE NOCASE,
	password   TEXT NOT NULL, -- bcrypt
	company    TEXT NOT NULL DEFAULT '',
	plan       TEXT NOT NULL DEFAULT 'free' CHECK (plan IN ('free', 'premium'))
) STRICT;
