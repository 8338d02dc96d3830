package spaces

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// The reasons for which a plan is refused. Each is a decision of this module,
// where the vendor's page says nothing.
var (
	ErrEmptyID        error = contract.Reason(contract.SpaceIDEmpty)
	ErrMalformedID    error = contract.Reason(contract.SpaceIDMalformed)
	ErrDuplicateID    error = contract.Reason(contract.SpacesRepeated)
	ErrContradiction  error = contract.Reason(contract.SpacesJoinAndLeave)
	ErrReplaceNothing error = contract.Reason(contract.SpacesReplaceNothing)
)

// An EntryError says which entry is wrong, by its path in the token:
// "spaceIds[1]", "spaces[0].spaceId" or "spacesOperation". Its text does not
// hold the id. Code is that of the same mistake in a token.
type EntryError struct {
	Path string
	Code contract.Code
	Err  error
}

func (e *EntryError) Error() string { return e.Path + ": " + e.Err.Error() }

func (e *EntryError) Unwrap() []error { return []error{e.Code, e.Err} }

// Validate reports every bad entry at once, in order.
func (p Plan) Validate() []*EntryError {
	if p.operation == OperationReplace && len(p.changes) == 0 {
		return []*EntryError{{contract.SpacesOperation, contract.SpacesReplaceNothing, ErrReplaceNothing}}
	}
	var errs []*EntryError
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
			errs = append(errs, p.entryError(i, err))
		} else if seen != nil {
			seen[c.spaceID] = c.action
		}
	}
	return errs
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

func (p Plan) entryError(i int, err error) *EntryError {
	e := &EntryError{Path: fmt.Sprintf(contract.SpaceIDs+"[%d]", i), Code: contract.SpaceIDsMalformed, Err: err}
	if p.operation == "" {
		e.Path = fmt.Sprintf(contract.Spaces+"[%d]."+contract.SpaceID, i)
		e.Code = contract.SpacesMalformed
	}
	if code := contract.Code(err.(contract.Reason)); code.Rule().Area == contract.Token {
		e.Code = code
	}
	return e
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
