package spaces_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

func TestEachPlanNamesItsOperationAndActions(t *testing.T) {
	join, leave := spaces.ActionJoin, spaces.ActionLeave
	tests := []struct {
		name      string
		plan      spaces.Plan
		operation spaces.Operation
		ids       []string
		actions   []spaces.Action
	}{
		{"zero", spaces.Plan{}, "", nil, nil},
		{"add nothing", spaces.Add(), "", nil, nil},
		{"apply nothing", spaces.Apply(), "", nil, nil},
		{"add", spaces.Add("a", "b"), "ADD", []string{"a", "b"}, []spaces.Action{join, join}},
		{"replace", spaces.Replace("b", "a"), "REPLACE", []string{"b", "a"}, []spaces.Action{join, join}},
		{"replace nothing", spaces.Replace(), "REPLACE", nil, nil},
		{"apply", spaces.Apply(spaces.Join("a"), spaces.Leave("b")), "", []string{"a", "b"}, []spaces.Action{join, leave}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var ids []string
			var actions []spaces.Action
			for i := range tt.plan.Len() {
				ids = append(ids, tt.plan.At(i).SpaceID())
				actions = append(actions, tt.plan.At(i).Action())
			}
			if diff := cmp.Diff(tt.ids, ids); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.actions, actions); diff != "" {
				t.Errorf("actions (-want +got):\n%s", diff)
			}
			if got := tt.plan.Operation(); got != tt.operation {
				t.Errorf("operation: got %q, want %q", got, tt.operation)
			}
			if got, want := tt.plan.IsZero(), tt.operation == "" && tt.ids == nil; got != want {
				t.Errorf("IsZero: got %v, want %v", got, want)
			}
		})
	}
}

type fault struct {
	Path string
	Err  error
}

func TestValidateReportsEveryBadEntry(t *testing.T) {
	tests := []struct {
		name string
		plan spaces.Plan
		want []fault
	}{
		{"zero", spaces.Plan{}, nil},
		{"add", spaces.Add("a", "b"), nil},
		{"apply", spaces.Apply(spaces.Join("a"), spaces.Leave("b")), nil},
		{"unicode id", spaces.Add("пространство", "🚀"), nil},
		{"add nothing", spaces.Add(), nil},
		{"replace nothing", spaces.Replace(), []fault{{"spacesOperation", spaces.ErrReplaceNothing}}},
		{"replace by a blank id", spaces.Replace(" \t\n"), []fault{{"spacesOperation", spaces.ErrReplaceNothing}}},
		{"leave all", spaces.LeaveAll(), nil},
		{"space inside", spaces.Add("a b"), []fault{{"spaceIds[0]", spaces.ErrMalformedID}}},
		{"space at an end", spaces.Add("a "), []fault{{"spaceIds[0]", spaces.ErrMalformedID}}},
		{"NUL", spaces.Add("a\x00"), []fault{{"spaceIds[0]", spaces.ErrMalformedID}}},
		{"delete character", spaces.Add("a\x7f"), []fault{{"spaceIds[0]", spaces.ErrMalformedID}}},
		{"invalid UTF-8", spaces.Apply(spaces.Join("\xff")), []fault{{"spaces[0].spaceId", spaces.ErrMalformedID}}},
		{"joined and left", spaces.Apply(spaces.Join("a"), spaces.Leave("a")), []fault{{"spaces[1].spaceId", spaces.ErrContradiction}}},
		{"all at once", spaces.Add("", "a", "a", "b c", "d\n"), []fault{{"spaceIds[3]", spaces.ErrMalformedID}, {"spaceIds[4]", spaces.ErrMalformedID}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []fault
			for _, e := range tt.plan.Validate() {
				got = append(got, fault{e.Path, e.Err})
			}
			sameErr := cmp.Comparer(func(a, b error) bool { return errors.Is(b, a) || errors.Is(a, b) })
			if diff := cmp.Diff(tt.want, got, sameErr); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatCantChangeTheMeaningIsLeftOut(t *testing.T) {
	tests := []struct {
		name       string
		plan, sent spaces.Plan
		leftOut    []fault
	}{
		{"nothing", spaces.Add("a", "b"), spaces.Add("a", "b"), nil},
		{"a blank id", spaces.Add("a", "", "b"), spaces.Add("a", "b"), []fault{{"spaceIds[1]", spaces.ErrEmptyID}}},
		{"blank ids only", spaces.Add(" ", "\t"), spaces.Plan{}, []fault{{"spaceIds[0]", spaces.ErrEmptyID}, {"spaceIds[1]", spaces.ErrEmptyID}}},
		{"the same id twice", spaces.Replace("a", "b", "a", "b", "c"), spaces.Replace("a", "b", "c"), []fault{{"spaceIds[2]", spaces.ErrDuplicateID}, {"spaceIds[3]", spaces.ErrDuplicateID}}},
		{"joined twice", spaces.Apply(spaces.Join("a"), spaces.Join("a")), spaces.Apply(spaces.Join("a")), []fault{{"spaces[1].spaceId", spaces.ErrDuplicateID}}},
		{"left twice", spaces.Apply(spaces.Leave("a"), spaces.Join("b"), spaces.Leave("a")), spaces.Apply(spaces.Leave("a"), spaces.Join("b")), []fault{{"spaces[2].spaceId", spaces.ErrDuplicateID}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := fmt.Sprint(tt.plan)
			sent, leftOut, wrong := tt.plan.Check()
			var got []fault
			for _, e := range leftOut {
				got = append(got, fault{e.Path, e.Err})
			}
			sameErr := cmp.Comparer(func(a, b error) bool { return errors.Is(b, a) || errors.Is(a, b) })
			if diff := cmp.Diff(tt.leftOut, got, sameErr); diff != "" || wrong != nil {
				t.Errorf("left out, with %v wrong (-want +got):\n%s", wrong, diff)
			}
			if !sent.Equal(tt.sent) {
				t.Errorf("sent %v, want %v", sent, tt.sent)
			}
			if after := fmt.Sprint(tt.plan); after != before {
				t.Errorf("the plan changed from %s to %s", before, after)
			}
		})
	}
}

// A query that gives no rows must not remove a member from every space.
func TestOnlyLeaveAllLeavesAllSpaces(t *testing.T) {
	all := spaces.LeaveAll()
	if all.Validate() != nil || all.IsZero() || all.Len() != 0 || all.Operation() != spaces.OperationReplace {
		t.Errorf("got %v, %v", all, all.Validate())
	}
	if all.Equal(spaces.Replace()) || !all.Equal(spaces.LeaveAll()) {
		t.Error("LeaveAll is Replace of nothing")
	}
}

func TestARepetitionIsFoundAmongMany(t *testing.T) {
	for _, n := range []int{1, 16, 17, 1000} {
		var changes []spaces.Change
		for i := range n {
			changes = append(changes, spaces.Join(fmt.Sprint(i)))
		}
		if err := spaces.Apply(changes...).Validate(); err != nil {
			t.Errorf("%d spaces: %v", n, err)
		}
		for again, want := range map[spaces.Change]error{spaces.Join("0"): spaces.ErrDuplicateID, spaces.Leave("0"): spaces.ErrContradiction} {
			_, leftOut, wrong := spaces.Apply(append(changes, again)...).Check()
			errs := append(leftOut, wrong...)
			if len(errs) != 1 || !errors.Is(errs[0], want) || errs[0].Path != fmt.Sprintf("spaces[%d].spaceId", n) {
				t.Errorf("%d spaces and one again: got %v, want %v", n, errs, want)
			}
		}
	}
}

// The codes are those of a token's rules.
func TestAnEntryErrorHasTheCodeOfTheClaimThatItIsIn(t *testing.T) {
	for _, tt := range []struct {
		plan spaces.Plan
		code contract.Code
	}{
		{spaces.Add("", "a"), contract.SpaceIDsMalformed},
		{spaces.Replace("a b"), contract.SpaceIDsMalformed},
		{spaces.Replace(), contract.SpacesReplaceNothing},
		{spaces.Apply(spaces.Leave("a b")), contract.SpacesMalformed},
		{spaces.Add("a", "a"), contract.SpacesRepeated},
		{spaces.Apply(spaces.Join("a"), spaces.Leave("a")), contract.SpacesJoinAndLeave},
	} {
		_, leftOut, wrong := tt.plan.Check()
		if errs := append(leftOut, wrong...); len(errs) != 1 || errs[0].Code != tt.code || !errors.Is(errs[0], tt.code) {
			t.Errorf("%s: got %v", tt.code, errs)
		}
	}
}

func TestAnErrorDoesNotHoldTheID(t *testing.T) {
	_, leftOut, wrong := spaces.Add("secret-id", "secret-id", "secret-id ").Check()
	errs := append(leftOut, wrong...)
	if len(errs) != 2 || strings.Contains(fmt.Sprint(errs), "secret-id") {
		t.Errorf("got %v", errs)
	}
}

func TestAPlanDoesNotChangeWithTheCallersSlice(t *testing.T) {
	ids := []string{"a"}
	added, replaced := spaces.Add(ids...), spaces.Replace(ids...)
	changes := []spaces.Change{spaces.Join("a")}
	applied := spaces.Apply(changes...)
	ids[0], changes[0] = "z", spaces.Leave("z")
	for _, p := range []spaces.Plan{added, replaced, applied} {
		if got := p.At(0).SpaceID(); got != "a" {
			t.Errorf("got %q, want a", got)
		}
	}
}

func TestPlansAreEqualWhenTheirClaimsAre(t *testing.T) {
	tests := []struct {
		name string
		a, b spaces.Plan
		want bool
	}{
		{"zero and nothing to add", spaces.Plan{}, spaces.Add(), true},
		{"zero and nothing to apply", spaces.Plan{}, spaces.Apply(), true},
		{"same", spaces.Add("a", "b"), spaces.Add("a", "b"), true},
		{"other order", spaces.Add("a", "b"), spaces.Add("b", "a"), false},
		{"other operation", spaces.Add("a"), spaces.Replace("a"), false},
		{"other claim", spaces.Add("a"), spaces.Apply(spaces.Join("a")), false},
		{"other action", spaces.Apply(spaces.Leave("a")), spaces.Apply(spaces.Join("a")), false},
	}
	for _, tt := range tests {
		if got := tt.a.Equal(tt.b); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func ExampleAdd() {
	plan := spaces.Add("space-news", "space-help")
	fmt.Println(plan.Operation(), plan.Len(), len(plan.Validate()))
	// Output: ADD 2 0
}

func ExampleReplace() {
	var fromDatabase []string // no rows
	for _, err := range spaces.Replace(fromDatabase...).Validate() {
		fmt.Println(err)
	}
	// Output: spacesOperation: REPLACE with no space to join would remove the member from every space: name one
}

func ExampleApply() {
	plan := spaces.Apply(spaces.Join("space-pro"), spaces.Leave("space-pro"))
	for _, err := range plan.Validate() {
		fmt.Println(err)
	}
	// Output: spaces[1].spaceId: joins and leaves the same space
}
