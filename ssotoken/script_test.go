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

// The headers by which htmx and Turbo send a page's requests.
var libraries = []struct {
	name    string
	headers []string
}{
	{"htmx", []string{"HX-Request: true", "Sec-Fetch-Dest: empty", "Sec-Fetch-Site: same-origin"}},
	{"htmx", []string{"HX-Request: true"}}, // over http, where browsers say no more
	{"Turbo", []string{"X-Turbo-Request-Id: 1", "Accept: text/html, application/xhtml+xml", "Sec-Fetch-Dest: empty", "Sec-Fetch-Site: same-origin"}},
	{"Turbo", []string{"Accept: text/vnd.turbo-stream.html, text/html, application/xhtml+xml", "Sec-Fetch-Dest: empty", "Sec-Fetch-Site: same-origin"}},
	{"Turbo", []string{"Accept: text/html, application/xhtml+xml", "Sec-Fetch-Dest: empty", "Sec-Fetch-Site: same-origin"}},
	{"Turbo", []string{"Accept: text/vnd.turbo-stream.html, text/html, application/xhtml+xml"}},
	{"Turbo", []string{"X-Turbo-Request-Id: 1", "X-Sec-Purpose: prefetch", "Sec-Fetch-Dest: empty", "Sec-Fetch-Site: same-origin"}},
}

// A scripting is a site whose pages have a library, and what its login told.
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
	s.login, err = ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: identify, Observe: func(_ context.Context, e ssotoken.Event) { s.events = append(s.events, e) }})
	if err != nil {
		t.Fatal(err)
	}
	s.handler = s.login.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodGet:
			w.Write([]byte("sign in"))
		case r.FormValue("to") != "":
			s.login.RedirectTo(w, r, s.claims, returnPath(t, r.FormValue("to")))
		default:
			s.login.Redirect(w, r, s.claims)
		}
	}))
	return s
}

func (s *scripting) send(h http.Handler, method, target string, headers ...string) *httptest.ResponseRecorder {
	s.events = nil
	w := httptest.NewRecorder()
	h.ServeHTTP(w, sends(method, target, headers...))
	return w
}

// expectReload looks at an answer that makes a library load the page for real.
func (s *scripting) expectReload(t *testing.T, what, library, address string, w *httptest.ResponseRecorder) {
	t.Helper()
	want := map[string]string{"htmx": address}[library]
	body := w.Body.String()
	if w.Code != http.StatusOK || w.Header().Get("HX-Redirect") != want || w.Header().Get("Location") != "" || len(w.Result().Cookies()) > 0 || !strings.Contains(body, `<meta name="turbo-visit-control" content="reload">`) {
		t.Errorf("%s: got %d, %v, %s", what, w.Code, w.Header(), body)
	}
	if len(s.events) != 1 || s.events[0].Kind != ssotoken.SentByScript || s.events[0].Community != s.community || !errors.Is(s.events[0].Err, ssotoken.ErrNotNavigation) || !strings.HasPrefix(s.events[0].Err.Error(), library+" ") {
		t.Errorf("%s: events %+v", what, s.events)
	}
	expectPrivate(t, w)
}

func TestALibrarysRequestIsAnsweredByWhatLoadsThePageForReal(t *testing.T) {
	const address = "/community/login?referrer_uri=%2Fa%3Fx%3D1%26b"
	for _, l := range libraries {
		s := newScripting(t, signedIn(t))
		s.expectReload(t, "GET", l.name, address, s.send(s.handler, "GET", address, l.headers...))
		s.expectReload(t, "GET of Redirect", l.name, address, s.send(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.login.Redirect(w, r, s.claims) }), "GET", address, l.headers...))
		s.expectReload(t, "under a prefix", l.name, "/site"+address, s.send(http.StripPrefix("/site", s.handler), "GET", "/site"+address, l.headers...))

		if w := s.send(s.handler, "POST", address, l.headers...); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "?referrer_uri=%2Fa%3Fx%3D1%26b&sso_signed_in=1" || len(s.events) != 0 {
			t.Errorf("%s: a form got %d to %q, %+v", l.headers, w.Code, w.Header().Get("Location"), s.events)
		}
		if w := s.send(s.handler, "POST", address+"&to=/b%3Fc", l.headers...); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "?referrer_uri=%2Fb%3Fc&to=%2Fb%3Fc&sso_signed_in=1" {
			t.Errorf("%s: a form to a page of its own got %d to %q", l.headers, w.Code, w.Header().Get("Location"))
		}

		broken := newScripting(t, func(*http.Request) (ssotoken.Claims, error) { return ssotoken.Claims{}, errors.New("broken") })
		broken.expectReload(t, "an error that nobody would see", l.name, address, broken.send(broken.handler, "GET", address, l.headers...))
		lost := newScripting(t, nobody)
		lost.expectReload(t, "lost cookies", l.name, address+"&sso_signed_in=1", lost.send(lost.handler, "GET", address+"&sso_signed_in=1", l.headers...))
		if w := lost.send(lost.handler, "GET", address, l.headers...); w.Body.String() != "sign in" {
			t.Errorf("%s: without a session: got %d %s", l.headers, w.Code, w.Body)
		}
	}
}

// Two slashes at the start of an address would name another host.
func TestALibraryIsSentToNoOtherHost(t *testing.T) {
	s := newScripting(t, signedIn(t))
	for target, want := range map[string]string{"//evil.example/x": "/evil.example/x?", `/\evil.example`: "/%5Cevil.example?", "///evil.example?a=b": "/evil.example?a=b", "http://evil.example/x": "/x?", "*": "/*?"} {
		r := sends("GET", "/", "HX-Request: true")
		var err error
		if r.URL, err = r.URL.Parse(target); err != nil {
			t.Fatal(err)
		}
		r.RequestURI = target
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if got := w.Header().Get("HX-Redirect"); got != want {
			t.Errorf("%s: got %q, want %q", target, got, want)
		}
	}
}

func TestAnotherOriginsLibraryGetsNoTokenAndNothingNew(t *testing.T) {
	logout, err := ssotoken.NewLogout(ssotoken.LogoutConfig{End: func(http.ResponseWriter, *http.Request) error { t.Error("signed out"); return nil }})
	if err != nil {
		t.Fatal(err)
	}
	for _, site := range []string{"cross-site", "same-site", "none", "unknown"} {
		for _, l := range libraries {
			s := newScripting(t, signedIn(t))
			for name, h := range map[string]http.Handler{"login": s.handler, "logout": logout} {
				for _, method := range []string{"GET", "POST"} {
					r := sends(method, "/login", l.headers...)
					r.Header.Set("Sec-Fetch-Site", site)
					w := httptest.NewRecorder()
					h.ServeHTTP(w, r)
					if w.Code != http.StatusForbidden || w.Header().Get("HX-Redirect") != "" || w.Header().Get("Location") != "" || strings.Contains(w.Body.String(), "turbo") {
						t.Errorf("%s, %s by %s from %s: got %d, %v", name, method, l.headers, site, w.Code, w.Header())
					}
				}
			}
		}
	}
}

// Where no middleware stands, GET of the address would not go on to the community.
func TestAFormThatALibrarySendsElsewhereIsRefused(t *testing.T) {
	for _, l := range libraries {
		s := newScripting(t, signedIn(t))
		other := newScripting(t, signedIn(t))
		redirect := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.login.Redirect(w, r, s.claims) })
		for what, h := range map[string]http.Handler{"no middleware": redirect, "another login's": other.login.Middleware(redirect)} {
			if w := s.send(h, "POST", "/profile", l.headers...); w.Code != http.StatusForbidden || len(s.events) != 1 || s.events[0].Kind != ssotoken.Refused || !errors.Is(s.events[0].Err, ssotoken.ErrNotNavigation) {
				t.Errorf("%s, %s: got %d, %+v", what, l.headers, w.Code, s.events)
			}
		}
		if w := s.send(s.handler, "HEAD", "/login", l.headers...); len(s.events) != 1 || s.events[0].Kind != ssotoken.TurnedAway {
			t.Errorf("HEAD: got %d, %+v", w.Code, s.events)
		}
	}
}

func TestASignOutThatALibrarySendsIsDoneWhenThePageIsLoaded(t *testing.T) {
	for _, l := range libraries {
		s, ended := newScripting(t, nobody), 0
		s.community = "" // a logout has a signer only with tenants
		logout, err := ssotoken.NewLogout(ssotoken.LogoutConfig{
			End:     func(http.ResponseWriter, *http.Request) error { ended++; return nil },
			Observe: func(_ context.Context, e ssotoken.Event) { s.events = append(s.events, e) },
		})
		if err != nil {
			t.Fatal(err)
		}
		s.expectReload(t, "sign-out", l.name, "/logout?a=b", s.send(logout, "GET", "/logout?a=b", l.headers...))
		if w := s.send(logout, "POST", "/logout?a=b", l.headers...); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "?a=b" {
			t.Errorf("%s: a form got %d to %q", l.headers, w.Code, w.Header().Get("Location"))
		}
		if ended != 0 {
			t.Errorf("%s: signed out before the page was loaded", l.headers)
		}
	}
}
