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
)

// WriteRefused writes the rows that can't log in, in order, as CSV: before each, its
// row and line, its codes, and why. A row that is no CSV, or JSON, is in one cell. It
// returns how many rows it wrote. [Checker.Report] comes before.
//
// A spreadsheet would run a cell such as =HYPERLINK(…): a cell that begins with =, +,
// -, @, a tab or a carriage return and is not a number has an apostrophe put before
// it.
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
				out.Write(append([]string{"row", "line", "codes", "why"}, names...))
			}
			row := j.at(i).Row
			others := func(n note) bool { return n.at.Row != row }
			notes := append(slices.DeleteFunc(slices.Clone(j.notes), others), marked[row]...)
			if r.cells == nil {
				r.cells = []string{j.raw(i)}
			}
			record := append([]string{strconv.Itoa(row), strconv.Itoa(r.line)}, why(notes)...)
			for _, cell := range r.cells {
				record = append(record, defused(cell))
			}
			out.Write(record)
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
	at, start := j.text()
	rows := j.source.rows(at, start)
	for range i + 1 {
		start = rows.place()
		rows.next() // as it was read before
	}
	text := make([]byte, min(rows.place().offset-start.offset, maxRow))
	n, _ := at.ReadAt(text, start.offset)
	return strings.Trim(string(text[:n]), "\r\n")
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

var number = regexp.MustCompile(`^[+-]?\d+([.,]\d+)?$`)

func defused(cell string) string {
	if cell != "" && strings.IndexByte("=+-@\t\r", cell[0]) >= 0 && !number.MatchString(cell) {
		return "'" + cell
	}
	return cell
}
