package ssotest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func TestLoginGoesToRedirectURIElseHome(t *testing.T) {
	tests := []struct{ redirectURI, location string }{
		{"", "/"},
		{"/", "/"},
		{"/search?q=a%20b&tab=posts#top", "/search?q=a%20b&tab=posts#top"},
		{"/a/b.c/", "/a/b.c/"},
		{"/a/../b//c/", "/"},
		{"/größe", "/gr%C3%B6%C3%9Fe"},
		{"https://evil.example/", "/"},
		{"//evil.example", "/"},
		{"/%2fevil.example", "/"},
		{"spaces", "/"},
		{"/auth/logout", "/"},
	}
	c := newCommunity(t, ssotest.Config{})
	for _, tt := range tests {
		t.Run(tt.redirectURI, func(t *testing.T) {
			a, l := login(t, browser(t), c, ada, tt.redirectURI)
			if a.status != http.StatusFound || a.location != tt.location || l.Landing.Location != tt.location ||
				l.Landing.RedirectURI != tt.redirectURI {
				t.Errorf("HTTP %d to %q, recorded %+v, want %q", a.status, a.location, l.Landing, tt.location)
			}
			dropped := tt.location == "/" && len(tt.redirectURI) > 1
			if (l.Landing.Dropped != "") != dropped || l.Landing.Why == "" {
				t.Errorf("dropped %v (%v), because %q", !dropped, l.Landing.Dropped, l.Landing.Why)
			}
		})
	}
}

func TestNewUsersHomepageComesBeforeRedirectURIForNewMembersOnly(t *testing.T) {
	c := newCommunity(t, ssotest.Config{
		Settings: ssotest.Settings{NewUsersHomepage: "/welcome?to=us"},
		Members:  []ssotest.Member{{Name: "Ada", Email: "ada@example.com"}},
	})
	for _, tt := range []struct{ sub, email, want string }{
		{"new", "new@example.com", "/welcome?to=us"}, {"new", "new@example.com", "/deep"}, {"linked", "ada@example.com", "/deep"},
	} {
		a, l := login(t, browser(t), c, but(jwt.MapClaims{"sub": tt.sub, "email": tt.email}), "/deep")
		if a.location != tt.want {
			t.Errorf("%s (created %v) went to %q, want %q", tt.sub, l.Created, a.location, tt.want)
		}
	}
}

func TestTokenWithoutSubNameOrEmailGivesHTTP500(t *testing.T) {
	tests := []struct {
		claim string
		code  contract.Code
	}{{"sub", contract.SubMissing}, {"name", contract.NameMissing}, {"email", contract.EmailMissing}}
	c := newCommunity(t, ssotest.Config{})
	for _, tt := range tests {
		for _, value := range []any{nil, ""} {
			a, l := login(t, browser(t), c, but(jwt.MapClaims{tt.claim: value}), "")
			if a.status != http.StatusInternalServerError || !errors.Is(l.Err, tt.code) {
				t.Errorf("%s %v: HTTP %d, %v, want 500 and %s", tt.claim, value, a.status, l.Err, tt.code)
			}
			mustContain(t, a.body, inspect.RuleOf(tt.code).Sentence)
		}
	}
	if got := c.Members(); len(got) != 0 {
		t.Errorf("members %v, want none", got)
	}
}

func TestRefusedLoginSaysWhichRuleWasBroken(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	good := token(t, c, ada)
	other, err := jwt.NewWithClaims(jwt.SigningMethodHS256, ada).SignedString([]byte("another key of the same length.."))
	if err != nil {
		t.Fatal(err)
	}
	unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, ada).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	hs512, err := jwt.NewWithClaims(jwt.SigningMethodHS512, ada).SignedString([]byte(c.Key().Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, query string
		status      int
		code        contract.Code
	}{
		{"no token", "", 400, inspect.JWTMissing},
		{"old parameter", "ssoToken=" + good, 400, inspect.JWTMissing},
		{"two tokens", "jwt=" + good + "&jwt=" + good, 400, inspect.JWTRepeated},
		{"two redirects", "jwt=" + good + "&redirect_uri=/a&redirect_uri=/b", 400, inspect.RedirectRepeated},
		{"bad escape", "jwt=" + good + "&redirect_uri=%zz", 400, inspect.URLQuery},
		{"line feed", "jwt=" + good + "%0A", 400, inspect.Base64URL},
		{"too large", "jwt=" + strings.Repeat("a", 16<<10+1), 400, inspect.TokenTooLarge},
		{"another key", "jwt=" + other, 401, inspect.SignatureWrong},
		{"alg none", "jwt=" + unsigned, 401, inspect.AlgNotHS256},
		{"alg HS512", "jwt=" + hs512, 401, inspect.AlgNotHS256},
		{"no exp", "jwt=" + token(t, c, but(jwt.MapClaims{"exp": nil})), 401, inspect.ExpMissing},
		{"expired", "jwt=" + token(t, c, but(jwt.MapClaims{"iat": nil, "exp": start.Unix()})), 401, inspect.ExpExpired},
		{"14 days", "jwt=" + token(t, c, but(jwt.MapClaims{"exp": start.Unix() + 14*86400})), 401, inspect.ExpTooFar},
		{"milliseconds", "jwt=" + token(t, c, but(jwt.MapClaims{"exp": start.UnixMilli() + 60_000})), 400, inspect.ExpMilliseconds},
		{"long sub", "jwt=" + token(t, c, but(jwt.MapClaims{"sub": strings.Repeat("x", 51)})), 400, contract.SubTooLong},
		{"contradiction", "jwt=" + token(t, c, but(jwt.MapClaims{"spacesOperation": "REPLACE"})), 400, contract.SpacesReplaceNothing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := browser(t)
			a := get(t, b, c.URL+"/api/auth/sso?"+tt.query)
			logins := c.Attempts()
			l := logins[len(logins)-1]
			if a.status != tt.status || !errors.Is(l.Err, tt.code) {
				t.Errorf("HTTP %d, %v, want %d and %s", a.status, l.Err, tt.status, tt.code)
			}
			mustContain(t, a.body, string(tt.code), "Login refused")
			if len(b.Jar.Cookies(must(url.Parse(c.URL)))) != 0 {
				t.Error("a refused login started a session")
			}
		})
	}
	if len(c.Members()) != 0 {
		t.Errorf("members %v, want none", c.Members())
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestTokenIsAcceptedAgainWithinItsLifetimeAndShownAsReplay(t *testing.T) {
	now := start
	c := newCommunity(t, ssotest.Config{Now: func() time.Time { return now }})
	accept(t, browser(t), c, but(jwt.MapClaims{"sub": "u-1", "email": "b@example.com"}))
	if l := accept(t, browser(t), c, ada); l.Replay != 0 {
		t.Errorf("the first login is shown as a replay of %d", l.Replay)
	}
	if l := accept(t, browser(t), c, ada); l.Replay != 2 {
		t.Errorf("replay of login %d, want 2", l.Replay)
	}
	mustContain(t, get(t, browser(t), c.URL+"/logins/3").body, "This token was used before")
	now = start.Add(time.Minute)
	if _, l := login(t, browser(t), c, ada, ""); !errors.Is(l.Err, inspect.ExpExpired) || l.Replay != 2 {
		t.Errorf("a minute later: %v, replay of %d", l.Err, l.Replay)
	}
}

func TestSessionIsNewAtEachLogin(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	site := must(url.Parse(c.URL))
	b.Jar.SetCookies(site, []*http.Cookie{{Name: "fake_community_session", Value: "planted"}})
	a, _ := login(t, b, c, ada, "")
	cookie := a.header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q lacks %s", cookie, want)
		}
	}
	first := b.Jar.Cookies(site)[0].Value
	login(t, b, c, ada, "")
	second := b.Jar.Cookies(site)[0].Value
	if first == "planted" || first == second || len(first) < 20 {
		t.Errorf("session IDs %q, %q", first, second)
	}
	b.Jar.SetCookies(site, []*http.Cookie{{Name: "fake_community_session", Value: first}})
	if body := get(t, b, c.URL+"/").body; !strings.Contains(body, "Not logged in") {
		t.Error("the session before the second login still works")
	}
}

func TestLoginIsAGet(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	for _, method := range []string{http.MethodHead, http.MethodPost, http.MethodPut} {
		r := must(http.NewRequest(method, c.URL+"/api/auth/sso?jwt="+token(t, c, ada), nil))
		if a := do(t, browser(t), r); a.status != http.StatusMethodNotAllowed || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: HTTP %d", method, a.status)
		}
	}
	if len(c.Attempts()) != 0 || len(c.Members()) != 0 {
		t.Error("another method logged somebody in")
	}
}

func TestNewKeyIsInForceAtOnce(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	old := c.Key()
	c.Configure(func(s *ssotest.Settings) { s.Key = must(ssotoken.NewKey(strings.Repeat("k7Zq", 8))) })
	if c.Key().Equal(old) {
		t.Fatal("the key did not change")
	}
	accept(t, browser(t), c, ada)
	stale := must(jwt.NewWithClaims(jwt.SigningMethodHS256, ada).SignedString([]byte(old.Reveal())))
	if a := get(t, browser(t), c.URL+"/api/auth/sso?jwt="+stale); a.status != http.StatusUnauthorized {
		t.Errorf("a token of the old key: HTTP %d", a.status)
	}
}

func TestRefusedLoginsGoRoundWhenRetried(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	c.Configure(func(s *ssotest.Settings) {
		s.RetryRefusedLogins, s.AuthorizationURL = true, "https://partner.example.com/login"
	})
	a, l := login(t, browser(t), c, but(jwt.MapClaims{"exp": nil}), "/deep?a=b")
	if l.Err == nil || a.location != "/auth/login?from=%2Fdeep%3Fa%3Db" {
		t.Fatalf("%v, to %q", l.Err, a.location)
	}
	if a = get(t, browser(t), c.URL+a.location); a.location != "https://partner.example.com/login?referrer_uri=%2Fdeep%3Fa%3Db" {
		t.Errorf("then to %q", a.location)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	b := browser(t)
	sso := "/api/auth/sso?jwt=" + token(t, c, ada)
	for range 1_030 {
		visit(c, httptest.NewRequest(http.MethodGet, sso, nil))
	}
	logins := c.Attempts()
	if len(logins) != 1_000 || logins[0].Number != 31 || logins[999].Number != 1_030 {
		t.Errorf("%d logins, from %d", len(logins), logins[0].Number)
	}
	for range 20 {
		visit(c, httptest.NewRequest(http.MethodGet, sso+"&redirect_uri=/"+strings.Repeat("x", 100_000), nil))
	}
	logins = c.Attempts()
	size := 0
	for _, l := range logins {
		size += len(l.URL)
	}
	if last := logins[len(logins)-1].Number; last != 1_050 || size > 100*contract.MaxToken || size < 90*contract.MaxToken {
		t.Errorf("%d bytes of addresses, up to login %d", size, last)
	}
	full := make([]ssotest.Member, 10_000)
	for i := range full {
		full[i] = ssotest.Member{Email: fmt.Sprintf("%d@example.com", i)}
	}
	c = newCommunity(t, ssotest.Config{Members: full})
	if a, l := login(t, b, c, ada, ""); !errors.Is(l.Err, inspect.CommunityFull) || a.status != http.StatusServiceUnavailable {
		t.Errorf("HTTP %d, %v, want %v", a.status, l.Err, inspect.CommunityFull)
	}
}

func TestManyLogInAtOnce(t *testing.T) {
	c := newCommunity(t, ssotest.Config{Settings: ssotest.Settings{Spaces: []ssotest.Space{{ID: "a"}}}})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			b := browser(t)
			for k := range 10 {
				claims := but(
					jwt.MapClaims{"sub": fmt.Sprint(k), "email": fmt.Sprintf("%d@example.com", k), "name": fmt.Sprint("n", i), "spaceIds": []string{"a"}},
				)
				get(t, b, c.URL+"/api/auth/sso?jwt="+token(t, c, claims))
				get(t, b, c.URL+"/members")
				c.Members()
				if err := c.Handler.Configure(func(s *ssotest.Settings) { s.Name = fmt.Sprint(i) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(c.Members()); n != 10 {
		t.Errorf("%d members, want 10", n)
	}
	for _, l := range c.Attempts() {
		if l.Err != nil {
			t.Errorf("login %d: %v", l.Number, l.Err)
		}
	}
}
