package check

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A Source is an export of members: CSV with a header, JSON objects (one a line,
// in one array, or in an array that is a member of one object), or an .xlsx
// workbook, whose first sheet is read. UTF-8 is expected, UTF-16 with or without a
// byte order mark and gzip are recognised; see [Config.Encoding] for others.
//
// A file is read again where rows have to be compared: it must stay open, and as it
// is, until the checker is closed. What is no plain file in UTF-8 is kept in a
// temporary one.
type Source struct {
	Name   string // for the report
	Reader io.Reader
	Size   int64 // for the progress; 0 where it is not known
}

// An InputError says why a source can't be read, or not to its end. Its text holds
// no value.
type InputError struct {
	Source string
	Err    error
}

func (e *InputError) Error() string { return fmt.Sprintf("%s: %v", e.Source, e.Err) }

func (e *InputError) Unwrap() error { return e.Err }

// An input is a source as text in UTF-8 that can be read again.
type input struct {
	at    io.ReaderAt
	start int64 // behind a byte order mark
	spool *spool
}

const sniffed = 64 << 10

// open makes text of a source.
func (c *Checker) open(r io.Reader) (*input, error) {
	if at, ok := plainFile(r); ok {
		start := make([]byte, sniffed)
		n, err := at.ReadAt(start, 0)
		if err != nil && err != io.EOF {
			return nil, err
		}
		r = from(at, 0)
		rest := bytes.TrimPrefix(start[:n], []byte(utf8Mark))
		if c.encoding == nil && isText(rest) {
			return &input{at: at, start: int64(n - len(rest))}, refuseForeign(rest)
		}
	}
	text, err := c.decoded(r, false)
	if err != nil {
		return nil, err
	}
	s := &spool{from: text, dir: c.config.TempDir}
	c.spools = append(c.spools, s)
	return &input{at: s, spool: s}, nil
}

const utf8Mark = "\ufeff"

// plainFile returns what can be read at any place: no pipe, and no terminal.
func plainFile(r io.Reader) (io.ReaderAt, bool) {
	if f, ok := r.(*os.File); ok {
		info, err := f.Stat()
		return f, err == nil && info.Mode().IsRegular()
	}
	at, ok := r.(io.ReaderAt)
	return at, ok
}

// isText reports whether the start of a source needs no decoding.
func isText(start []byte) bool {
	return !bytes.HasPrefix(start, []byte("\x1f\x8b")) && !bytes.HasPrefix(start, []byte("PK\x03\x04")) && bytes.IndexByte(start, 0) < 0 &&
		!bytes.HasPrefix(start, []byte("\xff\xfe")) && !bytes.HasPrefix(start, []byte("\xfe\xff"))
}

// decoded undoes gzip, a workbook and the encoding.
func (c *Checker) decoded(r io.Reader, unzipped bool) (io.Reader, error) {
	start := make([]byte, sniffed)
	n, err := io.ReadFull(r, start)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	start = start[:n]
	r = io.MultiReader(bytes.NewReader(start), r)
	var decoder encoding.Encoding
	switch {
	case bytes.HasPrefix(start, []byte("\x1f\x8b")) && !unzipped:
		unzip, err := gzip.NewReader(r)
		if err != nil {
			return nil, because(InputUnreadable, "is gzip, but damaged")
		}
		return c.decoded(unzip, true)
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return sheet(r)
	case bytes.HasPrefix(start, []byte("\xff\xfe")), len(start) > 1 && start[0] != 0 && start[1] == 0:
		decoder = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.HasPrefix(start, []byte("\xfe\xff")), len(start) > 1 && start[0] == 0 && start[1] != 0:
		decoder = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case bytes.HasPrefix(start, []byte(utf8Mark)):
		decoder = unicode.UTF8BOM
	default:
		if err := refuseForeign(start); err != nil {
			return nil, err
		}
		decoder = c.encoding
	}
	if decoder == nil {
		return r, nil
	}
	return transform.NewReader(r, decoder.NewDecoder()), nil
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
	{"version: 1", "LDIF: convert it to CSV"},
	{"--", sqlDump}, {"/*", sqlDump}, {"insert into", sqlDump}, {"create table", sqlDump}, {"set ", sqlDump}, {"begin;", sqlDump},
}

const sqlDump = "an SQL dump: export the table as CSV, such as with COPY (SELECT …) TO STDOUT CSV HEADER"

// refuseForeign names a format that can't be read.
func refuseForeign(start []byte) error {
	text := string(bytes.TrimLeft(start[:min(len(start), 1<<10)], " \t\r\n"))
	for _, f := range foreign {
		if strings.HasPrefix(text, f.starts) || strings.HasPrefix(strings.ToLower(text), f.starts) {
			return because(InputUnreadable, "is "+f.what)
		}
	}
	return nil
}

// sheet writes the first sheet of a workbook as CSV, row by row.
func sheet(r io.Reader) (io.Reader, error) {
	book, err := excelize.OpenReader(r, excelize.Options{RawCellValue: true, UnzipSizeLimit: 4 << 30, UnzipXMLSizeLimit: 64 << 20})
	if err != nil {
		return nil, because(InputUnreadable, "is a ZIP file, but not an .xlsx workbook: export the members as CSV")
	}
	lines, err := book.Rows(book.GetSheetName(0))
	if err != nil {
		return nil, because(InputUnreadable, "is a workbook whose first sheet can't be read: export it as CSV")
	}
	in, out := io.Pipe()
	go func() {
		defer book.Close()
		defer lines.Close()
		w := csv.NewWriter(out)
		width := 0 // a row ends at its last cell that has something
		for lines.Next() {
			cells, err := lines.Columns()
			if err == nil && len(cells) > 0 {
				width = max(width, len(cells))
				err = w.Write(append(cells, make([]string, width-len(cells))...))
			}
			if err != nil {
				out.CloseWithError(err)
				return
			}
		}
		w.Flush()
		out.CloseWithError(lines.Error())
	}()
	return in, nil
}

// encodingOf returns the encoding of a name that browsers know, nil for none.
func encodingOf(name string) (encoding.Encoding, error) {
	if name == "" {
		return nil, nil
	}
	return htmlindex.Get(name)
}

// A spool keeps a stream, so that it can be read again. It is read by one goroutine
// until the source has ended, and by any number afterwards. Its file holds personal
// data: only its owner can read it, and where the system allows it has no name.
type spool struct {
	from io.Reader
	dir  string
	file *os.File
	size int64
	err  error
	name string // where it could not be removed while open
}

func (s *spool) ReadAt(p []byte, offset int64) (int, error) {
	if s.file == nil && s.err == nil {
		s.create()
	}
	for buffer := make([]byte, readAhead); s.err == nil && s.size < offset+int64(len(p)); {
		n, err := s.from.Read(buffer)
		if _, wrong := s.file.WriteAt(buffer[:n], s.size); wrong != nil {
			err = fmt.Errorf("temporary file: %w", wrong)
		}
		s.size += int64(n)
		s.err = err
	}
	if s.err != nil && s.err != io.EOF && offset+int64(len(p)) > s.size {
		return 0, s.err
	}
	return s.file.ReadAt(p, offset)
}

func (s *spool) create() {
	if s.file, s.err = os.CreateTemp(s.dir, "ssotoken-check-*"); s.err != nil {
		s.err = fmt.Errorf("temporary file: %w", s.err)
		return
	}
	if os.Remove(s.file.Name()) != nil {
		s.name = s.file.Name()
	}
}

func (s *spool) close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.name != "" {
		err = errors.Join(err, os.Remove(s.name))
	}
	return err
}

// begin finds out how a source is to be read, and where its first row starts.
func (c *Checker) begin(in *input) (rows, place, error) {
	start := make([]byte, sniffed)
	n, err := in.at.ReadAt(start, in.start)
	if err != nil && err != io.EOF {
		return nil, place{}, err
	}
	start = start[:n]
	first := place{in.start, 1}
	if in.spool != nil {
		if err := refuseForeign(start); err != nil {
			return nil, place{}, err
		}
	}
	switch text := bytes.TrimLeft(start, " \t\r\n"); {
	case len(text) == 0:
		return nil, place{}, because(InputUnreadable, "is empty")
	case text[0] == '[':
		return &valueRows{at: in.at, array: true}, behind(first, start[:len(start)-len(text)+1]), nil
	case text[0] == '{':
		rows, size := c.jsonRows(in.at, text)
		return rows, behind(first, start[:len(start)-len(text)+size]), nil
	}
	comma := c.columns.comma
	if line, _, _ := bytes.Cut(start, []byte("\n")); len(line) >= 5 && strings.EqualFold(string(line[:4]), "sep=") {
		sign, _ := utf8.DecodeRune(line[4:])
		if !isComma(sign) {
			return nil, place{}, because(InputUnreadable, "names a separator in its first line (sep=) that is none")
		}
		comma, first = sign, place{in.start + int64(len(line)) + 1, 2}
	}
	return &csvRows{at: in.at, comma: comma}, first, nil
}

func behind(at place, text []byte) place {
	return place{at.offset + int64(len(text)), at.line + bytes.Count(text, []byte("\n"))}
}

// jsonRows looks at the first object of a source: it is a member, or holds the array
// of all. It returns how many bytes are before the first member.
func (c *Checker) jsonRows(at io.ReaderAt, text []byte) (rows, int) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.Token()
	for dec.More() {
		name, err := dec.Token()
		if err != nil || name == c.columns.of[contract.Sub] {
			break
		}
		value := dec.InputOffset()
		rest := bytes.TrimLeft(text[value:], ": \t\r\n")
		if inner, isArray := bytes.CutPrefix(rest, []byte("[")); isArray {
			if first := bytes.TrimLeft(inner, " \t\r\n"); len(first) > 0 && (first[0] == '{' || first[0] == ']') {
				return &valueRows{at: at, array: true}, len(text) - len(inner)
			}
		}
		var skipped json.RawMessage
		if dec.Decode(&skipped) != nil {
			break
		}
	}
	if json.Valid(line) {
		return &lineRows{at: at}, 0
	}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(new(json.RawMessage)); err != nil {
		return &lineRows{at: at}, 0
	}
	return &valueRows{at: at}, 0
}
