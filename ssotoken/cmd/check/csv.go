package check

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/internal/profile"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A table knows in which column of a CSV source each claim stands.
type table struct {
	width            int
	sub, name, email int
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

// header reads the first row of a source. Its error names a column only where it
// is one that was asked for, or a common name of a claim: the row may be a
// member's.
func (c *Checker) header(s *source, text string, f form) (*table, error) {
	s.header = strings.TrimSuffix(text, "\r")
	if strings.Contains(s.header, "\r") {
		return nil, because(contract.InputUnreadable, "ends its lines by CR only: export it again with LF or CRLF")
	}
	var row csvRow
	names, err := row.cut(text, f, c.columns.comma)
	if err != nil || !utf8.ValidString(text) {
		return nil, because(contract.InputUnreadable, "has a first row that is no CSV header in UTF-8")
	}
	names = slices.Clone(names)
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	t := &table{width: len(names), spaces: map[string]int{}, shown: map[string]int{}}
	find := func(column string, needed bool, claim string) (int, error) {
		i := slices.Index(names, column)
		switch {
		case i < 0 && needed:
			return 0, missing(column, claim, names)
		case i >= 0 && slices.Contains(names[i+1:], column):
			return 0, because(contract.HeaderRepeated, fmt.Sprintf("has the column %q more than once in its header", column))
		}
		return i, nil
	}
	for _, claim := range contract.Claims() {
		column := c.columns.of[claim.Name]
		if column == "" {
			continue
		}
		isText := profile.Setter(claim.Name) != nil
		i, err := find(column, c.columns.chosen[claim.Name] || isText && claim.Status == contract.Required, claim.Name)
		if err != nil {
			return nil, err
		}
		if i < 0 {
			continue
		}
		t.shown[claim.Name] = i
		if isText {
			t.texts = append(t.texts, textColumn{i, profile.Setter(claim.Name)})
		} else {
			t.spaces[claim.Name] = i
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
	t.sub, t.name, t.email = t.shown[contract.Sub], t.shown[contract.Name], t.shown[contract.Email]
	if !s.previous {
		for _, name := range names {
			if !c.columns.used(name) {
				s.unused = append(s.unused, name)
			}
		}
	}
	return t, nil
}

func missing(column, claim string, names []string) error {
	text := fmt.Sprintf("has no column %q in its header", column)
	if other := similar(claim, names); other != "" {
		text += fmt.Sprintf("; %q looks like it: say so by -map %s=%s (Columns.Claims)", other, claim, other)
	} else if len(names) == 1 && strings.ContainsAny(names[0], ";\t|") {
		text += ", which has one column: name its separator by -comma (Columns.Comma)"
	}
	return because(contract.HeaderMissing, text)
}

// parse judges the rows of a chunk.
func (t *table) parse(w *worker, ch *chunk) {
	b := ssotoken.NewClaims().AllowSubject(w.c.config.RealSubject)
	if ch.source.previous {
		t = t.without()
	}
	for _, rec := range ch.records {
		if message := rec.fault(); message != "" {
			w.unreadable(rec, rec.code(), message)
			continue
		}
		cells, err := w.csv.cut(ch.text[rec.start:rec.end], rec.form, w.c.columns.comma)
		switch {
		case err != nil:
			w.unreadable(rec, contract.RowUnreadable, "is no CSV: "+reasonOf(err).Error())
			continue
		case len(cells) != t.width:
			w.unreadable(rec, contract.RowRagged, fmt.Sprintf("has %d columns, the header %d", len(cells), t.width))
			continue
		}
		t.judge(w, rec, b, cells)
	}
}

// without leaves out what is not compared with an earlier export.
func (t *table) without() *table {
	few := *t
	few.spaces, few.fields, few.texts = nil, nil, few.texts[:0:0]
	for _, text := range t.texts {
		if text.column == t.sub || text.column == t.name || text.column == t.email {
			few.texts = append(few.texts, text)
		}
	}
	return &few
}

func (t *table) judge(w *worker, rec record, b *ssotoken.ClaimsBuilder, cells []string) {
	for i := range t.texts {
		t.texts[i].set(b, cells[t.texts[i].column])
	}
	var bad []*ssotoken.FieldError
	if len(t.fields) > 0 {
		bad = t.custom(w, b, cells)
	}
	if len(t.spaces) > 0 {
		bad = append(bad, t.plan(b, cells)...)
	}
	var values look
	if w.c.config.ShowValues {
		values = func(field string) string {
			if i, ok := t.shown[field]; ok {
				return cells[i]
			}
			return ""
		}
	}
	w.add(rec, values, b, rec.end-rec.start, texts{cells[t.sub], cells[t.email], cells[t.name]}, bad)
}

// custom sets the custom fields, and gives those that don't have their type.
func (t *table) custom(w *worker, b *ssotoken.ClaimsBuilder, cells []string) (bad []*ssotoken.FieldError) {
	fields := w.csv.fields[:0]
	for i := range t.fields {
		f := &t.fields[i]
		cell := cells[f.column]
		if cell == "" {
			continue
		}
		field, err := profile.TypedField(f.Key, f.Type, cell)
		if err != nil {
			bad = append(bad, &ssotoken.FieldError{Field: f.Key, Err: err})
			continue
		}
		fields = append(fields, field)
	}
	w.csv.fields = fields
	b.Custom(customfields.Of(fields...))
	return bad
}

// plan sets the spaces.
func (t *table) plan(b *ssotoken.ClaimsBuilder, cells []string) []*ssotoken.FieldError {
	var p profile.Profile
	asked := map[string]any{}
	for claim, column := range t.spaces {
		cell := strings.TrimSpace(cells[column])
		switch {
		case cell == "":
		case claim == contract.SpacesOperation:
			asked[claim] = cell
		case cell[0] == '[' || claim == contract.Spaces:
			o, err := profile.ParseObject([]byte(`{"value":` + cell + `}`))
			if err != nil || len(o) != 1 {
				p.Refuse(claim, "is not a JSON array")
				continue
			}
			asked[claim] = o[0].Value
		default:
			ids := []any{}
			for id := range strings.FieldsFuncSeq(cell, func(r rune) bool { return r == ',' || r == ';' || r == '|' }) {
				ids = append(ids, strings.TrimSpace(id))
			}
			asked[claim] = ids
		}
	}
	if asked[contract.SpacesOperation] == contract.OperationAdd && asked[contract.SpaceIDs] == nil {
		delete(asked, contract.SpacesOperation) // ADD of nothing
	}
	p.PlanFromJSON(asked)
	b.Spaces(p.Plan)
	return p.Bad
}
