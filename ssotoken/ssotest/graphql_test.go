package ssotest_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

const tokensQuery = `query tokens($networkDomain: String $ssoToken: String) {
	tokens(networkDomain: $networkDomain ssoToken: $ssoToken) {
		accessToken
		role { name type }
		member { id externalId name email tagline status profilePicture { ... on Image { url } } fields { key value }
			spaces(limit: 10) { nodes { id slug } totalCount } }
	}
}`

// An apiAnswer is of GraphQL.
type apiAnswer struct {
	status int
	Data   map[string]any
	Errors []struct {
		Code, Message string
		Extensions    struct {
			Codes []contract.Code
			Login int
		}
	}
}

func (a apiAnswer) code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	return a.Errors[0].Code
}

func (a apiAnswer) at(path ...string) any {
	var v any = a.Data
	for _, name := range path {
		v, _ = v.(map[string]any)[name]
	}
	return v
}

// graphql sends what a client of GraphQL does.
func graphql(t testing.TB, c *ssotest.Community, authorization, query string, variables map[string]any) (a apiAnswer) {
	t.Helper()
	body := must(json.Marshal(map[string]any{"query": query, "variables": variables}))
	r := must(http.NewRequest(http.MethodPost, c.URL+"/graphql", strings.NewReader(string(body))))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	got := do(t, http.DefaultClient, r)
	if err := json.Unmarshal([]byte(got.body), &a); err != nil {
		t.Fatalf("%v in %s", err, got.body)
	}
	a.status = got.status
	return a
}

func apiLogin(t testing.TB, c *ssotest.Community, claims jwt.MapClaims) apiAnswer {
	t.Helper()
	return graphql(t, c, "", tokensQuery, map[string]any{"networkDomain": "community.example.com", "ssoToken": token(t, c, claims)})
}

// appToken is the Authorization of an app.
func appToken(t testing.TB, c *ssotest.Community) string {
	t.Helper()
	const query = `{ limitedToken(context: NETWORK, networkId: "n", entityId: "n") { accessToken } }`
	a := graphql(t, c, "Basic aWQ6c2VjcmV0", query, nil)
	return "Bearer " + a.at("limitedToken", "accessToken").(string)
}

func TestTheAPILogsAMemberInAsTheURLDoes(t *testing.T) {
	c := furnished(t)
	claims := but(jwt.MapClaims{"picture": "https://example.com/a.png", "seats": 3, "spaceIds": []string{"s1", "s9"}})
	got := apiLogin(t, c, claims)
	access, _ := got.at("tokens", "accessToken").(string)
	if got.status != http.StatusOK || len(access) < 20 || access != regexp.MustCompile(`\w+`).FindString(access) {
		t.Fatalf("HTTP %d, %+v", got.status, got.Errors)
	}
	m := member(t, c, "u-7")
	diff(t, "answer", map[string]any{"tokens": map[string]any{
		"accessToken": access, "role": map[string]any{"name": "Member", "type": "member"},
		"member": map[string]any{
			"id": m.ID, "externalId": "u-7", "name": "Ada", "email": "ada@example.com", "tagline": "", "status": "VERIFIED",
			"profilePicture": map[string]any{"url": "https://example.com/a.png"},
			"fields":         []any{map[string]any{"key": "Seats", "value": "3"}},
			"spaces":         map[string]any{"nodes": []any{map[string]any{"id": "s1", "slug": "news"}}, "totalCount": 1.0},
		},
	}}, got.Data)

	byURL := accept(t, browser(t), c, claims)
	diff(t, "member by URL", m, byURL.After)
	attempts := c.Attempts()
	if a := attempts[0]; !a.Created || a.Status != http.StatusOK || a.Landing.Location != "" || byURL.Replay != a.Number {
		t.Errorf("%+v", a)
	}
	mustContain(t, get(t, browser(t), c.URL+"/logins/1").body, "is logged in through the API", "The token came through the API")
	if strings.Contains(string(must(c.Snapshot())), access) {
		t.Error("the state has the access token")
	}
	if err := newCommunity(t, ssotest.Config{}).Restore(must(c.Snapshot())); err != nil {
		t.Error(err)
	}
}

func TestTheAPIRefusesALoginAsTheURLDoes(t *testing.T) {
	seed := []ssotest.Member{
		{ExternalID: "other", Name: "Eve", Email: "eve@example.com"},
		{ExternalID: "gone", Name: "Bob", Email: "bob@example.com", Suspended: true},
	}
	for name, claims := range map[string]jwt.MapClaims{
		"expired":      but(jwt.MapClaims{"exp": start.Unix() - 60, "iat": start.Unix() - 120}),
		"two mistakes": but(jwt.MapClaims{"name": nil, "email": nil}),
		"a conflict":   but(jwt.MapClaims{"email": "eve@example.com"}),
		"suspended":    but(jwt.MapClaims{"sub": "gone", "email": "bob@example.com"}),
	} {
		c := newCommunity(t, ssotest.Config{Members: seed})
		got := apiLogin(t, c, claims)
		_, byURL := login(t, browser(t), c, claims, "")
		if got.code() != "102" || got.Data != nil || got.Errors[0].Extensions.Login != 1 || len(byURL.RefusedFor()) == 0 {
			t.Fatalf("%s: %+v, by URL %v", name, got, byURL.RefusedFor())
		}
		diff(t, name, byURL.RefusedFor(), got.Errors[0].Extensions.Codes)
	}
}

func TestAnAppEndsAMembershipByTheAPI(t *testing.T) {
	const find = `query member($externalId: String) { member(externalId: $externalId) { id status } }`
	for _, tt := range []struct {
		calls       []string
		wantSession bool
		wantLogin   contract.Code
		created     bool
	}{
		{[]string{"logoutMemberSessions"}, false, "", false},
		{[]string{"suspendMember"}, false, inspect.MemberSuspended, false},
		{[]string{"suspendMember", "unsuspendMember"}, false, "", false},
		{[]string{"deleteMember"}, false, "", true},
		{nil, true, "", false},
	} {
		c := newCommunity(t, ssotest.Config{})
		ada1, grace := browser(t), browser(t)
		accept(t, ada1, c, ada)
		accept(t, grace, c, but(jwt.MapClaims{"sub": "u-8", "email": "grace@example.com", "name": "Grace"}))
		access := apiLogin(t, c, ada).at("tokens", "accessToken").(string)
		app := appToken(t, c)
		for _, call := range tt.calls {
			id := graphql(t, c, app, find, map[string]any{"externalId": "u-7"}).at("member", "id")
			arg, kind := "memberId", "String!"
			if call == "deleteMember" {
				arg, kind = "id", "ID!"
			}
			query := "mutation " + call + "($id: " + kind + ") { " + call + "(" + arg + ": $id) { status } }"
			if got := graphql(t, c, app, query, map[string]any{"id": id}); got.at(call, "status") != "succeeded" {
				t.Fatalf("%s: %+v", call, got.Errors)
			}
		}
		has := func(b *http.Client) bool { return get(t, b, c.URL+"/settings").status == http.StatusOK }
		lives := graphql(t, c, "Bearer "+access, find, map[string]any{"externalId": "u-8"}).code() == ""
		if has(ada1) != tt.wantSession || lives != tt.wantSession || !has(grace) {
			t.Errorf("%v: session %v, access token %v, another's %v", tt.calls, has(ada1), lives, has(grace))
		}
		if m, _ := c.Member("u-7"); m.Suspended != (tt.wantLogin != "") {
			t.Errorf("%v: %+v", tt.calls, m)
		}
		_, l := login(t, ada1, c, ada, "")
		if got := ssotoken.CodeOf(l.Err); got != tt.wantLogin || l.Created != tt.created {
			t.Errorf("%v: then the login has %q, created %v", tt.calls, got, l.Created)
		}
	}
}

func TestASuspendedMemberIsShownAndCannotLogInDirectly(t *testing.T) {
	c := newCommunity(t, ssotest.Config{Members: []ssotest.Member{{ID: "m", ExternalID: "u-7", Name: "Ada", Email: "ada@example.com"}}})
	b := browser(t)
	accept(t, b, c, ada)
	post(t, b, c.URL+"/members/m", map[string][]string{"do": {"suspendMember"}})
	mustContain(t, get(t, b, c.URL+"/members/m").body, "Suspended", "End the suspension")
	direct := post(t, b, c.URL+"/auth/login/direct", map[string][]string{"email": {"ada@example.com"}})
	mustContain(t, direct.body, "the member is suspended.")
	if get(t, b, c.URL+"/settings").status == http.StatusOK {
		t.Error("the suspended member has a session")
	}
	mustContain(t, send(t, c, http.MethodGet, "members/u-7", "").body, `"suspended": true`)
	post(t, b, c.URL+"/members/m", map[string][]string{"do": {"unsuspendMember"}})
	accept(t, b, c, ada)
}

func TestTheAPIRefusesWhatItsSchemaDoesNotHave(t *testing.T) {
	c := newCommunity(t, ssotest.Config{Members: []ssotest.Member{{ID: "m", ExternalID: "u-7", Name: "Ada", Email: "ada@example.com"}}})
	app := appToken(t, c)
	ofMember := "Bearer " + apiLogin(t, c, ada).at("tokens", "accessToken").(string)
	for _, tt := range []struct{ name, authorization, query, code string }{
		{"a member may read", ofMember, `{ member(id: "m") { name } }`, ""},
		{"a member's token", ofMember, `mutation { suspendMember(memberId: "m") { status } }`, "102"},
		{"in order", app, `mutation { suspendMember(memberId: "m") { status } }`, ""},
		{"an alias", app, `mutation M { done: unsuspendMember ( memberId : "m" ) { ok: status, __typename } }`, ""},
		{"nobody's token", "", `mutation { suspendMember(memberId: "m") { status } }`, "108"},
		{"an unknown token", "Bearer x", `{ member(id: "m") { name } }`, "108"},
		{"an app without a secret", "Basic aWQ6", `{ limitedToken(context: NETWORK, networkId: "n", entityId: "n") { accessToken } }`, "108"},
		{"a guest", "", `{ tokens(networkDomain: "x") { accessToken } }`, "108"},
		{"nobody", app, `mutation { deleteMember(id: "u-7") { status } }`, "110"},
		{"no argument", app, `{ member { name } }`, "112"},
		{"an argument that is not one", app, `mutation { suspendMember(String!: "m") { status } }`, "112"},
		{"another argument", app, `mutation { suspendMember(id: "m") { status } }`, "118"},
		{"a variable of another type", app, `mutation($x: ID!) { suspendMember(memberId: $x) { status } }`, "118"},
		{"a variable that may be null", app, `mutation($x: String) { suspendMember(memberId: $x) { status } }`, "118"},
		{"a variable without a type", app, `mutation { suspendMember(memberId: $x) { status } }`, "118"},
		{"a query as a mutation", app, `mutation { member(id: "m") { name } }`, "118"},
		{"a mutation as a query", app, `{ deleteMember(id: "m") { status } }`, "118"},
		{"nothing selected", app, `{ member(id: "m") }`, "118"},
		{"an open brace", app, `{ member(id: "m") { name `, "118"},
		{"introspection", app, `{ __schema { types { name } } }`, "118"},
		{"no GraphQL", app, `hello`, "118"},
		{"nothing", app, ``, "118"},
	} {
		got := graphql(t, c, tt.authorization, tt.query, map[string]any{"x": "m"})
		if got.code() != tt.code || (got.Data == nil) != (tt.code != "") {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
	if _, ok := c.Member("u-7"); !ok {
		t.Error("what was refused was done")
	}
	for header, want := range map[[2]string]int{
		{"Content-Type", "text/plain"}:     http.StatusUnsupportedMediaType,
		{"Origin", "https://evil.example"}: http.StatusForbidden,
	} {
		r := must(http.NewRequest(http.MethodPost, c.URL+"/graphql", strings.NewReader(`{"query": "{ member { id } }"}`)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(header[0], header[1])
		if a := do(t, http.DefaultClient, r); a.status != want {
			t.Errorf("%v: HTTP %d", header, a.status)
		}
	}
}

func TestTheAPIAnswersWhatIsSelected(t *testing.T) {
	c := furnished(t)
	app := appToken(t, c)
	const person = `{ who: member(externalId: "u/1 ?") `
	for selection, want := range map[string]string{
		`{ name }`:                           `{"who": {"name": "<Grace>"}}`,
		`{ a: name b: name, __typename at }`: `{"who": {"a": "<Grace>", "b": "<Grace>", "__typename": "Member", "at": null}}`,
		`{ ... on Member { id } ... on Post { id title } }`:    `{"who": {"id": "member-1"}}`,
		`{ fields { key } spaces(limit: 3) { nodes { id } } }`: `{"who": {"fields": [{"key": "Seats"}], "spaces": {"nodes": [{"id": "s1"}]}}}`,
		`{ profilePicture { ... on Image { url } } }`:          `{"who": {"profilePicture": null}}`,
	} {
		got := graphql(t, c, app, person+selection+" }", nil)
		diff(t, selection, parse[map[string]any](t, answer{header: http.Header{"Content-Type": {"application/json"}}, body: want}), got.Data)
	}
}

func TestTheAPITakes100RequestsIn10Seconds(t *testing.T) {
	now := start
	c := newCommunity(t, ssotest.Config{Now: func() time.Time { return now }})
	for range 100 {
		if got := graphql(t, c, "", "", nil); got.status != http.StatusOK {
			t.Fatalf("HTTP %d", got.status)
		}
	}
	now = start.Add(9 * time.Second)
	if got := graphql(t, c, "", "", nil); got.status != http.StatusTooManyRequests || got.code() != "104" {
		t.Errorf("HTTP %d, %+v", got.status, got.Errors)
	}
	now = start.Add(10 * time.Second)
	if got := apiLogin(t, c, but(jwt.MapClaims{"iat": now.Unix(), "exp": now.Unix() + 60})); got.status != http.StatusOK || got.Data == nil {
		t.Errorf("HTTP %d, %+v", got.status, got.Errors)
	}
}
