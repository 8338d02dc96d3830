package ssotoken_test

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
)

// signInSite is a site whose sign-in form starts a session, by a cookie.
func signInSite(t *testing.T, c ssotoken.LoginConfig) *ssotoken.Login {
	t.Helper()
	claims := build(t, ada())
	c.Signer = newSigner(t)
	c.Identify = func(r *http.Request) (ssotoken.Claims, error) {
		if _, err := r.Cookie("session"); err != nil {
			return ssotoken.Claims{}, ssotoken.ErrNoSession
		}
		return claims, nil
	}
	login, err := ssotoken.NewLogin(c)
	if err != nil {
		t.Fatal(err)
	}
	return login
}

func startSession(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Path: "/"})
}

// newSignInSite is a site under mount whose sign-in form posts to its own
// address.
func newSignInSite(t *testing.T, mount string) (*httptest.Server, *[]ssotoken.Event) {
	t.Helper()
	var events []ssotoken.Event
	login := signInSite(t, ssotoken.LoginConfig{Observe: func(_ context.Context, e ssotoken.Event) { events = append(events, e) }})
	site := login.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			startSession(w)
			login.Resume(w, r)
		}
	}))
	server := httptest.NewServer(http.StripPrefix(mount, site))
	t.Cleanup(server.Close)
	return server, &events
}

// newBrowserClient keeps cookies, and follows redirects up to the community.
func newBrowserClient(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host == "community.example.com" {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

func TestResumeGoesBackToTheAddressThatWasAskedFor(t *testing.T) {
	for _, mount := range []string{"", "/members"} {
		server, events := newSignInSite(t, mount)
		address := server.URL + mount + "/community/login?referrer_uri=%2Fa%3Fx%3D1%26b%3D2"
		res, err := newBrowserClient(t).PostForm(address, url.Values{"user": {"ada"}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		u, err := url.Parse(res.Header.Get("Location"))
		if err != nil || u.Path != "/api/auth/sso" || u.Query().Get("redirect_uri") != "/a?x=1&b=2" {
			t.Errorf("under %q: got %s, to %v", mount, res.Status, u)
		}
		if len(*events) != 1 || (*events)[0].Kind != ssotoken.Minted {
			t.Errorf("under %q: events %+v", mount, *events)
		}
	}
}

// No query of an address is a dead end: not the one that other versions added.
func TestWithoutCookiesTheSignInPageIsShownAgain(t *testing.T) {
	server, _ := newSignInSite(t, "")
	for _, query := range []string{"referrer_uri=%2Fa", "sso_signed_in=1", "referrer_uri=%2Fa&sso_signed_in=1"} {
		res, err := http.Post(server.URL+"/?"+query, "application/x-www-form-urlencoded", nil) // follows without a jar
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK || res.Request.URL.RawQuery != query {
			t.Errorf("%s: got %s at %s", query, res.Status, res.Request.URL)
		}
	}
}

func TestResumeLeavesTheSiteForNoAddress(t *testing.T) {
	login := signInSite(t, ssotoken.LoginConfig{})
	for _, target := range []string{
		"/login?a=b", "/login", "//evil.example/x?a=b", `/\evil.example`, "///evil.example", "http://evil.example/x",
		"/%2F%2Fevil.example", "/?//evil.example", "/a%2Fb%20c?a=https://evil.example",
	} {
		r := sends("POST", "/")
		var err error
		if r.URL, err = url.ParseRequestURI(target); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		login.Resume(w, r)
		expectUncached(t, w.Header())
		asked := &url.URL{Scheme: "https", Host: "www.example.com", Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
		got, err := asked.Parse(w.Header().Get("Location"))
		if err != nil || w.Code != http.StatusSeeOther || got.Host != asked.Host ||
			got.EscapedPath() != asked.EscapedPath() || got.RawQuery != asked.RawQuery {
			t.Errorf("%q: got %d, %q", target, w.Code, w.Header().Get("Location"))
		}
		if len(w.Result().Cookies()) > 0 {
			t.Errorf("%q: sets %v", target, w.Result().Cookies())
		}
	}
}

// A sign-in page at another address gets the address that was asked for, and
// redirects back to it.
func TestASignInPageAtAnotherAddressEndsInTheCommunity(t *testing.T) {
	for _, mount := range []string{"", "/members"} {
		login := signInSite(t, ssotoken.LoginConfig{Observe: quiet})
		mux := http.NewServeMux()
		mux.Handle("/community/login", login.Middleware(ssotoken.SignInAt(mount+"/signin", "next")))
		mux.HandleFunc("GET /signin", func(w http.ResponseWriter, r *http.Request) {})
		mux.HandleFunc("POST /signin", func(w http.ResponseWriter, r *http.Request) {
			startSession(w)
			http.Redirect(w, r, r.FormValue("next"), http.StatusSeeOther)
		})
		server := httptest.NewServer(http.StripPrefix(mount, mux))
		t.Cleanup(server.Close)

		client := newBrowserClient(t)
		res, err := client.Get(server.URL + mount + "/community/login?referrer_uri=%2Fsearch%3Fq%3Da%2520b%26tab%3Dposts")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Request.URL; got.Path != mount+"/signin" {
			t.Fatalf("under %q: the sign-in page is at %s", mount, got)
		}
		if res, err = client.PostForm(res.Request.URL.String(), nil); err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		u, err := url.Parse(res.Header.Get("Location"))
		if err != nil || u.Host != "community.example.com" || u.Query().Get("redirect_uri") != "/search?q=a%20b&tab=posts" {
			t.Errorf("under %q: got %s, to %v", mount, res.Status, u)
		}
	}
}

func TestSignInAtHandsOverAPathOfThisSite(t *testing.T) {
	tests := []struct{ page, asked, location string }{
		{"/signin", "/community/login", "/signin?next=%2Fcommunity%2Flogin"},
		{"/signin", "/login?referrer_uri=%2Fa%3Fb%3Dc%26d", "/signin?next=%2Flogin%3Freferrer_uri%3D%252Fa%253Fb%253Dc%2526d"},
		{"/signin?lang=en", "/login", "/signin?lang=en&next=%2Flogin"},
		{"/app#/signin", "/login", "/app?next=%2Flogin#/signin"},
		{"/signin", "//evil.example/x", "/signin?next=%2Fevil.example%2Fx"},
		{"/signin", `/\evil.example`, "/signin?next=%2F%255Cevil.example"},
		{"/signin", "///evil.example?a=b", "/signin?next=%2Fevil.example%3Fa%3Db"},
		{"/signin", "http://evil.example/x", "/signin?next=%2Fx"},
		{"/signin", "/a%2F%2Fb%20c", "/signin?next=%2Fa%252F%252Fb%2520c"},
	}
	for _, tt := range tests {
		r := sends("GET", "/")
		var err error
		if r.URL, err = r.URL.Parse(tt.asked); err != nil {
			t.Fatal(err)
		}
		r.RequestURI = tt.asked
		w := httptest.NewRecorder()
		signInSite(t, ssotoken.LoginConfig{Observe: quiet}).Middleware(ssotoken.SignInAt(tt.page, "next")).ServeHTTP(w, r)
		if got := w.Header().Get("Location"); got != tt.location || w.Code != http.StatusSeeOther {
			t.Errorf("%s: got %d to %s, want %s", tt.asked, w.Code, got, tt.location)
		}
		expectUncached(t, w.Header())
	}
	adapted := sends("GET", "/login?a=b")
	adapted.RequestURI = "" // as some adapters leave it
	w := httptest.NewRecorder()
	ssotoken.SignInAt("/signin", "next").ServeHTTP(w, adapted)
	if got := w.Header().Get("Location"); got != "/signin?next=%2Flogin%3Fa%3Db" {
		t.Errorf("without a RequestURI: got %s", got)
	}
	for _, bad := range [][2]string{{"", "next"}, {"signin", "next"}, {"//evil.example", "next"},
		{"https://www.example.com/signin", "next"}, {`/\x`, "next"}, {"/signin", ""}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q does not panic", bad)
				}
			}()
			ssotoken.SignInAt(bad[0], bad[1])
		}()
	}
}
