package check

import (
	"bufio"
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

// An input is a source as text in UTF-8 that can be read again: CSV, or a JSON object
// on each line.
type input struct {
	at    io.ReaderAt
	first place // of the first row
	json  bool
	comma rune
	spool *spool
	moved bool // to other lines than those of the source
}

const sniffed = 64 << 10

// open makes text of a source.
func (c *Checker) open(r io.Reader) (*input, error) {
	in := &input{first: place{0, 1}, comma: c.columns.comma}
	start := make([]byte, sniffed)
	if at, ok := plainFile(r); ok {
		n, err := at.ReadAt(start, 0)
		if err != nil && err != io.EOF {
			return nil, err
		}
		text := bytes.TrimPrefix(start[:n], []byte(utf8Mark))
		if c.encoding == nil && isText(text) && !c.isJSONArray(text) {
			in.at, in.first.offset = at, int64(n-len(text))
			return in, in.begin(text)
		}
		r = from(at, 0)
	}
	text, err := c.decoded(r, false)
	if err != nil {
		return nil, err
	}
	n, err := io.ReadFull(text, start)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	start = start[:n]
	text = io.MultiReader(bytes.NewReader(start), text)
	if in.moved = c.isJSONArray(start); in.moved {
		text, start = objectLines(text, c.arrayStart(start)), []byte("{")
	}
	in.spool = &spool{from: text, dir: c.config.TempDir}
	in.at = in.spool
	c.spools = append(c.spools, in.spool)
	return in, in.begin(start)
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
		!bytes.HasPrefix(start, []byte("\xff\xfe")) &&
		!bytes.HasPrefix(start, []byte("\xfe\xff"))
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

// begin looks at the start of the text.
func (in *input) begin(start []byte) error {
	if err := refuseForeign(start); err != nil {
		return err
	}
	text := bytes.TrimLeft(start, " \t\r\n")
	if len(text) == 0 {
		return because(InputUnreadable, "is empty")
	}
	in.json = text[0] == '{'
	if line, _, _ := bytes.Cut(start, []byte("\n")); len(line) >= 5 && strings.EqualFold(string(line[:4]), "sep=") {
		if in.comma, _ = utf8.DecodeRune(line[4:]); !isComma(in.comma) {
			return because(InputUnreadable, "names a separator in its first line (sep=) that is none")
		}
		in.first = place{in.first.offset + int64(len(line)) + 1, 2}
	}
	return nil
}

// rows reads the input, or once it was read, what was kept of it.
func (in *input) rows(again bool) rows {
	at := in.at
	if again {
		at = in.kept()
	}
	if in.json {
		return &lineRows{at: at, moved: in.moved}
	}
	return &csvRows{at: at, comma: in.comma}
}

func (in *input) kept() io.ReaderAt {
	if in.spool != nil {
		return in.spool.file
	}
	return in.at
}

// isJSONArray reports whether a text is JSON other than an object on each line.
func (c *Checker) isJSONArray(text []byte) bool { return c.arrayStart(text) >= 0 }

// arrayStart returns where the array of all members begins: at the start, or in an
// object around it. It is -1 where each line is a member, and 0 where the members
// are objects of several lines.
func (c *Checker) arrayStart(text []byte) int {
	start := len(text) - len(bytes.TrimLeft(text, " \t\r\n"))
	if start == len(text) || text[start] != '[' && text[start] != '{' {
		return -1
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, _ := dec.Token(); t == json.Delim('[') {
		return start
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil || name == c.columns.of[contract.Sub] {
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

// objectLines writes each object on a line: those of the array that begins at start,
// or those of the text.
func objectLines(text io.Reader, start int) io.Reader {
	in, out := io.Pipe()
	go func() {
		io.CopyN(io.Discard, text, int64(start))
		source := bufio.NewReader(text)
		first, _ := source.Peek(1)
		dec := json.NewDecoder(source)
		isArray := string(first) == "["
		if isArray {
			dec.Token()
		}
		for {
			var value json.RawMessage
			err := io.EOF
			if !isArray || dec.More() {
				err = dec.Decode(&value)
			} else if _, wrong := dec.Token(); wrong != nil {
				err = io.ErrUnexpectedEOF
			}
			if err == io.EOF {
				out.Close()
				return
			}
			var line bytes.Buffer
			if err != nil || json.Compact(&line, value) != nil {
				out.CloseWithError(because(InputUnreadable, "is not JSON behind the last member that could be read"))
				return
			}
			if _, err := out.Write(append(line.Bytes(), '\n')); err != nil {
				return
			}
		}
	}()
	return in
}
