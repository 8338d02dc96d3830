package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/internal/profile"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// Columns say where the claims stand: in which column of CSV, or under which name
// in a JSON object. The zero value finds each claim under its own name.
//
// In CSV, spaceIds is ids with a comma, a semicolon or a vertical bar between them, or a JSON array; spaces is JSON
// as in the token; spacesOperation is ADD, which is meant where it is empty, or REPLACE.
type Columns struct {
	// Claims maps a claim to the column that has it under another name.
	Claims map[string]string

	// Fields are the custom fields. An empty value is none.
	Fields []Field

	// Comma separates the columns of CSV; 0 is a comma. A first line such as sep=; is obeyed.
	Comma rune

	// Verified is the column that says whether the email is verified; empty is email_verified, if there is one.
	Verified string
}

// A Field is a custom field.
type Field struct {
	Key    string
	Type   string // by its name in [contract.FieldTypes]; empty is text
	Column string // empty is Key
}

// A column is where something about a member is read from.
type column struct {
	name     string // in the header, or of the member of an object
	field    string // the claim, or the key of the custom field; empty: whether the email is verified
	required bool   // for the login
	needed   bool   // in every export

	// What it is: a claim that is one text, a custom field, or if neither is set a claim about spaces.
	set  func(*ssotoken.ClaimsBuilder, string) *ssotoken.ClaimsBuilder
	kind string
}

// compile returns the columns in the order of the claims, then of the fields. The last is Verified.
func (c Columns) compile() (columns []column, bad []*ssotoken.FieldError) {
	refuse := func(field string, err error) {
		bad = append(bad, &ssotoken.FieldError{Field: field, Err: err})
	}
	for _, claim := range contract.Claims() {
		set := profile.Setter(claim.Name)
		if set != nil || profile.IsAboutSpaces(claim.Name) {
			name, required := c.Claims[claim.Name], claim.Status == contract.Required
			columns = append(columns, column{
				name: cmp.Or(name, claim.Name), field: claim.Name, required: required, needed: required || name != "", set: set,
			})
		}
	}
	for claim, name := range c.Claims {
		if name == "" || !slices.ContainsFunc(columns, func(k column) bool { return k.field == claim }) {
			err := because(contract.Malformed, "names no claim that a column can give, or no column")
			refuse("Columns.Claims["+claim+"]", err)
		}
	}
	for i, f := range c.Fields {
		name, kind := fmt.Sprintf("Columns.Fields[%d]", i), cmp.Or(f.Type, "text")
		if !slices.ContainsFunc(contract.FieldTypes(), func(t contract.FieldType) bool { return t.Name == kind }) {
			refuse(name, because(contract.Malformed, "has a type that is not one of "+profile.FieldTypeNames()))
		}
		if wrong := customfields.Of(customfields.Text(f.Key, "")).Validate(); wrong != nil {
			refuse(name, wrong[0].Err)
		} else if slices.ContainsFunc(c.Fields[:i], func(other Field) bool { return other.Key == f.Key }) {
			refuse(name, because(contract.DuplicateName, "has the key of another field"))
		}
		columns = append(columns, column{name: cmp.Or(f.Column, f.Key), field: f.Key, needed: true, kind: kind})
	}
	if c.Comma != 0 && !isComma(c.Comma) {
		refuse("Columns.Comma", because(contract.Malformed, "can't separate columns"))
	}
	return append(columns, column{name: cmp.Or(c.Verified, "email_verified"), needed: c.Verified != ""}), bad
}

// isComma reports whether encoding/csv takes a separator.
func isComma(r rune) bool {
	return r != 0 && r != '"' && r != '\r' && r != '\n' && r != utf8.RuneError && utf8.ValidRune(r)
}

// fieldOf returns the claim or the custom field that a path of the token is in.
func (c *Checker) fieldOf(path string) string {
	field := ""
	for _, k := range c.columns {
		rest, ok := strings.CutPrefix(path, k.field)
		if ok && (rest == "" || rest[0] == '[' || rest[0] == '.') && len(k.field) > len(field) {
			field = k.field
		}
	}
	return cmp.Or(field, path)
}

// locate finds the columns among the names of a header, or of the members of objects.
func (c *Checker) locate(names []string) (at []int, err error) {
	for _, k := range c.columns {
		i := slices.Index(names, k.name)
		if i >= 0 && slices.Contains(names[i+1:], k.name) {
			return nil, because(HeaderRepeated, fmt.Sprintf("has the column %q more than once in its header", k.name))
		}
		at = append(at, i)
	}
	return at, nil
}

// missing is the error where a column that must be there is not among the names. It names another only where that is
// a common name of a claim: what was taken for a header may be a member.
func (c *Checker) missing(names []string) error {
	for _, k := range c.columns {
		if !k.needed || slices.Contains(names, k.name) {
			continue
		}
		text := fmt.Sprintf("has no column %q", k.name)
		isMeant := func(name string) bool {
			claim, ok := inspect.Misspelled(name)
			return k.kind == "" && (ok && claim == k.field || strings.EqualFold(name, "id") && k.field == contract.Sub)
		}
		if i := slices.IndexFunc(names, isMeant); i >= 0 {
			text += fmt.Sprintf("; %q looks like it: say so with --map %s=%s", names[i], k.field, names[i])
		} else if len(names) == 1 && strings.ContainsAny(names[0], ";\t|") {
			text += ", and one column in its header: name its separator with --comma"
		}
		return because(HeaderMissing, text)
	}
	return nil
}
