package ssotest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// send asks for a resource of /_fake/ as a program does.
func send(t testing.TB, c *ssotest.Community, method, resource, body string, headers ...string) answer {
	t.Helper()
	r := must(http.NewRequest(method, c.URL+"/_fake/"+resource, strings.NewReader(body)))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return do(t, http.DefaultClient, r)
}

func parse[T any](t testing.TB, a answer) T {
	t.Helper()
	if got := a.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type is %q, with\n%s", got, a.body)
	}
	var v T
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%v in\n%s", err, a.body)
	}
	return v
}

// furnished has a setting of each kind and a member from the start.
func furnished(t *testing.T) *ssotest.Community {
	return newCommunity(t, ssotest.Config{
		Settings: ssotest.Settings{
			AuthorizationURL: partner + "/login",
			Spaces:           []ssotest.Space{{ID: "s1", Name: "News", Slug: "news"}, {ID: "s2"}},
			CustomFields:     []ssotest.CustomField{{Name: "Seats", Type: "number", ExternalKeys: []string{"seats"}}, {Name: "Any"}},
		},
		Members: []ssotest.Member{
			{ExternalID: "u/1 ?", Name: "<Grace>", Email: "grace@example.com", Spaces: []string{"s1"}, Fields: map[string]string{"Seats": "5"}},
		},
	})
}

func TestTheJSONHasSettingsWithoutTheKey(t *testing.T) {
	c := furnished(t)
	a := send(t, c, http.MethodGet, "settings", "")
	if strings.Contains(a.body, c.Key().Reveal()) {
		t.Error("the key is shown")
	}
	got := parse[map[string]any](t, a)
	want := parse[map[string]any](t, answer{header: a.header, body: `{
		"name": "Fake community", "loginButtonText": "Log in", "authorizationUrl": "https://partner.example.com/login",
		"signUpUrl": "", "logoutUrl": "", "accountSettingsUrl": "", "newUsersHomepage": "", "otherLoginMethods": false,
		"retryRefusedLogins": false, "refuseEverything": false, "clockSkewNanoseconds": 0, "delayNanoseconds": 0,
		"spaces": [{"id": "s1", "name": "News", "slug": "news"}, {"id": "s2", "name": "s2", "slug": "s2"}],
		"customFields": [{"name": "Seats", "type": "number", "externalKeys": ["seats"]}, {"name": "Any", "type": "", "externalKeys": []}],
		"keyFingerprint": "` + c.Key().Fingerprint() + `"}`})
	diff(t, "settings", want, got)
}

func TestTheJSONHasMembers(t *testing.T) {
	c := furnished(t)
	want := map[string]any{
		"id": "member-1", "externalId": "u/1 ?", "name": "<Grace>", "email": "grace@example.com", "tagline": "", "picture": "",
		"suspended": false, "spaces": []any{"s1"}, "fields": map[string]any{"Seats": 5.0},
	}
	diff(t, "members", map[string]any{"members": []any{want}}, parse[map[string]any](t, send(t, c, http.MethodGet, "members", "")))
	diff(t, "member", want, parse[map[string]any](t, send(t, c, http.MethodGet, "members/u%2F1%20%3F", "")))
	a := send(t, c, http.MethodGet, "members/u-9", "")
	diff(t, "nobody", map[string]any{"error": "no member has this external ID"}, parse[map[string]any](t, a))
	if a.status != http.StatusNotFound {
		t.Errorf("HTTP %d", a.status)
	}
}

// logins is the answer of /_fake/logins.
type logins struct {
	Count  int
	Logins []oneLogin
}

type oneLogin struct {
	Number            int
	Accepted, Created bool
	Status            int
	Error             string
	RefusedFor, Codes []contract.Code
	ReplayOf          int
	Member, Before    *ssotest.Member
	BySub, ByEmail    ssotest.Member
	Changes           []change
	Fields            []fill
	Joined, Left      []string
	FieldProblems     []ssotest.Problem
	SpaceProblems     []ssotest.Problem
	Landing           struct{ RedirectURI, Location, Dropped string }
	Report            struct{ Claims []struct{ Name string } }
}

type change struct{ Field, Before, After string }

type fill struct {
	Field, Key string
	Value      json.RawMessage
}

// shown is what the JSON says of a login.
func shown(t testing.TB, c *ssotest.Community, number int) oneLogin {
	t.Helper()
	a := send(t, c, http.MethodGet, "logins/"+strconv.Itoa(number), "")
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(a.body)); err != nil {
		t.Fatal(err)
	}
	a.body = compact.String()
	return parse[oneLogin](t, a)
}

func TestTheJSONHasLoginsWithReportCodesAndChanges(t *testing.T) {
	c := furnished(t)
	b := browser(t)
	login(t, b, c, but(jwt.MapClaims{"seats": 7, "other": true, "spaceIds": []string{"s2", "s9"}}), "/spaces/news?a=b")
	login(t, b, c, but(jwt.MapClaims{"exp": nil, "sub": nil}), "//evil.example")
	login(t, b, c, but(jwt.MapClaims{"sub": "u-8"}), "/x")

	got := parse[logins](t, send(t, c, http.MethodGet, "logins", ""))
	if got.Count != 3 || len(got.Logins) != 3 {
		t.Fatalf("got %d of %d logins", len(got.Logins), got.Count)
	}
	first, second, third := got.Logins[0], got.Logins[1], got.Logins[2]
	ada := member(t, c, "u-7")
	diff(t, "member", &ada, first.Member)
	diff(t, "fields", []fill{{"Seats", "seats", json.RawMessage("7")}}, first.Fields)
	diff(t, "joined", []string{"s2"}, first.Joined)
	diff(t, "field problems", []ssotest.Problem{{Path: "other", Reason: "matches no custom field"}}, first.FieldProblems)
	if len(first.Changes) != 5 || len(first.SpaceProblems) != 1 || first.Landing.Location != "/spaces/news?a=b" ||
		!first.Accepted || !first.Created || first.Status != http.StatusFound || len(first.RefusedFor) != 0 ||
		first.Before != nil || len(first.Report.Claims) != 8 {
		t.Errorf("the first login is %+v", first)
	}
	diff(t, "refused for", []contract.Code{inspect.ExpMissing, contract.SubMissing}, second.RefusedFor)
	diff(t, "codes", []contract.Code{contract.RedirectRefused, inspect.ExpMissing, contract.SubMissing}, second.Codes)
	if second.Accepted || second.Status != http.StatusInternalServerError && second.Status != http.StatusUnauthorized ||
		second.Error == "" || second.Member != nil || second.Landing.RedirectURI != "//evil.example" {
		t.Errorf("the second login is %+v", second)
	}
	diff(t, "a conflict", []contract.Code{inspect.ExternalIDConflict}, third.RefusedFor)
	diff(t, "its codes", []contract.Code{inspect.ExternalIDConflict}, third.Codes)

	later := parse[logins](t, send(t, c, http.MethodGet, "logins?after=2", ""))
	if later.Count != 3 || len(later.Logins) != 1 || later.Logins[0].Number != 3 {
		t.Errorf("after 2: %+v", later)
	}
	one := parse[map[string]any](t, send(t, c, http.MethodGet, "logins/2", ""))
	if one["number"] != 2.0 {
		t.Errorf("login 2 is %v", one["number"])
	}
	for resource, status := range map[string]int{
		"logins/4": http.StatusNotFound, "logins/x": http.StatusNotFound,
		"logins?after=x": http.StatusBadRequest,
	} {
		if a := send(t, c, http.MethodGet, resource, ""); a.status != status || parse[map[string]string](t, a)["error"] == "" {
			t.Errorf("%s: HTTP %d", resource, a.status)
		}
	}
	all := send(t, c, http.MethodGet, "logins", "").body
	for _, claims := range []jwt.MapClaims{but(jwt.MapClaims{"sub": "u-8"}), but(jwt.MapClaims{"exp": nil, "sub": nil})} {
		jwt := token(t, c, claims)
		if signature := jwt[strings.LastIndexByte(jwt, '.')+1:]; strings.Contains(all, signature) {
			t.Error("the JSON holds a token's signature")
		}
	}
}

func TestTheJSONResetsTheCommunity(t *testing.T) {
	c := furnished(t)
	start := c.Members()
	b := browser(t)
	for range 2 {
		if l := accept(t, b, c, ada); l.Number != 1 || l.Replay != 0 {
			t.Errorf("login %d, replay of %d", l.Number, l.Replay)
		}
		if a := send(t, c, http.MethodPost, "reset", "", "Content-Type", "application/json"); a.status != http.StatusOK {
			t.Fatalf("HTTP %d: %s", a.status, a.body)
		}
		diff(t, "members", start, c.Members())
		mustContain(t, get(t, b, c.URL+"/").body, "Not logged in")
	}
	a := send(
		t, c, http.MethodPost, "reset",
		`{"members": [{"externalId": "u-7", "name": "A", "email": "a@example.com", "fields": {"Seats": [1, 2]}}]}`,
	)
	if a.status != http.StatusOK {
		t.Fatalf("HTTP %d: %s", a.status, a.body)
	}
	diff(
		t, "members",
		[]ssotest.Member{{ID: "member-1", ExternalID: "u-7", Name: "A", Email: "a@example.com", Fields: map[string]string{"Seats": "[1,2]"}}},
		c.Members(),
	)
	a = send(t, c, http.MethodPost, "reset", `{"members": [{"email": "a@example.com"}, {"email": "A@example.com"}]}`)
	for body, want := range map[string]string{
		`{"Members": []}`:                                                     "has the unknown key \"Members\"",
		`{"members": [], "members": []}`:                                      "has the key \"members\" twice",
		`{"members": [{"Email": "b@example.com"}]}`:                           "has the unknown key \"Email\"",
		`{"members": [{"email": "b@x.example", "email": ""}]}`:                "has the key \"email\" twice",
		`{"members": [{"email": "b@x.example", "fields": {"a": 1, "a": 2}}]}`: "has the key \"a\" twice",
	} {
		a := send(t, c, http.MethodPost, "reset", body)
		if got := parse[map[string]string](t, a)["error"]; a.status != http.StatusBadRequest || got != want {
			t.Errorf("%s: HTTP %d, %q", body, a.status, got)
		}
	}
	want := `{"error":"settings refused","fields":[{"field":"members[1]","code":"malformed","message":"needs its own email"}]}`
	diff(t, "refusal", parse[map[string]any](t, answer{header: a.header, body: want}), parse[map[string]any](t, a))
	if a.status != http.StatusUnprocessableEntity || len(c.Members()) != 1 {
		t.Errorf("HTTP %d, and %d members", a.status, len(c.Members()))
	}
}

func TestACommunityThatAnswersIsReady(t *testing.T) {
	a := send(t, newCommunity(t, ssotest.Config{}), http.MethodGet, "ready", "")
	diff(t, "answer", map[string]bool{"ready": true}, parse[map[string]bool](t, a))
}

func TestTheJSONChangesTheSettingsThatItNames(t *testing.T) {
	c := furnished(t)
	key := c.Key()
	a := send(
		t, c, http.MethodPatch, "settings",
		`{"signUpUrl": "https://partner.example.com/join", "spaces": [{"id": "s3"}], "otherLoginMethods": true}`,
	)
	if a.status != http.StatusOK {
		t.Fatalf("HTTP %d: %s", a.status, a.body)
	}
	s := c.Settings()
	diff(t, "spaces", []ssotest.Space{{ID: "s3", Name: "s3", Slug: "s3"}}, s.Spaces)
	if s.SignUpURL != partner+"/join" || !s.OtherLoginMethods || s.AuthorizationURL != partner+"/login" ||
		len(s.CustomFields) != 2 || !s.Key.Equal(key) {
		t.Errorf("settings %+v", s)
	}
	tests := []struct {
		name, body string
		status     int
		want       string
	}{
		{"an unknown key", `{"authorizationURI": ""}`, 400, `{"error": "has the unknown key \"authorizationURI\""}`},
		{"an unknown key of a space", `{"spaces": [{"title": ""}]}`, 400, `{"error": "has the unknown key \"title\""}`},
		{"the key", `{"key": "pGx4Qm8Zt1Vb7Ns2Kd9Rf3Wh6Yc0LjEa"}`, 400, `{"error": "has the unknown key \"key\""}`},
		{"another type", `{"name": 7}`, 400, `{"error": "has name as a JSON number, which is not its type"}`},
		{"no JSON", `{"name"`, 400, `{"error": "is not one JSON object"}`},
		{"a list", `[]`, 400, `{"error": "is not a JSON object"}`},
		{"two values", `{} {}`, 400, `{"error": "is not one JSON object"}`},
		{"a key in another case", `{"Name": "a"}`, 400, `{"error": "has the unknown key \"Name\""}`},
		{"a key that folds", `{"\u017fpaces": []}`, 400, `{"error": "has the unknown key \"ſpaces\""}`},
		{"a key of a space in another case", `{"spaces": [{"ID": "a"}]}`, 400, `{"error": "has the unknown key \"ID\""}`},
		{"a key twice", `{"name": "a", "name": "b"}`, 400, `{"error": "has the key \"name\" twice"}`},
		{"a key of a field twice", `{"customFields": [{"name": "a", "name": "b"}]}`, 400, `{"error": "has the key \"name\" twice"}`},
		{"an empty key", `{"": "a"}`, 400, `{"error": "has the unknown key \"\""}`},
		{"bad settings", `{"logoutUrl": "x", "customFields": [{"name": "F", "type": "colour"}]}`, 422, `{"error": "settings refused", "fields": [
			{"field": "logoutUrl", "code": "malformed", "message": "is not an absolute http or https URL"},
			{"field": "customFields[0].type", "code": "malformed", "message": "is not a type of the vendor's schema"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := send(t, c, http.MethodPatch, "settings", tt.body)
			diff(t, "answer", parse[map[string]any](t, answer{header: a.header, body: tt.want}), parse[map[string]any](t, a))
			if a.status != tt.status {
				t.Errorf("HTTP %d", a.status)
			}
		})
	}
	s.Key = ssotoken.Key{}
	after := c.Settings()
	after.Key = ssotoken.Key{}
	diff(t, "settings after refusals", s, after)
}

// A page that a browser visits must neither read this nor write.
func TestChangesAtOnceAreAllMade(t *testing.T) {
	c := furnished(t)
	changes := []string{"otherLoginMethods", "retryRefusedLogins", "refuseEverything"}
	for round := range 50 {
		var all sync.WaitGroup
		for _, name := range changes {
			all.Go(func() {
				send(t, c, "PATCH", "settings", fmt.Sprintf(`{%q:%v}`, name, round%2 == 0))
			})
		}
		all.Wait()
		if s := c.Settings(); s.OtherLoginMethods != s.RetryRefusedLogins || s.RetryRefusedLogins != s.RefuseEverything {
			t.Fatalf("round %d: a change was lost: %+v", round, s)
		}
	}
}

func TestTheJSONIsForProgramsAndNotForPagesOfOtherOrigins(t *testing.T) {
	c := furnished(t)
	tests := []struct {
		name, method, resource string
		headers                []string
		status                 int
	}{
		{"a program", "GET", "members", nil, 200},
		{"an address that was typed", "GET", "members", []string{"Sec-Fetch-Site", "none"}, 200},
		{"our own page", "GET", "members", []string{"Sec-Fetch-Site", "same-origin", "Origin", c.URL}, 200},
		{"HEAD", "HEAD", "members", nil, 200},
		{"another site", "GET", "members", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"the partner's page on another port", "GET", "members", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"an old browser on another site", "GET", "members", []string{"Origin", "https://evil.example"}, 403},
		{"a sandboxed frame", "GET", "members", []string{"Origin", "null"}, 403},
		{"an unknown resource", "GET", "keys", nil, 404},
		{"a write by GET", "GET", "reset", nil, 405},
		{"a delete", "DELETE", "members", nil, 405},
		{"a preflight", "OPTIONS", "reset", nil, 405},
		{"a form", "POST", "reset", []string{"Content-Type", "text/plain"}, 415},
		{"no type", "POST", "reset", nil, 415},
		{"a program that writes", "POST", "reset", []string{"Content-Type", "application/json; charset=utf-8"}, 200},
		{"a write of another site", "POST", "reset", []string{"Content-Type", "application/json", "Sec-Fetch-Site", "cross-site"}, 403},
		{"a write of another origin", "PATCH", "settings", []string{"Content-Type", "application/json", "Origin", "https://evil.example"}, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := send(t, c, tt.method, tt.resource, "", tt.headers...)
			if a.status != tt.status {
				t.Errorf("HTTP %d, want %d: %s", a.status, tt.status, a.body)
			}
			for name := range a.header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("there is a header %s", name)
				}
			}
			if got := a.header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control is %q", got)
			}
		})
	}
	for _, remote := range []string{"192.0.2.1:1", "127.0.0.1:1"} {
		r := httptest.NewRequest(http.MethodGet, "/_fake/members", nil) // for example.com
		r.RemoteAddr = remote
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden {
			t.Errorf("from %s by a foreign name: HTTP %d", remote, w.Code)
		}
	}
}

func TestABodyHasAtMost1MiB(t *testing.T) {
	c := furnished(t)
	if a := send(t, c, http.MethodPost, "reset", `{"members":[]}`+strings.Repeat(" ", 1<<20)); a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("HTTP %d", a.status)
	}
}

// What is added to a setting, a space or a field gets a name in the JSON.
func TestEverySettingHasAJSONName(t *testing.T) {
	for _, v := range []any{
		ssotest.Settings{}, ssotest.Space{}, ssotest.CustomField{}, ssotest.Problem{},
	} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			if f.Tag.Get("json") == "" {
				t.Errorf("%T.%s has none", v, f.Name)
			}
		}
	}
}
