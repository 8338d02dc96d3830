package ssotest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// changeSpaces joins and leaves what the token asks for. A space that the
// community does not have is reported, and nothing else is lost by it.
func (s *Settings) changeSpaces(m *Member, l *Attempt) {
	wish, before := l.Report.Spaces, m.Spaces
	now := map[string]bool{}
	for _, id := range before {
		now[id] = !wish.Replace
	}
	set := func(spaces []inspect.Space, in bool) {
		for _, space := range spaces {
			if _, ok := s.space(func(sp Space) bool { return sp.ID == space.ID }); ok {
				now[space.ID] = in
				continue
			}
			l.SpaceProblems = append(l.SpaceProblems, SpaceProblem{space.ID, space.Path, "the community has no space with this ID"})
		}
	}
	set(wish.Join, true)
	set(wish.Leave, false)

	m.Spaces = nil
	for _, id := range slices.Sorted(maps.Keys(now)) {
		if now[id] {
			m.Spaces = append(m.Spaces, id)
			if !slices.Contains(before, id) {
				l.Joined = append(l.Joined, id)
			}
		}
	}
	for _, id := range before {
		if !now[id] {
			l.Left = append(l.Left, id)
		}
	}
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
		if !tried {
			reason = "is no external key of a custom field"
		}
		if reason != "" {
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
		_, tried := why[key]
		value := compact(e.Value)
		switch {
		case won != "" && !tried:
			why[key] = "comes after " + won + " in the external keys of " + field.Name
		case won != "":
		case slices.Contains([]string{"null", `""`, "[]", "{}"}, value):
			why[key] = "is empty, and an empty value does not count"
		case !field.Type.takes(e.Value):
			won, why[key] = key, "does not fit "+field.Name+", whose type is "+string(field.Type)
		default:
			won, why[key] = key, ""
			if m.Fields == nil {
				m.Fields = map[string]string{}
			}
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

// jsonForms are the JSON types of the values of each type.
var jsonForms = func() map[FieldType]string {
	forms := map[FieldType]string{}
	for _, t := range contract.FieldTypes() {
		forms[FieldType(t.Vendor)] = t.JSON
	}
	return forms
}()

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
	byStart := map[byte]string{'"': "string", 't': "boolean", 'f': "boolean", '[': "array", '{': "object", 'n': "null"}
	return cmp.Or(byStart[raw[0]], "number") == jsonForms[t]
}
