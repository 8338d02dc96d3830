package check

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// WriteRefused writes the rows that can't log in, as they are and in order, in CSV:
// before each, its row and line, its codes, and why. The sources are those of
// [Checker.Read] once more, from their starts; [Checker.Report] comes before. A row
// that is no CSV, or JSON, stands in one quoted cell. It tells how many it wrote.
//
// These are personal data. Write them to a file that others can't read, and take
// it for whole only where the error is nil.
func (c *Checker) WriteRefused(ctx context.Context, to io.Writer, sources ...Source) (rows int, err error) {
	if !c.done {
		return 0, errors.New("the report is made before the refused rows are written")
	}
	read := slices.DeleteFunc(slices.Clone(c.sources), func(s *source) bool { return s.previous || s.Reader == nil })
	if len(sources) != len(read) {
		return 0, errors.New("the sources are not those that were read")
	}
	out := &refusedWriter{c: c, to: bufio.NewWriter(to), marks: c.marked}
	for i, from := range sources {
		first := read[i]
		again := &source{Source: from, name: from.Name, number: first.number, firstRow: first.firstRow}
		seen := 0
		err := c.run(ctx, again, func(ch *chunk) error {
			if seen >= first.rows {
				return errStop // after a partial read
			}
			err := out.take(ch, first.firstRow+seen, min(ch.rows, first.rows-seen))
			seen += ch.rows
			return err
		})
		if errors.Is(err, errStop) {
			err = nil
		}
		if err == nil && (seen < first.rows || again.header != first.header) {
			err = &InputError{from.Name, errors.New("is not as it was when it was read first")}
		}
		if err != nil {
			return out.rows, err
		}
	}
	return out.rows, out.to.Flush()
}

var errStop = errors.New("stop")

type refusedWriter struct {
	c      *Checker
	to     *bufio.Writer
	marks  []mark // those that are still to come
	header *source
	rows   int
}

// take writes the refused ones of the first n rows of a chunk.
func (r *refusedWriter) take(ch *chunk, firstRow, n int) error {
	notes := ch.notes
	for i := range n {
		number := firstRow + i + 1
		var codes, why []string
		refused := false
		tell := func(code contract.Code, effect Effect, field, message string) {
			if effect == EffectPutInOrder || effect == EffectHarmless {
				return
			}
			refused = refused || effect == EffectRefused || effect == EffectCollides
			if !slices.Contains(codes, string(code)) {
				codes = append(codes, string(code))
			}
			why = append(why, strings.TrimPrefix(field+": "+message, ": "))
		}
		for len(notes) > 0 && notes[0].row == i {
			tell(notes[0].code, notes[0].effect, notes[0].field, notes[0].message)
			notes = notes[1:]
		}
		for len(r.marks) > 0 && int(r.marks[0].row) < number {
			r.marks = r.marks[1:]
		}
		for len(r.marks) > 0 && int(r.marks[0].row) == number {
			what := collisions[r.marks[0].code]
			tell(what.code, what.effect, what.field, fmt.Sprintf("%s (row %d)", what.message, r.marks[0].other))
			r.marks = r.marks[1:]
		}
		if refused {
			r.write(ch, ch.records[i], number, strings.Join(codes, " "), strings.Join(why, "; "))
		}
	}
	_, err := r.to.Write(nil) // what stopped an earlier write
	return err
}

func (r *refusedWriter) write(ch *chunk, rec record, row int, codes, why string) {
	comma := string(r.c.columns.comma)
	prefix := func(cells ...string) {
		for _, cell := range cells {
			r.to.WriteString(cell)
			r.to.WriteString(comma)
		}
	}
	s := ch.source
	if r.header == nil || r.header.header != s.header {
		prefix("row", "line", "codes", "why")
		r.to.WriteString(s.header)
		if s.header == "" {
			r.to.WriteString("json")
		}
		r.to.WriteByte('\n')
	}
	r.header = s
	prefix(fmt.Sprint(row), fmt.Sprint(ch.line+rec.line), codes, inQuotes(why))
	raw := strings.TrimSuffix(ch.text[rec.start:rec.end], "\r")
	if s.header == "" || strings.Contains(codes, string(contract.RowUnreadable)) || rec.form >= unclosed {
		raw = inQuotes(raw)
	}
	r.to.WriteString(raw)
	r.to.WriteByte('\n')
	r.rows++
}

func inQuotes(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
