package main

import "time"

// A member is the row of a database from which every entry makes the same claims.
type member struct {
	name string // of the payload

	id, shown, email, tagline, picture string
	changes                            []change
	spaceIDs                           []string
	fields, moreFields                 bool
}

type change struct{ spaceID, action string }

const lifetime = 60 // seconds

var (
	minimal = member{name: "minimal", id: "user-20417", shown: "Ada Lovelace", email: "ada.lovelace@example.com"}

	full = member{
		name: "full", id: minimal.id, shown: minimal.shown, email: minimal.email,
		tagline: "Writes notes on engines, and programs for them",
		picture: "https://cdn.example.com/avatars/20417/ada.png",
		changes: []change{
			{"x7Kp2mQ9vLwA", "JOIN"}, {"b4Rt8nZ1cYhD", "JOIN"}, {"m3Fs6jW0uGeT", "LEAVE"},
			{"q9Hd5xC2oVkB", "JOIN"}, {"z1Ny7aP4iJrS", "LEAVE"},
		},
		fields: true,
	}

	busy = func() member { m := full; m.name, m.moreFields = "busy", true; return m }()
)

// The custom fields of the full and of the busy payload.
const (
	department, office = "Analytical Engines", "London"
	seats              = 42
	beta               = true

	score         = 97.25
	company, city = "Analytical Engine Company", "London"
)

var (
	since  = time.Date(2019, 3, 14, 0, 0, 0, 0, time.UTC)
	seen   = time.Date(2026, 11, 23, 18, 4, 5, 0, time.UTC)
	skills = []string{"analysis", "notes", "punched cards"}
)
