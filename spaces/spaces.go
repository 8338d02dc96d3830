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
// show. A slug or a title is not an id. Only the community can tell that an id
// is unknown.
//
// No function here fails. [Plan.Check] says what is left out and what is wrong;
// the claims builder of package ssotoken calls it.
package spaces

import (
	"slices"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// An Operation is the value of the claim spacesOperation.
type Operation string

const (
	OperationAdd     Operation = contract.OperationAdd     // join, and keep the others
	OperationReplace Operation = contract.OperationReplace // leave all, then join
)

// An Action is the value of action in an entry of the claim spaces.
type Action string

const (
	ActionJoin  Action = contract.ActionJoin
	ActionLeave Action = contract.ActionLeave
)

// A Role is the value of role in an entry of the claim spaces.
type Role string

// RoleMember is the only role that the vendor documents.
const RoleMember Role = contract.RoleMember

// A Change is what happens in one space.
type Change struct {
	spaceID string
	action  Action
}

// Join makes the member join a space.
func Join(id string) Change { return Change{id, ActionJoin} }

// Leave makes the member leave a space.
func Leave(id string) Change { return Change{id, ActionLeave} }

// SpaceID is the id of the space.
func (c Change) SpaceID() string { return c.spaceID }

// Action says what happens in the space.
func (c Change) Action() Action { return c.action }

// A Plan is immutable. Its zero value changes nothing.
type Plan struct {
	operation Operation // empty for Apply and for the zero Plan
	changes   []Change
	leaveAll  bool // by LeaveAll, not by Replace without ids
}

// Add joins the spaces and keeps the member's other spaces. It sends the
// claims spaceIds and spacesOperation ADD. Without ids it changes nothing, so
// you can pass a list from a database as it is.
func Add(ids ...string) Plan {
	if len(ids) == 0 {
		return Plan{}
	}
	return Plan{operation: OperationAdd, changes: joins(ids)}
}

// Replace removes the member from every space, then joins the given ones. It
// sends the claims spaceIds and spacesOperation REPLACE. Without ids it is
// refused ([ErrReplaceNothing]): it would remove a member from every space when
// a database gives no rows. If that is what you want, use [LeaveAll].
func Replace(ids ...string) Plan { return Plan{operation: OperationReplace, changes: joins(ids)} }

// LeaveAll removes the member from every space and joins none. It sends the
// claims spacesOperation REPLACE and an empty spaceIds.
func LeaveAll() Plan { return Plan{operation: OperationReplace, leaveAll: true} }

// Apply joins and leaves space by space. It sends the claim spaces, and no
// spacesOperation, since each entry has an action. Without changes it changes
// nothing.
func Apply(changes ...Change) Plan { return Plan{changes: slices.Clone(changes)} }

func joins(ids []string) []Change {
	changes := make([]Change, len(ids))
	for i, id := range ids {
		changes[i] = Join(id)
	}
	return changes
}

// IsZero reports whether the plan changes nothing, and so sends no claim.
func (p Plan) IsZero() bool { return p.operation == "" && len(p.changes) == 0 }

// Operation is the claim spacesOperation. It is empty for [Apply] and the zero
// Plan, which do not send the claim.
func (p Plan) Operation() Operation { return p.operation }

// Len is the number of spaces that the plan names.
func (p Plan) Len() int { return len(p.changes) }

// At is the change of space i, counted from 0 in the order given.
func (p Plan) At(i int) Change { return p.changes[i] }

// Equal reports whether both plans send the same claims.
func (p Plan) Equal(other Plan) bool {
	return p.operation == other.operation && p.leaveAll == other.leaveAll && slices.Equal(p.changes, other.changes)
}
