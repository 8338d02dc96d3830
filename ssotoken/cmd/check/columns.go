package check

import (
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
	comma  rune

	verified string
}

func (c Columns) compile() (columns, []*ssotoken.FieldError) {
	out := columns{of: map[string]string{}, chosen: map[string]bool{}, comma: ',', verified: c.Verified}
	if out.verified == "" {
		out.verified = "email_verified"
	}
	var bad []*ssotoken.FieldError
	refuse := func(field string, code contract.Code, text string) {
		bad = append(bad, &ssotoken.FieldError{Field: field, Err: because(code, text)})
	}
	for _, claim := range contract.Claims() {
		if profile.Setter(claim.Name) != nil || isAboutSpaces(claim.Name) {
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
		if f.Type == "" {
			f.Type = "text"
		}
		if f.Column == "" {
			f.Column = f.Key
		}
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
	if c.Comma != 0 {
		out.comma = c.Comma
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

func isAboutSpaces(claim string) bool {
	return claim == contract.SpaceIDs || claim == contract.Spaces || claim == contract.SpacesOperation
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

// used reports whether anything is read from a column.
func (c *columns) used(column string) bool {
	for _, of := range c.of {
		if of == column {
			return true
		}
	}
	return column == c.verified || slices.ContainsFunc(c.fields, func(f Field) bool { return f.Column == column })
}

// columnOf returns the column that a claim or a custom field is read from.
func (c *columns) columnOf(field string) string {
	for _, f := range c.fields {
		if f.Key == field {
			return f.Column
		}
	}
	return c.of[field]
}

// claimOf returns the claim or the custom field that is read from a column.
func (c *columns) claimOf(column string) string {
	for claim, of := range c.of {
		if of == column {
			return claim
		}
	}
	for _, f := range c.fields {
		if f.Column == column {
			return f.Key
		}
	}
	return column
}

// maxUnused is how many names of unused columns are remembered.
const maxUnused = 100

// similar returns the column that looks like a claim's.
func similar(claim string, header []string) string {
	for _, column := range header {
		plain := strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(strings.ToLower(column))
		if plain == strings.ToLower(claim) || plain == "id" && claim == contract.Sub ||
			slices.Contains(contract.ClaimOf(claim).Synonyms, plain) {
			return column
		}
	}
	return ""
}

// A table knows in which column of a CSV source each claim is.
type table struct {
	names            []string
	width            int
	sub, name, email int
	verified         int // -1 where there is none
	texts            []textColumn
	spaces           map[string]int // by claim
	fields           []fieldColumn
	shown            map[string]int // column of each claim and field, to show its value
}

type textColumn struct {
	column int
	set    func(*ssotoken.ClaimsBuilder, string) *ssotoken.ClaimsBuilder
}

type fieldColumn struct {
	Field
	column int
}

// header reads the first row of CSV; JSON has none. Its error names a column only
// where it is one that was asked for, or a common name of a claim: the row may be a
// member's.
func (c *Checker) header(s *source, from rows) (*table, error) {
	if _, isCSV := from.(*csvRows); !isCSV {
		return nil, nil
	}
	first, err := from.next()
	switch {
	case err == io.EOF:
		return nil, because(InputUnreadable, "is empty")
	case err != nil:
		return nil, err
	case strings.Contains(strings.Join(first.cells, ""), "\r"):
		return nil, because(InputUnreadable, "ends its lines by CR only: export it again with LF or CRLF")
	case first.fault != nil:
		return nil, because(InputUnreadable, "has a first row that is no CSV header")
	case !utf8.ValidString(strings.Join(first.cells, "")):
		return nil, because(InputUnreadable, "has a header that is not UTF-8: name its encoding, such as --encoding windows-1252")
	}
	t := &table{
		names:    slices.Clone(first.cells),
		width:    len(first.cells),
		verified: -1,
		spaces:   map[string]int{},
		shown:    map[string]int{},
	}
	for i := range t.names {
		t.names[i] = strings.TrimSpace(t.names[i])
	}
	find := func(column string, needed bool, claim string) (int, error) {
		i := slices.Index(t.names, column)
		switch {
		case i < 0 && needed:
			return 0, c.columns.missing(column, claim, t.names)
		case i >= 0 && slices.Contains(t.names[i+1:], column):
			return 0, because(HeaderRepeated, fmt.Sprintf("has the column %q more than once in its header", column))
		}
		return i, nil
	}
	for _, claim := range contract.Claims() {
		column := c.columns.of[claim.Name]
		if column == "" {
			continue
		}
		i, err := find(column, c.columns.needs(claim), claim.Name)
		if err != nil {
			return nil, err
		}
		if i < 0 {
			continue
		}
		t.shown[claim.Name] = i
		isWho := claim.Status == contract.Required
		switch set := profile.Setter(claim.Name); {
		case set == nil:
			t.spaces[claim.Name] = i
		case isWho || !s.previous:
			t.texts = append(t.texts, textColumn{i, set})
		}
	}
	for _, field := range c.columns.fields {
		i, err := find(field.Column, true, "")
		if err != nil {
			return nil, err
		}
		t.shown[field.Key] = i
		t.fields = append(t.fields, fieldColumn{field, i})
	}
	if t.verified, err = find(c.columns.verified, false, ""); err != nil {
		return nil, err
	}
	t.sub, t.name, t.email = t.shown[contract.Sub], t.shown[contract.Name], t.shown[contract.Email]
	return t, nil
}

// needs reports whether a claim's column must be there.
func (c *columns) needs(claim contract.Claim) bool {
	return c.chosen[claim.Name] || claim.Status == contract.Required && profile.Setter(claim.Name) != nil
}

func (c *columns) missing(column, claim string, names []string) error {
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

// missingMember is the error where a column that must be there is in no JSON object.
func (c *columns) missingMember(seen map[string]bool) error {
	names := slices.Sorted(maps.Keys(seen))
	for _, claim := range contract.Claims() {
		if column := c.of[claim.Name]; column != "" && c.needs(claim) && !seen[column] && len(seen) < maxUnused {
			return c.missing(column, claim.Name, names)
		}
	}
	for _, f := range c.fields {
		if !seen[f.Column] && len(seen) < maxUnused {
			return c.missing(f.Column, "", names)
		}
	}
	return nil
}

// unused returns the columns that no claim was read from.
func (s *source) unused(c *columns) map[string]bool {
	unused := map[string]bool{}
	take := func(name string) {
		if !c.used(name) && len(unused) < maxUnused {
			unused[name] = true
		}
	}
	if s.table != nil {
		for _, name := range s.table.names {
			take(name)
		}
	}
	for name := range s.seen {
		take(name)
	}
	return unused
}
