package check

import (
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
	marks := c.marked
	var header *source
	for _, b := range c.batches {
		s := b.source
		if s.previous {
			continue
		}
		first, last := s.firstRow+b.row+1, s.firstRow+b.row+b.rows
		for len(marks) > 0 && int(marks[0].row) < first {
			marks = marks[1:]
		}
		if !b.refused && (len(marks) == 0 || int(marks[0].row) > last) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return rows, err
		}
		j := &job{batch: b}
		if err := c.again(j, nil); err != nil {
			return rows, err
		}
		for i := range j.rows {
			codes, why := whyRefused(j, i, marks, first+i)
			if codes == nil {
				continue
			}
			if header != s && (header == nil || !slices.Equal(header.names(), s.names())) {
				out.Write(append([]string{"row", "line", "codes", "why"}, s.names()...))
			}
			header = s
			cells := j.rows[i].cells
			if len(cells) == 0 {
				cells = []string{s.rawRow(j, i)}
			}
			record := []string{strconv.Itoa(first + i), strconv.Itoa(j.rows[i].line), strings.Join(codes, " "), strings.Join(why, "; ")}
			for _, cell := range cells {
				record = append(record, defused(cell))
			}
			out.Write(record)
			rows++
		}
	}
	out.Flush()
	return rows, out.Error()
}

// names are the columns that the refused rows of a source have.
func (s *source) names() []string {
	if s.input.json {
		return []string{"json"}
	}
	return s.table.names
}

// rawRow returns the text of a row that is JSON, or no CSV.
func (s *source) rawRow(j *job, i int) string {
	if j.rows[i].text != nil {
		return strings.TrimSpace(string(j.rows[i].text))
	}
	rows, start := s.input.rows(true), j.place
	rows.seek(j.place)
	for range i + 1 {
		start = rows.place()
		rows.next() // as it was read before
	}
	text := make([]byte, min(rows.place().offset-start.offset, maxRow))
	n, _ := s.input.kept().ReadAt(text, start.offset)
	return strings.Trim(string(text[:n]), "\r\n")
}

// whyRefused returns the codes and reasons of a row that can't log in.
func whyRefused(j *job, i int, marks []mark, number int) (codes, why []string) {
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
		if int(m.row) > number {
			break
		}
		if int(m.row) == number {
			what := collisions[m.code]
			tell(kind{what.code, what.field, what.effect}, fmt.Sprintf("%s (row %d)", what.message, m.other))
		}
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
