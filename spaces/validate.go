package spaces

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// The reasons why [Plan.Check] leaves out or refuses an entry. They are
// decisions of this module: the vendor's page has no such rules.
var (
	ErrEmptyID        error = contract.Reason(contract.SpaceIDEmpty)
	ErrMalformedID    error = contract.Reason(contract.SpaceIDMalformed)
	ErrDuplicateID    error = contract.Reason(contract.SpacesRepeated)
	ErrContradiction  error = contract.Reason(contract.SpacesJoinAndLeave)
	ErrReplaceNothing error = contract.Reason(contract.SpacesReplaceNothing)
)

// An EntryError says which entry is wrong. Path is the entry's path in the
// token: "spaceIds[1]", "spaces[0].spaceId" or "spacesOperation". Code is the
// token's rule that is broken. The text does not hold the id.
type EntryError struct {
	Path string
	Code contract.Code
	Err  error
}

func (e *EntryError) Error() string { return e.Path + ": " + e.Err.Error() }

func (e *EntryError) Unwrap() []error { return []error{e.Code, e.Err} }

// Validate reports every entry that can't be sent, in order. It does not report
// what [Plan.Check] leaves out.
func (p Plan) Validate() []*EntryError {
	_, _, wrong := p.Check()
	return wrong
}

// Check gives the plan as it is sent. It also says what is left out and what is
// wrong, each in order. It leaves out what can't change the meaning: a blank id
// ([ErrEmptyID]), and a space that is named again with the same action
// ([ErrDuplicateID]). These are wrong: an id that no space can have
// ([ErrMalformedID]), a space that is joined and left ([ErrContradiction]), and
// a [Replace] with nothing to join ([ErrReplaceNothing]).
func (p Plan) Check() (sent Plan, leftOut, wrong []*EntryError) {
	var seen map[string]Action
	if len(p.changes) > fewSpaces {
		seen = make(map[string]Action, len(p.changes))
	}
	sent = p
	for i := range p.changes {
		c := &p.changes[i]
		err := checkID(c.spaceID)
		if err == nil {
			err = c.repeats(p.changes[:i], seen)
		}
		switch {
		case err == nil:
			if seen != nil {
				seen[c.spaceID] = c.action
			}
			if leftOut != nil {
				sent.changes = append(sent.changes, *c)
			}
			continue
		case err != ErrEmptyID && err != ErrDuplicateID:
			wrong = append(wrong, p.entryError(i, err))
			continue
		case leftOut == nil:
			sent.changes = slices.Clone(p.changes[:i])
		}
		leftOut = append(leftOut, p.entryError(i, err))
	}
	if p.operation == OperationReplace && len(sent.changes) == 0 && !p.leaveAll && wrong == nil {
		wrong = []*EntryError{{contract.SpacesOperation, contract.SpacesReplaceNothing, ErrReplaceNothing}}
	}
	if len(sent.changes) == 0 && p.operation == OperationAdd {
		sent = Plan{} // as from Add without an id
	}
	return sent, leftOut, wrong
}

// Up to fewSpaces entries, comparing them all is quicker than a map.
const fewSpaces = 16

// repeats gives an error if an earlier entry has the same space. seen, if not
// nil, has the earlier entries.
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

// isPlain spares ordinary ids, which are ASCII, the check of each rune.
func isPlain(id string) bool {
	for i := range len(id) {
		if id[i] <= ' ' || id[i] >= 0x7f {
			return false
		}
	}
	return id != ""
}
