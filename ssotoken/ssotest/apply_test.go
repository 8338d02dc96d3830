package ssotest_test

import (
	"encoding/json"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func move(id, action string) map[string]any {
	return map[string]any{"spaceId": id, "role": "MEMBER", "action": action}
}

func TestSpacesAreJoinedAndLeftAsTheTokenSays(t *testing.T) {
	a, b, d := ssotest.Space{ID: "a"}, ssotest.Space{ID: "b"}, ssotest.Space{ID: "d"}
	unknown := func(path string) []ssotest.Problem {
		return []ssotest.Problem{{ID: "x", Path: path, Reason: "the community has no space with this ID"}}
	}
	tests := []struct {
		name                 string
		claims               jwt.MapClaims
		spaces, joined, left []string
		problems             []ssotest.Problem
	}{
		{"nothing said", nil, []string{"a", "b"}, nil, nil, nil},
		{"spaceIds", jwt.MapClaims{"spaceIds": []string{"d", "a"}}, []string{"a", "b", "d"}, []string{"d"}, nil, nil},
		{"ADD", jwt.MapClaims{"spaceIds": []string{"d"}, "spacesOperation": "ADD"}, []string{"a", "b", "d"}, []string{"d"}, nil, nil},
		{
			"REPLACE", jwt.MapClaims{"spaceIds": []string{"d", "a"}, "spacesOperation": "REPLACE"},
			[]string{"a", "d"}, []string{"d"}, []string{"b"}, nil,
		},
		{
			"spaces", jwt.MapClaims{"spaces": []any{move("d", "JOIN"), move("a", "LEAVE")}},
			[]string{"b", "d"}, []string{"d"}, []string{"a"}, nil,
		},
		{"leave where one is not", jwt.MapClaims{"spaces": []any{move("d", "LEAVE")}}, []string{"a", "b"}, nil, nil, nil},
		{
			"spaces with REPLACE",
			jwt.MapClaims{"spaces": []any{move("d", "JOIN")}, "spacesOperation": "REPLACE"}, []string{"d"},
			[]string{"d"}, []string{"a", "b"}, nil,
		},
		{
			"an unknown space loses nothing else", jwt.MapClaims{"spaceIds": []string{"x", "d"}},
			[]string{"a", "b", "d"}, []string{"d"}, nil, unknown("spaceIds[0]"),
		},
		{
			"leaving an unknown space",
			jwt.MapClaims{"spaces": []any{move("d", "JOIN"), move("x", "LEAVE")}}, []string{"a", "b", "d"},
			[]string{"d"}, nil, unknown("spaces[1]"),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCommunity(t, ssotest.Config{
				Settings: ssotest.Settings{Spaces: []ssotest.Space{a, b, d}},
				Members:  []ssotest.Member{{ExternalID: "u-7", Name: "Ada", Email: "ada@example.com", Spaces: []string{"b", "a"}}},
			})
			l := accept(t, browser(t), c, but(tt.claims))
			diff(t, "spaces", tt.spaces, member(t, c, "u-7").Spaces)
			says := shown(t, c, l.Number)
			diff(t, "joined", tt.joined, says.Joined, cmpopts.EquateEmpty())
			diff(t, "left", tt.left, says.Left, cmpopts.EquateEmpty())
			diff(t, "problems", tt.problems, l.SpaceProblems, cmpopts.EquateEmpty())
		})
	}
}

func TestCustomFieldTakesTheFirstOfItsKeysThatHasAValue(t *testing.T) {
	field := func(kind string, keys ...string) []ssotest.CustomField {
		return []ssotest.CustomField{{Name: "F", Type: kind, ExternalKeys: keys}}
	}
	took := func(key, value string) []fill {
		return []fill{{Field: "F", Key: key, Value: json.RawMessage(value)}}
	}
	problem := func(key, reason string) []ssotest.Problem {
		return []ssotest.Problem{{Path: key, Reason: reason}}
	}
	const (
		empty = "is empty, and an empty value does not count"
		noKey = "matches no custom field"
	)
	tests := []struct {
		name     string
		fields   []ssotest.CustomField
		claims   jwt.MapClaims
		took     []fill
		problems []ssotest.Problem
	}{
		{
			"first key", field("text", "a", "b"), jwt.MapClaims{"a": "1", "b": "2"}, took("a", `"1"`),
			problem("b", "comes after a in the external keys of F"),
		},
		{
			"order of the keys, not of the token", field("text", "b", "a"), jwt.MapClaims{"a": "1", "b": "2"},
			took("b", `"2"`), problem("a", "comes after b in the external keys of F"),
		},
		{"first absent", field("text", "a", "b"), jwt.MapClaims{"b": "2"}, took("b", `"2"`), nil},
		{"first empty", field("text", "a", "b"), jwt.MapClaims{"a": "", "b": "2"}, took("b", `"2"`), problem("a", empty)},
		{"null", field("", "a"), jwt.MapClaims{"a": []any{nil}[0], "x": 1}, nil, problem("x", noKey)},
		{"empty list", field("array", "a"), jwt.MapClaims{"a": []int{}}, nil, problem("a", empty)},
		{"empty object", field("object", "a"), jwt.MapClaims{"a": map[string]int{}}, nil, problem("a", empty)},
		{"false is a value", field("boolean", "a"), jwt.MapClaims{"a": false}, took("a", "false"), nil},
		{"0 is a value", field("number", "a"), jwt.MapClaims{"a": 0}, took("a", "0"), nil},
		{"number", field("number", "a"), jwt.MapClaims{"a": -1.5}, took("a", "-1.5"), nil},
		{"number in quotes", field("number", "a"), jwt.MapClaims{"a": "3"}, nil, problem("a", "does not fit F, whose type is number")},
		{"text", field("richText", "a"), jwt.MapClaims{"a": 3}, nil, problem("a", "does not fit F, whose type is richText")},
		{"boolean", field("boolean", "a"), jwt.MapClaims{"a": "true"}, nil, problem("a", "does not fit F, whose type is boolean")},
		{"date", field("date", "a"), jwt.MapClaims{"a": "2024-02-29"}, took("a", `"2024-02-29"`), nil},
		{"date with time", field("date", "a"), jwt.MapClaims{"a": "2024-02-29T12:00:00Z"}, took("a", `"2024-02-29T12:00:00Z"`), nil},
		{"no date", field("date", "a"), jwt.MapClaims{"a": "2023-02-29"}, nil, problem("a", "does not fit F, whose type is date")},
		{"date as a number", field("date", "a"), jwt.MapClaims{"a": 1700000000}, nil, problem("a", "does not fit F, whose type is date")},
		{"array", field("array", "a"), jwt.MapClaims{"a": []int{1}}, took("a", "[1]"), nil},
		{"no array", field("array", "a"), jwt.MapClaims{"a": "1"}, nil, problem("a", "does not fit F, whose type is array")},
		{"object", field("object", "a"), jwt.MapClaims{"a": map[string]int{"b": 1}}, took("a", `{"b":1}`), nil},
		{"no object", field("object", "a"), jwt.MapClaims{"a": []int{1}}, nil, problem("a", "does not fit F, whose type is object")},
		{"relation", field("relation", "a"), jwt.MapClaims{"a": "id"}, took("a", `"id"`), nil},
		{"a claim of older pages", field("text", "title"), jwt.MapClaims{"title": "Countess"}, took("title", `"Countess"`), nil},
		{"a claim of the contract is none", field("text", "name"), nil, nil, nil},
		{"no field has the key", nil, jwt.MapClaims{"a": "1"}, nil, problem("a", noKey)},
		{
			"two fields",
			append(field("text", "a"), ssotest.CustomField{Name: "G", ExternalKeys: []string{"a"}}),
			jwt.MapClaims{"a": "1"},
			append(took("a", `"1"`), fill{Field: "G", Key: "a", Value: json.RawMessage(`"1"`)}),
			nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCommunity(t, ssotest.Config{Settings: ssotest.Settings{CustomFields: tt.fields}})
			l := accept(t, browser(t), c, but(tt.claims))
			diff(t, "fields that took a claim", tt.took, shown(t, c, l.Number).Fields, cmpopts.EquateEmpty())
			diff(t, "problems", tt.problems, l.FieldProblems, cmpopts.EquateEmpty())
			var want map[string]string
			for _, f := range tt.took {
				if want == nil {
					want = map[string]string{}
				}
				want[f.Field] = string(f.Value)
			}
			diff(t, "the member's fields", want, member(t, c, "u-7").Fields)
		})
	}
}
