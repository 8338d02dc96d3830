package check

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
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

// rows reads a text from a place on.
type rows interface {
	place() place
	next() (row, error)
}

// rows reads the source, or some bytes of it again.
func (s *source) rows(at io.ReaderAt, start place) rows {
	if s.json {
		in := bufio.NewReaderSize(from(at, start.offset), readAhead)
		return &lineRows{in: in, moved: s.moved, last: start}
	}
	r := &csvRows{at: at, comma: s.comma}
	r.seek(start)
	return r
}

const readAhead = 16 << 10

func from(at io.ReaderAt, offset int64) io.Reader { return io.NewSectionReader(at, offset, 1<<62) }

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

func (r *csvRows) seek(to place) {
	r.start, r.last = to, to
	r.in = &bounded{Reader: from(r.at, to.offset)}
	r.csv = csv.NewReader(bufio.NewReaderSize(r.in, readAhead))
	r.csv.Comma, r.csv.FieldsPerRecord = r.comma, -1
}

func (r *csvRows) place() place { return r.last }

var (
	tooLong  = because(RowTooLong, "is over 1 MiB")
	unclosed = because(RowUnreadable, "has a quote that never closes")
)

func (r *csvRows) next() (row, error) {
	start := r.last
	r.in.left = maxRow + readAhead
	cells, err := r.csv.Read()
	end := r.start.offset + r.csv.InputOffset()
	if err == nil {
		first, _ := r.csv.FieldPos(0)
		last, _ := r.csv.FieldPos(len(cells) - 1)
		r.last = place{end, r.start.line + last + strings.Count(cells[len(cells)-1], "\n")}
		read := row{line: r.start.line + first - 1, cells: cells}
		if end-start.offset > maxRow {
			read.cells, read.fault = nil, tooLong
		}
		return read, nil
	}
	var syntax *csv.ParseError
	isLong := errors.Is(err, errRowTooLong)
	if isLong || errors.Is(err, csv.ErrQuote) && r.isEnd(end) {
		line, behind, closed := r.recordEnd(start)
		switch {
		case !closed:
			r.seek(behind)
			return row{line: line, fault: unclosed}, nil
		case isLong:
			r.seek(behind)
			return row{line: line, fault: tooLong}, nil
		}
	}
	if errors.As(err, &syntax) {
		r.last = place{end, r.start.line + syntax.Line}
		fault := because(RowUnreadable, "is not CSV: "+syntax.Err.Error())
		return row{line: r.start.line + syntax.StartLine - 1, fault: fault}, nil
	}
	return row{}, err
}

func (r *csvRows) isEnd(offset int64) bool {
	n, _ := r.at.ReadAt(make([]byte, 1), offset)
	return n == 0
}

// recordEnd finds the line of the record at a place, and its end: the first line end outside
// quotes. Where a quote never closes that is the end of the record's first line.
func (r *csvRows) recordEnd(at place) (line int, end place, closed bool) {
	in := bufio.NewReaderSize(from(r.at, at.offset), readAhead)
	var firstLine place
	quoted := false
	for {
		b, err := in.ReadByte()
		if err != nil {
			if quoted && firstLine.line > 0 {
				return line, firstLine, false
			}
			return line, at, !quoted
		}
		at.offset++
		if b == '\n' {
			at.line++
		}
		switch {
		case line == 0 && (b == '\n' || b == '\r'): // blank lines before it
		case b == '\n' && !quoted:
			return line, at, true
		case b == '\n' && firstLine.line == 0:
			firstLine = at
		default:
			if line == 0 {
				line = at.line
			}
			quoted = quoted != (b == '"')
		}
	}
}

// header reads the first row of CSV.
func header(from rows) ([]string, error) {
	first, err := from.next()
	names := first.cells
	text := strings.Join(names, "")
	switch {
	case err == io.EOF:
		return nil, because(InputUnreadable, "is empty")
	case err != nil:
		return nil, err
	case strings.Contains(text, "\r"):
		return nil, because(InputUnreadable, "ends its lines by CR only: export it again with LF or CRLF")
	case first.fault != nil:
		return nil, because(InputUnreadable, "has a first row that is no CSV header")
	case !utf8.ValidString(text):
		return nil, because(InputUnreadable,
			"has a header that is not UTF-8: name its encoding, such as --encoding windows-1252")
	}
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return names, nil
}

// lineRows reads one JSON object from each line.
type lineRows struct {
	in    *bufio.Reader
	moved bool // the lines are not those of the source
	last  place
}

func (r *lineRows) place() place { return r.last }

func (r *lineRows) next() (row, error) {
	for {
		line, size, err := r.line()
		if err != nil && (err != io.EOF || size == 0) {
			return row{}, err
		}
		read := row{line: r.last.line, text: line}
		if r.moved {
			read.line = 0
		}
		r.last.line++
		if size > maxRow {
			read.text, read.fault = nil, tooLong
		}
		if read.fault != nil || len(bytes.TrimSpace(line)) > 0 {
			return read, nil
		}
	}
}

// line reads a line, and returns as much of it as a row may have.
func (r *lineRows) line() (line []byte, size int, err error) {
	for {
		part, err := r.in.ReadSlice('\n')
		r.last.offset += int64(len(part))
		if size += len(part); size <= maxRow {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, size, err
		}
	}
}
