// Package check examines all members of a site before its community is launched: who could log in, who not, and why.
//
//	checker, err := check.New(check.Config{Community: "community.example.com"})
//	…
//	defer checker.Close()
//	err = checker.Read(ctx, check.Source{Name: "members.csv", Reader: file})
//	report, err := checker.Report(ctx)
//
// Every member goes through the checks of the login, those of BuildLenient of package ssotoken, and counts by the
// worst [Effect]. Then the members are compared with each other. Two of them with one sub, or with one email, can't
// both log in. Given an earlier export by [Source.Previous], a sub that changed is found too: it locks its member
// out.
//
// # How emails are compared
//
// The community finds a member by email where it does not find one by sub. No page of the vendor says whether
// "Ada@example.com" and "ada@example.com" are one to it; the fake community of package ssotest compares lower case.
// Two emails that are equal, byte by byte, are [EmailRepeated]. Two that are equal only in lower case and Unicode
// form NFC are [EmailSpelling]: reported apart, and not counted as refused.
//
// # Memory
//
// A member takes 16 bytes of memory: a hash of sub and one of email, each with the number of the row. Rows whose
// hashes are equal are read again, so that no two are called equal that are not.
//
// No report holds a value of a claim unless [Config.ShowValues] is set.
package check

import (
	"cmp"
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"math"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// DefaultExamples is how many rows a finding names.
const DefaultExamples = 5

// Config configures a [Checker]. The zero value is one with defaults.
type Config struct {
	// Community and MaxURL are those of the signer, for logins whose URL would
	// be too long. Without Community, a host of 63 characters is assumed.
	Community string
	MaxURL    int

	// Columns say where the claims are in what [Checker.Read] reads.
	Columns Columns

	// Encoding names the encoding of text that is neither UTF-8 nor UTF-16, as
	// browsers do: windows-1252, for example.
	Encoding string

	// Null are the texts that mean no value, in every column but that of sub; nil is \N, NULL, #N/A and #REF!.
	Null []string

	// AllowSubject is a sub that a member has though it is refused as no id, such
	// as 0: see ClaimsBuilder of package ssotoken.
	AllowSubject string

	// ShowValues puts values of claims into the report: personal data.
	ShowValues bool

	Examples int    // 0 is DefaultExamples
	TempDir  string // for what can't be read twice; empty is [os.TempDir]

	// Progress, if not nil, is called after each part of the input. Calls don't overlap.
	Progress func(Progress)
}

// Progress says how far a source is read.
type Progress struct {
	Rows  int   // of all sources
	Bytes int64 // of this source, as text
	Size  int64 // of this source; 0 where it is not known
}

// A Checker takes members and makes a [Report]. It is not safe for concurrent use; it uses all processors by itself.
type Checker struct {
	config   Config
	signer   *ssotoken.Signer
	columns  []column
	encoding encoding.Encoding
	seed     maphash.Seed
	mask     uint64 // of a hash; tests make hashes equal with it

	report   Report
	findings findings
	unused   map[string]bool
	batches  []batch
	closers  []func() error
	idle     sync.Pool // of jobs
	ordinals uint32    // rows of all sources, the earlier ones too
	refused  []uint32  // their ordinals
	done     bool

	subs, emails index
	marks        []mark
}

// New makes a checker, or returns a [*ssotoken.ConfigError] that lists every bad setting.
func New(c Config) (*Checker, error) {
	host := cmp.Or(c.Community, "a-community-with-a-name-as-long-as-domain-names-get.example.com")
	key, err := ssotoken.NewKey(rand.Text() + rand.Text())
	if err != nil {
		return nil, err
	}
	columns, bad := c.Columns.compile()
	refuse := func(field string, code contract.Code, text string) {
		bad = append(bad, &ssotoken.FieldError{Field: field, Err: because(code, text)})
	}
	signer, err := ssotoken.New(ssotoken.Config{Community: host, Key: key, MaxURL: c.MaxURL})
	var config *ssotoken.ConfigError
	if errors.As(err, &config) {
		bad = append(config.Fields, bad...)
	}
	var old encoding.Encoding
	if c.Encoding != "" {
		if old, err = htmlindex.Get(c.Encoding); err != nil {
			refuse("Encoding", contract.Malformed, "is not a name that browsers know, such as windows-1252")
		}
	}
	if c.Examples < 0 {
		refuse("Examples", contract.Range, "must not be negative")
	}
	if bad != nil {
		return nil, &ssotoken.ConfigError{Fields: bad}
	}
	c.Examples = cmp.Or(c.Examples, DefaultExamples)
	c.MaxURL = cmp.Or(c.MaxURL, contract.DefaultMaxURL)
	if c.Null == nil {
		c.Null = []string{`\N`, "NULL", "#N/A", "#REF!"}
	}
	return &Checker{
		config: c, signer: signer, columns: columns, encoding: old, seed: maphash.MakeSeed(), mask: math.MaxUint64,
		findings: findings{map[kind]*Finding{}, c.Examples}, unused: map[string]bool{},
	}, nil
}

// Close removes the temporary files.
func (c *Checker) Close() error {
	var errs []error
	for _, f := range c.closers {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

// maxUnused is how many names of unused columns are remembered.
const maxUnused = 100

// Read takes the members of a source. A row that can't be read is a finding, and
// the rest goes on. An error is [InputUnreadable], [HeaderMissing] or [HeaderRepeated]
// with a text that holds no value, the context's, or one of the disk.
func (c *Checker) Read(ctx context.Context, from Source) (err error) {
	s := &source{Source: from, firstRow: c.report.Rows, ordinal: c.ordinals, comma: cmp.Or(c.config.Columns.Comma, ',')}
	switch {
	case c.done:
		return errors.New("the report was made: no more rows can be taken")
	case s.Previous && s.firstRow > 0:
		return errors.New("an earlier export is read before the members")
	case s.Previous:
		s.firstRow = c.report.PreviousRows
	}
	seen := map[string]bool{} // members of JSON objects
	reading, cancel := context.WithCancel(ctx)
	defer cancel()
	all, err := c.open(reading, s)
	if err == nil {
		err = c.inOrder(ctx, func(yield func(*job) bool) error {
			for ordinal := s.ordinal; ordinal < math.MaxUint32-batchRows; ordinal += batchRows {
				j := c.newJob(batch{source: s, place: all.place(), ordinal: ordinal})
				err := j.fill(all, batchRows)
				j.size, j.rows = all.place().offset-j.offset, len(j.read)
				if j.rows > 0 && !yield(j) || err == io.EOF {
					return nil
				}
				if err != nil {
					return err
				}
			}
			return errors.New("there are too many rows")
		}, func(j *job) { c.judge(j, nil) }, func(j *job) error {
			maps.Copy(seen, j.seen)
			return c.take(j)
		})
	}
	if err == nil && c.ordinals == s.ordinal {
		err = because(InputUnreadable, "has a header, and no rows")
	}
	names := s.names
	if s.json {
		if names = slices.Sorted(maps.Keys(seen)); err == nil && len(names) < maxUnused {
			err = c.missing(names)
		}
	}
	for _, name := range names {
		isRead := slices.ContainsFunc(c.columns, func(k column) bool { return k.name == name })
		if err == nil && !s.Previous && !isRead && len(c.unused) < maxUnused {
			c.unused[name] = true
		}
	}
	c.report.Partial = c.report.Partial || err != nil
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrChecksum) {
		err = because(InputUnreadable, "ends too early or is damaged: copy it again")
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", s.Name, err)
	}
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return err
}

// take adds what a worker found. Batches come in the order of the input.
func (c *Checker) take(j *job) error {
	c.batches = append(c.batches, j.batch)
	c.ordinals += uint32(j.rows)
	for i, m := range j.members {
		ordinal := j.ordinal + uint32(i)
		switch {
		case m.outcome != EffectRefused:
			c.subs.add(m.subHash, ordinal)
			c.emails.add(m.emailHash, ordinal)
		case j.source.Previous:
			c.report.PreviousRefused++
		default:
			c.refused = append(c.refused, ordinal)
		}
		if !j.source.Previous {
			*c.report.count(m.outcome)++
		}
	}
	if j.source.Previous {
		c.report.PreviousRows += j.rows
		j.notes = nil
	} else {
		c.report.Rows += j.rows
	}
	for i, n := range j.notes {
		if i == 0 || j.notes[i-1].at != n.at || j.notes[i-1].kind != n.kind { // spaceIds[0] and spaceIds[1] are one field
			c.findings.add(n)
		}
	}
	if c.config.Progress != nil {
		c.config.Progress(Progress{c.report.PreviousRows + c.report.Rows, j.offset + j.size, j.source.Size})
	}
	return nil
}

// count is the number of the rows whose login ends so.
func (r *Report) count(outcome Effect) *int {
	switch outcome {
	case EffectRefused:
		return &r.Refused
	case EffectLeftOut:
		return &r.LeftOut
	case EffectPutInOrder:
		return &r.PutInOrder
	}
	return &r.AsTheyAre
}

// Report compares all members with each other, and sums up. No more rows can be taken then. After a [Checker.Read]
// that failed or was cancelled the report is of the rows before, and Partial.
func (c *Checker) Report(ctx context.Context) (*Report, error) {
	if c.done {
		return &c.report, nil
	}
	marks, err := c.collide(ctx)
	if err != nil {
		return nil, err
	}
	c.done, c.marks = true, marks
	row := 0 // that was counted last
	for _, m := range marks {
		n := m.note()
		if n.effect == EffectCollides && n.at.Row != row {
			row = n.at.Row
			*c.report.count(m.outcome)--
			c.report.Collide++
			c.refused = append(c.refused, m.ordinal)
		}
		if !c.config.ShowValues {
			n.at.Value = ""
		}
		c.findings.add(n)
	}
	c.report.Findings = c.findings.list()
	c.report.Unused = slices.Sorted(maps.Keys(c.unused))
	return &c.report, nil
}

// A batch is some rows of a source, which can be read again.
type batch struct {
	source *source
	place
	size    int64  // in bytes
	ordinal uint32 // of the first row, over all sources
	rows    int
}

// batchRows is how many rows a worker takes: few, since all of them are read again where one is to be compared.
const batchRows = 64

// text is that of the batch, and where it begins in it.
func (b *batch) text() (io.ReaderAt, place) {
	at := b.source.at
	if kept, ok := at.(*spool); ok {
		at = kept.file
	}
	return io.NewSectionReader(at, b.offset, b.size), place{0, b.line}
}

// A job is a batch with its rows, and what a worker found in them.
type job struct {
	batch
	read    []row
	cells   []string // of the rows
	members []member
	notes   []note
	seen    map[string]bool // members of JSON objects
	err     error
	done    chan struct{}
}

// newJob returns a job with the slices of one that is done, which would be most of what there is to collect.
func (c *Checker) newJob(b batch) *job {
	j, ok := c.idle.Get().(*job)
	if !ok {
		j = &job{}
	}
	*j = job{batch: b, read: j.read[:0], cells: j.cells[:0], members: j.members[:0], done: make(chan struct{})}
	return j
}

// at is where the report says that a row is.
func (j *job) at(i int) Place {
	number := j.source.firstRow + int(j.ordinal-j.source.ordinal) + i + 1
	return Place{Source: j.source.Name, Row: number, Line: j.read[i].line}
}

// fill reads the rows of a batch.
func (j *job) fill(from rows, n int) error {
	for len(j.read) < n {
		r, err := from.next()
		if err != nil {
			return err
		}
		start := len(j.cells)
		j.cells = append(j.cells, r.cells...)
		r.cells = j.cells[start:len(j.cells):len(j.cells)]
		j.read = append(j.read, r)
	}
	return nil
}

// again reads the batches with rows that are wanted, which has a byte for each row, judges these, and calls take with
// each batch.
func (c *Checker) again(ctx context.Context, wanted []uint8, take func(*job) error) error {
	produce := func(yield func(*job) bool) error {
		for _, b := range c.batches {
			of := wanted[b.ordinal : int(b.ordinal)+b.rows]
			if slices.ContainsFunc(of, func(w uint8) bool { return w != 0 }) && !yield(c.newJob(b)) {
				break
			}
		}
		return nil
	}
	return c.inOrder(ctx, produce, func(j *job) {
		if j.fill(j.source.rows(j.text()), j.rows) != nil {
			j.err = fmt.Errorf("%s: is not as it was when it was read first", j.source.Name)
			return
		}
		c.judge(j, wanted)
	}, take)
}

// inOrder calls work for each job on all processors, and take with each in the
// order of the jobs. It ends with the first error, or the context's.
func (c *Checker) inOrder(
	ctx context.Context, produce func(yield func(*job) bool) error, work func(*job), take func(*job) error,
) error {
	group, ctx := errgroup.WithContext(ctx)
	workers := runtime.GOMAXPROCS(0)
	todo, ordered := make(chan *job, 32*workers), make(chan *job, 32*workers)
	group.Go(func() error {
		defer close(ordered)
		defer close(todo)
		return produce(func(j *job) bool {
			for _, to := range []chan *job{todo, ordered} {
				select {
				case to <- j:
				case <-ctx.Done():
					return false
				}
			}
			return true
		})
	})
	for range workers {
		group.Go(func() error {
			for j := range todo {
				work(j)
				close(j.done)
			}
			return nil
		})
	}
	group.Go(func() error {
		for j := range ordered {
			<-j.done
			if j.err == nil {
				j.err = take(j)
			}
			if j.err != nil {
				return j.err
			}
			c.idle.Put(j)
		}
		return ctx.Err()
	})
	return group.Wait()
}
