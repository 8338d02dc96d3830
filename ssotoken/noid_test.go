package ssotoken_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// noIDRows are texts for the patterns of the contract.
var noIDRows = []struct {
	pattern string
	ids     []string
}{
	{"0", []string{"0"}},
	{"-1", []string{"-1"}},
	{"-0", []string{"-0"}},
	{"0.0", []string{"0.0"}},
	{"nil", []string{"nil"}},
	{"null", []string{"null", "NULL", "Null"}},
	{"undefined", []string{"undefined"}},
	{"none", []string{"None", "none"}},
	{"nan", []string{"NaN", "nan", "NAN"}},
	{"true", []string{"true", "True"}},
	{"false", []string{"false", "False"}},
	{"anonymoususer", []string{"AnonymousUser", "anonymousUser"}},
	{"00000000-0000-0000-0000-000000000000", []string{"00000000-0000-0000-0000-000000000000"}},
	{"{00000000-0000-0000-0000-000000000000}", []string{"{00000000-0000-0000-0000-000000000000}"}},
	{"urn:uuid:00000000-0000-0000-0000-000000000000", []string{"urn:uuid:00000000-0000-0000-0000-000000000000"}},
	{"00000000000000000000000000000000", []string{"00000000000000000000000000000000"}},
	{"ffffffff-ffff-ffff-ffff-ffffffffffff", []string{"ffffffff-ffff-ffff-ffff-ffffffffffff", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"}},
	{"000000000000000000000000", []string{"000000000000000000000000"}},
	{"00000000000000000000000000", []string{"00000000000000000000000000"}},
	{"0001-01-01 00:00:00 +0000 utc", []string{"0001-01-01 00:00:00 +0000 UTC"}},
	{"*%!*(*", []string{"%!s(int=5)", "%!d(string=x)", "user-%!s(MISSING)", "%!(EXTRA int=5)", "%!v(PANIC=String method: x)"}},
	{"&{*}", []string{"&{1 Ann}", "&{}"}},
	{"&[*]", []string{"&[1 2]"}},
	{"map[*]", []string{"map[id:5]", "map[]"}},
	{"&map[*]", []string{"&map[id:5]"}},
	{"0xc0????????", []string{"0xc000012345", "0xC0001B4010"}},
	{"{* *}", []string{"{1 Ann}", "{5 true}"}},
	{"{*:*}", []string{"{ID:1}", `{"id":1}`, "{'id': 1}"}},
	{"{}", []string{"{}"}},
	{"[*]", []string{"[object Object]", "[object Promise]", "[]", "[49 50]", "[null]"}},
	{"(*)", []string{"(nil)", "(null)", "(5,)"}},
	{"<*>", []string{"<nil>", "<null>", "<User 5>", "<built-in function id>", "<user id>", "<%= id %>"}},
	{"#<*>", []string{"#<User:0x000071>"}},
	{"java.*@*", []string{"java.lang.Object@1b2c3d4"}},
	{"{*id}", []string{"{id}", "{user_id}", "{userId}"}},
	{"{{*}}", []string{"{{ user }}", "{{.ID}}"}},
	{"${*}", []string{"${user.id}"}},
	{"#{*}", []string{"#{user.id}"}},
	{"%{*}", []string{"%{id}"}},
	{"%s", []string{"%s"}},
	{"%d", []string{"%d"}},
	{"%v", []string{"%v"}},
}

func TestASubjectThatStandsForNoIDIsRefused(t *testing.T) {
	var tried []string
	for _, row := range noIDRows {
		tried = append(tried, row.pattern)
		want := contract.SubPlaceholder
		if row.pattern == "0" || row.pattern == "-1" {
			want = contract.SubZero
		}
		for _, id := range row.ids {
			for name, build := range map[string]func(*ssotoken.ClaimsBuilder) (ssotoken.Claims, error){"Build": (*ssotoken.ClaimsBuilder).Build, "BuildLenient": (*ssotoken.ClaimsBuilder).BuildLenient} {
				_, err := build(ada().Subject(id))
				expectOnly(t, err, contract.Sub, ssotoken.ErrNoID)
				if !errors.Is(err, want) || strings.Contains(err.Error(), "SubjectCanReallyBe") != (want == contract.SubZero) {
					t.Errorf("%s of %q: got %v, want %s", name, id, err, want)
				}
			}
			if report := judged(t, map[string]string{contract.Sub: id}); !report.Has(want) || report.Accepted() != (want == contract.SubZero) {
				t.Errorf("the judge finds %v in %q", report.Findings, id)
			}
		}
	}
	var patterns []string
	for _, no := range contract.NoIDs() {
		patterns = append(patterns, no.Pattern)
	}
	if diff := cmp.Diff(patterns, tried); diff != "" {
		t.Errorf("patterns (-contract +tried):\n%s", diff)
	}
}

func TestAnIDThatOnlyLooksLikeNoneIsTaken(t *testing.T) {
	for _, id := range []string{
		"1", "10", "007", "100", "0x1", "0-1", "user0", "user-0", "a", "ada", "Nan Goldin", "nullable", "null-7", "nil1", "undefined-behaviour", "none.such", "falsehood", "true7", "-2", "1.0", "NaN-1",
		"00000000-0000-0000-0000-000000000001", "000000000000000000000001", "6f9619ff-8b86-d011-b42d-00c04fc964ff", "{6F9619FF-8B86-D011-B42D-00C04FC964FF}", "urn:uuid:6f9619ff-8b86-d011-b42d-00c04fc964ff",
		"507f1f77bcf86cd799439011", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "0x52908400098527886E0F7030069857D2E4169EE7", "0xc0001234567", "auth0|5f7c8ec7c33c6c004bbafe82", "waad|x_Y-z", "a%b", "100%", "%20", "50%!", "ada@example.com",
		"org/ada", "tenant:7", "S-1-5-21-1180699209-877415012-3182924384-1004", "uid=ada,ou=people", "😀", "李", "+1", "$1", "{7}", "#7", "<7", "7>", "java.util", "map", "&", "(7", "[7", "objectObject",
	} {
		if c, err := ada().Subject(id).Build(); err != nil || c.Subject() != id {
			t.Errorf("%q: got %v", id, err)
		}
		if codes := mistakes(judged(t, map[string]string{contract.Sub: id})); codes != nil {
			t.Errorf("the judge finds %v in %q", codes, id)
		}
	}
}

func TestASiteWithAUser0SaysSoAndNothingElseIsLetIn(t *testing.T) {
	community := ssotest.NewCommunity(t, ssotest.Config{Now: clock, Settings: ssotest.Settings{Key: newKey(t)}})
	c, err := ada().Subject("0").SubjectCanReallyBe("0").Build()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := http.Get(community.URL + contract.SSOPath + "?" + contract.JWT + "=" + sign(t, c).JWT()); err != nil {
		t.Fatal(err)
	}
	if _, ok := community.Member("0"); !ok {
		t.Error("the community has no member 0")
	}
	if c, err := ada().Subject("none").SubjectCanReallyBe("none").Build(); err != nil || c.Subject() != "none" {
		t.Errorf("a user none: got %v", err)
	}
	for _, tt := range []struct{ id, real string }{{"-1", "0"}, {"<nil>", "0"}, {"0", ""}, {"00000000-0000-0000-0000-000000000000", "0"}, {"NONE", "none"}} {
		if _, err := ada().Subject(tt.id).SubjectCanReallyBe(tt.real).Build(); !errors.Is(err, ssotoken.ErrNoID) {
			t.Errorf("%q where there is a %q: got %v", tt.id, tt.real, err)
		}
	}
	if _, err := ada().Subject("").SubjectCanReallyBe("").Build(); !errors.Is(err, ssotoken.ErrRequired) {
		t.Errorf("no id at all: got %v", err)
	}

}

func TestAnEmailAsSubjectIsToldOnceALogin(t *testing.T) {
	for _, tt := range []struct {
		sub  string
		want int
	}{{"ada@example.com", 1}, {"ADA@Example.com", 1}, {"user-1", 0}, {"eve@example.com", 0}} {
		var events []ssotoken.Event
		p := newPartner(t, func(*http.Request) (ssotoken.Claims, error) { return ada().Subject(tt.sub).Build() }, func(c *ssotoken.LoginConfig) {
			c.Observe = func(_ context.Context, e ssotoken.Event) {
				if e.Kind != ssotoken.Minted {
					events = append(events, e)
				}
			}
		})
		for range 3 {
			p.answer(t, "GET", "/")
		}
		if len(events) != tt.want {
			t.Fatalf("%s: told %v", tt.sub, events)
		}
		for _, e := range events {
			var field *ssotoken.FieldError
			if e.Kind != ssotoken.SubjectIsEmail || e.Code != contract.SubIsEmail || !errors.As(e.Err, &field) || field.Field != contract.Sub || strings.Contains(e.Err.Error(), "@") || e.Community != "https://community.example.com" {
				t.Errorf("told %+v", e)
			}
		}
	}
}
