// Package spaces says which spaces of a community a login joins or leaves.
//
// A [Plan] is one of four things:
//
//   - [Add] joins spaces and keeps the others. Most sites need only this.
//   - [Replace] first removes the member from every space, then joins the
//     given ones. Use it where only your site decides who is in which space.
//   - [Apply] joins and leaves space by space.
//   - [LeaveAll] removes the member from every space.
//
// A space is named by its id, which the community's administration and API
// show. A slug or a title is not an id. Only the community knows whether an id
// exists.
//
// No function here fails. [Plan.Validate] reports what is wrong; the claims
// builder of package ssotoken calls it.
package spaces

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A Change joins or leaves one space: see [Join] and [Leave]. Like a [Plan] it prints
// as a placeholder: where a member goes is personal data.
type Change struct {
	spaceID func() string // printers don't look into a func
	leave   bool
}

// Join makes the member join a space.
func Join(id string) Change { return Change{spaceID: func() string { return id }} }

// Leave makes the member leave a space.
func Leave(id string) Change { return Change{func() string { return id }, true} }

// Format writes a placeholder, whatever the verb.
func (c Change) Format(f fmt.State, _ rune) { fmt.Fprint(f, "spaces.Change(redacted)") }

// A Plan is immutable. Its zero value changes nothing. It prints as a placeholder
// under every fmt verb.
type Plan struct {
	claims  func() []byte // their JSON, without braces; printers don't look into a func
	leftOut []*contract.FieldError
	wrong   []*contract.FieldError
}

// Add joins the spaces and keeps the member's other spaces. It sends the
// claims spaceIds and spacesOperation ADD. Without ids it changes nothing, so
// you can pass a list from a database as it is.
func Add(ids ...string) Plan { return ofIDs(contract.OperationAdd, ids) }

// Replace removes the member from every space, then joins the given ones. It
// sends the claims spaceIds and spacesOperation REPLACE. Without ids it is
// refused ([contract.SpacesReplaceNothing]): it would remove a member from every
// space when a database returns no rows. If that is what you want, use [LeaveAll].
func Replace(ids ...string) Plan { return ofIDs(contract.OperationReplace, ids) }

// LeaveAll removes the member from every space and joins none. It sends the
// claims spacesOperation REPLACE and an empty spaceIds.
func LeaveAll() Plan {
	const claims = `"` + contract.SpaceIDs + `":[],"` + contract.SpacesOperation + `":"` + contract.OperationReplace + `"`
	return Plan{claims: func() []byte { return []byte(claims) }}
}

// Apply joins and leaves space by space. It sends the claim spaces, and no
// spacesOperation, since each entry has an action. Without changes it changes
// nothing.
func Apply(changes ...Change) Plan {
	entry := entries{claim: contract.Spaces, inEntry: "." + contract.SpaceID, malformed: contract.SpacesMalformed}
	seen := map[string]bool{} // without a size, a small one is on the stack
	json := append(make([]byte, 0, 16+72*len(changes)), `"`+contract.Spaces+`":[`...)
	for i, c := range changes {
		id := ""
		if c.spaceID != nil {
			id = c.spaceID()
		}
		if !entry.accept(i, id, c.leave, seen) {
			continue
		}
		json = contract.AppendString(append(json, `{"`+contract.SpaceID+`":`...), id)
		action := contract.ActionJoin
		if c.leave {
			action = contract.ActionLeave
		}
		json = append(json, `,"`+contract.Role+`":"`+contract.RoleMember+`","`+contract.Action+`":"`...)
		json = append(append(json, action...), `"},`...)
	}
	return entry.plan(json, "]")
}

func ofIDs(operation string, ids []string) Plan {
	entry := entries{claim: contract.SpaceIDs, malformed: contract.SpaceIDsMalformed}
	seen := map[string]bool{}
	json := append(make([]byte, 0, 48+16*len(ids)), `"`+contract.SpaceIDs+`":[`...)
	for i, id := range ids {
		if entry.accept(i, id, false, seen) {
			json = append(contract.AppendString(json, id), ',')
		}
	}
	p := entry.plan(json, `],"`+contract.SpacesOperation+`":"`+operation+`"`)
	if operation == contract.OperationReplace && p.claims == nil && p.wrong == nil {
		err := contract.SpacesReplaceNothing.Errorf(
			"REPLACE with no space to join would remove the member from every space: name one")
		p.wrong = []*contract.FieldError{{Field: contract.SpacesOperation, Err: err}}
	}
	return p
}

// entries checks the entries of one claim.
type entries struct {
	claim, inEntry string
	malformed      contract.Code
	accepted       int
	leftOut, wrong []*contract.FieldError
}

// accept reports whether entry i is sent. seen are the accepted ids, with whether
// each is left.
func (e *entries) accept(i int, id string, leave bool, seen map[string]bool) bool {
	left, repeated := seen[id]
	switch {
	case strings.TrimSpace(id) == "":
		e.skip(i, e.malformed.Errorf("has no space id"))
	case !isID(id):
		e.refuse(i, e.malformed.Errorf("has a space id with white space, a control character or invalid UTF-8"))
	case repeated && left != leave:
		e.refuse(i, contract.SpacesJoinAndLeave.Errorf("joins and leaves the same space"))
	case repeated:
		e.skip(i, contract.SpacesRepeated.Errorf("the same space twice"))
	default:
		seen[id] = leave
		e.accepted++
		return true
	}
	return false
}

func isID(s string) bool {
	for _, r := range s {
		if r <= ' ' || r >= 0x7f && (r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsControl(r)) {
			return false
		}
	}
	return true
}

func (e *entries) skip(i int, err error) { e.leftOut = append(e.leftOut, e.fault(i, err)) }

func (e *entries) refuse(i int, err error) { e.wrong = append(e.wrong, e.fault(i, err)) }

func (e *entries) fault(i int, err error) *contract.FieldError {
	return &contract.FieldError{Field: fmt.Sprintf("%s[%d]%s", e.claim, i, e.inEntry), Err: err}
}

// plan completes json, in which a comma follows each entry.
func (e *entries) plan(json []byte, end string) Plan {
	p := Plan{leftOut: e.leftOut, wrong: e.wrong}
	if e.accepted > 0 {
		json = append(json[:len(json)-1], end...)
		p.claims = func() []byte { return json }
	}
	return p
}

// IsZero reports whether the plan sends no claim, and so changes nothing.
func (p Plan) IsZero() bool { return p.claims == nil }

// Validate reports every entry that can't be sent, in order: an id that no space
// can have, a space that is joined and left ([contract.SpacesJoinAndLeave]), and a
// [Replace] with nothing to join ([contract.SpacesReplaceNothing]). These rules are
// decisions of this module: the vendor's page has none.
func (p Plan) Validate() []*contract.FieldError { return slices.Clone(p.wrong) }

// LeftOut reports the entries that are not sent since they can't change the
// meaning: a blank id, and a space that is named again with the same action
// ([contract.SpacesRepeated]).
func (p Plan) LeftOut() []*contract.FieldError { return slices.Clone(p.leftOut) }

// AppendJSON appends the plan's claims as they are in the token: the members of a
// JSON object, without its braces.
func (p Plan) AppendJSON(dst []byte) []byte {
	if p.IsZero() {
		return dst
	}
	return append(dst, p.claims()...)
}

// Format writes a placeholder, whatever the verb.
func (p Plan) Format(f fmt.State, _ rune) { fmt.Fprint(f, "spaces.Plan(redacted)") }
