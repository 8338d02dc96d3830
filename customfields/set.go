// Package customfields carries a member's custom profile fields.
//
// A community maps each of its profile fields to one or more external keys
// (Administration > Profile Fields > the field > Advanced Options). If there
// are several, the first key with a non-empty value wins. A [Set] holds keys
// and values:
//
//	customfields.Of(
//		customfields.Text("department", u.Dept),
//		customfields.Date("renewal", u.Renewal),
//	)
//
// FromStruct of package ssotoken makes one from the tags of a struct.
//
// No vendor page shows the JSON of each field type, so the values are plain
// JSON: dates are RFC 3339 text, a relation is its id. Empty values are left
// out silently, since the community would ignore them. false and 0 are values.
//
// So a field that a member clears on your site keeps its last value in the
// community. A login can only put another value in its place, one that is not empty:
//
//	customfields.Text("department", cmp.Or(u.Dept, "–"))
//
// A field that must become empty has to be cleared there, or by the community's API.
//
// No function here fails. [Set.Validate] reports every mistake, and so does the
// claims builder of package ssotoken.
package customfields

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A Set is an immutable set of fields. Its zero value is empty. It prints as a
// placeholder under every fmt verb.
type Set struct {
	fields []Field // those that a token carries, sorted by key
	wrong  []*contract.FieldError
}

// Of makes a set. The order of the fields does not matter: a token has them
// sorted by key.
func Of(fields ...Field) Set {
	sorted := make([]*Field, len(fields))
	for i := range fields {
		sorted[i] = &fields[i]
	}
	slices.SortStableFunc(sorted, func(a, b *Field) int { return strings.Compare(a.key, b.key) })
	s := Set{fields: make([]Field, 0, len(fields))}
	for i, f := range sorted {
		err := checkKey(f.key, reserved[f.key], i > 0 && f.key == sorted[i-1].key)
		if err != nil {
			s.wrong = append(s.wrong, &contract.FieldError{Field: f.key, Err: err})
		}
		for _, e := range f.wrong {
			s.wrong = append(s.wrong, &contract.FieldError{Field: f.key + e.Field, Err: e.Err})
		}
		if err == nil && f.wrong == nil && !f.empty {
			s.fields = append(s.fields, *f)
		}
	}
	return s
}

var reserved = func() map[string]bool {
	names := map[string]bool{}
	for _, c := range contract.Claims() {
		names[c.Name] = c.Status.Reserved()
	}
	return names
}()

// Fields yields the fields that a token carries: all that are valid and not empty,
// sorted by key. Of fields with the same key, the first is kept.
func (s Set) Fields(yield func(Field) bool) {
	for _, f := range s.fields {
		if !yield(f) {
			return
		}
	}
}

// Validate reports every bad field, sorted by key, each by its key or the path to a
// value in it ("address.city", "tags[1]"). A key is checked even where its value is
// empty, so that a mistake shows before the first member who has a value. A key is
// reserved if it has another meaning: a claim, a registered claim of
// RFC 7519, section 4.1, or a name that changes an object in JavaScript.
func (s Set) Validate() []*contract.FieldError { return slices.Clone(s.wrong) }

// Format writes a placeholder, whatever the verb.
func (s Set) Format(f fmt.State, _ rune) { fmt.Fprint(f, "customfields.Set(redacted)") }
