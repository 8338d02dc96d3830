package check

import (
	"slices"
	"strings"
)

// maxEarlier is how many members of an earlier export a class remembers: with
// more of one sub or email, the export itself is in disorder.
const maxEarlier = 16

type earlier struct {
	row              uint32
	sub, email, name string
}

// sameSub is the members with one sub.
type sameSub struct {
	email   string // of the first, folded
	name    string
	differ  bool
	rows    []mark
	earlier []earlier
}

func (c *sameSub) key(m *member) string { return string(m.sub) }

func (c *sameSub) add(m *member, at mark, previous bool) {
	email := fold(string(m.email))
	switch {
	case previous && len(c.earlier) < maxEarlier:
		c.earlier = append(c.earlier, earlier{at.row, "", email, string(m.name)})
	case previous:
	case len(c.rows) == 0:
		c.email, c.name = email, string(m.name)
		c.rows = append(c.rows, at)
	default:
		c.differ = c.differ || email != c.email
		c.rows = append(c.rows, at)
	}
}

func (c *sameSub) marks(dst []mark) []mark {
	switch {
	case len(c.rows) > 1 && c.differ:
		dst = spread(dst, c.rows, subRepeated, 0)
	case len(c.rows) > 1:
		dst = spread(dst, c.rows, rowRepeated, 0)
	}
	isPerson := func(e earlier) bool { return e.email == c.email || strings.EqualFold(e.name, c.name) }
	if len(c.rows) > 0 && len(c.earlier) > 0 && !slices.ContainsFunc(c.earlier, isPerson) {
		dst = spread(dst, c.rows, subReassigned, c.earlier[0].row)
	}
	return dst
}

// sameEmail is the members with one email, in any spelling.
type sameEmail struct {
	sub       string // of the first
	differ    bool
	spellings []spelling
	earlier   []earlier
	kept      bool // a sub is one of the earlier export
}

type spelling struct {
	email  string
	sub    string // of the first
	differ bool
	rows   []mark
}

func (c *sameEmail) key(m *member) string { return fold(string(m.email)) }

func (c *sameEmail) add(m *member, at mark, previous bool) {
	if previous {
		if len(c.earlier) < maxEarlier {
			c.earlier = append(c.earlier, earlier{at.row, string(m.sub), "", ""})
		}
		return
	}
	if len(c.spellings) == 0 {
		c.sub = string(m.sub)
	}
	c.differ = c.differ || c.sub != string(m.sub)
	c.kept = c.kept || slices.ContainsFunc(c.earlier, func(e earlier) bool { return e.sub == string(m.sub) })
	i := slices.IndexFunc(c.spellings, func(s spelling) bool { return s.email == string(m.email) })
	if i < 0 {
		i = len(c.spellings)
		c.spellings = append(c.spellings, spelling{email: string(m.email), sub: string(m.sub)})
	}
	s := &c.spellings[i]
	s.differ = s.differ || s.sub != string(m.sub)
	s.rows = append(s.rows, at)
}

func (c *sameEmail) marks(dst []mark) []mark {
	for i, s := range c.spellings {
		switch {
		case s.differ:
			dst = spread(dst, s.rows, emailRepeated, 0)
		case c.differ && i == 0:
			dst = spread(dst, s.rows, emailSpelling, c.spellings[1].rows[0].row)
		case c.differ:
			dst = spread(dst, s.rows, emailSpelling, c.spellings[0].rows[0].row)
		}
		if len(c.earlier) > 0 && !c.kept {
			dst = spread(dst, s.rows, subChanged, c.earlier[0].row)
		}
	}
	return dst
}
