package check

import (
	"fmt"
	"slices"
	"strings"

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
	// Claims gives the column of a claim that has another name.
	Claims map[string]string

	// Fields are the custom fields. An empty value is none.
	Fields []Field

	// Comma separates the columns of CSV: a comma, which 0 is too, a semicolon, a
	// tab or a vertical bar.
	Comma rune
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
	comma  byte
}

func (c Columns) compile() (columns, []*ssotoken.FieldError) {
	out := columns{of: map[string]string{}, chosen: map[string]bool{}, comma: ','}
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
	switch c.Comma {
	case 0:
	case ',', ';', '\t', '|':
		out.comma = byte(c.Comma)
	default:
		refuse("Columns.Comma", contract.Malformed, "is none of comma, semicolon, tab and vertical bar")
	}
	return out, bad
}

func isAboutSpaces(claim string) bool {
	return claim == contract.SpaceIDs || claim == contract.Spaces || claim == contract.SpacesOperation
}

// fieldOf gives the claim or the custom field that a path of the token is in.
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
	return slices.ContainsFunc(c.fields, func(f Field) bool { return f.Column == column })
}

// claimOf gives the claim or the custom field that is read from a column.
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

// similar gives the column that looks like a claim's.
func similar(claim string, header []string) string {
	for _, column := range header {
		plain := strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(strings.ToLower(column))
		if plain == strings.ToLower(claim) || plain == "id" && claim == contract.Sub || slices.Contains(contract.ClaimOf(claim).Synonyms, plain) {
			return column
		}
	}
	return ""
}
