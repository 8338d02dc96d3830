package check

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

const (
	// DefaultMemory is how many bytes of hashes stay in memory: those of 8
	// million members.
	DefaultMemory = 128 << 20

	// DefaultExamples is how many rows a finding names.
	DefaultExamples = 5
)

// Config configures a [Checker]. The zero value is one with defaults.
type Config struct {
	// Community and MaxURL are those of the signer, for logins whose URL would
	// be too long. Without Community, one with a host of 63 characters stands for
	// it.
	Community string
	MaxURL    int

	// Columns say where the claims stand in what [Checker.Read] reads.
	Columns Columns

	// RealSubject is a sub that is refused as no id, such as 0, where a member has
	// it: see ClaimsBuilder.AllowSubject of package ssotoken.
	RealSubject string

	// ShowValues puts values of claims into the report: personal data.
	ShowValues bool

	Examples int    // 0 is DefaultExamples
	Memory   int64  // 0 is DefaultMemory
	TempDir  string // for what is over Memory; empty is [os.TempDir]

	// Progress, if not nil, is told after each part of the input. Calls don't
	// overlap.
	Progress func(Progress)
}

// Progress says how far a source is read.
type Progress struct {
	Rows  int   // of all sources
	Bytes int64 // of this source
	Size  int64 // of this source; 0 where it is not known
}

// A Checker takes members and gives a [Report]. It is not safe for concurrent
// use; it uses all processors by itself. It keeps temporary files until
// [Checker.Close].
type Checker struct {
	config  Config
	signer  *ssotoken.Signer
	columns columns
	seed    maphash.Seed
	mask    uint64 // of a hash; tests make hashes equal by it
	names   bool   // are kept, to be compared with an earlier export

	report   Report
	findings findings
	unused   map[string]bool
	sources  []*source
	pending  *chunk // of Add
	adder    *worker
	done     bool

	subs, emails *index
	values       *values
	members      uint64
	temps        []*tempFile
	marked       []mark

	mu    sync.Mutex
	texts map[string]string // of marked classes, by place, for ShowValues
}

// New makes a checker, or returns a [*ssotoken.ConfigError] that lists every bad
// setting.
func New(c Config) (*Checker, error) {
	var bad []*ssotoken.FieldError
	refuse := func(field string, err error) { bad = append(bad, &ssotoken.FieldError{Field: field, Err: err}) }
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
	for _, limit := range []struct {
		field string
		n     int64
	}{{"Examples", int64(c.Examples)}, {"Memory", c.Memory}} {
		if limit.n < 0 {
			refuse(limit.field, because(contract.Range, "must not be negative"))
		}
	}
	if bad != nil {
		return nil, &ssotoken.ConfigError{Fields: bad}
	}
	if c.Examples == 0 {
		c.Examples = DefaultExamples
	}
	if c.Memory == 0 {
		c.Memory = DefaultMemory
	}
	if c.MaxURL == 0 {
		c.MaxURL = contract.DefaultMaxURL
	}
	checker := &Checker{
		config: c, signer: signer, columns: columns, seed: maphash.MakeSeed(), mask: math.MaxUint64,
		findings: findings{map[kind]*Finding{}, c.Examples}, unused: map[string]bool{}, texts: map[string]string{},
	}
	temp := func() *tempFile {
		t := &tempFile{dir: c.TempDir}
		checker.temps = append(checker.temps, t)
		return t
	}
	checker.subs = &index{spill: temp(), most: c.Memory / 2}
	checker.emails = &index{spill: temp(), most: c.Memory / 2}
	checker.values = &values{file: temp()}
	return checker, nil
}

// Close removes the temporary files.
func (c *Checker) Close() error {
	var errs []error
	for _, t := range c.temps {
		errs = append(errs, t.close())
	}
	return errors.Join(errs...)
}

// addRows is how many members of Add are taken at once.
const addRows = 1024

// Add takes one member, from a database for example: the builder is used as the
// login would use it. An error is one of the disk.
func (c *Checker) Add(b *ssotoken.ClaimsBuilder) error {
	if c.done {
		return errReported
	}
	if c.pending == nil {
		c.adder = c.newWorker()
		c.pending = &chunk{source: c.newSource(Source{}, false)}
	}
	c.adder.start(c.pending)
	c.adder.judge(record{line: -1}, nil, b, math.MaxInt, nil)
	if c.pending.rows < addRows {
		return nil
	}
	return c.flush()
}

func (c *Checker) flush() error {
	if c.pending == nil {
		return nil
	}
	chunk := c.pending
	c.pending = nil
	err := c.take(chunk)
	if err == nil {
		chunk.clear()
		c.pending = chunk
	}
	return err
}

var errReported = errors.New("the report was made: no more rows can be taken")

// take adds what a worker found in a chunk. Chunks come in the order of the input.
func (c *Checker) take(ch *chunk) error {
	s := ch.source
	at := s.firstRow + s.rows
	if c.members+uint64(len(ch.hashes)/2) > math.MaxUint32 {
		return fmt.Errorf("more than %d members", uint32(math.MaxUint32))
	}
	ordinal := uint32(c.members)
	for i := 0; i < len(ch.hashes); i += 2 {
		if err := c.subs.add(ch.hashes[i], ordinal); err != nil {
			return err
		}
		if err := c.emails.add(ch.hashes[i+1], ordinal); err != nil {
			return err
		}
		ordinal++
	}
	if n := len(ch.hashes) / 2; n > 0 {
		b := block{ordinal: uint32(c.members), members: n, row: at, source: s.number, line: ch.line, previous: s.previous}
		if err := c.values.append(b, ch.log); err != nil {
			return err
		}
		c.members += uint64(n)
	}
	s.rows += ch.rows
	if s.previous {
		c.report.PreviousRows += ch.rows
		c.report.PreviousRefused += ch.counts[Refused]
		return nil
	}
	c.report.Rows += ch.rows
	for outcome, n := range ch.counts {
		*c.report.count(Outcome(outcome)) += n
	}
	for i, n := range ch.notes {
		if i > 0 && ch.notes[i-1].row == n.row && ch.notes[i-1].kind == n.kind {
			continue // spaceIds[0] and spaceIds[1] are one field
		}
		c.findings.add(n.kind, n.message, Place{Source: s.name, Row: at + n.row + 1, Line: n.lineOf(ch), Value: n.value})
	}
	for name := range ch.unused {
		if len(c.unused) >= maxUnused {
			break
		}
		c.unused[name] = true
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
	if err := c.flush(); err != nil {
		return nil, err
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
		at := Place{Source: c.sources[m.source].name, Row: int(m.row), Line: int(m.line), Other: int(m.other), Value: c.texts[placeKey(m)]}
		c.findings.add(kind{what.code, what.field, what.effect}, what.message, at)
	}
	c.report.Findings = c.findings.list()
	c.report.Unused = slices.Sorted(maps.Keys(c.unused))
	return &c.report, nil
}

func placeKey(m mark) string { return fmt.Sprintf("%d:%d", m.row, m.code) }

// keepValues remembers the sub or the email of marked rows.
func (c *Checker) keepValues(value string, marks []mark) {
	if !c.config.ShowValues {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range marks {
		c.texts[placeKey(m)] = value
	}
}
