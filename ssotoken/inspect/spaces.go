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
	for i, element := range ids {
		path := fmt.Sprintf("spaceIds[%d]", i)
		if id := text(element); id != "" {
			j.Spaces.Join = append(j.Spaces.Join, Space{id, path})
		} else {
			j.find(contract.SpaceIDsMalformed, PartPayload, path, "is not a string with a space ID")
		}
	}
	changes, hasChanges := j.elements(contract.Spaces, contract.SpacesMalformed)
	for i, element := range changes {
		j.spaceChange(fmt.Sprintf("spaces[%d]", i), element)
	}
	if hasIDs && hasChanges {
		j.find(spacesBoth, PartPayload, contract.Spaces, "is there together with spaceIds: both count")
	}
	j.spaceContradictions()
	operation, ok := j.present(contract.SpacesOperation)
	if !ok {
		return
	}
	find := func(code contract.Code, message string) { j.find(code, PartPayload, contract.SpacesOperation, message) }
	replace := text(operation.Value) == contract.OperationReplace
	switch {
	case !replace && text(operation.Value) != contract.OperationAdd:
		find(spacesOperationWrong, "is neither ADD nor REPLACE")
	case replace && ids != nil && len(ids) == 0 && !hasChanges:
		find(SpacesLeaveAll, "is REPLACE with an empty spaceIds")
	case replace && len(j.Spaces.Join) == 0:
		find(contract.SpacesReplaceNothing, "is REPLACE with no space to join")
	case replace && hasChanges:
		find(spacesReplaceActions, "is REPLACE together with spaces")
	case !hasIDs && !hasChanges:
		find(spacesOperationAlone, "is there without spaceIds and spaces")
	}
	j.Spaces.Replace = replace
}

// elements reads a claim that is an array. It returns nil for another claim.
func (j *judge) elements(name string, malformed contract.Code) (elements []json.RawMessage, isThere bool) {
	e, isThere := j.present(name)
	if isThere && json.Unmarshal(e.Value, &elements) != nil {
		j.find(malformed, PartPayload, name, "is not an array")
	}
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
	if id == "" {
		j.find(contract.SpacesMalformed, PartPayload, path+".spaceId", "is not a string with a space ID")
	}
	if role != contract.RoleMember {
		j.find(SpacesRole, PartPayload, path+".role", "is not MEMBER")
	}
	if action != contract.ActionJoin && action != contract.ActionLeave {
		j.find(spacesAction, PartPayload, path+".action", "is neither JOIN nor LEAVE")
	}
	if len(fields) > 3 {
		j.find(contract.SpacesMalformed, PartPayload, path, "has more than spaceId, role and action")
	}
	switch {
	case id == "":
	case action == contract.ActionJoin:
		j.Spaces.Join = append(j.Spaces.Join, Space{id, path})
	case action == contract.ActionLeave:
		j.Spaces.Leave = append(j.Spaces.Leave, Space{id, path})
	}
}

func (j *judge) spaceContradictions() {
	joined, left := map[string]bool{}, map[string]bool{}
	for _, s := range j.Spaces.Join {
		if joined[s.ID] {
			j.find(contract.SpacesRepeated, PartPayload, s.Path, "names a space to join a second time")
		}
		joined[s.ID] = true
	}
	for _, s := range j.Spaces.Leave {
		switch {
		case joined[s.ID]:
			j.find(contract.SpacesJoinAndLeave, PartPayload, s.Path, "names a space to leave that is also to be joined")
		case left[s.ID]:
			j.find(contract.SpacesRepeated, PartPayload, s.Path, "names a space to leave a second time")
		}
		left[s.ID] = true
	}
}
