package ssotoken_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
)

// newSignInSite is a site under mount whose sign-in form posts to its own
// address.
func newSignInSite(t *testing.T, mount string) (*httptest.Server, *[]ssotoken.Event) {
	t.Helper()
	var events []ssotoken.Event
	c := build(t, ada())
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{
		Signer: newSigner(t),
		Identify: func(r *http.Request) (ssotoken.Claims, error) {
			if _, err := r.Cookie("session"); err != nil {
				return ssotoken.Claims{}, ssotoken.ErrNoSession
			}
			return c, nil
		},
		Observe: func(_ context.Context, e ssotoken.Event) { events = append(events, e) },
	})
	if err != nil {
		t.Fatal(err)
	}
	site := login.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Path: "/"})
			login.Resume(w, r)
		}
	}))
	server := httptest.NewServer(http.StripPrefix(mount, site))
	t.Cleanup(server.Close)
	return server, &events
}

func TestResumeGoesBackToTheAddressThatWasAskedFor(t *testing.T) {
	for _, mount := range []string{"", "/members"} {
		server, events := newSignInSite(t, mount)
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			if r.URL.Host == "community.example.com" {
				return http.ErrUseLastResponse
			}
			return nil
		}}
		res, err := client.Post(server.URL+mount+"/community/login?referrer_uri=%2Fa%3Fx%3D1%26b%3D2", "application/x-www-form-urlencoded", strings.NewReader("user=ada"))
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

func TestAVisitorWhoseBrowserKeepsNoCookiesIsToldSo(t *testing.T) {
	server, events := newSignInSite(t, "")
	res, err := http.Post(server.URL+"/?referrer_uri=%2Fa", "application/x-www-form-urlencoded", nil) // follows without a jar
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusForbidden || len(*events) != 1 || !errors.Is((*events)[0].Err, ssotoken.ErrNoCookies) {
		t.Errorf("got %s, %+v", res.Status, *events)
	}
	if res, err = http.Get(server.URL + "/?referrer_uri=%2Fa"); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("a first visit: got %v, %v", res.Status, err)
	}
	res.Body.Close()
}

func TestResumeLeavesTheSiteForNoAddress(t *testing.T) {
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: signedIn(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/login?a=b", "/login?a=b&sso_signed_in=1", "/login", "//evil.example/x?a=b", `/\evil.example`, "///evil.example", "http://evil.example/x", "/%2F%2Fevil.example", "/?//evil.example", "/a%2Fb%20c?a=https://evil.example"} {
		r := sends("POST", "/")
		if r.URL, err = url.ParseRequestURI(target); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		login.Resume(w, r)
		expectPrivate(t, w)
		asked := &url.URL{Scheme: "https", Host: "www.example.com", Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
		got, err := asked.Parse(w.Header().Get("Location"))
		if err != nil || w.Code != http.StatusSeeOther || got.Host != asked.Host || got.EscapedPath() != asked.EscapedPath() || strings.TrimSuffix(strings.TrimSuffix(got.RawQuery, "sso_signed_in=1"), "&") != strings.TrimSuffix(strings.TrimSuffix(asked.RawQuery, "sso_signed_in=1"), "&") {
			t.Errorf("%q: got %d, %q", target, w.Code, w.Header().Get("Location"))
		}
	}
}

func TestTheCookieThatShowsThatCookiesAreKeptIsShortLivedAndForHTTPOnly(t *testing.T) {
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: signedIn(t)})
	if err != nil {
		t.Fatal(err)
	}
	for address, secure := range map[string]bool{"http://www.example.com/login": false, "https://www.example.com/login": true} {
		w := httptest.NewRecorder()
		login.Resume(w, httptest.NewRequest("POST", address, nil))
		cookies := w.Result().Cookies()
		if len(cookies) != 1 || cookies[0].MaxAge != 60 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode || cookies[0].Path != "/" || cookies[0].Secure != secure {
			t.Errorf("%s sets %v", address, cookies)
		}
		expectPrivate(t, w)
	}
}
