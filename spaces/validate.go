package spaces

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The reasons for which a plan is refused. Each is a decision of this module,
// where the vendor's page says nothing.
var (
	ErrEmptyID        = errors.New("empty or blank space id")
	ErrMalformedID    = errors.New("space id with white space, a control character or invalid UTF-8")
	ErrDuplicateID    = errors.New("the same space twice")
	ErrContradiction  = errors.New("joins and leaves the same space")
	ErrReplaceNothing = errors.New("REPLACE with no space to join removes the member from every space: name one, or use Apply with Leave")
)

// An EntryError says which entry is wrong, by its path in the token:
// "spaceIds[1]", "spaces[0].spaceId" or "spacesOperation". Its text does not
// hold the id.
type EntryError struct {
	Path string
	Err  error
}

func (e *EntryError) Error() string { return e.Path + ": " + e.Err.Error() }

func (e *EntryError) Unwrap() error { return e.Err }

// Validate reports every bad entry at once, in order, as joined
// [*EntryError] values; the result's Unwrap() []error gives them one by one.
func (p Plan) Validate() error {
	if p.operation == OperationReplace && len(p.changes) == 0 {
		return errors.Join(&EntryError{"spacesOperation", ErrReplaceNothing})
	}
	var errs []error
	var seen map[string]Action
	if len(p.changes) > fewSpaces {
		seen = make(map[string]Action, len(p.changes))
	}
	for i := range p.changes {
		c := &p.changes[i]
		err := checkID(c.spaceID)
		if err == nil {
			err = c.repeats(p.changes[:i], seen)
		}
		if err != nil {
			errs = append(errs, &EntryError{p.path(i), err})
		} else if seen != nil {
			seen[c.spaceID] = c.action
		}
	}
	return errors.Join(errs...)
}

// fewSpaces is up to where a look at every earlier entry is quicker than a
// map of them.
const fewSpaces = 16

// repeats says what is wrong where an earlier entry has the same space; seen
// has the earlier ones, unless it is nil.
func (c *Change) repeats(earlier []Change, seen map[string]Action) error {
	action, twice := seen[c.spaceID]
	if seen == nil {
		for i := range earlier {
			if earlier[i].spaceID == c.spaceID {
				action, twice = earlier[i].action, true
				break
			}
		}
	}
	switch {
	case !twice:
		return nil
	case action != c.action:
		return ErrContradiction
	}
	return ErrDuplicateID
}

func (p Plan) path(i int) string {
	if p.operation == "" {
		return fmt.Sprintf("spaces[%d].spaceId", i)
	}
	return fmt.Sprintf("spaceIds[%d]", i)
}

func checkID(id string) error {
	if isPlain(id) {
		return nil
	}
	if strings.TrimSpace(id) == "" {
		return ErrEmptyID
	}
	for _, r := range id {
		if r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsControl(r) {
			return ErrMalformedID
		}
	}
	return nil
}

// isPlain knows the ids that communities give, without a look at each rune.
func isPlain(id string) bool {
	for i := range len(id) {
		if id[i] <= ' ' || id[i] >= 0x7f {
			return false
		}
	}
	return id != ""
}
