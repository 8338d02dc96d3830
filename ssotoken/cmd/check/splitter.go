package check

import (
	"bytes"
	"errors"
	"io"
)

const (
	chunkBytes = 64 << 10
	maxRow     = 1 << 20  // bytes of a row that is read
	maxScan    = 16 << 20 // bytes in which the end of a row is looked for
)

// A form says how a record is to be read.
type form uint8

const (
	plain    form = iota // has no quote: it is cut at the commas
	quoted               // encoding/csv reads it
	unclosed             // a quote that opens and never closes
	tooLong              // over maxRow; its text may be cut
)

// A record is a row of the input: where it stands in the text of its chunk.
type record struct {
	start, end int // without the line's end
	line       int // within the chunk, from 0
	form       form
}

// A splitter finds where rows end, exactly as encoding/csv does, so that workers
// can read them at the same time.
type splitter struct {
	reader io.Reader
	comma  byte
	json   bool

	buffer []byte // what no chunk has yet
	line   int    // at its start
	read   int64
	ended  bool
}

// next fills a chunk. It reports false after the last one.
func (s *splitter) next(ch *chunk) (more bool, err error) {
	ch.line = s.line
	at, size := 0, chunkBytes
	for {
		if err := s.fill(size); err != nil {
			return false, err
		}
		quote := -1 // the next one in the buffer
		for at < len(s.buffer) && at < chunkBytes {
			if quote < at {
				if quote = bytes.IndexByte(s.buffer[at:], '"'); quote < 0 {
					quote = len(s.buffer)
				} else {
					quote += at
				}
			}
			r, next, ok := s.record(at, quote)
			if !ok {
				break
			}
			r.line = s.line - ch.line
			if s.line++; r.form != plain {
				s.line += max(0, bytes.Count(s.buffer[at:next], []byte("\n"))-1)
			}
			at = next
			if !s.isBlank(r) {
				ch.records = append(ch.records, r)
			}
		}
		if at > 0 || s.ended && at == len(s.buffer) {
			break
		}
		if len(s.buffer) >= maxScan || s.ended {
			next, err := s.giveUp(ch, at)
			if err != nil {
				return false, err
			}
			at = next
			break
		}
		size = 2 * len(s.buffer)
	}
	ch.text = string(s.buffer[:at])
	s.buffer = s.buffer[:copy(s.buffer, s.buffer[at:])]
	ch.end = s.read - int64(len(s.buffer))
	return !s.ended || len(s.buffer) > 0, nil
}

// fill reads until the buffer has size bytes.
func (s *splitter) fill(size int) error {
	if cap(s.buffer) < size {
		s.buffer = append(make([]byte, 0, size), s.buffer...)
	}
	for !s.ended && len(s.buffer) < size {
		n, err := s.reader.Read(s.buffer[len(s.buffer):size])
		s.buffer = s.buffer[:len(s.buffer)+n]
		s.read += int64(n)
		switch {
		case errors.Is(err, io.EOF):
			s.ended = true
		case err != nil:
			return err
		}
	}
	return nil
}

// record gives the row at a place of the buffer, and where the next one starts;
// false where its end is not in the buffer. quote is the next one.
func (s *splitter) record(at, quote int) (r record, next int, ok bool) {
	end, next, ok := s.lineEnd(at)
	r = record{start: at, end: end}
	if ok && (quote >= next || s.json) {
		if end-at > maxRow {
			r.form = tooLong
		}
		return r, next, ok
	}
	if quote >= len(s.buffer) || s.json {
		return r, next, false
	}
	r.form = quoted
	next, ok = s.quotedEnd(at)
	r.end = next
	if ok && next > at && s.buffer[next-1] == '\n' {
		r.end--
	}
	if r.end-at > maxRow {
		r.form = tooLong
	}
	return r, next, ok
}

// lineEnd gives where a line ends, without and with its end.
func (s *splitter) lineEnd(at int) (end, next int, ok bool) {
	i := bytes.IndexByte(s.buffer[at:], '\n')
	switch {
	case i >= 0:
		end, next = at+i, at+i+1
	case s.ended:
		end, next = len(s.buffer), len(s.buffer)
	default:
		return 0, 0, false
	}
	if end > at && s.buffer[end-1] == '\r' {
		end--
	}
	return end, next, true
}

// quotedEnd gives where a row with quotes ends. A row with a mistake ends with
// the line that the mistake is in.
func (s *splitter) quotedEnd(at int) (next int, ok bool) {
	for {
		if at < len(s.buffer) && s.buffer[at] == '"' {
			for at++; ; at++ {
				i := bytes.IndexByte(s.buffer[at:], '"')
				if i < 0 {
					return 0, false
				}
				if at += i + 1; at == len(s.buffer) || s.buffer[at] != '"' {
					break
				}
			}
		}
		// Outside of quotes, or behind those that close.
		_, next, ok := s.lineEnd(at)
		if !ok {
			return 0, false
		}
		comma := bytes.IndexByte(s.buffer[at:next], s.comma)
		mistake := bytes.IndexByte(s.buffer[at:next], '"')
		if comma < 0 || mistake >= 0 && mistake < comma {
			return next, true
		}
		if isClosing := at > 0 && s.buffer[at-1] == '"'; isClosing && comma > 0 {
			return next, true // text behind the quote that closes
		}
		at += comma + 1
	}
}

// giveUp takes a row whose end is not found: a quote that never closes is in the
// first line, and the rest is read from the next line on. A line without an end
// is skipped.
func (s *splitter) giveUp(ch *chunk, at int) (next int, err error) {
	r := record{start: at, line: s.line - ch.line, form: unclosed}
	if end := bytes.IndexByte(s.buffer[at:], '\n'); end >= 0 {
		r.end, next = at+end, at+end+1
		s.line++
		ch.records = append(ch.records, r)
		return next, nil
	}
	r.end = min(len(s.buffer), at+maxRow)
	if !s.ended {
		r.form = tooLong
	}
	ch.records = append(ch.records, r)
	s.buffer = s.buffer[:r.end]
	if s.ended {
		return r.end, nil
	}
	s.line++
	return r.end, s.skipLine()
}

// skipLine reads on to the next line, which it leaves in the buffer.
func (s *splitter) skipLine() error {
	keep := len(s.buffer)
	for {
		s.buffer = s.buffer[:keep]
		if err := s.fill(keep + chunkBytes); err != nil {
			return err
		}
		if i := bytes.IndexByte(s.buffer[keep:], '\n'); i >= 0 {
			s.buffer = append(s.buffer[:keep], s.buffer[keep+i+1:]...)
			return nil
		}
		if s.ended {
			s.buffer = s.buffer[:keep]
			return nil
		}
	}
}

// isBlank reports whether a line has nothing in it: it is no row.
func (s *splitter) isBlank(r record) bool {
	if s.json {
		return len(bytes.TrimSpace(s.buffer[r.start:r.end])) == 0
	}
	return r.end == r.start
}
