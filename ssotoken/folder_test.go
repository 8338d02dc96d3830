package ssotoken_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
)

func under(address string) func(*ssotoken.Config) {
	return func(c *ssotoken.Config) { c.Community = address }
}

func TestACommunityUnderAPathIsLoggedInToThere(t *testing.T) {
	s := newSigner(t, under("https://example.com/hub"))
	for path, want := range map[string]string{
		"": "", "/": "", "/hub": "/hub", "/hub/": "/hub/", "/hub/post/a?b=%20#c": "/hub/post/a?b=%20#c",
		"/spaces": "/spaces", "/account/delete": "/account/delete", "/hubs/api": "/hubs/api", "/.well-known/api": "/.well-known/api",
		"https://example.com/hub": "/hub", "https://example.com/hub/a?b#c": "/hub/a?b#c", "https://example.com": "",
	} {
		to, err := s.Community().ReturnPath(path)
		if err != nil || to.String() != want {
			t.Errorf("%q: got %q, %v", path, to, err)
		}
		login, err := s.LoginURL(t.Context(), build(t, ada()), to)
		u, _ := url.Parse(login)
		if err != nil || !strings.HasPrefix(login, "https://example.com/hub/api/auth/sso?jwt=") || u.Query().Get("redirect_uri") != want {
			t.Errorf("%q: %v, to %q at %s%s", path, err, u.Query().Get("redirect_uri"), u.Host, u.Path)
		}
		if r := inspect.LoginURL(login, inspect.Options{Key: newKey(t), Now: noon}); r.Err() != nil ||
			r.URL.Community != "https://example.com/hub" || want != "" && r.URL.Location != want || want == "" && r.URL.Location != "/hub/" {
			t.Errorf("%q: the judge says %v, %+v", path, r.Err(), *r.URL)
		}
	}
	c := s.Community()
	if c.FrameSrc() != "frame-src 'self' https://example.com" || c.FormAction() != "form-action 'self' https://example.com" {
		t.Errorf("got %q and %q", c.FrameSrc(), c.FormAction())
	}
}

// What is refused under another path is refused under the community's, and so are its endpoints.
// What is a page at the root is a page there.
func TestTheEndpointsOfACommunityUnderAPathAreRefusedThereToo(t *testing.T) {
	kept, dropped := returnPathVectors(t)
	paths := append(kept, redirects.Hostile()...)
	for _, class := range dropped {
		paths = append(paths, class...)
	}
	for _, folder := range []string{"/hub", "/en/Hub_1"} {
		community, err := ssotoken.ParseCommunity("https://example.com" + folder)
		if err != nil {
			t.Fatal(err)
		}
		refused := func(path string) bool {
			t.Helper()
			got, err := community.ReturnPath(path)
			code, judged := ssotoken.CodeOf(err), inspectUnder(folder, path)
			if (code != "") != (judged != nil) || err != nil && !errors.Is(err, ssotoken.ErrReturnPath) || err == nil && got.String() != path {
				t.Errorf("%q: got %q, %v, and the judge says %v", path, got, err, judged)
			}
			return err != nil
		}
		endpoints := 0
		for _, path := range paths {
			if !strings.HasPrefix(path, "/") || len(path) > contract.MaxReturnPath-100 {
				continue
			}
			_, atRoot := inspect.RedirectURI(path)
			_, elsewhere := inspect.RedirectURI("/else/where" + path)
			isEndpoint := errors.Is(atRoot, contract.RedirectLoop)
			if got := refused(folder + path); got && atRoot == nil || !got && (isEndpoint || elsewhere != nil) {
				t.Errorf("%q: refused: %v, and at the root: %v", folder+path, got, atRoot)
			}
			if !isEndpoint {
				continue
			}
			endpoints++
			for _, tricky := range []string{
				path, strings.ToUpper(folder) + path, folder + "/" + path, folder + "/;x" + path,
				"/%" + hexOf(folder[1]) + folder[2:] + path, folder + ";x" + path,
				folder + "%20" + path, folder + "%2f" + path[1:], folder + "%252f" + path[1:], "/a/.." + folder + path,
			} {
				if !refused(tricky) {
					t.Errorf("%q is kept", tricky)
				}
			}
		}
		if endpoints < 100 {
			t.Errorf("only %d paths to endpoints", endpoints)
		}
	}
}

func inspectUnder(folder, path string) error {
	_, err := inspect.RedirectURIUnder(folder, path)
	return err
}

// ParseReturnPath knows no community, so the login asks again.
func TestAPathToAnEndpointOfThisCommunityIsNotSent(t *testing.T) {
	s, path := newSigner(t, under("https://example.com/hub")), returnPath(t, "/hub/auth/logout")
	if login, err := s.LoginURL(t.Context(), build(t, ada()), path); !errors.Is(err, ssotoken.ErrReturnPath) || login != "" {
		t.Errorf("got %q, %v", login, err)
	}
	p := newPartner(t, signedIn(t), func(c *ssotoken.LoginConfig) { c.Signer = s })
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: s, Identify: nobody,
		Observe: func(_ context.Context, e ssotoken.Event) { p.events = append(p.events, e) }})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	login.RedirectTo(w, sends("POST", "/signin"), build(t, ada()), path)
	res, _ := p.answer(t, "GET", "/?referrer_uri=%2FHUB%2Flogin")
	for _, location := range []string{w.Header().Get("Location"), res.Header.Get("Location")} {
		if !strings.HasPrefix(location, "https://example.com/hub/api/auth/sso?jwt=") || strings.Contains(location, "redirect_uri") {
			t.Errorf("goes to %q", location)
		}
	}
	if len(p.events) != 4 || p.events[0].Kind != ssotoken.ReturnPathDropped || p.events[2].Kind != ssotoken.ReturnPathDropped {
		t.Errorf("got the events %v", p.events)
	}
}

func TestAnEmbeddedSpaceIsUnderTheCommunitysPath(t *testing.T) {
	c := newSigner(t, under("https://example.com/hub")).Community()
	for _, tt := range []struct {
		embed ssotoken.Embed
		want  string
	}{
		{ssotoken.Embed{Community: c, Space: "news", Query: values("header", "false")}, "/hub/embed/space/news?header=false"},
		{ssotoken.Embed{Community: c, Page: "/hub/post/a"}, "/hub/post/a"},
		{ssotoken.Embed{Community: c, Page: "/hub/login"}, ""},
		{ssotoken.Embed{Community: newSigner(t).Community(), Space: "news"}, "/embed/space/news"},
	} {
		if got, err := tt.embed.ReturnPath(); got.String() != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%+v: got %q, %v", tt.embed, got, err)
		}
	}
}

// A loop with a community on the site's own origin looks like links of the site, but for its speed.
func TestALoopWithACommunityUnderAPathIsBroken(t *testing.T) {
	const pages = "Referer: https://example.com/hub"
	for _, tt := range []struct {
		name    string
		every   time.Duration
		headers []string
		at      int // the visit at which it is broken
	}{
		{"redirects", 100 * time.Millisecond, []string{fromItself, byAClick}, 6},
		{"a script of the community", 4 * time.Second, []string{fromItself, pages + "/a?b"}, 6},
		{"a script of its home page", 4 * time.Second, []string{fromItself, pages + "?b"}, 6},
		{"the login button", 300 * time.Millisecond, []string{fromItself, byAClick, pages + "/a"}, 0},
		{"links of the site", 0, []string{fromItself, "Referer: https://example.com/hubs"}, 0},
		{"frames that send a Referer", 0, []string{fromItself, "Sec-Fetch-Dest: iframe", "Referer: https://example.com/"}, 0},
	} {
		b := newBrowsing(t, under("https://example.com/hub"))
		for n := 1; n <= 20; n++ {
			code := b.visit(tt.every, "/hub/a", tt.headers...).Code
			if code == http.StatusLoopDetected {
				if n != tt.at {
					t.Errorf("%s: broken at visit %d", tt.name, n)
				}
				break
			}
			if code != http.StatusSeeOther || n == 20 && tt.at > 0 {
				t.Errorf("%s, visit %d: got %d", tt.name, n, code)
			}
		}
	}
}
