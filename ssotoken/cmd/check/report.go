package check

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// An Effect says what a finding does to the login.
type Effect string

const (
	EffectRefused    Effect = "refused"      // the member can't log in
	EffectCollides   Effect = "collides"     // can't log in beside another member
	EffectLeftOut    Effect = "left out"     // the field is not sent
	EffectPutInOrder Effect = "put in order" // the field is sent in another spelling
	EffectLook       Effect = "worth a look" // the login works
	EffectHarmless   Effect = "harmless"     // it is only reported
)

var effects = []Effect{EffectRefused, EffectCollides, EffectLeftOut, EffectLook, EffectPutInOrder, EffectHarmless}

// A Report says what was found. Rows is the sum of the five numbers after it.
type Report struct {
	Partial    bool `json:"partial"` // the input was not read to its end
	Rows       int  `json:"rows"`
	AsTheyAre  int  `json:"asTheyAre"`  // log in, every field sent as it is
	PutInOrder int  `json:"putInOrder"` // log in, with white space or the like tidied
	LeftOut    int  `json:"leftOut"`    // log in by BuildLenient, without a field; Build refuses
	Collide    int  `json:"collide"`    // can't log in beside another member, or with the sub of now
	Refused    int  `json:"refused"`    // can't log in

	PreviousRows    int `json:"previousRows,omitempty"`    // of [Source.Previous]
	PreviousRefused int `json:"previousRefused,omitempty"` // of those, not compared: they could not log in

	Unused   []string  `json:"unusedColumns,omitempty"` // columns and members of JSON objects that no claim was read from
	Findings []Finding `json:"findings"`                // the worst effect first, then the most rows
}

// A Finding is one thing that is wrong with some rows.
type Finding struct {
	Code     contract.Code `json:"code"`
	Field    string        `json:"field,omitempty"`
	Effect   Effect        `json:"effect"`
	Rows     int           `json:"rows"`
	Message  string        `json:"message"` // of the first row
	Rule     string        `json:"rule"`
	Fix      string        `json:"fix"`
	Examples []Place       `json:"examples"` // the first rows
}

// A Place is a row of the input.
type Place struct {
	Source string `json:"source,omitempty"` // its name
	Row    int    `json:"row"`              // from 1, without the header, over all sources
	Line   int    `json:"line,omitempty"`   // of its source, where the row starts
	Other  int    `json:"other,omitempty"`  // row, of the earlier export for [SubChanged] and [SubReassigned]
	Value  string `json:"value,omitempty"`  // of the field, where [Config.ShowValues] is set
}

// Found reports whether there is anything to do before the launch.
func (r *Report) Found() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool {
		return f.Effect != EffectPutInOrder && f.Effect != EffectHarmless
	})
}

// A kind is what findings are counted by.
type kind struct {
	code   contract.Code
	field  string
	effect Effect
}

// A note is something about one row.
type note struct {
	kind
	message string
	at      Place
}

// findings counts by kind, and keeps the first rows of each.
type findings struct {
	byKind map[kind]*Finding
	most   int // examples of a kind
}

func (f *findings) add(n note) {
	found := f.byKind[n.kind]
	if found == nil {
		rule := ruleOf(n.code)
		found = &Finding{
			Code: n.code, Field: n.field, Effect: n.effect, Message: n.message,
			Rule: rule.Sentence, Fix: rule.Fix, Examples: []Place{},
		}
		f.byKind[n.kind] = found
	}
	found.Rows++
	if len(found.Examples) < f.most {
		found.Examples = append(found.Examples, n.at)
	}
}

func (f *findings) list() []Finding {
	list := make([]Finding, 0, len(f.byKind))
	for _, found := range f.byKind {
		list = append(list, *found)
	}
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(slices.Index(effects, a.Effect)-slices.Index(effects, b.Effect), b.Rows-a.Rows,
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.Field, b.Field))
	})
	return list
}

// WriteRefused writes the rows that can't log in, in order, as CSV: before each, its
// row and line, its codes, and why. A row that is no CSV, or JSON, is in one cell. It
// returns how many rows it wrote. [Checker.Report] comes before.
//
// A spreadsheet would run a cell such as =HYPERLINK(…): a cell that begins with =, +, -, @, their full-width forms, a
// tab or a line ending, after spaces too, and is not a number has an apostrophe put before it.
//
// These are personal data. Write them to a file that others can't read, and take
// it for whole only where the error is nil.
func (c *Checker) WriteRefused(ctx context.Context, to io.Writer) (rows int, err error) {
	if !c.done {
		return 0, errors.New("the report is made before the refused rows are written")
	}
	wanted := make([]uint8, c.ordinals)
	for _, ordinal := range c.refused {
		wanted[ordinal] = 1
	}
	marked := map[int][]note{}
	for _, m := range c.marks {
		marked[m.at.Row] = append(marked[m.at.Row], m.note())
	}
	out := csv.NewWriter(to)
	var header []string
	err = c.again(ctx, wanted, func(j *job) error {
		for i, r := range j.read {
			if wanted[int(j.ordinal)+i] == 0 {
				continue
			}
			if names := j.source.columns(); !slices.Equal(header, names) {
				header = names
				out.Write(append([]string{"row", "line", "codes", "why"}, defused(names)...))
			}
			row := j.at(i).Row
			var notes []note
			for len(j.notes) > 0 && j.notes[0].at.Row == row {
				notes, j.notes = append(notes, j.notes[0]), j.notes[1:]
			}
			notes = append(notes, marked[row]...)
			if len(r.cells) == 0 {
				r.cells = []string{j.raw(i)}
			}
			record := append([]string{strconv.Itoa(row), strconv.Itoa(r.line)}, why(notes)...)
			out.Write(append(record, defused(r.cells)...))
			rows++
		}
		return out.Error()
	})
	out.Flush()
	return rows, cmp.Or(err, out.Error())
}

// columns are those of the source's refused rows.
func (s *source) columns() []string {
	if s.json {
		return []string{"json"}
	}
	return s.names
}

// raw returns the text of a row that is JSON, or no CSV.
func (j *job) raw(i int) string {
	if j.read[i].text != nil {
		return strings.TrimSpace(string(j.read[i].text))
	}
	text, start := j.text()
	rows := j.source.rows(text, start)
	for range i + 1 {
		start = rows.place()
		rows.next() // as it was read before
	}
	raw := make([]byte, min(rows.place().offset-start.offset, maxRow))
	n, _ := text.ReadAt(raw, start.offset)
	return strings.Trim(string(raw[:n]), "\r\n")
}

// why returns the codes and the reasons that a row can't log in.
func why(notes []note) []string {
	var codes, reasons []string
	for _, n := range notes {
		if n.effect == EffectPutInOrder || n.effect == EffectHarmless {
			continue
		}
		if n.at.Other > 0 {
			n.message += fmt.Sprintf(" (row %d)", n.at.Other)
		}
		if !slices.Contains(codes, string(n.code)) {
			codes = append(codes, string(n.code))
		}
		reasons = append(reasons, strings.TrimPrefix(n.field+": "+n.message, ": "))
	}
	return []string{strings.Join(codes, " "), strings.Join(reasons, "; ")}
}

var (
	formula = regexp.MustCompile(`^ *[=+\-@\t\r\n＝＋－＠]`)
	number  = regexp.MustCompile(`^[+-]?\d+([.,]\d+)?$`)
)

func defused(cells []string) []string {
	safe := slices.Clone(cells)
	for i, cell := range cells {
		if formula.MatchString(cell) && !number.MatchString(cell) {
			safe[i] = "'" + cell
		}
	}
	return safe
}
