package ssotest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// changeSpaces joins and leaves what the token asks for. A space that the
// community does not have is reported, and nothing else is lost by it.
func (s *Settings) changeSpaces(m *Member, l *Attempt) {
	wish := l.Report.Spaces
	before := m.Spaces
	now := map[string]bool{}
	if !wish.Replace {
		for _, id := range before {
			now[id] = true
		}
	}
	set := func(spaces []inspect.Space, in bool) {
		for _, space := range spaces {
			if _, ok := s.space(space.ID); !ok {
				l.SpaceProblems = append(l.SpaceProblems, SpaceProblem{space.ID, space.Path, "the community has no space with this ID"})
				continue
			}
			now[space.ID] = in
		}
	}
	set(wish.Join, true)
	set(wish.Leave, false)

	m.Spaces = nil
	for id, in := range now {
		if !in {
			continue
		}
		m.Spaces = append(m.Spaces, id)
		if !slices.Contains(before, id) {
			l.Joined = append(l.Joined, id)
		}
	}
	for _, id := range before {
		if !now[id] {
			l.Left = append(l.Left, id)
		}
	}
	slices.Sort(m.Spaces)
	slices.Sort(l.Joined)
}

// fillFields gives each custom field the first of its external keys that has
// a value. A field without one stays as it was.
func (s *Settings) fillFields(m *Member, l *Attempt) {
	why := map[string]string{} // a claim is not used; empty when it is
	for _, field := range s.CustomFields {
		s.fillField(field, m, l, why)
	}
	for _, e := range l.Report.CustomFields() {
		reason, tried := why[e.Name]
		switch {
		case !tried:
			l.FieldProblems = append(l.FieldProblems, FieldProblem{e.Name, "is no external key of a custom field"})
		case reason != "":
			l.FieldProblems = append(l.FieldProblems, FieldProblem{e.Name, reason})
		}
	}
}

func (s *Settings) fillField(field CustomField, m *Member, l *Attempt, why map[string]string) {
	won := ""
	for _, key := range field.ExternalKeys {
		e, ok := l.Report.Claim(key)
		if !ok || e.Status.Reserved() {
			continue
		}
		switch {
		case won != "":
			if _, tried := why[key]; !tried {
				why[key] = "comes after " + won + " in the external keys of " + field.Name
			}
		case isEmpty(e.Value):
			why[key] = "is empty, and an empty value does not count"
		case !field.Type.takes(e.Value):
			won = key
			why[key] = "does not fit " + field.Name + ", whose type is " + string(field.Type)
		default:
			won = key
			why[key] = ""
			if m.Fields == nil {
				m.Fields = map[string]string{}
			}
			value := compact(e.Value)
			m.Fields[field.Name] = value
			l.Fields = append(l.Fields, FieldFill{field.Name, key, value})
		}
	}
}

// compact takes the white space out of JSON, so that it is no change of a
// value.
func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return string(raw)
	}
	return b.String()
}

// isEmpty reports whether a JSON value never counts.
func isEmpty(raw json.RawMessage) bool {
	switch compact := strings.Join(strings.Fields(string(raw)), ""); compact {
	case "null", `""`, "[]", "{}":
		return true
	}
	return false
}

// known reports whether the vendor's schema has the type.
func (t FieldType) known() bool { return t == "" || t.form() != "" }

// form is the JSON that a value of the type has, or empty.
func (t FieldType) form() string {
	for _, known := range contract.FieldTypes() {
		if known.Vendor == string(t) {
			return known.JSON
		}
	}
	return ""
}

// takes reports whether a JSON value fits the type. No page of the vendor
// shows the JSON of a relation: any fits.
func (t FieldType) takes(raw json.RawMessage) bool {
	switch t {
	case "", Relation:
		return true
	case Date:
		s, ok := inspect.Entry{Value: raw}.Text()
		_, dateErr := time.Parse(time.DateOnly, s)
		_, timeErr := time.Parse(time.RFC3339, s)
		return ok && (dateErr == nil || timeErr == nil)
	}
	return formOf(raw) == t.form()
}

func formOf(raw json.RawMessage) string {
	switch first := raw[0]; {
	case first == '"':
		return "string"
	case first == '-' || '0' <= first && first <= '9':
		return "number"
	case first == 't' || first == 'f':
		return "boolean"
	case first == '[':
		return "array"
	case first == '{':
		return "object"
	}
	return "null"
}
