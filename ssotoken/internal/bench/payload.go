package main

import (
	"fmt"
	"strings"
	"time"
)

// A payload is what a token has to say. member is the row of a database from
// which a mint makes the token; json is what must come out.
type payload struct {
	name   string
	member member
	json   string // up to iat and exp
}

type member struct {
	id, name, email, tagline, picture string

	changes  []change // of spaces, one by one
	spaceIDs []string // of spaces to add to

	department, office string
	seats              int64
	beta               bool

	busy *busyFields // of the busy payload
}

// busyFields are custom fields of the other types.
type busyFields struct {
	score         float64
	since, seen   time.Time
	skills        []string
	company, city string
}

// hasFields tells the full payload from those without custom fields.
func (m *member) hasFields() bool { return m.department != "" }

type change struct{ spaceID, action string }

const lifetime = 60 // seconds, as the vendor's page advises

var minimal = payload{
	name:   "minimal",
	member: member{id: "user-20417", name: "Ada Lovelace", email: "ada.lovelace@example.com"},
	json:   `{"sub":"user-20417","name":"Ada Lovelace","email":"ada.lovelace@example.com"`,
}

var full = payload{
	name: "full",
	member: member{
		id: "user-20417", name: "Ada Lovelace", email: "ada.lovelace@example.com",
		tagline: "Writes notes on engines, and programs for them",
		picture: "https://cdn.example.com/avatars/20417/ada.png",
		changes: []change{
			{"x7Kp2mQ9vLwA", "JOIN"}, {"b4Rt8nZ1cYhD", "JOIN"}, {"m3Fs6jW0uGeT", "LEAVE"},
			{"q9Hd5xC2oVkB", "JOIN"}, {"z1Ny7aP4iJrS", "LEAVE"},
		},
		department: "Analytical Engines", office: "London", seats: 42, beta: true,
	},
	json: `{"sub":"user-20417","name":"Ada Lovelace","email":"ada.lovelace@example.com",` +
		`"tagline":"Writes notes on engines, and programs for them",` +
		`"picture":"https://cdn.example.com/avatars/20417/ada.png","spaces":[` +
		`{"spaceId":"x7Kp2mQ9vLwA","role":"MEMBER","action":"JOIN"},` +
		`{"spaceId":"b4Rt8nZ1cYhD","role":"MEMBER","action":"JOIN"},` +
		`{"spaceId":"m3Fs6jW0uGeT","role":"MEMBER","action":"LEAVE"},` +
		`{"spaceId":"q9Hd5xC2oVkB","role":"MEMBER","action":"JOIN"},` +
		`{"spaceId":"z1Ny7aP4iJrS","role":"MEMBER","action":"LEAVE"}],` +
		`"beta":true,"department":"Analytical Engines","office":"London","seats":42`,
}

// busy is what a busy site sends: spaces to join and leave, and custom fields of
// every type.
var busy = payload{
	name: "busy",
	member: member{
		id: full.member.id, name: full.member.name, email: full.member.email, tagline: full.member.tagline, picture: full.member.picture,
		changes: full.member.changes, department: full.member.department, office: full.member.office, seats: full.member.seats, beta: full.member.beta,
		busy: &busyFields{
			score: 97.25, since: time.Date(2019, 3, 14, 0, 0, 0, 0, time.UTC), seen: time.Date(2026, 11, 23, 18, 4, 5, 0, time.UTC),
			skills: []string{"analysis", "notes", "punched cards"}, company: "Analytical Engine Company", city: "London",
		},
	},
	json: strings.TrimSuffix(full.json, `"beta":true,"department":"Analytical Engines","office":"London","seats":42`) +
		`"beta":true,"company":{"city":"London","name":"Analytical Engine Company"},"department":"Analytical Engines","office":"London",` +
		`"score":97.25,"seats":42,"seen":"2026-11-23T18:04:05Z","since":"2019-03-14","skills":["analysis","notes","punched cards"]`,
}

// manySpaces is the minimal payload with n entries in spaceIds.
func manySpaces(n int) payload {
	p := minimal
	p.name = fmt.Sprintf("%d spaceIds", n)
	for i := range n {
		p.member.spaceIDs = append(p.member.spaceIDs, fmt.Sprintf("space%07d", i))
	}
	p.json += `,"spaceIds":["` + strings.Join(p.member.spaceIDs, `","`) + `"],"spacesOperation":"ADD"`
	return p
}

// complete gives the JSON with times from one reading of the clock.
func (p *payload) complete(now time.Time) string {
	iat := now.Unix()
	return fmt.Sprintf(`%s,"iat":%d,"exp":%d}`, p.json, iat, iat+lifetime)
}
