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

type fault struct {
	Path string
	Code contract.Code
}

func faults(errs []*contract.FieldError) []fault {
	var out []fault
	for _, e := range errs {
		var code contract.Code
		errors.As(e, &code)
		out = append(out, fault{e.Field, code})
	}
	return out
}

func claims(p spaces.Plan) string { return string(p.AppendJSON(nil)) }

func TestEachPlanSendsItsClaims(t *testing.T) {
	const malformed, replaceNothing = contract.SpaceIDsMalformed, contract.SpacesReplaceNothing
	join, leave, apply := spaces.Join, spaces.Leave, spaces.Apply
	entry := func(id, action string) string {
		return `{"spaceId":"` + id + `","role":"MEMBER","action":"` + action + `"}`
	}
	tests := []struct {
		name    string
		plan    spaces.Plan
		want    string
		leftOut []fault
		wrong   []fault
	}{
		{"zero", spaces.Plan{}, ``, nil, nil},
		{"add nothing", spaces.Add(), ``, nil, nil},
		{"apply nothing", apply(), ``, nil, nil},
		{"add", spaces.Add("a", "b"), `"spaceIds":["a","b"],"spacesOperation":"ADD"`, nil, nil},
		{"replace", spaces.Replace("b", "a"), `"spaceIds":["b","a"],"spacesOperation":"REPLACE"`, nil, nil},
		{"leave all", spaces.LeaveAll(), `"spaceIds":[],"spacesOperation":"REPLACE"`, nil, nil},
		{"apply", apply(join("a"), leave("b")), `"spaces":[` + entry("a", "JOIN") + "," + entry("b", "LEAVE") + "]", nil, nil},
		{"unicode and signs", spaces.Add(`пространство`, "🚀", `"\`),
			`"spaceIds":["пространство","🚀","\"\\"],"spacesOperation":"ADD"`, nil, nil},

		{"a blank id", spaces.Add("a", "", "b"), `"spaceIds":["a","b"],"spacesOperation":"ADD"`, []fault{{"spaceIds[1]", malformed}}, nil},
		{"blank ids only", spaces.Add(" ", "\t"), ``, []fault{{"spaceIds[0]", malformed}, {"spaceIds[1]", malformed}}, nil},
		{"the zero Change", apply(spaces.Change{}), ``, []fault{{"spaces[0].spaceId", contract.SpacesMalformed}}, nil},
		{"the same id twice", spaces.Replace("a", "b", "a", "b", "c"), `"spaceIds":["a","b","c"],"spacesOperation":"REPLACE"`,
			[]fault{{"spaceIds[2]", contract.SpacesRepeated}, {"spaceIds[3]", contract.SpacesRepeated}}, nil},
		{"joined twice", apply(join("a"), join("a")), `"spaces":[` + entry("a", "JOIN") + "]",
			[]fault{{"spaces[1].spaceId", contract.SpacesRepeated}}, nil},
		{"left twice", apply(leave("a"), join("b"), leave("a")), `"spaces":[` + entry("a", "LEAVE") + "," + entry("b", "JOIN") + "]",
			[]fault{{"spaces[2].spaceId", contract.SpacesRepeated}}, nil},

		{"replace nothing", spaces.Replace(), ``, nil, []fault{{"spacesOperation", replaceNothing}}},
		{"replace by a blank id", spaces.Replace(" \t\n"), ``, []fault{{"spaceIds[0]", malformed}}, []fault{{"spacesOperation", replaceNothing}}},
		{"space inside", spaces.Add("a b"), ``, nil, []fault{{"spaceIds[0]", malformed}}},
		{"space inside, replaced", spaces.Replace("a b"), ``, nil, []fault{{"spaceIds[0]", malformed}}},
		{"space at an end", spaces.Add("a "), ``, nil, []fault{{"spaceIds[0]", malformed}}},
		{"NUL", spaces.Add("a\x00"), ``, nil, []fault{{"spaceIds[0]", malformed}}},
		{"delete character", spaces.Add("a\x7f"), ``, nil, []fault{{"spaceIds[0]", malformed}}},
		{"invalid UTF-8", apply(join("\xff")), ``, nil, []fault{{"spaces[0].spaceId", contract.SpacesMalformed}}},
		{"joined and left", apply(join("a"), leave("a")), `"spaces":[` + entry("a", "JOIN") + "]", nil,
			[]fault{{"spaces[1].spaceId", contract.SpacesJoinAndLeave}}},
		{"all together", spaces.Add("", "a", "a", "b c", "d\n"), `"spaceIds":["a"],"spacesOperation":"ADD"`,
			[]fault{{"spaceIds[0]", malformed}, {"spaceIds[2]", contract.SpacesRepeated}}, []fault{{"spaceIds[3]", malformed},
				{"spaceIds[4]", malformed}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, claims(tt.plan)); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.leftOut, faults(tt.plan.LeftOut())); diff != "" {
				t.Errorf("left out (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.wrong, faults(tt.plan.Validate())); diff != "" {
				t.Errorf("wrong (-want +got):\n%s", diff)
			}
			if tt.plan.IsZero() != (tt.want == "") {
				t.Errorf("IsZero is %v", tt.plan.IsZero())
			}
		})
	}
}

func TestARepetitionIsFoundAmongMany(t *testing.T) {
	for _, n := range []int{1, 8, 9, 1000} {
		var changes []spaces.Change
		for i := range n {
			changes = append(changes, spaces.Join(fmt.Sprint(i)))
		}
		at := fmt.Sprintf("spaces[%d].spaceId", n)
		again := spaces.Apply(append(changes, spaces.Join("0"))...)
		if diff := cmp.Diff([]fault{{at, contract.SpacesRepeated}}, faults(again.LeftOut())); diff != "" || again.Validate() != nil {
			t.Errorf("%d spaces (-want +got):\n%s", n, diff)
		}
		left := spaces.Apply(append(changes, spaces.Leave("0"))...)
		if diff := cmp.Diff([]fault{{at, contract.SpacesJoinAndLeave}}, faults(left.Validate())); diff != "" || left.LeftOut() != nil {
			t.Errorf("%d spaces (-want +got):\n%s", n, diff)
		}
	}
}

func TestAnErrorDoesNotHoldTheID(t *testing.T) {
	p := spaces.Add("secret-id", "secret-id", "secret-id ")
	if text := fmt.Sprint(p.LeftOut(), p.Validate()); strings.Count(text, "spaceIds") != 2 || strings.Contains(text, "secret-id") {
		t.Errorf("got %s", text)
	}
}

func TestAPlanDoesNotChangeWithTheCallersSlice(t *testing.T) {
	ids, changes := []string{"a"}, []spaces.Change{spaces.Join("a")}
	added, replaced, applied := spaces.Add(ids...), spaces.Replace(ids...), spaces.Apply(changes...)
	ids[0], changes[0] = "z", spaces.Leave("z")
	for _, p := range []spaces.Plan{added, replaced, applied} {
		if got := claims(p); !strings.Contains(got, `"a"`) || strings.Contains(got, `"z"`) {
			t.Errorf("got %s", got)
		}
	}
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
