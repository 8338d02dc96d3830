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
	ids, hasIDs := j.present(contract.SpaceIDs)
	changes, hasChanges := j.present(contract.Spaces)
	if hasIDs {
		j.spaceIDs(ids)
	}
	if hasChanges {
		j.spaceChanges(changes)
	}
	if hasIDs && hasChanges {
		j.find(SpacesBoth, PartPayload, contract.Spaces, "is there together with spaceIds: both count")
	}
	j.spaceContradictions()

	operation, ok := j.present(contract.SpacesOperation)
	if !ok {
		return
	}
	const path = contract.SpacesOperation
	text, _ := operation.Text()
	switch {
	case text != contract.OperationAdd && text != contract.OperationReplace:
		j.find(SpacesOperationWrong, PartPayload, path, "is neither ADD nor REPLACE")
		return
	case text == contract.OperationReplace && hasIDs && !hasChanges && isEmptyArray(ids.Value):
		j.find(SpacesLeaveAll, PartPayload, path, "is REPLACE with an empty spaceIds")
	case text == contract.OperationReplace && len(j.Spaces.Join) == 0:
		j.find(contract.SpacesReplaceNothing, PartPayload, path, "is REPLACE with no space to join")
	case text == contract.OperationReplace && hasChanges:
		j.find(SpacesReplaceActions, PartPayload, path, "is REPLACE together with spaces")
	case !hasIDs && !hasChanges:
		j.find(SpacesOperationAlone, PartPayload, path, "is there without spaceIds and spaces")
	}
	j.Spaces.Replace = text == contract.OperationReplace
}

func (j *judge) spaceIDs(e Entry) {
	elements, ok := array(e.Value)
	if !ok {
		j.find(contract.SpaceIDsMalformed, PartPayload, contract.SpaceIDs, "is not an array")
		return
	}
	for i, element := range elements {
		path := fmt.Sprintf("spaceIds[%d]", i)
		id, ok := Entry{Value: element}.Text()
		if !ok || id == "" {
			j.find(contract.SpaceIDsMalformed, PartPayload, path, "is not a string with a space ID")
			continue
		}
		j.Spaces.Join = append(j.Spaces.Join, Space{id, path})
	}
}

func (j *judge) spaceChanges(e Entry) {
	elements, ok := array(e.Value)
	if !ok {
		j.find(contract.SpacesMalformed, PartPayload, contract.Spaces, "is not an array")
		return
	}
	for i, element := range elements {
		j.spaceChange(fmt.Sprintf("spaces[%d]", i), element)
	}
}

func (j *judge) spaceChange(path string, raw json.RawMessage) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		j.find(contract.SpacesMalformed, PartPayload, path, "is not an object")
		return
	}
	text := func(name string) string {
		s, _ := Entry{Value: fields[name]}.Text()
		return s
	}
	id, role, action := text(contract.SpaceID), text(contract.Role), text(contract.Action)
	if id == "" {
		j.find(contract.SpacesMalformed, PartPayload, path+".spaceId", "is not a string with a space ID")
	}
	if role != contract.RoleMember {
		j.find(SpacesRole, PartPayload, path+".role", "is not MEMBER")
	}
	if action != contract.ActionJoin && action != contract.ActionLeave {
		j.find(SpacesAction, PartPayload, path+".action", "is neither JOIN nor LEAVE")
	}
	if len(fields) > 3 {
		j.find(contract.SpacesMalformed, PartPayload, path, "has more than spaceId, role and action")
	}
	if id == "" {
		return
	}
	switch action {
	case contract.ActionJoin:
		j.Spaces.Join = append(j.Spaces.Join, Space{id, path})
	case contract.ActionLeave:
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

func isEmptyArray(raw json.RawMessage) bool {
	elements, ok := array(raw)
	return ok && len(elements) == 0
}

func array(raw json.RawMessage) ([]json.RawMessage, bool) {
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil {
		return nil, false
	}
	return elements, true
}
