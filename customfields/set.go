// Package customfields carries a member's custom profile fields.
//
// A community maps each of its profile fields to one or more external keys
// (Administration > Profile Fields > the field > Advanced Options). If there
// are several, the first key with a non-empty value wins. A [Set] holds keys
// and typed values. Make it field by field,
//
//	customfields.Of(
//		customfields.Text("department", u.Dept),
//		customfields.Date("renewal", u.Renewal),
//	)
//
// or from the tags of a struct with [FromStruct].
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
// No function here fails, except FromStruct. [Set.Validate] reports every
// mistake, and so does the claims builder of package ssotoken.
package customfields

import (
	"slices"
	"strings"
)

// A Set is an immutable set of fields. Its zero value is empty.
type Set struct {
	fields []Field // sorted by key
}

// manyFields is from where sorting needs a better way than insertion.
const manyFields = 16

// Of makes a set. The order of the fields does not matter: a token has them
// sorted by key.
func Of(fields ...Field) Set {
	if len(fields) > manyFields {
		sorted := slices.Clone(fields)
		slices.SortStableFunc(sorted, func(a, b Field) int { return strings.Compare(a.key, b.key) })
		return Set{sorted}
	}
	var order [manyFields]uint8 // of few fields, by insertion: so that each is copied once
	for i := range fields {
		to := i
		for to > 0 && fields[order[to-1]].key > fields[i].key {
			order[to] = order[to-1]
			to--
		}
		order[to] = uint8(i)
	}
	sorted := make([]Field, len(fields))
	for i := range sorted {
		sorted[i] = fields[order[i]]
	}
	return Set{sorted}
}

// With returns a set that has the given fields too. A key that both have is
// a mistake ([ErrDuplicate]), not a replacement.
func (s Set) With(fields ...Field) Set { return Of(append(slices.Clone(s.fields), fields...)...) }

// Fields yields the fields that a token carries: all that are not empty,
// sorted by key.
func (s Set) Fields(yield func(Field) bool) {
	for _, f := range s.fields {
		if !f.IsEmpty() && !yield(f) {
			return
		}
	}
}

// Equal reports whether both sets put the same into a token.
func (s Set) Equal(other Set) bool {
	return slices.EqualFunc(slices.Collect(s.Fields), slices.Collect(other.Fields), Field.Equal)
}
