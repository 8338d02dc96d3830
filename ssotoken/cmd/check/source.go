package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A Source is an export of members: CSV with a header, or one JSON object on each
// line, in UTF-8. Which of the two it is shows in its first character.
type Source struct {
	Name   string // for the report
	Reader io.Reader
	Size   int64 // for the progress; 0 where it is not known
}

// An InputError says why a source can't be read on. Its text holds no value.
type InputError struct {
	Source string
	Err    error
}

func (e *InputError) Error() string { return fmt.Sprintf("%s: %v", e.Source, e.Err) }

func (e *InputError) Unwrap() error { return e.Err }

// A source is one that is read.
type source struct {
	Source
	name     string
	number   int
	previous bool
	firstRow int // rows of the sources before
	rows     int // so far
	bytes    int64
	header   string   // of CSV, as it stands
	unused   []string // columns of it
	parse    func(*worker, *chunk)
}

func (c *Checker) newSource(from Source, previous bool) *source {
	s := &source{Source: from, name: from.Name, number: len(c.sources), previous: previous}
	for _, other := range c.sources {
		if other.previous == previous {
			s.firstRow += other.rows
		}
	}
	c.sources = append(c.sources, s)
	return s
}

// Read takes the members of a source. A row that can't be read is a finding, and
// the rest goes on. An error is an [*InputError], the context's, or one of the
// disk.
func (c *Checker) Read(ctx context.Context, from Source) error { return c.read(ctx, from, false) }

// ReadPrevious takes an earlier export, with which the members are compared: call
// it before [Checker.Read] and [Checker.Add].
func (c *Checker) ReadPrevious(ctx context.Context, from Source) error {
	if c.report.Rows > 0 || c.pending != nil {
		return errors.New("an earlier export is read before the members")
	}
	c.names = true
	return c.read(ctx, from, true)
}

func (c *Checker) read(ctx context.Context, from Source, previous bool) error {
	if c.done {
		return errReported
	}
	if err := c.flush(); err != nil {
		return err
	}
	c.pending = nil // what is added after has a source of its own
	s := c.newSource(from, previous)
	err := c.run(ctx, s, func(ch *chunk) error {
		if err := c.take(ch); err != nil {
			return err
		}
		if c.config.Progress != nil {
			c.config.Progress(Progress{c.report.PreviousRows + c.report.Rows, s.bytes, s.Size})
		}
		return nil
	})
	if err != nil {
		c.report.Partial = true
		return err
	}
	for _, name := range s.unused {
		c.unused[name] = true
	}
	return nil
}

// queued is how many chunks are read ahead, and two more for each worker: one that
// waited for its turn would leave a processor idle.
const queued = 12

// run reads a source, with as many workers as there are processors, and gives the
// chunks to take in the order of the input.
func (c *Checker) run(ctx context.Context, s *source, take func(*chunk) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := runtime.GOMAXPROCS(0)
	ahead := queued + 2*workers
	ordered := make(chan *chunk, ahead)
	work := make(chan *chunk, ahead)
	free := make(chan *chunk, 2*ahead)
	var failure error // set before ordered is closed

	go func() {
		defer close(ordered)
		defer close(work)
		failure = c.split(ctx, s, free, func(ch *chunk) bool {
			for _, to := range []chan *chunk{ordered, work} {
				select {
				case to <- ch:
				case <-ctx.Done():
					return false
				}
			}
			return true
		})
	}()
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			w := c.newWorker()
			for ch := range work {
				w.start(ch)
				s.parse(w, ch)
				ch.done <- struct{}{}
			}
		})
	}
	// A reader may be stuck in a pipe: it is not waited for.
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case ch, more := <-ordered:
			if !more {
				group.Wait()
				return failure
			}
			select {
			case <-ch.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			s.bytes = ch.end
			if err := take(ch); err != nil {
				return err
			}
			ch.clear()
			select {
			case free <- ch:
			default:
			}
		}
	}
}

// split cuts a source into chunks of whole rows and sends them.
func (c *Checker) split(ctx context.Context, s *source, free chan *chunk, send func(*chunk) bool) error {
	fail := func(err error) error { return &InputError{s.name, err} }
	in := &splitter{reader: s.Reader, line: 1, comma: c.columns.comma}
	isJSON, err := in.open()
	if err != nil {
		return fail(err)
	}
	s.parse = (*worker).parseJSON
	header := !isJSON
	for {
		ch := newChunk(free, s)
		more, err := in.next(ch)
		if err != nil {
			return fail(err)
		}
		if header && len(ch.records) > 0 {
			first := ch.records[0]
			ch.records = ch.records[1:]
			table, err := c.header(s, ch.text[first.start:first.end], first.form)
			if err != nil {
				return fail(err)
			}
			s.parse, header = table.parse, false
		}
		if len(ch.records) > 0 && !send(ch) {
			return ctx.Err()
		}
		if !more {
			break
		}
	}
	if header {
		return fail(because(contract.InputUnreadable, "is empty"))
	}
	return nil
}

// A chunk is some whole rows, and what a worker found in them.
type chunk struct {
	source  *source
	text    string
	records []record
	line    int   // of the source, where the text starts
	end     int64 // bytes of the source up to its end
	done    chan struct{}

	rows   int
	counts [outcomes]int
	notes  []note
	hashes []uint64 // of sub and email of each who logs in
	log    []byte   // their texts
	unused map[string]bool
}

func newChunk(free chan *chunk, s *source) *chunk {
	select {
	case ch := <-free:
		ch.source = s
		return ch
	default:
		return &chunk{source: s, done: make(chan struct{}, 1)}
	}
}

func (ch *chunk) clear() {
	*ch = chunk{source: ch.source, done: ch.done, records: ch.records[:0], notes: ch.notes[:0], hashes: ch.hashes[:0], log: ch.log[:0]}
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// open looks at the first bytes.
func (s *splitter) open() (isJSON bool, err error) {
	start := make([]byte, 512)
	n, err := io.ReadFull(s.reader, start)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return false, err
	}
	start = start[:n]
	s.reader = io.MultiReader(bytes.NewReader(start), s.reader)
	if rest, ok := bytes.CutPrefix(start, byteOrderMark); ok {
		io.ReadFull(s.reader, make([]byte, len(byteOrderMark)))
		start, s.read = rest, int64(len(byteOrderMark))
	}
	switch {
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")), bytes.IndexByte(start[:min(4, len(start))], 0) >= 0:
		return false, because(contract.InputUnreadable, "is UTF-16, or no text: export it again as UTF-8")
	case bytes.HasPrefix(start, []byte("\x1f\x8b")), bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return false, because(contract.InputUnreadable, "is compressed, or a workbook: export it as CSV in UTF-8")
	}
	start = bytes.TrimLeft(start, " \t\r\n")
	if bytes.HasPrefix(start, []byte("[")) {
		return false, because(contract.InputUnreadable, "is a JSON array: write one object on each line (jq -c '.[]')")
	}
	s.json = bytes.HasPrefix(start, []byte("{"))
	return s.json, nil
}
