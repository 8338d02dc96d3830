package check

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// maxCandidates bounds how many members are looked at again at once; more are
// looked at in turns.
const maxCandidates = 1 << 20

// A mark says that a row is one of several that don't agree.
type mark struct {
	row, other uint32 // from 1
	line       uint32
	source     uint16
	code       collision
	outcome    Outcome // of the row without the mark
}

// A collision is a code in one byte.
type collision uint8

const (
	rowRepeated collision = iota
	subRepeated
	emailRepeated
	emailSpelling
	subChanged
	subReassigned
)

var collisions = [...]struct {
	code    contract.Code
	field   string
	effect  Effect
	message string
}{
	rowRepeated:   {contract.RowRepeated, contract.Sub, EffectHarmless, "the same member stands in another row too"},
	subRepeated:   {contract.SubRepeated, contract.Sub, EffectCollides, "another row has the same sub and another email"},
	emailRepeated: {contract.EmailRepeated, contract.Email, EffectCollides, "another row has the same email and another sub"},
	emailSpelling: {contract.EmailSpelling, contract.Email, EffectLook, "another row has an email that differs only in case or Unicode form, and another sub"},
	subChanged:    {contract.SubChanged, contract.Sub, EffectCollides, "the earlier export has another sub with this email"},
	subReassigned: {contract.SubReassigned, contract.Sub, EffectLook, "the earlier export has another name and another email with this sub"},
}

// collide compares the members with each other.
func (c *Checker) collide(ctx context.Context) ([]mark, error) {
	var found [2][]mark
	var errs [2]error
	var group sync.WaitGroup
	for i, by := range []struct {
		index *index
		class func() class
	}{{c.subs, func() class { return &sameSub{} }}, {c.emails, func() class { return &sameEmail{} }}} {
		group.Go(func() {
			r := resolver{c: c, newClass: by.class}
			errs[i] = r.lookAt(ctx, by.index)
			found[i] = r.marks
		})
	}
	group.Wait()
	marks := append(found[0], found[1]...)
	slices.SortFunc(marks, func(a, b mark) int { return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.code, b.code)) })
	return marks, cmp.Or(errs[0], errs[1])
}

// A class is the members with one sub, or with one email.
type class interface {
	key(m *member) string
	add(m *member, at mark, previous bool)
	marks(dst []mark) []mark // of the whole class
}

// A resolver takes members with equal hashes for a second look.
type resolver struct {
	c        *Checker
	newClass func() class
	marks    []mark

	candidates []candidate
	groups     uint32
}

type candidate struct{ ordinal, group uint32 }

func (r *resolver) lookAt(ctx context.Context, x *index) error {
	var room scratch
	for i := range parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		entries, err := x.load(i, &room)
		if err != nil {
			return err
		}
		for start := 0; start < len(entries); {
			end := start + 1
			for end < len(entries) && entries[end]>>hashBits == entries[start]>>hashBits {
				end++
			}
			if end-start > 1 {
				for _, e := range entries[start:end] {
					r.candidates = append(r.candidates, candidate{uint32(e & ordinalMask), r.groups})
				}
				r.groups++
			}
			start = end
		}
		if len(r.candidates) >= maxCandidates {
			if err := r.resolve(); err != nil {
				return err
			}
		}
	}
	return r.resolve()
}

// resolve compares the candidates of each group by their texts.
func (r *resolver) resolve() error {
	slices.SortFunc(r.candidates, func(a, b candidate) int { return cmp.Compare(a.ordinal, b.ordinal) })
	ordinals := make([]uint32, len(r.candidates))
	for i, candidate := range r.candidates {
		ordinals[i] = candidate.ordinal
	}
	type keyed struct {
		key string
		class
	}
	groups := make([][]keyed, r.groups)
	next, probe := 0, r.newClass()
	err := r.c.values.each(ordinals, func(_ uint32, m member, b *block) {
		group := &groups[r.candidates[next].group]
		next++
		key := probe.key(&m)
		i := slices.IndexFunc(*group, func(k keyed) bool { return k.key == key })
		if i < 0 {
			i = len(*group)
			*group = append(*group, keyed{key, r.newClass()})
		}
		at := mark{row: uint32(b.row + m.row + 1), line: uint32(b.line + m.line), source: uint16(b.source), outcome: m.outcome}
		(*group)[i].add(&m, at, b.previous)
	})
	for _, group := range groups {
		for _, class := range group {
			before := len(r.marks)
			r.marks = class.marks(r.marks)
			r.c.keepValues(class.key, r.marks[before:])
		}
	}
	r.candidates, r.groups = r.candidates[:0], 0
	return err
}

// spread marks a class: each row names the first other one.
func spread(dst []mark, rows []mark, code collision, other uint32) []mark {
	for i, m := range rows {
		m.code, m.other = code, other
		if other == 0 && i == 0 {
			m.other = rows[1].row
		} else if other == 0 {
			m.other = rows[0].row
		}
		dst = append(dst, m)
	}
	return dst
}
