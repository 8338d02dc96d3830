package check

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// maxRow is the longest row that is read, in bytes: a token has at most 16 KiB.
const maxRow = 1 << 20

// A row is one member as a source has it.
type row struct {
	line  int      // of the source, where the row starts; 0 where there are no lines
	cells []string // of CSV
	text  []byte   // of JSON
	fault error    // why the row can't be read; a reason
}

// A place is where a row starts in a source. The line is that of the offset,
// which may have blank lines behind it.
type place struct {
	offset int64
	line   int
}

// rows reads a source from any place on that it was at before.
type rows interface {
	seek(place)
	place() place
	next() (row, error) // the cells of a row are good until the next one
}

// csvRows reads CSV as encoding/csv does. A row that is too long or has a quote
// that never closes does not end it.
type csvRows struct {
	at    io.ReaderAt
	comma rune
	in    *bounded
	csv   *csv.Reader
	start place // where csv started
	last  place // behind the last row
}

// bounded fails once more than its limit was read.
type bounded struct {
	io.Reader
	left int64
}

var errRowTooLong = errors.New("row too long")

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errRowTooLong
	}
	n, err := b.Reader.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

const readAhead = 16 << 10

func (r *csvRows) seek(to place) {
	r.start, r.last = to, to
	r.in = &bounded{Reader: from(r.at, to.offset)}
	r.csv = csv.NewReader(bufio.NewReaderSize(r.in, readAhead))
	r.csv.Comma, r.csv.ReuseRecord, r.csv.FieldsPerRecord = r.comma, true, -1
}

func from(at io.ReaderAt, offset int64) io.Reader { return io.NewSectionReader(at, offset, 1<<62) }

func (r *csvRows) place() place { return r.last }

func (r *csvRows) next() (row, error) {
	start := r.last
	r.in.left = maxRow + readAhead
	cells, err := r.csv.Read()
	end := r.start.offset + r.csv.InputOffset()
	var syntax *csv.ParseError
	switch {
	case err == nil:
		line, _ := r.csv.FieldPos(0)
		line += r.start.line - 1
		r.last = place{end, line + 1}
		for _, cell := range cells {
			r.last.line += strings.Count(cell, "\n")
		}
		if end-start.offset > maxRow {
			return row{line: line, fault: tooLong}, nil
		}
		return row{line: line, cells: cells}, nil
	case errors.As(err, &syntax):
		if errors.Is(err, csv.ErrQuote) && r.atEnd(end) {
			if behind, closed := r.recordEnd(start); !closed {
				return r.skip(behind, unclosed)
			}
		}
		r.last = place{end, r.start.line + syntax.Line}
		fault := because(RowUnreadable, "is not CSV: "+syntax.Err.Error())
		return row{line: r.start.line + syntax.StartLine - 1, fault: fault}, nil
	case errors.Is(err, errRowTooLong):
		behind, closed := r.recordEnd(start)
		if closed {
			return r.skip(behind, tooLong)
		}
		return r.skip(behind, unclosed)
	}
	return row{}, err
}

var (
	tooLong  = because(RowTooLong, "is over 1 MiB")
	unclosed = because(RowUnreadable, "has a quote that never closes")
)

func (r *csvRows) skip(behind recordEnd, fault error) (row, error) {
	r.seek(behind.place)
	return row{line: behind.start, fault: fault}, nil
}

func (r *csvRows) atEnd(offset int64) bool {
	n, _ := r.at.ReadAt(make([]byte, 1), offset)
	return n == 0
}

type recordEnd struct {
	place
	start int // the line in which the record starts
}

// recordEnd finds the end of the record at a place: the first line end outside
// quotes. Where a quote never closes it is the end of the record's first line.
func (r *csvRows) recordEnd(at place) (end recordEnd, closed bool) {
	in := bufio.NewReaderSize(from(r.at, at.offset), readAhead)
	quoted, started := false, false
	var first recordEnd
	for {
		b, err := in.ReadByte()
		if err != nil {
			end.place = at
			if quoted && first.start > 0 {
				return first, false
			}
			return end, !quoted
		}
		at.offset++
		switch {
		case b == '\n' && !started:
			at.line++
		case b == '\n':
			at.line++
			if first.start == 0 {
				first = recordEnd{at, end.start}
			}
			if !quoted {
				end.place = at
				return end, true
			}
		case b == '\r' && !started:
		default:
			if !started {
				started, end.start = true, at.line
			}
			quoted = quoted != (b == '"')
		}
	}
}

// lineRows reads one JSON object from each line.
type lineRows struct {
	at    io.ReaderAt
	moved bool // the lines are not those of the source
	in    *bufio.Reader
	last  place
}

func (r *lineRows) seek(to place) {
	r.last = to
	r.in = bufio.NewReaderSize(from(r.at, to.offset), readAhead)
}

func (r *lineRows) place() place { return r.last }

func (r *lineRows) next() (row, error) {
	for {
		var line []byte
		size := 0
		for more := true; more; {
			part, err := r.in.ReadSlice('\n')
			if size += len(part); size <= maxRow {
				line = append(line, part...)
			}
			r.last.offset += int64(len(part))
			if more = errors.Is(err, bufio.ErrBufferFull); err != nil && !more && (err != io.EOF || size == 0) {
				return row{}, err
			}
			if err == io.EOF {
				more = false
			}
		}
		at := r.last.line
		if r.last.line++; r.moved {
			at = 0
		}
		switch {
		case size > maxRow:
			return row{line: at, fault: tooLong}, nil
		case len(bytes.TrimSpace(line)) > 0:
			return row{line: at, text: line}, nil
		}
	}
}

// because returns a code with a text for people.
func because(code contract.Code, text string) error { return &reason{code, text} }

type reason struct {
	code contract.Code
	text string
}

func (r *reason) Error() string { return r.text }

func (r *reason) Unwrap() error { return r.code }
