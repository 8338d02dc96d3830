CREATE TABLE members (
	id         TEXT PRIMARY KEY, -- the community's sub: it never changes and is never given twice
	name       TEXT NOT NULL,
	email      TEXT NOT NULL UNIQUE COLLATE NOCASE,
	verified   INTEGER NOT NULL DEFAULT 0, -- 1: the member has followed the link in our mail to this address
	password   TEXT NOT NULL, -- bcrypt
	company    TEXT NOT NULL DEFAULT '',
	plan       TEXT NOT NULL DEFAULT 'free' CHECK (plan IN ('free', 'premium'))
) STRICT;
