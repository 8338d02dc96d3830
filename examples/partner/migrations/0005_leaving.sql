ALTER TABLE members ADD COLUMN closed    INTEGER NOT NULL DEFAULT 0; -- 1 until the member signs in again
ALTER TABLE members ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0;

-- Calls of the community's API that are still to be made: see leaving.go. The member may be gone from this site.
CREATE TABLE calls (
	id        INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of one member's calls
	member_id TEXT NOT NULL,
	call      TEXT NOT NULL, -- a mutation of the API
	tries     INTEGER NOT NULL DEFAULT 0,
	due_at    INTEGER NOT NULL -- Unix time, milliseconds
) STRICT;

CREATE INDEX calls_of_member ON calls (member_id, id);
