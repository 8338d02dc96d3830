package check

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// A Source is an export of members: CSV with a header, JSON objects (one a line, in one array, or in an array that is
// a member of one object), or an .xlsx workbook, whose first sheet is read. UTF-8 is expected, UTF-16 with or without
// a byte order mark and gzip are recognised; see [Config.Encoding] for others.
//
// A file is read again where rows have to be compared: it must stay open, and as it is, until the checker is closed.
// What is no plain file in UTF-8 is kept in a temporary one.
type Source struct {
	Name   string // for the report
	Reader io.Reader
	Size   int64 // for the progress; 0 where it is not known

	// Previous says that this is an earlier export, with which the members are compared. Read it before them.
	Previous bool
}

// A source is an export as text in UTF-8 that can be read again: CSV, or a JSON object on each line.
type source struct {
	Source
	firstRow int    // rows of the sources before, of the same kind
	ordinal  uint32 // of its first row, over all sources

	at    io.ReaderAt
	json  bool
	comma rune
	moved bool // to other lines than those of the source

	names []string // of the columns, or of the members of objects that are read
	where []int    // in which of these each of the checker's columns is; -1: in none
}

const (
	sniffed  = 64 << 10
	utf8Mark = "\ufeff"
)

// open makes text of a source, and returns its rows.
func (c *Checker) open(ctx context.Context, s *source) (rows, error) {
	file, isFile := plainFile(s.Reader)
	var r io.Reader
	if isFile {
		r = from(file, 0)
	} else {
		r = stoppable(ctx, s.Reader)
	}
	raw := bufio.NewReaderSize(r, sniffed)
	text, err := c.decoded(raw)
	if err != nil {
		return nil, err
	}
	start, err := peek(text)
	if err != nil {
		return nil, err
	}
	first := place{0, 1}
	if bytes.HasPrefix(start, []byte(utf8Mark)) {
		first.offset = int64(len(utf8Mark))
		start = start[first.offset:]
	}
	array := c.arrayStart(start)
	if s.moved = array >= 0; s.moved {
		text.Discard(int(first.offset) + array)
		first.offset, start = 0, []byte("{")
	}
	if s.at = file; !isFile || text != raw || s.moved {
		kept := &spool{from: text}
		if kept.file, err = os.CreateTemp(c.config.TempDir, "ssotoken-check-*"); err != nil {
			return nil, err
		}
		os.Remove(kept.file.Name()) // where it can be removed while it is open
		c.closers = append(c.closers, kept.close)
		if s.moved {
			kept.from = objectLines(text)
		}
		s.at, s.Size = kept, 0 // it is the size of other bytes
	}
	if err := s.begin(start, &first); err != nil {
		return nil, err
	}
	all := s.rows(s.at, first)
	if s.json {
		for _, k := range c.columns {
			if !slices.Contains(s.names, k.name) {
				s.names = append(s.names, k.name)
			}
		}
	} else if s.names, err = header(all); err == nil {
		err = c.missing(s.names)
	}
	if err == nil {
		s.where, err = c.locate(s.names)
	}
	return all, err
}

// stoppable reads a stream until ctx is done: a read from a pipe can't be called off.
func stoppable(ctx context.Context, in io.Reader) io.Reader {
	r, w := io.Pipe()
	context.AfterFunc(ctx, func() { w.CloseWithError(ctx.Err()) })
	go func() {
		_, err := io.Copy(w, in)
		w.CloseWithError(err)
	}()
	return r
}

// plainFile returns what can be read at any place, from where it is: no pipe, and no terminal.
func plainFile(r io.Reader) (io.ReaderAt, bool) {
	if f, ok := r.(*os.File); ok {
		info, err := f.Stat()
		if err != nil || !info.Mode().IsRegular() {
			return nil, false
		}
		offset, err := f.Seek(0, io.SeekCurrent)
		return io.NewSectionReader(f, offset, 1<<62), err == nil
	}
	at, ok := r.(io.ReaderAt)
	return at, ok
}

// peek returns the start of a text.
func peek(in *bufio.Reader) ([]byte, error) {
	start, err := in.Peek(sniffed)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return start, err
}

// decoded undoes gzip, a workbook and the encoding.
func (c *Checker) decoded(in *bufio.Reader) (*bufio.Reader, error) {
	start, err := peek(in)
	if err == nil && bytes.HasPrefix(start, []byte("\x1f\x8b")) {
		unzip, wrong := gzip.NewReader(in)
		if wrong != nil {
			return nil, because(InputUnreadable, "is gzip, but damaged")
		}
		in = bufio.NewReaderSize(unzip, sniffed)
		start, err = peek(in)
	}
	if err != nil {
		return nil, err
	}
	decoder := c.encoding
	switch {
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return c.sheet(in)
	case bytes.HasPrefix(start, []byte("\xff\xfe")), len(start) > 1 && start[0] != 0 && start[1] == 0:
		decoder = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.HasPrefix(start, []byte("\xfe\xff")), len(start) > 1 && start[0] == 0 && start[1] != 0:
		decoder = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case bytes.HasPrefix(start, []byte(utf8Mark)):
		decoder = nil
	}
	if decoder == nil {
		return in, nil
	}
	return bufio.NewReaderSize(transform.NewReader(in, decoder.NewDecoder()), sniffed), nil
}

// foreign are formats that are no export of members, by how they start.
var foreign = []struct{ starts, what string }{
	{"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls): save it as CSV in UTF-8, or as .xlsx"},
	{"%PDF", "a PDF: export the members as CSV"},
	{"SQLite format 3", "an SQLite database: export the table, such as with sqlite3 -header -csv FILE 'SELECT …'"},
	{"PGDMP", "a PostgreSQL dump: export with COPY (SELECT …) TO STDOUT CSV HEADER"},
	{"PAR1", "Parquet: export the members as CSV"},
	{"\x28\xb5\x2f\xfd", "compressed by zstd: unpack it first"},
	{"BZh", "compressed by bzip2: unpack it first"},
	{"\xfd7zXZ", "compressed by xz: unpack it first"},
	{"<", "HTML or XML, which some programs save as .xls: export the members as CSV"},
	{"dn:", "LDIF: convert it to CSV"},
	{"version:", "LDIF: convert it to CSV"}, {"# extended ldif", "LDIF: convert it to CSV"},
	{"--", sqlDump}, {"/*", sqlDump}, {"begin;", sqlDump}, {"set ", sqlDump},
	{"insert into", sqlDump}, {"create table", sqlDump}, {"create database", sqlDump},
	{"drop table", sqlDump}, {"start transaction", sqlDump}, {"use `", sqlDump}, {"pragma foreign", sqlDump}, {"copy public.", sqlDump},
}

const sqlDump = "an SQL dump: export the table as CSV, such as with COPY (SELECT …) TO STDOUT CSV HEADER"

// begin looks at the start of the text.
func (s *source) begin(start []byte, first *place) error {
	text := bytes.TrimLeft(start, " \t\r\n")
	if len(text) == 0 {
		return because(InputUnreadable, "is empty")
	}
	begins := string(text[:min(len(text), 32)])
	for _, f := range foreign {
		if strings.HasPrefix(begins, f.starts) || strings.HasPrefix(strings.ToLower(begins), f.starts) {
			return because(InputUnreadable, "is "+f.what)
		}
	}
	s.json = text[0] == '{'
	if line, _, _ := bytes.Cut(start, []byte("\n")); len(line) >= 5 && strings.EqualFold(string(line[:4]), "sep=") {
		if s.comma, _ = utf8.DecodeRune(line[4:]); !isComma(s.comma) {
			return because(InputUnreadable, "names a separator in its first line (sep=) that is none")
		}
		*first = place{first.offset + int64(len(line)) + 1, 2}
	}
	return nil
}

// sheet makes CSV of the first sheet of a workbook, row by row.
func (c *Checker) sheet(in io.Reader) (*bufio.Reader, error) {
	options := excelize.Options{RawCellValue: true, UnzipSizeLimit: 4 << 30, UnzipXMLSizeLimit: 64 << 20}
	book, err := excelize.OpenReader(in, options)
	if err != nil {
		return nil, because(InputUnreadable, "is a ZIP file, but not an .xlsx workbook: export the members as CSV")
	}
	lines, err := book.Rows(book.GetSheetName(0))
	if err != nil {
		return nil, because(InputUnreadable, "is a workbook whose first sheet can't be read: export it as CSV")
	}
	c.closers = append(c.closers, func() error { return errors.Join(lines.Close(), book.Close()) })
	width := 0 // a row ends at its last cell that has something
	return bufio.NewReaderSize(&converted{next: func(out *bytes.Buffer) error {
		if !lines.Next() {
			return cmp.Or(lines.Error(), io.EOF)
		}
		cells, err := lines.Columns()
		if err != nil || len(cells) == 0 {
			return err
		}
		width = max(width, len(cells))
		w := csv.NewWriter(out)
		w.Write(append(cells, make([]string, width-len(cells))...))
		w.Flush()
		return w.Error()
	}}, sniffed), nil
}

// arrayStart returns where the array of all members begins: at the start, or in an object around it. It is -1 where
// each line is a member, and 0 where the members are objects of several lines.
func (c *Checker) arrayStart(text []byte) int {
	start := len(text) - len(bytes.TrimLeft(text, " \t\r\n"))
	dec := json.NewDecoder(bytes.NewReader(text))
	switch first, _ := dec.Token(); first {
	case json.Delim('['):
		return start
	case json.Delim('{'):
	default:
		return -1
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil || name == c.columns[0].name { // that of sub
			break
		}
		value := int(dec.InputOffset())
		inner, isArray := bytes.CutPrefix(bytes.TrimLeft(text[value:], ": \t\r\n"), []byte("["))
		if first := bytes.TrimLeft(inner, " \t\r\n"); isArray && len(first) > 0 && first[0] == '{' {
			return len(text) - len(inner) - 1
		}
		if dec.Decode(new(json.RawMessage)) != nil {
			break
		}
	}
	line, _, _ := bytes.Cut(text[start:], []byte("\n"))
	if json.Valid(line) || json.NewDecoder(bytes.NewReader(text)).Decode(new(json.RawMessage)) != nil {
		return -1
	}
	return 0
}

// objectLines puts each object on a line: those of the array that the text begins with, or of the text.
func objectLines(text *bufio.Reader) io.Reader {
	first, _ := text.Peek(1)
	dec := json.NewDecoder(text)
	isArray := string(first) == "["
	if isArray {
		dec.Token()
	}
	return &converted{next: func(out *bytes.Buffer) error {
		var value json.RawMessage
		err := io.EOF
		if !isArray || dec.More() {
			err = dec.Decode(&value)
		} else if _, wrong := dec.Token(); wrong != nil {
			err = io.ErrUnexpectedEOF
		}
		if err == nil {
			err = json.Compact(out, value)
			out.WriteByte('\n')
		}
		if err != nil && err != io.EOF {
			err = because(InputUnreadable, "is not JSON behind the last member that could be read")
		}
		return err
	}}
}

// converted is a text that next writes piece by piece, up to its error.
type converted struct {
	next func(*bytes.Buffer) error
	text bytes.Buffer
	err  error
}

func (c *converted) Read(p []byte) (int, error) {
	for c.text.Len() == 0 && c.err == nil {
		c.err = c.next(&c.text)
	}
	if c.text.Len() == 0 {
		return 0, c.err
	}
	return c.text.Read(p)
}

// A spool keeps a stream, so that it can be read again. It is read by one goroutine
// until the source has ended, and by any number afterwards. Its file holds personal
// data: only its owner can read it, and where the system allows it has no name.
type spool struct {
	from io.Reader
	file *os.File
	size int64
	err  error
}

func (s *spool) ReadAt(p []byte, offset int64) (int, error) {
	for buffer := make([]byte, readAhead); s.err == nil && s.size < offset+int64(len(p)); {
		n, err := s.from.Read(buffer)
		if _, wrong := s.file.WriteAt(buffer[:n], s.size); wrong != nil {
			err = wrong
		}
		s.size += int64(n)
		s.err = err
	}
	if s.err != nil && s.err != io.EOF && offset+int64(len(p)) > s.size {
		return 0, s.err
	}
	return s.file.ReadAt(p, offset)
}

func (s *spool) close() error {
	err := s.file.Close()
	if wrong := os.Remove(s.file.Name()); !errors.Is(wrong, fs.ErrNotExist) {
		err = errors.Join(err, wrong)
	}
	return err
}

// maxRow is the longest row that is read, in bytes: a token has at most 16 KiB.
const maxRow = 1 << 20

// A row is one member as a source has it.
type row struct {
	line  int      // of the source, where the row starts; 0 where there are no lines
	cells []string // of CSV
	text  []byte   // of JSON
	fault error    // why the row can't be read; a reason
}

// A place is where a row starts in a source. The line is that of the offset, which may have blank lines behind it.
type place struct {
	offset int64
	line   int
}

// rows reads a text from a place on.
type rows interface {
	place() place
	next() (row, error) // the slice of cells is good until the next one
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

// csvRows reads CSV as encoding/csv does. A row that is too long or has a quote that never closes does not end it.
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
	r.csv = csv.NewReader(r.in)
	r.csv.Comma, r.csv.ReuseRecord, r.csv.FieldsPerRecord = r.comma, true, -1
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
		fault := tooLong
		if !closed {
			fault = unclosed
		}
		if isLong || !closed {
			r.seek(behind)
			return row{line: line, fault: fault}, nil
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
	names := slices.Clone(first.cells)
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
