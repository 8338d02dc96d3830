package ssotoken_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
)

// A loader is a library that loads a site's pages by fetch, and what makes it load
// a page for real.
type loader struct {
	name     string
	headers  []string // of its requests
	status   int
	location string // the header with the address, if any
}

var loaders = []loader{
	{"htmx", []string{"HX-Request: true", "Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Sec-Fetch-Site: same-origin"}, 200, "Hx-Redirect"},
	{"htmx", []string{"HX-Request: true"}, 200, "Hx-Redirect"}, // over http, where browsers say no more
	{"Inertia", []string{"X-Inertia: true", "X-Requested-With: XMLHttpRequest", "Accept: text/html, application/xhtml+xml",
		"Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Sec-Fetch-Site: same-origin"}, 409, "X-Inertia-Location"},
	{"Inertia", []string{"X-Inertia: true", "X-Inertia-Version: 1"}, 409, "X-Inertia-Location"},
	{"Turbo", []string{"X-Turbo-Request-Id: 1", "Accept: text/html, application/xhtml+xml", "Sec-Fetch-Dest: empty",
		"Sec-Fetch-Site: same-origin"}, 200, ""},
	{"Turbo", []string{"X-Turbo-Request-Id: 1", "Turbo-Frame: box"}, 200, ""},
	{"Turbo", []string{"X-Turbo-Request-Id: 1", "X-Sec-Purpose: prefetch", "Sec-Fetch-Dest: empty", "Sec-Fetch-Site: same-origin"}, 200, ""},
}

// A scripting is a site whose pages have a library, and what its login reported.
type scripting struct {
	login     *ssotoken.Login
	claims    ssotoken.Claims
	handler   http.Handler
	events    []ssotoken.Event
	community string // that the events name
}

func newScripting(t *testing.T, identify func(*http.Request) (ssotoken.Claims, error)) *scripting {
	t.Helper()
	s := &scripting{claims: build(t, ada()), community: "https://community.example.com"}
	var err error
	s.login, err = ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: identify, Observe: s.observe})
	if err != nil {
		t.Fatal(err)
	}
	s.handler = s.login.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.Write([]byte("sign in"))
			return
		}
		startSession(w)
		switch r.FormValue("by") {
		case "Redirect":
			s.login.Redirect(w, r, s.claims)
		case "RedirectTo":
			s.login.RedirectTo(w, r, s.claims, returnPath(t, "/b?c=d"))
		default:
			s.login.Resume(w, r)
		}
	}))
	return s
}

func (s *scripting) observe(_ context.Context, e ssotoken.Event) { s.events = append(s.events, e) }

func (s *scripting) send(h http.Handler, method, target string, headers ...string) *httptest.ResponseRecorder {
	s.events = nil
	w := httptest.NewRecorder()
	h.ServeHTTP(w, sends(method, target, headers...))
	return w
}

// expectReload looks at an answer that makes a library load the page for real.
func (s *scripting) expectReload(t *testing.T, what string, l loader, address string, w *httptest.ResponseRecorder) {
	t.Helper()
	for _, other := range []string{"Hx-Redirect", "X-Inertia-Location", "Location"} {
		want := ""
		if other == l.location {
			want = address
		}
		if got := w.Header().Get(other); got != want {
			t.Errorf("%s, %s: %s is %q, want %q", l.name, what, other, got, want)
		}
	}
	body := w.Body.String()
	if w.Code != l.status || len(w.Result().Cookies()) > 0 || !strings.Contains(body, `<meta name="turbo-visit-control" content="reload">`) {
		t.Errorf("%s, %s: got %d, %v, %s", l.name, what, w.Code, w.Header(), body)
	}
	if len(s.events) != 1 {
		t.Fatalf("%s, %s: events %+v", l.name, what, s.events)
	}
	e := s.events[0]
	if e.Kind != ssotoken.TurnedAway || e.Community != s.community || !errors.Is(e.Err, ssotoken.ErrNotNavigation) ||
		!strings.HasPrefix(e.Err.Error(), l.name+" ") {
		t.Errorf("%s, %s: event %+v", l.name, what, e)
	}
}

// Whoever is signed in: what a page's script asks for must hold no token, and no
// error page, which a library would not show.
func TestALibrarysRequestIsAnsweredByWhatLoadsThePageForReal(t *testing.T) {
	const address = "/community/login?referrer_uri=%2Fa%3Fx%3D1%26b"
	broken := func(*http.Request) (ssotoken.Claims, error) { return ssotoken.Claims{}, errors.New("broken") }
	for _, l := range loaders {
		for _, identify := range []func(*http.Request) (ssotoken.Claims, error){signedIn(t), nobody, broken} {
			s := newScripting(t, identify)
			redirect := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.login.Redirect(w, r, s.claims) })
			s.expectReload(t, "GET", l, address, s.send(s.handler, "GET", address, l.headers...))
			s.expectReload(t, "GET of Redirect", l, address, s.send(redirect, "GET", address, l.headers...))
			s.expectReload(t, "under a prefix", l, "/site"+address,
				s.send(http.StripPrefix("/site", s.handler), "GET", "/site"+address, l.headers...))
		}
	}
}

// The library follows redirects within the site, with its own headers, and then does
// what the last answer says.
func TestASignInFormThatALibrarySendsEndsInTheCommunity(t *testing.T) {
	for _, l := range loaders {
		for by, lands := range map[string]string{"Resume": "%2Fa%3Fx%3D1%26b", "Redirect": "%2Fa%3Fx%3D1%26b", "RedirectTo": "%2Fb%3Fc%3Dd"} {
			address := "/login?by=" + by + "&referrer_uri=%2Fa%3Fx%3D1%26b"
			s := newScripting(t, func(r *http.Request) (ssotoken.Claims, error) {
				if _, err := r.Cookie("session"); err != nil {
					return ssotoken.Claims{}, ssotoken.ErrNoSession
				}
				return ada().Build()
			})
			form := s.send(s.handler, "POST", address, l.headers...)
			if form.Code != http.StatusSeeOther || !strings.HasPrefix(form.Header().Get("Location"), "?") {
				t.Fatalf("%s, %s: the form got %d to %q", l.name, by, form.Code, form.Header().Get("Location"))
			}
			expectUncached(t, form.Header())
			session := "Cookie: " + form.Result().Cookies()[0].String()
			address = "/login" + form.Header().Get("Location")
			again := s.send(s.handler, "GET", address, append(l.headers, session)...)
			s.expectReload(t, by, l, address, again)
			end := s.send(s.handler, "GET", address, session, "Sec-Fetch-Dest: document", navigate, "Sec-Fetch-Site: same-origin")
			if got := end.Header().Get("Location"); end.Code != http.StatusSeeOther || !strings.HasSuffix(got, "&redirect_uri="+lands) {
				t.Errorf("%s, %s: ends with %d at %s", l.name, by, end.Code, got)
			}
		}
	}
}

// Two slashes at the start of an address would name another host.
func TestALibraryIsSentToNoOtherHost(t *testing.T) {
	s := newScripting(t, signedIn(t))
	for target, want := range map[string]string{
		"//evil.example/x": "/evil.example/x", `/\evil.example`: "/%5Cevil.example", "///evil.example?a=b": "/evil.example?a=b",
		"http://evil.example/x": "/x", "*": "/*",
	} {
		for _, l := range loaders {
			if l.location == "" {
				continue
			}
			r := sends("GET", "/", l.headers...)
			var err error
			if r.URL, err = r.URL.Parse(target); err != nil {
				t.Fatal(err)
			}
			r.RequestURI = target
			w := httptest.NewRecorder()
			s.handler.ServeHTTP(w, r)
			if got := w.Header().Get(l.location); got != want {
				t.Errorf("%s, %s: got %q, want %q", l.name, target, got, want)
			}
		}
	}
}

func TestAnotherOriginsLibraryGetsNoTokenAndNothingNew(t *testing.T) {
	logout, err := ssotoken.NewLogout(ssotoken.LogoutConfig{
		End:     func(http.ResponseWriter, *http.Request) error { t.Error("signed out"); return nil },
		Observe: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, site := range []string{"cross-site", "same-site", "none", "unknown"} {
		for _, l := range loaders {
			s := newScripting(t, signedIn(t))
			redirect := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.login.Redirect(w, r, s.claims) })
			for name, h := range map[string]http.Handler{"GET": s.handler, "GET of Redirect": redirect,
				"POST to Redirect": redirect, "GET of logout": logout, "POST to logout": logout} {
				method, _, _ := strings.Cut(name, " ")
				r := sends(method, "/login", l.headers...)
				r.Header.Set("Sec-Fetch-Site", site)
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != http.StatusForbidden || w.Header().Get("HX-Redirect")+w.Header().Get("X-Inertia-Location")+
					w.Header().Get("Location") != "" ||
					strings.Contains(w.Body.String(), "turbo-visit-control") {
					t.Errorf("%s by %s from %s: got %d, %v", name, l.headers, site, w.Code, w.Header())
				}
			}
		}
	}
}

func TestALibrarysHEADMintsNothing(t *testing.T) {
	for _, l := range loaders {
		s := newScripting(t, signedIn(t))
		redirect := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.login.Redirect(w, r, s.claims) })
		if w := s.send(redirect, "HEAD", "/login", l.headers...); w.Header().Get("Location") != "" || len(s.events) != 1 ||
			s.events[0].Kind != ssotoken.TurnedAway {
			t.Errorf("%s: got %d, %+v", l.name, w.Code, s.events)
		}
	}
}

func TestASignOutThatALibrarySendsIsDoneWhenThePageIsLoaded(t *testing.T) {
	for _, l := range loaders {
		s, ended := newScripting(t, nobody), 0
		s.community = "" // a logout has a signer only with tenants
		logout, err := ssotoken.NewLogout(ssotoken.LogoutConfig{
			End:     func(http.ResponseWriter, *http.Request) error { ended++; return nil },
			Observe: s.observe,
		})
		if err != nil {
			t.Fatal(err)
		}
		s.expectReload(t, "sign-out", l, "/logout?a=b", s.send(logout, "GET", "/logout?a=b", l.headers...))
		if w := s.send(logout, "POST", "/logout?a=b", l.headers...); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "?a=b" {
			t.Errorf("%s: a form got %d to %q", l.name, w.Code, w.Header().Get("Location"))
		}
		if ended != 0 {
			t.Errorf("%s: signed out before the page was loaded", l.name)
		}
	}
}
