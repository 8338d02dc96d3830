package inspect

import (
	"encoding/json"
	"fmt"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// Spaces is what a token asks for in spaces.
type Spaces struct {
	Replace bool    `json:"replace"`         // spacesOperation is REPLACE
	Join    []Space `json:"join,omitempty"`  // by spaceIds, then by spaces
	Leave   []Space `json:"leave,omitempty"` // by spaces
}

// A Space is named by its ID in the community.
type Space struct {
	ID   string `json:"id"`
	Path string `json:"path"` // where the token names it: spaceIds[0]
}

func (j *judge) spaces() {
	ids, hasIDs := j.elements(contract.SpaceIDs, contract.SpaceIDsMalformed)
	changes, hasChanges := j.elements(contract.Spaces, contract.SpacesMalformed)
	j.findIf(hasIDs && hasChanges, SpacesBoth, PartPayload, contract.Spaces, "is there together with spaceIds: both count")
	for i, element := range ids {
		path := fmt.Sprintf("spaceIds[%d]", i)
		if id := text(element); id != "" {
			j.wish(contract.ActionJoin, id, path)
		} else {
			j.find(contract.SpaceIDsMalformed, PartPayload, path, "is not a string with a space ID")
		}
	}
	for i, element := range changes {
		j.spaceChange(fmt.Sprintf("spaces[%d]", i), element)
	}
	operation, ok := j.present(contract.SpacesOperation)
	if !ok {
		return
	}
	find := func(code contract.Code, message string) { j.find(code, PartPayload, contract.SpacesOperation, message) }
	replace := text(operation.Value) == contract.OperationReplace
	switch {
	case !replace && text(operation.Value) != contract.OperationAdd:
		find(SpacesOperationWrong, "is neither ADD nor REPLACE")
	case replace && ids != nil && len(ids) == 0 && !hasChanges:
		find(SpacesLeaveAll, "is REPLACE with an empty spaceIds")
	case replace && len(j.Spaces.Join) == 0:
		find(contract.SpacesReplaceNothing, "is REPLACE with no space to join")
	case replace && hasChanges:
		find(spacesReplaceActions, "is REPLACE together with spaces")
	case !hasIDs && !hasChanges:
		find(SpacesOperationAlone, "is there without spaceIds and spaces")
	}
	j.Spaces.Replace = replace
}

// elements reads a claim that is an array. It returns nil for another claim.
func (j *judge) elements(name string, malformed contract.Code) (elements []json.RawMessage, isThere bool) {
	e, isThere := j.present(name)
	j.findIf(isThere && json.Unmarshal(e.Value, &elements) != nil, malformed, PartPayload, name, "is not an array")
	return elements, isThere
}

// text is the text of a JSON string, or nothing.
func text(raw json.RawMessage) string {
	s, _ := Entry{Value: raw}.Text()
	return s
}

func (j *judge) spaceChange(path string, raw json.RawMessage) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		j.find(contract.SpacesMalformed, PartPayload, path, "is not an object")
		return
	}
	id, role, action := text(fields[contract.SpaceID]), text(fields[contract.Role]), text(fields[contract.Action])
	j.findIf(id == "", contract.SpacesMalformed, PartPayload, path+".spaceId", "is not a string with a space ID")
	j.findIf(role != contract.RoleMember, SpacesRole, PartPayload, path+".role", "is not MEMBER")
	isAction := action == contract.ActionJoin || action == contract.ActionLeave
	j.findIf(!isAction, SpacesAction, PartPayload, path+".action", "is neither JOIN nor LEAVE")
	j.findIf(len(fields) > 3, contract.SpacesMalformed, PartPayload, path, "has more than spaceId, role and action")
	if id != "" && isAction {
		j.wish(action, id, path)
	}
}

// wish notes what is asked for a space. A token asks once for each.
func (j *judge) wish(action, id, path string) {
	switch before, isRepeated := j.wishes[id]; {
	case isRepeated && before == action:
		j.find(contract.SpacesRepeated, PartPayload, path, "names a space a second time")
	case isRepeated:
		j.find(contract.SpacesJoinAndLeave, PartPayload, path, "asks to join and to leave one space")
	}
	j.wishes[id] = action
	if action == contract.ActionJoin {
		j.Spaces.Join = append(j.Spaces.Join, Space{id, path})
	} else {
		j.Spaces.Leave = append(j.Spaces.Leave, Space{id, path})
	}
}
