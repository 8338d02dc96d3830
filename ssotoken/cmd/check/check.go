// Package check examines all members of a site before its community is launched:
// who could log in, who not, and why.
//
//	checker, err := check.New(check.Config{Community: "community.example.com"})
//	…
//	defer checker.Close()
//	err = checker.Read(ctx, check.Source{Name: "members.csv", Reader: file})
//	report, err := checker.Report(ctx)
//
// Every member is built exactly as the login does it, by BuildLenient of package
// ssotoken, and has one [Outcome]. Then the members are compared with each other.
// Two of them with one sub, or with one email, can't both log in. Given an earlier
// export by [Checker.ReadPrevious], a sub that changed is found too: it locks its
// member out.
//
// # How emails are compared
//
// The community finds a member by email where it does not find one by sub. No page
// of the vendor says whether "Ada@example.com" and "ada@example.com" are one to it;
// the fake community of package ssotest compares lower case. Two emails that are
// equal, byte by byte, are [EmailRepeated]. Two that are equal only in lower case
// and Unicode form NFC are [EmailSpelling]: reported apart, and not counted as
// refused.
//
// # Memory
//
// A member takes 16 bytes of memory: a hash of sub and one of email, each with the
// number of the row. Rows whose hashes are equal are read again, so that no two are
// called equal that are not.
//
// No report holds a value of a claim unless [Config.ShowValues] is set.
package check

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"math"
	"slices"

	"golang.org/x/text/encoding"

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

	// Null are the texts that mean no value, in every column but that of sub;
	// nil is \N, NULL, #N/A and #REF!.
	Null []string

	// AllowSubject is a sub that a member has though it is refused as no id, such
	// as 0: see ClaimsBuilder of package ssotoken.
	AllowSubject string

	// ShowValues puts values of claims into the report: personal data.
	ShowValues bool

	Examples int    // 0 is DefaultExamples
	TempDir  string // for what can't be read twice; empty is [os.TempDir]

	// Progress, if not nil, is called after each part of the input. Calls don't
	// overlap.
	Progress func(Progress)
}

// Progress says how far a source is read.
type Progress struct {
	Rows  int   // of all sources
	Bytes int64 // of this source, as text
	Size  int64 // of this source; 0 where it is not known
}

// A Checker takes members and makes a [Report]. It is not safe for concurrent use;
// it uses all processors by itself.
type Checker struct {
	config   Config
	signer   *ssotoken.Signer
	columns  columns
	encoding encoding.Encoding
	null     map[string]bool
	seed     maphash.Seed
	mask     uint64 // of a hash; tests make hashes equal with it

	report   Report
	findings findings
	unused   map[string]bool
	batches  []batch
	spools   []*spool
	ordinals uint64 // rows of all sources, the earlier ones too
	earlier  bool   // an earlier export was read
	done     bool

	subs, emails index
	marked       []mark
}

// New makes a checker, or returns a [*ssotoken.ConfigError] that lists every bad
// setting.
func New(c Config) (*Checker, error) {
	var bad []*ssotoken.FieldError
	refuse := func(field string, code contract.Code, text string) {
		bad = append(bad, &ssotoken.FieldError{Field: field, Err: because(code, text)})
	}
	host := c.Community
	if host == "" {
		host = "a-community-with-a-name-as-long-as-domain-names-get.example.com"
	}
	key, err := ssotoken.NewKey(rand.Text() + rand.Text())
	if err != nil {
		return nil, err
	}
	signer, err := ssotoken.New(ssotoken.Config{Community: host, Key: key, MaxURL: c.MaxURL})
	var config *ssotoken.ConfigError
	if errors.As(err, &config) {
		bad = append(bad, config.Fields...)
	}
	columns, wrong := c.Columns.compile()
	bad = append(bad, wrong...)
	encoding, err := encodingOf(c.Encoding)
	if err != nil {
		refuse("Encoding", contract.Malformed, "is not a name that browsers know, such as windows-1252")
	}
	if c.Examples < 0 {
		refuse("Examples", contract.Range, "must not be negative")
	}
	if bad != nil {
		return nil, &ssotoken.ConfigError{Fields: bad}
	}
	if c.Examples == 0 {
		c.Examples = DefaultExamples
	}
	if c.MaxURL == 0 {
		c.MaxURL = contract.DefaultMaxURL
	}
	if c.Null == nil {
		c.Null = []string{`\N`, "NULL", "#N/A", "#REF!"}
	}
	null := map[string]bool{}
	for _, text := range c.Null {
		null[text] = true
	}
	return &Checker{
		config: c, signer: signer, columns: columns, encoding: encoding, null: null, seed: maphash.MakeSeed(), mask: math.MaxUint64,
		findings: findings{map[kind]*Finding{}, c.Examples}, unused: map[string]bool{},
	}, nil
}

// Close removes the temporary files.
func (c *Checker) Close() error {
	var errs []error
	for _, s := range c.spools {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}

// A source is one that is read.
type source struct {
	Source
	input    *input
	previous bool
	firstRow int // rows of the sources before, of the same kind
	count    int // of its rows so far
	table    *table
	seen     map[string]bool // members of JSON objects
}

// A batch is some rows of a source, which can be read again from its place.
type batch struct {
	source  *source
	place   place
	ordinal uint32 // of the first row, over all sources
	row     int    // before the first, of its source
	rows    int
	refused bool // one of them
}

// batchRows is how many rows a worker takes: few, since all of them are read again
// where one is to be compared.
const batchRows = 64

// Read takes the members of a source. A row that can't be read is a finding, and
// the rest goes on. An error is an [*InputError], the context's, or one of the disk.
func (c *Checker) Read(ctx context.Context, from Source) error {
	return c.read(ctx, &source{Source: from, firstRow: c.report.Rows})
}

// ReadPrevious takes an earlier export, with which the members are compared: call
// it before [Checker.Read].
func (c *Checker) ReadPrevious(ctx context.Context, from Source) error {
	if c.report.Rows > 0 {
		return errors.New("an earlier export is read before the members")
	}
	c.earlier = true
	return c.read(ctx, &source{Source: from, firstRow: c.report.PreviousRows, previous: true})
}

func (c *Checker) read(ctx context.Context, s *source) (err error) {
	if c.done {
		return errors.New("the report was made: no more rows can be taken")
	}
	s.seen = map[string]bool{}
	defer func() {
		var r *reason
		if errors.As(err, &r) {
			err = &InputError{s.Name, err}
		}
		c.report.Partial = c.report.Partial || err != nil
	}()
	// A pipe may be stuck: its goroutine is not waited for.
	var first rows
	started := make(chan error, 1)
	go func() {
		var err error
		if s.input, err = c.open(s.Reader); err == nil {
			first = s.input.rows(false)
			first.seek(s.input.first)
			s.table, err = c.header(s, first)
			if s.input.spool != nil {
				s.Size = 0 // of other bytes than those that are counted
			}
		}
		started <- err
	}()
	select {
	case err = <-started:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	err = inOrder(ctx, func(yield func(*job) bool) error {
		for {
			j := &job{batch: batch{source: s, place: first.place()}}
			err := j.fill(first, batchRows)
			j.end = first.place().offset
			if len(j.rows) > 0 && !yield(j) || err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}, func(j *job) { c.judgeAll(j, nil) }, c.take)
	if err == nil && s.count == 0 {
		err = because(InputUnreadable, "has a header, and no rows")
	}
	names := s.table.names
	if s.input.json {
		if names = slices.Sorted(maps.Keys(s.seen)); err == nil && len(names) < maxUnused {
			err = c.columns.missing(names)
		}
	}
	for _, name := range names {
		if err == nil && !s.previous && !c.columns.used[name] && len(c.unused) < maxUnused {
			c.unused[name] = true
		}
	}
	return err
}

// A job is a batch with its rows, and what a worker found in them.
type job struct {
	batch
	end     int64 // of the source up to its end, in bytes
	rows    []row
	members []member
	notes   []note
	seen    map[string]bool // members of JSON objects
	err     error
	done    chan struct{}
}

// fill reads the rows of a batch.
func (j *job) fill(from rows, n int) error {
	var cells []string
	for len(j.rows) < n {
		r, err := from.next()
		if err != nil {
			return err
		}
		if r.cells != nil {
			start := len(cells)
			cells = append(cells, r.cells...)
			r.cells = cells[start:len(cells):len(cells)]
		}
		j.rows = append(j.rows, r)
	}
	return nil
}

// take adds what a worker found. Batches come in the order of the input.
func (c *Checker) take(j *job) error {
	s := j.source
	j.ordinal, j.row, j.batch.rows = uint32(c.ordinals), s.count, len(j.rows)
	if c.ordinals += uint64(len(j.rows)); c.ordinals > math.MaxUint32 {
		return fmt.Errorf("more than %d rows", uint32(math.MaxUint32))
	}
	for i, m := range j.members {
		if m.outcome == Refused {
			j.refused = true
			continue
		}
		c.subs.add(m.subHash, j.ordinal+uint32(i))
		c.emails.add(m.emailHash, j.ordinal+uint32(i))
	}
	c.batches = append(c.batches, j.batch)
	s.count += len(j.rows)
	maps.Copy(s.seen, j.seen)
	if s.previous {
		c.report.PreviousRows += len(j.rows)
		for _, m := range j.members {
			if m.outcome == Refused {
				c.report.PreviousRefused++
			}
		}
	} else {
		c.report.Rows += len(j.rows)
		for _, m := range j.members {
			*c.report.count(m.outcome)++
		}
		for i, n := range j.notes {
			if i > 0 && j.notes[i-1].row == n.row && j.notes[i-1].kind == n.kind {
				continue // spaceIds[0] and spaceIds[1] are one field
			}
			at := Place{Source: s.Name, Row: s.firstRow + j.row + n.row + 1, Line: j.rows[n.row].line, Value: n.value}
			c.findings.add(n.kind, n.message, at)
		}
	}
	if c.config.Progress != nil {
		c.config.Progress(Progress{c.report.PreviousRows + c.report.Rows, j.end, s.Size})
	}
	return nil
}

func (r *Report) count(o Outcome) *int {
	return [...]*int{&r.AsTheyAre, &r.PutInOrder, &r.LeftOut, &r.Collide, &r.Refused}[o]
}

// Report compares all members with each other, and sums up. No more rows can be
// taken then. After a [Checker.Read] that failed or was cancelled the report is of
// the rows before, and Partial.
func (c *Checker) Report(ctx context.Context) (*Report, error) {
	if c.done {
		return &c.report, nil
	}
	marks, err := c.collide(ctx)
	if err != nil {
		return nil, err
	}
	c.done, c.marked = true, marks
	row := uint32(0) // that was counted last
	for _, m := range marks {
		what := collisions[m.code]
		if what.effect == EffectCollides && m.row != row {
			row = m.row
			*c.report.count(m.outcome)--
			c.report.Collide++
		}
		at := Place{Source: m.source.Name, Row: int(m.row), Line: m.line, Other: int(m.other), Value: m.value}
		c.findings.add(kind{what.code, what.field, what.effect}, what.message, at)
	}
	c.report.Findings = c.findings.list()
	c.report.Unused = slices.Sorted(maps.Keys(c.unused))
	return &c.report, nil
}
