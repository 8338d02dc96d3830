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
	out := csv.NewWriter(to)
	marks := c.marks
	var header []string
	isRefused := func(b *batch) bool { return b.refused && !b.source.previous }
	all := func(uint32) bool { return true }
	err = c.again(ctx, isRefused, all, func(j *job) error {
		for i, r := range j.read {
			number := j.number(i)
			first, _ := slices.BinarySearchFunc(marks, number, func(m mark, n int) int { return m.row - n })
			marks = marks[first:]
			codes, why := whyRefused(j, i, marks)
			if codes == nil {
				continue
			}
			if names := j.source.columns(); !slices.Equal(header, names) {
				header = names
				out.Write(append([]string{"row", "line", "codes", "why"}, names...))
			}
			record := []string{strconv.Itoa(number), strconv.Itoa(r.line), strings.Join(codes, " "), strings.Join(why, "; ")}
			if r.cells == nil {
				r.cells = []string{j.raw(i)}
			}
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

// whyRefused returns the codes and reasons of a row that can't log in. The marks begin with its own.
func whyRefused(j *job, i int, marks []mark) (codes, why []string) {
	refused := false
	tell := func(k kind, message string) {
		if k.effect == EffectPutInOrder || k.effect == EffectHarmless {
			return
		}
		refused = refused || k.effect == EffectRefused || k.effect == EffectCollides
		if !slices.Contains(codes, string(k.code)) {
			codes = append(codes, string(k.code))
		}
		why = append(why, strings.TrimPrefix(k.field+": "+message, ": "))
	}
	for _, n := range j.notes {
		if n.row == i {
			tell(n.kind, n.message)
		}
	}
	for _, m := range marks {
		if m.row != j.number(i) {
			break
		}
		what := collisions[m.code]
		tell(what.kind, fmt.Sprintf("%s (row %d)", what.message, m.other))
	}
	if !refused {
		return nil, nil
	}
	return codes, why
}

var number = regexp.MustCompile(`^[+-]?\d+([.,]\d+)?$`)

func defused(cell string) string {
	if cell != "" && strings.IndexByte("=+-@\t\r", cell[0]) >= 0 && !number.MatchString(cell) {
		return "'" + cell
	}
	return cell
}
