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
	seen := make(map[string]Action, len(p.changes))
	for i, c := range p.changes {
		err := checkID(c.spaceID)
		if action, twice := seen[c.spaceID]; err == nil && twice {
			err = ErrDuplicateID
			if action != c.action {
				err = ErrContradiction
			}
		}
		if err != nil {
			errs = append(errs, &EntryError{p.path(i), err})
			continue
		}
		seen[c.spaceID] = c.action
	}
	return errors.Join(errs...)
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
