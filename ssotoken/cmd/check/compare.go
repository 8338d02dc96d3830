package check

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// An index finds rows with equal hashes. An entry is 32 bits of a hash and the row's
// ordinal; 8 more bits of the hash choose the part. Each part is sorted in place:
// one big slice would take twice the memory while it grows.
type index [256][]uint64

func (x *index) add(hash uint64, ordinal uint32) {
	part := &x[hash>>56]
	*part = append(*part, hash<<8&^0xffffffff|uint64(ordinal))
}

// equal calls group with the ordinals of each two or more entries with equal hashes.
func (x *index) equal(group func(ordinals []uint32) error) error {
	var ordinals []uint32
	for _, part := range x {
		slices.Sort(part)
		for start := 0; start < len(part); {
			end := start + 1
			for end < len(part) && part[end]>>32 == part[start]>>32 {
				end++
			}
			if end-start > 1 {
				ordinals = ordinals[:0]
				for _, entry := range part[start:end] {
					ordinals = append(ordinals, uint32(entry))
				}
				if err := group(ordinals); err != nil {
					return err
				}
			}
			start = end
		}
	}
	return nil
}

// A mark says that a row is one of several that don't agree.
type mark struct {
	row, other uint32 // from 1
	line       int
	source     *source
	code       collision
	outcome    Outcome // of the row without the mark
	value      string  // with ShowValues
}

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
	rowRepeated:   {RowRepeated, contract.Sub, EffectHarmless, "the same member is in another row too"},
	subRepeated:   {SubRepeated, contract.Sub, EffectCollides, "another row has the same sub and another email"},
	emailRepeated: {EmailRepeated, contract.Email, EffectCollides, "another row has the same email and another sub"},
	emailSpelling: {EmailSpelling, contract.Email, EffectLook,
		"another row has an email that differs only in case or Unicode form, and another sub"},
	subChanged:    {SubChanged, contract.Sub, EffectCollides, "the earlier export has another sub with this email"},
	subReassigned: {SubReassigned, contract.Sub, EffectLook, "the earlier export has another name and another email with this sub"},
}

// maxCandidates bounds how many rows are read again and compared in one go.
const maxCandidates = 1 << 20

// collide compares the members with each other.
func (c *Checker) collide(ctx context.Context) ([]mark, error) {
	var marks []mark
	for _, by := range []struct {
		index *index
		key   func(*member) string
		marks func([]seen) []mark
	}{
		{&c.subs, func(m *member) string { return m.sub }, marksOfSub},
		{&c.emails, func(m *member) string { return fold(m.email) }, marksOfEmail},
	} {
		groupOf := map[uint32]int{} // by ordinal
		groups := 0
		resolve := func() error {
			classes := make([]map[string][]seen, groups)
			err := c.readAgain(ctx, groupOf, func(ordinal uint32, s seen) {
				group := groupOf[ordinal]
				if classes[group] == nil {
					classes[group] = map[string][]seen{}
				}
				key := by.key(&s.member)
				classes[group][key] = append(classes[group][key], s)
			})
			for _, group := range classes {
				for _, class := range group {
					marks = append(marks, by.marks(class)...)
				}
			}
			clear(groupOf)
			groups = 0
			return err
		}
		err := by.index.equal(func(ordinals []uint32) error {
			for _, ordinal := range ordinals {
				groupOf[ordinal] = groups
			}
			if groups++; len(groupOf) < maxCandidates {
				return nil
			}
			return resolve()
		})
		if err = errors.Join(err, resolve()); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(marks, func(a, b mark) int { return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.code, b.code)) })
	if !c.config.ShowValues {
		for i := range marks {
			marks[i].value = ""
		}
	}
	return marks, nil
}

// A seen row was read again.
type seen struct {
	member
	mark
}

// readAgain reads the batches that have one of the rows, and calls found with each of
// these, in their order.
func (c *Checker) readAgain(ctx context.Context, wanted map[uint32]int, found func(uint32, seen)) error {
	if len(wanted) == 0 {
		return nil
	}
	return inOrder(ctx, func(yield func(*job) bool) error {
		for _, b := range c.batches {
			isWanted := false
			for i := range uint32(b.rows) {
				if _, isWanted = wanted[b.ordinal+i]; isWanted {
					break
				}
			}
			if isWanted && !yield(&job{batch: b}) {
				break
			}
		}
		return nil
	}, func(j *job) {
		j.err = c.again(j, func(i int) bool {
			_, ok := wanted[j.ordinal+uint32(i)]
			return ok
		})
	}, func(j *job) error {
		for i, m := range j.members {
			ordinal := j.ordinal + uint32(i)
			if _, ok := wanted[ordinal]; ok {
				at := mark{row: uint32(j.source.firstRow + j.row + i + 1), line: j.rows[i].line, source: j.source, outcome: m.outcome}
				found(ordinal, seen{m, at})
			}
		}
		return nil
	})
}

// again reads a batch once more, and judges the rows that are wanted.
func (c *Checker) again(j *job, wanted func(i int) bool) error {
	rows := j.source.input.rows(true)
	rows.seek(j.place)
	if j.fill(rows, j.batch.rows) != nil {
		return &InputError{j.source.Name, errors.New("is not as it was when it was read first")}
	}
	c.judgeAll(j, wanted)
	return nil
}

func split(class []seen) (now, earlier []seen) {
	for _, s := range class {
		if s.source.previous {
			earlier = append(earlier, s)
		} else {
			now = append(now, s)
		}
	}
	return now, earlier
}

// marksOfSub compares the members with one sub.
func marksOfSub(class []seen) []mark {
	now, earlier := split(class)
	if len(now) == 0 {
		return nil
	}
	email, name := fold(now[0].email), now[0].name
	differ := func(s seen) bool { return fold(s.email) != email }
	isPerson := func(e seen) bool { return fold(e.email) == email || strings.EqualFold(e.name, name) }
	var marks []mark
	switch {
	case len(now) > 1 && slices.ContainsFunc(now, differ):
		marks = spread(marks, now, subRepeated, 0)
	case len(now) > 1:
		marks = spread(marks, now, rowRepeated, 0)
	}
	if len(earlier) > 0 && !slices.ContainsFunc(earlier, isPerson) {
		marks = spread(marks, now, subReassigned, earlier[0].row)
	}
	return marks
}

// marksOfEmail compares the members with one email, in any spelling.
func marksOfEmail(class []seen) []mark {
	now, earlier := split(class)
	var spellings [][]seen // in the order of their first rows
	for _, s := range now {
		i := slices.IndexFunc(spellings, func(rows []seen) bool { return rows[0].email == s.email })
		if i < 0 {
			i = len(spellings)
			spellings = append(spellings, nil)
		}
		spellings[i] = append(spellings[i], s)
	}
	subsDiffer := func(rows []seen) bool {
		return slices.ContainsFunc(rows, func(s seen) bool { return s.sub != rows[0].sub })
	}
	kept := slices.ContainsFunc(now, func(s seen) bool {
		return slices.ContainsFunc(earlier, func(e seen) bool { return e.sub == s.sub })
	})
	var marks []mark
	for i, rows := range spellings {
		switch {
		case subsDiffer(rows):
			marks = spread(marks, rows, emailRepeated, 0)
		case subsDiffer(now) && i == 0:
			marks = spread(marks, rows, emailSpelling, spellings[1][0].row)
		case subsDiffer(now):
			marks = spread(marks, rows, emailSpelling, spellings[0][0].row)
		}
		if len(earlier) > 0 && !kept {
			marks = spread(marks, rows, subChanged, earlier[0].row)
		}
	}
	return marks
}

// spread marks the rows of a class: each names the first other one.
func spread(marks []mark, rows []seen, code collision, other uint32) []mark {
	for i, s := range rows {
		m := s.mark
		m.code, m.other, m.value = code, other, s.sub
		if collisions[code].field == contract.Email {
			m.value = s.email
		}
		if other == 0 {
			m.other = rows[0].row
			if i == 0 {
				m.other = rows[1].row
			}
		}
		marks = append(marks, m)
	}
	return marks
}
