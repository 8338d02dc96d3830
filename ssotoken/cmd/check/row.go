package check

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A csvRow cuts rows into cells, and keeps its room for the next one.
type csvRow struct {
	cells  []string
	reader *csv.Reader
	in     feeder
	fields []customfields.Field
}

// cut gives the cells of a row, which are good until the next one. A row without a
// quote needs nothing but its commas; encoding/csv reads the others.
func (r *csvRow) cut(text string, f form, comma byte) ([]string, error) {
	if f == plain {
		r.cells = r.cells[:0]
		for {
			i := strings.IndexByte(text, comma)
			if i < 0 {
				break
			}
			r.cells = append(r.cells, text[:i])
			text = text[i+1:]
		}
		r.cells = append(r.cells, text)
		return r.cells, nil
	}
	if r.reader == nil {
		r.reader = csv.NewReader(&r.in)
		r.reader.Comma, r.reader.ReuseRecord, r.reader.FieldsPerRecord = rune(comma), true, -1
	}
	r.in = feeder{text, false}
	before := r.reader.InputOffset()
	cells, err := r.reader.Read()
	if read := r.reader.InputOffset() - before; err == nil && read != int64(len(text)+len("\n")) {
		r.reader = nil
		return nil, csv.ErrQuote
	}
	if err != nil {
		r.reader = nil
	}
	return cells, err
}

// A feeder gives one row, and a line's end, to a csv.Reader.
type feeder struct {
	text  string
	ended bool
}

func (f *feeder) Read(p []byte) (int, error) {
	n := copy(p, f.text)
	f.text = f.text[n:]
	if n == 0 && !f.ended && len(p) > 0 {
		f.ended = true
		p[0] = '\n'
		return 1, nil
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// reasonOf drops the place, which is not that in the source.
func reasonOf(err error) error {
	var syntax *csv.ParseError
	if errors.As(err, &syntax) {
		return syntax.Err
	}
	return err
}

// fault says why a row is not read at all.
func (r record) fault() string {
	switch r.form {
	case unclosed:
		return "has a quote that never closes"
	case tooLong:
		return fmt.Sprintf("has more than %d bytes", maxRow)
	}
	return ""
}

func (r record) code() contract.Code {
	if r.form == tooLong {
		return contract.RowTooLong
	}
	return contract.RowUnreadable
}
