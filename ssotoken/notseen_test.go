package ssotoken_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// told is what a login told, by kind.
type told struct {
	kinds       []ssotoken.EventKind
	errs        []error
	communities []string
}

func (o *told) observe(_ context.Context, e ssotoken.Event) {
	o.kinds = append(o.kinds, e.Kind)
	o.communities = append(o.communities, e.Community)
	if e.Err != nil {
		o.errs = append(o.errs, e.Err)
	}
}

// newCookieSite is a site on the host localhost whose sign-in form sets the cookie,
// and a community on 127.0.0.1.
func newCookieSite(t *testing.T, cookie http.Cookie) (*ssotest.Community, *told) {
	t.Helper()
	community, o := ssotest.NewCommunity(t, ssotest.Config{}), &told{}
	claims := build(t, ada())
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{
		Signer: newSigner(t, func(c *ssotoken.Config) { c.Community, c.Key, c.Now = community.URL, community.Key(), nil }),
		Identify: func(r *http.Request) (ssotoken.Claims, error) {
			if _, err := r.Cookie("session"); err != nil {
				return ssotoken.Claims{}, ssotoken.ErrNoSession
			}
			return claims, nil
		},
		Observe: o.observe,
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/login", login.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			http.SetCookie(w, &cookie)
			login.Resume(w, r)
		}
	})))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	community.Configure(func(s *ssotest.Settings) {
		s.AuthorizationURL = strings.Replace(server.URL, "127.0.0.1", "localhost", 1) + "/login"
	})
	return community, o
}

func TestASessionCookieThatDoesNotComeAlongIsToldOf(t *testing.T) {
	first := []ssotoken.EventKind{ssotoken.NotSignedIn, ssotoken.Minted}
	unkept := []ssotoken.EventKind{ssotoken.NotSignedIn, ssotoken.NotSignedIn, ssotoken.SessionNotSeen}
	tests := []struct {
		name          string
		cookie        http.Cookie
		first, second []ssotoken.EventKind
		says          string
	}{
		{"Lax", http.Cookie{Path: "/", SameSite: http.SameSiteLaxMode}, first, []ssotoken.EventKind{ssotoken.Minted}, ""},
		{"Strict", http.Cookie{Path: "/", SameSite: http.SameSiteStrictMode}, first, []ssotoken.EventKind{ssotoken.NotSignedIn, ssotoken.SessionNotSeen, ssotoken.Minted}, "SameSite=Strict"},
		{"another path", http.Cookie{Path: "/account"}, unkept, unkept, "look at Path, Domain and Secure"},
		{"another host", http.Cookie{Path: "/", Domain: "other.example"}, unkept, unkept, "look at Path, Domain and Secure"},
	}
	for _, tt := range tests {
		tt.cookie.Name, tt.cookie.Value = "session", "1"
		community, o := newCookieSite(t, tt.cookie)
		b := ssotest.NewBrowser(t)
		for visit, want := range [][]ssotoken.EventKind{tt.first, tt.second} {
			o.kinds = nil
			b.Open(community.URL + "/")
			if page := b.Follow("/auth/login"); page.Request.URL.Path == "/login" {
				b.Submit("", nil)
			}
			if diff := cmp.Diff(want, o.kinds); diff != "" {
				t.Errorf("%s, visit %d (-want +got):\n%s", tt.name, visit+1, diff)
			}
		}
		if slices.ContainsFunc(o.communities, func(c string) bool { return c != community.URL }) {
			t.Errorf("%s: an event does not name the community: %q", tt.name, o.communities)
		}
		for _, err := range o.errs {
			if !errors.Is(err, ssotoken.ErrSessionNotSeen) || tt.says == "" || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s: told %v", tt.name, err)
			}
		}
	}
}

// One cookie of two tabs, in each of which the visitor was asked to sign in.
func TestASecondFormOfTheSameVisitIsNoSignOfAStrictCookie(t *testing.T) {
	community, o := newCookieSite(t, http.Cookie{Name: "session", Value: "1", Path: "/", SameSite: http.SameSiteLaxMode})
	b := ssotest.NewBrowser(t)
	b.Open(community.URL + "/")
	form := b.Follow("/auth/login").Request.URL.String()
	b.Submit("", nil)
	b.Open(strings.Replace(form, "/login", "/", 1)) // a page of the site that still shows the form
	b.Submit(form, nil)
	if diff := cmp.Diff([]ssotoken.EventKind{ssotoken.NotSignedIn, ssotoken.Minted, ssotoken.Minted}, o.kinds); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestTheCookieThatRemembersAVisitIsSetOnlyWhereItTells(t *testing.T) {
	s := newScripting(t, nobody)
	for _, tt := range []struct {
		headers []string
		set     bool
	}{
		{[]string{fromOutside, "Sec-Fetch-Dest: document"}, true},
		{[]string{fromOutside, "Sec-Fetch-Dest: iframe"}, false},
		{[]string{fromItself, "Sec-Fetch-Dest: document"}, false},
		{[]string{fromNowhere, "Sec-Fetch-Dest: document"}, false},
		{nil, false},
	} {
		cookies := s.send(s.handler, "GET", "/login", tt.headers...).Result().Cookies()
		if got := len(cookies) == 1; got != tt.set {
			t.Errorf("%v: cookies %v", tt.headers, cookies)
		}
		if tt.set && (cookies[0].Name != "sso_asked" || cookies[0].MaxAge != 600 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode) {
			t.Errorf("the cookie is %v", cookies[0])
		}
	}
	signed := newScripting(t, signedIn(t))
	for _, headers := range [][]string{{fromOutside, "Cookie: sso_asked=1"}, {fromItself}, {"Cookie: sso_asked=1"}} {
		signed.send(signed.handler, "POST", "/login", headers...)
		for _, e := range signed.events {
			if e.Kind == ssotoken.SessionNotSeen {
				t.Errorf("%v: told %+v", headers, e)
			}
		}
	}
}
