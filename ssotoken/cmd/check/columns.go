package check

import (
	"cmp"
	"fmt"
	"io"
	"maps"
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
// In CSV, spaceIds is ids with a comma, a semicolon or a vertical bar between
// them, or a JSON array; spaces is JSON as in the token; spacesOperation is ADD,
// which is meant where it is empty, or REPLACE.
type Columns struct {
	// Claims maps a claim to the column that has it under another name.
	Claims map[string]string

	// Fields are the custom fields. An empty value is none.
	Fields []Field

	// Comma separates the columns of CSV; 0 is a comma. A first line such as sep=; is
	// obeyed.
	Comma rune

	// Verified is the column that says whether the email is verified; empty is
	// email_verified. It need not be there.
	Verified string
}

// A Field is a custom field.
type Field struct {
	Key    string
	Type   string // by its name in [contract.FieldTypes]; empty is text
	Column string // empty is Key
}

// columns are Columns that were checked.
type columns struct {
	of     map[string]string // column of each claim
	chosen map[string]bool   // claims whose column was given: it must be there
	fields []Field
	used   map[string]bool // every column that something is read from
	comma  rune

	verified string
}

func (c Columns) compile() (columns, []*ssotoken.FieldError) {
	out := columns{
		of: map[string]string{}, chosen: map[string]bool{}, used: map[string]bool{},
		comma: cmp.Or(c.Comma, ','), verified: cmp.Or(c.Verified, "email_verified"),
	}
	var bad []*ssotoken.FieldError
	refuse := func(field string, code contract.Code, text string) {
		bad = append(bad, &ssotoken.FieldError{Field: field, Err: because(code, text)})
	}
	for _, claim := range contract.Claims() {
		if profile.Setter(claim.Name) != nil || profile.IsAboutSpaces(claim.Name) {
			out.of[claim.Name] = claim.Name
		}
	}
	for claim, column := range c.Claims {
		if out.of[claim] == "" || column == "" {
			refuse("Columns.Claims["+claim+"]", contract.Malformed, "names no claim that a column can give, or no column")
			continue
		}
		out.of[claim], out.chosen[claim] = column, true
	}
	for i, f := range c.Fields {
		name := fmt.Sprintf("Columns.Fields[%d]", i)
		f.Type, f.Column = cmp.Or(f.Type, "text"), cmp.Or(f.Column, f.Key)
		if !slices.ContainsFunc(contract.FieldTypes(), func(t contract.FieldType) bool { return t.Name == f.Type }) {
			refuse(name, contract.Malformed, "has a type that is not one of "+profile.FieldTypeNames())
		}
		isKey := func(other Field) bool { return other.Key == f.Key }
		if wrong := customfields.Of(customfields.Text(f.Key, "")).Validate(); wrong != nil {
			bad = append(bad, &ssotoken.FieldError{Field: name, Err: wrong[0].Err})
		} else if slices.ContainsFunc(out.fields, isKey) {
			refuse(name, contract.DuplicateName, "has the key of another field")
		}
		out.fields = append(out.fields, f)
	}
	out.used[out.verified] = true
	for _, column := range out.of {
		out.used[column] = true
	}
	for _, f := range out.fields {
		out.used[f.Column] = true
	}
	if !isComma(out.comma) {
		refuse("Columns.Comma", contract.Malformed, "can't separate columns")
	}
	return out, bad
}

// isComma reports whether encoding/csv takes a separator.
func isComma(r rune) bool {
	return r != 0 && r != '"' && r != '\r' && r != '\n' && r != utf8.RuneError && utf8.ValidRune(r)
}

// fieldOf returns the claim or the custom field that a path of the token is in.
func (c *columns) fieldOf(path string) string {
	for _, f := range c.fields {
		if rest, ok := strings.CutPrefix(path, f.Key); ok && (rest == "" || rest[0] == '[' || rest[0] == '.') {
			return f.Key
		}
	}
	if i := strings.IndexByte(path, '['); i > 0 {
		return path[:i]
	}
	return path
}

// maxUnused is how many names of unused columns are remembered.
const maxUnused = 100

// similar returns the column that looks like a claim's.
func similar(claim string, header []string) string {
	for _, column := range header {
		if meant, ok := inspect.Misspelled(column); ok && meant == claim || strings.EqualFold(column, "id") && claim == contract.Sub {
			return column
		}
	}
	return ""
}

// A table knows in which column of a source each claim is. JSON objects have a column for each member that is read.
type table struct {
	names    []string
	byName   map[string]int // of JSON
	width    int
	verified int // -1 where there is none
	texts    []textColumn
	spaces   map[string]int // by claim
	fields   []fieldColumn
	column   map[string]int // of each claim and field
}

type textColumn struct {
	claim  string
	column int
	set    func(*ssotoken.ClaimsBuilder, string) *ssotoken.ClaimsBuilder
}

type fieldColumn struct {
	Field
	column int
}

// fieldAt returns the claim or the custom field that is read from a column, or the column's name.
func (t *table) fieldAt(column int) string {
	for field, i := range t.column {
		if i == column {
			return field
		}
	}
	return t.names[column]
}

// header reads the first row of CSV; JSON has none. Its error names a column only
// where it is one that was asked for, or a common name of a claim: the row may be a
// member's.
func (c *Checker) header(s *source, from rows) (*table, error) {
	if s.input.json {
		t, err := c.table(slices.Sorted(maps.Keys(c.columns.used)), s.previous)
		if err != nil {
			return nil, err
		}
		t.byName = map[string]int{}
		for i, name := range t.names {
			t.byName[name] = i
		}
		return t, nil
	}
	first, err := from.next()
	names := slices.Clone(first.cells)
	text := strings.Join(names, "")
	switch {
	case err == io.EOF:
		return nil, because(InputUnreadable, "is empty")
	case err != nil:
		return nil, err
	case strings.Contains(text, "\r"):
		return nil, because(InputUnreadable, "ends its lines by CR only: export it again with LF or CRLF")
	case first.fault != nil:
		return nil, because(InputUnreadable, "has a first row that is no CSV header")
	case !utf8.ValidString(text):
		return nil, because(InputUnreadable, "has a header that is not UTF-8: name its encoding, such as --encoding windows-1252")
	}
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	if err := c.columns.missing(names); err != nil {
		return nil, err
	}
	return c.table(names, s.previous)
}

// table finds the claims in columns with these names.
func (c *Checker) table(names []string, previous bool) (*table, error) {
	t := &table{names: names, width: len(names), spaces: map[string]int{}, column: map[string]int{}}
	for i, name := range names {
		if c.columns.used[name] && slices.Contains(names[i+1:], name) {
			return nil, because(HeaderRepeated, fmt.Sprintf("has the column %q more than once in its header", name))
		}
	}
	for _, claim := range contract.Claims() {
		i := slices.Index(names, c.columns.of[claim.Name])
		if i < 0 || c.columns.of[claim.Name] == "" {
			continue
		}
		t.column[claim.Name] = i
		switch set := profile.Setter(claim.Name); {
		case set == nil:
			t.spaces[claim.Name] = i
		case claim.Status == contract.Required || !previous:
			t.texts = append(t.texts, textColumn{claim.Name, i, set})
		}
	}
	for _, field := range c.columns.fields {
		i := slices.Index(names, field.Column)
		t.column[field.Key] = i
		t.fields = append(t.fields, fieldColumn{field, i})
	}
	t.verified = slices.Index(names, c.columns.verified)
	return t, nil
}

// missing is the error where a column that must be there is not among those of the header, or of all JSON objects.
func (c *columns) missing(names []string) error {
	for _, claim := range contract.Claims() {
		column := c.of[claim.Name]
		isNeeded := c.chosen[claim.Name] || claim.Status == contract.Required && column != ""
		if isNeeded && !slices.Contains(names, column) {
			return missing(column, claim.Name, names)
		}
	}
	for _, f := range c.fields {
		if !slices.Contains(names, f.Column) {
			return missing(f.Column, "", names)
		}
	}
	return nil
}

func missing(column, claim string, names []string) error {
	text := fmt.Sprintf("has no column %q", column)
	other := similar(claim, names)
	switch {
	case other != "":
		text += fmt.Sprintf("; %q looks like it: say so with --map %s=%s", other, claim, other)
	case len(names) == 1 && strings.ContainsAny(names[0], ";\t|"):
		text += ", and one column in its header: name its separator with --comma"
	}
	return because(HeaderMissing, text)
}
