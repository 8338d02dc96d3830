package check

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// An index finds rows with equal hashes. An entry is 32 bits of a hash and the row's ordinal; 8 more bits of the hash
// choose the part: one big slice would take twice the memory while it grows.
type index [256][]uint64

func (x *index) add(hash uint64, ordinal uint32) {
	part := &x[hash>>56]
	*part = append(*part, hash<<8&^0xffffffff|uint64(ordinal))
}

// repeated returns the rows of a part whose hash another one has. Two bits for each of a million hashes tell nearly
// all others apart, which is much faster than to sort them.
func repeated(part []uint64) (ordinals []uint32) {
	var once, twice [1 << 14]uint64
	for _, e := range part {
		word, bit := e>>50, uint64(1)<<(e>>44&63)
		twice[word] |= once[word] & bit
		once[word] |= bit
	}
	var entries []uint64
	for _, e := range part {
		if twice[e>>50]>>(e>>44&63)&1 == 1 {
			entries = append(entries, e)
		}
	}
	slices.Sort(entries)
	for i, e := range entries {
		if i > 0 && entries[i-1]>>32 == e>>32 || i+1 < len(entries) && entries[i+1]>>32 == e>>32 {
			ordinals = append(ordinals, uint32(e))
		}
	}
	return ordinals
}

// A mark says that a row is one of several that don't agree.
type mark struct {
	code    collision
	at      Place
	ordinal uint32
	outcome Effect // of the row without the mark
}

func (m *mark) note() note { return note{collisions[m.code].kind, collisions[m.code].message, m.at} }

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
	kind
	message string
}{
	rowRepeated:   {kind{RowRepeated, contract.Sub, EffectHarmless}, "the same member is in another row too"},
	subRepeated:   {kind{SubRepeated, contract.Sub, EffectCollides}, "another row has the same sub and another email"},
	emailRepeated: {kind{EmailRepeated, contract.Email, EffectCollides}, "another row has the same email and another sub"},
	emailSpelling: {kind{EmailSpelling, contract.Email, EffectLook},
		"another row has an email that differs only in case or Unicode form, and another sub"},
	subChanged: {kind{SubChanged, contract.Sub, EffectCollides}, "the earlier export has another sub with this email"},
	subReassigned: {kind{SubReassigned, contract.Sub, EffectLook},
		"the earlier export has another name and another email with this sub"},
}

// maxCandidates bounds, in round figures, how many rows are read again and compared in one go.
const maxCandidates = 1 << 20

// A seen row was read again.
type seen struct {
	member
	at       Place
	ordinal  uint32
	previous bool
}

// collide compares the members with each other: it reads those again whose hashes are equal.
func (c *Checker) collide(ctx context.Context) (marks []mark, err error) {
	const bySub, byEmail = 1, 2
	wanted := make([]uint8, c.ordinals)
	found := 0
	for part := range c.subs {
		for by, hashes := range map[uint8][]uint64{bySub: c.subs[part], byEmail: c.emails[part]} {
			for _, ordinal := range repeated(hashes) {
				wanted[ordinal] |= by
				found++
			}
		}
		if found == 0 || found < maxCandidates && part < len(c.subs)-1 {
			continue
		}
		subs, emails := map[string][]seen{}, map[string][]seen{}
		err := c.again(ctx, wanted, func(j *job) error {
			for i, m := range j.members {
				s := seen{m, j.at(i), j.ordinal + uint32(i), j.source.Previous}
				by := wanted[s.ordinal]
				if by&bySub != 0 {
					subs[m.sub] = append(subs[m.sub], s)
				}
				if by&byEmail != 0 {
					emails[fold(m.email)] = append(emails[fold(m.email)], s)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		for _, class := range subs {
			marks = append(marks, marksOfSub(class)...)
		}
		for _, class := range emails {
			marks = append(marks, marksOfEmail(class)...)
		}
		clear(wanted)
		found = 0
	}
	slices.SortFunc(marks, func(a, b mark) int { return cmp.Or(a.at.Row-b.at.Row, cmp.Compare(a.code, b.code)) })
	return marks, nil
}

func split(class []seen) (now, earlier []seen) {
	for _, s := range class {
		if s.previous {
			earlier = append(earlier, s)
		} else {
			now = append(now, s)
		}
	}
	return now, earlier
}

// tidy returns a name as the builder would send it.
func tidy(name string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, name)), " ")
}

// marksOfSub compares the members with one sub.
func marksOfSub(class []seen) (marks []mark) {
	now, earlier := split(class)
	if len(now) == 0 {
		return nil
	}
	email, name := fold(now[0].email), tidy(now[0].name)
	differ := func(s seen) bool { return fold(s.email) != email }
	isPerson := func(e seen) bool { return fold(e.email) == email || strings.EqualFold(tidy(e.name), name) }
	switch {
	case len(now) > 1 && slices.ContainsFunc(now, differ):
		marks = spread(marks, now, subRepeated, 0)
	case len(now) > 1:
		marks = spread(marks, now, rowRepeated, 0)
	}
	if len(earlier) > 0 && !slices.ContainsFunc(earlier, isPerson) {
		marks = spread(marks, now, subReassigned, earlier[0].at.Row)
	}
	return marks
}

// marksOfEmail compares the members with one email, in any spelling.
func marksOfEmail(class []seen) (marks []mark) {
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
	before := map[string]bool{} // subs: a placeholder may be the email of everybody
	for _, e := range earlier {
		before[e.sub] = true
	}
	kept := slices.ContainsFunc(now, func(s seen) bool { return before[s.sub] })
	for i, rows := range spellings {
		switch {
		case subsDiffer(rows):
			marks = spread(marks, rows, emailRepeated, 0)
		case subsDiffer(now) && i == 0:
			marks = spread(marks, rows, emailSpelling, spellings[1][0].at.Row)
		case subsDiffer(now):
			marks = spread(marks, rows, emailSpelling, spellings[0][0].at.Row)
		}
		if len(earlier) > 0 && !kept {
			marks = spread(marks, rows, subChanged, earlier[0].at.Row)
		}
	}
	return marks
}

// spread marks the rows of a class: each names the other row, or if that is 0 the first other one.
func spread(marks []mark, rows []seen, code collision, other int) []mark {
	for i, s := range rows {
		m := mark{code, s.at, s.ordinal, s.outcome}
		m.at.Other, m.at.Value = other, s.sub
		if collisions[code].field == contract.Email {
			m.at.Value = s.email
		}
		switch {
		case other == 0 && i == 0:
			m.at.Other = rows[1].at.Row
		case other == 0:
			m.at.Other = rows[0].at.Row
		}
		marks = append(marks, m)
	}
	return marks
}
