package ssotest_test

import (
	"errors"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

var start = time.Unix(1_700_000_000, 0)

// ada is a token in order at start.
var ada = jwt.MapClaims{"sub": "u-7", "name": "Ada", "email": "ada@example.com", "iat": start.Unix(), "exp": start.Unix() + 60}

// but is ada with some claims changed; nil takes one away.
func but(changed jwt.MapClaims) jwt.MapClaims {
	c := maps.Clone(ada)
	maps.Copy(c, changed)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

func newCommunity(t *testing.T, c ssotest.Config) *ssotest.Community {
	t.Helper()
	if c.Now == nil {
		c.Now = func() time.Time { return start }
	}
	return ssotest.NewCommunity(t, c)
}

// browser keeps cookies and follows no redirect.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func token(t testing.TB, c *ssotest.Community, claims jwt.MapClaims) string {
	t.Helper()
	s, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(c.Key().Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type answer struct {
	status   int
	location string
	body     string
	header   http.Header
}

func do(t testing.TB, b *http.Client, r *http.Request) answer {
	t.Helper()
	res, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header.Get("Location"), string(body), res.Header}
}

func get(t testing.TB, b *http.Client, address string) answer {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, b, r)
}

func post(t testing.TB, b *http.Client, address string, form url.Values) answer {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(t, b, r)
}

// login sends a token and returns what the community recorded.
func login(t testing.TB, b *http.Client, c *ssotest.Community, claims jwt.MapClaims, redirectURI string) (answer, ssotest.Attempt) {
	t.Helper()
	query := url.Values{"jwt": {token(t, c, claims)}}
	if redirectURI != "" {
		query.Set("redirect_uri", redirectURI)
	}
	a := get(t, b, c.URL+"/api/auth/sso?"+query.Encode())
	logins := c.Attempts()
	if len(logins) == 0 {
		t.Fatal("the community recorded no login")
	}
	return a, logins[len(logins)-1]
}

// accept is login for a token that must be accepted.
func accept(t testing.TB, b *http.Client, c *ssotest.Community, claims jwt.MapClaims) ssotest.Attempt {
	t.Helper()
	_, l := login(t, b, c, claims, "")
	if l.Err != nil {
		t.Fatalf("refused: %v", l.Err)
	}
	return l
}

func member(t testing.TB, c *ssotest.Community, externalID string) ssotest.Member {
	t.Helper()
	m, ok := c.Member(externalID)
	if !ok {
		t.Fatalf("no member has the external ID %q", externalID)
	}
	return m
}

func diff(t testing.TB, what string, want, got any, options ...cmp.Option) {
	t.Helper()
	if d := cmp.Diff(want, got, options...); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestUnknownMemberIsCreated(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	l := accept(t, browser(t), c, but(jwt.MapClaims{"tagline": "Weaves", "picture": "https://img.example.com/a.png"}))
	if !l.Created || l.Linked {
		t.Errorf("created %v, linked %v", l.Created, l.Linked)
	}
	want := ssotest.Member{
		ID: "member-1", ExternalID: "u-7", Name: "Ada", Email: "ada@example.com", Tagline: "Weaves",
		Picture: "https://img.example.com/a.png",
	}
	diff(t, "member", want, member(t, c, "u-7"))
	diff(t, "after", want, l.After)
	diff(t, "before", (*ssotest.Member)(nil), shown(t, c, 1).Before)
	diff(t, "changes", []change{
		{"ExternalID", "", "u-7"}, {"Name", "", "Ada"}, {"Email", "", "ada@example.com"},
		{"Tagline", "", "Weaves"}, {"Picture", "", "https://img.example.com/a.png"},
	}, shown(t, c, l.Number).Changes)
}

func TestMemberFoundBySubIsUpdatedWithItsEmail(t *testing.T) {
	c := newCommunity(t, ssotest.Config{Members: []ssotest.Member{{ExternalID: "u-7", Name: "A.", Email: "old@example.com"}}})
	l := accept(t, browser(t), c, ada)
	if l.Created || l.Linked {
		t.Errorf("created %v, linked %v", l.Created, l.Linked)
	}
	diff(t, "changes", []change{{"Name", "A.", "Ada"}, {"Email", "old@example.com", "ada@example.com"}}, shown(t, c, l.Number).Changes)
	// The old address is free again.
	l = accept(t, browser(t), c, but(jwt.MapClaims{"sub": "u-8", "email": "old@example.com"}))
	if !l.Created {
		t.Error("the old address still belongs to somebody")
	}
}

func TestMemberFoundByEmailIsLinked(t *testing.T) {
	c := newCommunity(t, ssotest.Config{Members: []ssotest.Member{{ID: "m", Name: "Ada", Email: "ADA@example.com"}}})
	l := accept(t, browser(t), c, but(jwt.MapClaims{"email": "aDa@Example.com"}))
	if l.Created || !l.Linked || l.After.ID != "m" {
		t.Errorf("created %v, linked %v, member %s", l.Created, l.Linked, l.After.ID)
	}
	diff(t, "changes", []change{{"ExternalID", "", "u-7"}, {"Email", "ADA@example.com", "aDa@Example.com"}}, shown(t, c, l.Number).Changes)
	if len(c.Members()) != 1 {
		t.Errorf("%d members, want 1", len(c.Members()))
	}
}

func TestMemberFoundByEmailWithAnotherExternalIDIsAConflict(t *testing.T) {
	c := newCommunity(t, ssotest.Config{Members: []ssotest.Member{{ExternalID: "old-scheme-7", Name: "Ada", Email: "Ada@example.com"}}})
	before := c.Members()
	b := browser(t)
	a, l := login(t, b, c, ada, "/x")
	if !errors.Is(l.Err, inspect.ExternalIDConflict) || a.status != http.StatusConflict || l.Status != a.status {
		t.Errorf("error %v, HTTP %d, want %v", l.Err, a.status, inspect.ExternalIDConflict)
	}
	diff(t, "members", before, c.Members())
	mustContain(t, a.body, "the member with this email has another external ID", "links a member found by email only if")
	if cookies := a.header.Values("Set-Cookie"); len(cookies) > 0 {
		t.Error("a refused login sets a cookie")
	}
}

func TestMemberFoundBySubDoesNotTakeTheEmailOfAnother(t *testing.T) {
	c := newCommunity(t, ssotest.Config{
		Members: []ssotest.Member{{ExternalID: "u-7", Name: "Ada", Email: "a@example.com"}, {Name: "Other", Email: "ada@example.com"}},
	})
	before := c.Members()
	a, l := login(t, browser(t), c, ada, "")
	if !errors.Is(l.Err, inspect.EmailTaken) || a.status != http.StatusConflict {
		t.Errorf("error %v, HTTP %d, want %v", l.Err, a.status, inspect.EmailTaken)
	}
	diff(t, "members", before, c.Members())
}

func TestProfileFieldsThatAreAbsentStayAsTheyWere(t *testing.T) {
	seed := ssotest.Member{
		ID: "m", ExternalID: "u-7", Name: "Ada", Email: "ada@example.com", Tagline: "Weaves",
		Picture: "https://x.example/", Spaces: []string{"a"}, Fields: map[string]string{"Company": `"Engines"`},
	}
	c := newCommunity(t, ssotest.Config{
		Members: []ssotest.Member{seed},
		Settings: ssotest.Settings{
			Spaces:       []ssotest.Space{{ID: "a"}},
			CustomFields: []ssotest.CustomField{{Name: "Company", ExternalKeys: []string{"company"}}},
		},
	})
	l := accept(t, browser(t), c, ada)
	diff(t, "member", seed, member(t, c, "u-7"))
	if changes := shown(t, c, l.Number).Changes; len(changes) != 0 {
		t.Errorf("changes %v, want none", changes)
	}
	accept(t, browser(t), c, but(jwt.MapClaims{"tagline": "", "picture": nil}))
	if m := member(t, c, "u-7"); m.Tagline != "" || m.Picture == "" {
		t.Errorf("after an empty tagline: %+v", m)
	}
}

func TestMembersAreCopies(t *testing.T) {
	c := newCommunity(t, ssotest.Config{
		Members: []ssotest.Member{
			{ExternalID: "u-7", Name: "Ada", Email: "a@example.com", Spaces: []string{"b", "a"}, Fields: map[string]string{"F": "1"}},
		},
	})
	m := member(t, c, "u-7")
	m.Spaces[0], m.Fields["F"] = "x", "2"
	diff(t, "spaces", []string{"a", "b"}, member(t, c, "u-7").Spaces)
	diff(t, "fields", map[string]string{"F": "1"}, member(t, c, "u-7").Fields)
}

// mustContain looks in the page as sent, and in its text.
func mustContain(t testing.TB, body string, wants ...string) {
	t.Helper()
	text := html.UnescapeString(body)
	for _, want := range wants {
		if !strings.Contains(body, want) && !strings.Contains(text, want) {
			_, main, _ := strings.Cut(text, "<main")
			t.Errorf("the page lacks %q:\n%s", want, main)
		}
	}
}
