package ssotest_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// Whatever a page leads to, its scripts and its redirects are under the path too.
func TestACommunityUnderAPathHasNothingOutside(t *testing.T) {
	c, paths := everyPage(t, "/hub")
	origin, ok := strings.CutSuffix(c.URL, "/hub")
	if !ok {
		t.Fatalf("the community is at %s", c.URL)
	}
	address := regexp.MustCompile(`(?:href|src|action)="(/[^"]*)"`)
	b, links := browser(t), map[string]bool{}
	if a, _ := login(t, b, c, ada, ""); a.location != "/hub/" || !strings.Contains(a.header.Get("Set-Cookie"), "; Path=/hub;") {
		t.Errorf("the login went to %q, with %q", a.location, a.header.Get("Set-Cookie"))
	}
	for _, path := range append(paths, "", "/settings") {
		a := get(t, b, c.URL+path)
		if mustContain(t, a.body, `<main id="main"`); strings.Contains(a.body, "Not logged in") {
			t.Errorf("%s: nobody is logged in", path)
		}
		for _, match := range address.FindAllStringSubmatch(a.body, -1) {
			links[html.UnescapeString(match[1])] = true
		}
	}
	for link := range links {
		if a := get(t, b, origin+link); !strings.HasPrefix(link, "/hub/") || a.status == http.StatusNotFound {
			t.Errorf("a link to %s: HTTP %d", link, a.status)
		}
	}
	if len(links) < 40 {
		t.Errorf("only %d links", len(links))
	}
	for _, path := range []string{"/", "/hubs", "/HUB/", "/api/auth/sso", "/_fake/style.css", "/auth/login"} {
		if a := get(t, b, origin+path); a.status != http.StatusNotFound || !strings.Contains(a.body, "Something else lives here") {
			t.Errorf("%s: HTTP %d, %s", path, a.status, a.body)
		}
	}
	for path, want := range map[string]string{"/auth/logout": "/hub/", "/settings": "/hub/auth/login?from=%2Fhub%2Fsettings"} {
		if a := get(t, b, c.URL+path); a.location != want {
			t.Errorf("%s leads to %q", path, a.location)
		}
	}
	if c.Configure(func(s *ssotest.Settings) { s.RetryRefusedLogins = true }); get(t, b, c.URL+"/api/auth/sso").location !=
		"/hub/auth/login?from=%2Fhub%2F" {
		t.Error("a refused login does not start again under the path")
	}
}

func TestARedirectURIIsAPathOfTheOrigin(t *testing.T) {
	c := newCommunity(t, ssotest.Config{Path: "/hub"})
	for redirectURI, want := range map[string]string{
		"": "/hub/", "/hub": "/hub", "/hub/spaces?a=b#c": "/hub/spaces?a=b#c", "/account": "/account", "/spaces": "/spaces",
		"/hub/auth/logout": "/hub/", "/Hub//login": "/hub/", "/login": "/hub/",
	} {
		if a, l := login(t, browser(t), c, ada, redirectURI); a.location != want || l.Landing.Location != want ||
			(l.Landing.Dropped != "") != strings.Contains(redirectURI, "log") {
			t.Errorf("%q: to %q, %+v", redirectURI, a.location, l.Landing)
		}
	}
}

// By a real login, and what a browser does with cookies: to the page where the visitor was.
func TestAMemberComesBackToAPageUnderThePath(t *testing.T) {
	c := ssotest.NewCommunity(t, ssotest.Config{Path: "/hub"})
	at := newPartner(t, c, http.SameSiteLaxMode)
	for from, want := range map[string]string{
		"/hub/spaces/news?sort=new": "/hub/spaces/news?sort=new", "/hub/auth/login": "/hub/", "/hub": "/hub", "": "/hub/",
	} {
		b := newBrowser(t)
		if p := b.Open(c.LoginButton(from)); p.Request.URL.Path != "/login" {
			t.Fatalf("%q: ends at %s", from, p.Request.URL)
		}
		p := b.Submit("", url.Values{})
		if p.Request.URL.RequestURI() != want || p.StatusCode != http.StatusOK || !strings.Contains(p.Text, "Logged in as") {
			t.Errorf("%q: ends at %s, HTTP %d", from, p.Request.URL, p.StatusCode)
		}
		if p := b.Follow("/hub/logins"); !strings.Contains(p.Text, "Logged in as") {
			t.Errorf("%q: the session ended", from)
		}
		if p := b.Open(at); p.Request.URL.Path != "/hub/" {
			t.Errorf("without a referrer: ends at %s", p.Request.URL)
		}
	}
	b := newBrowser(t)
	b.Open(c.URL + "/members?q=a")
	b.Follow("/hub/auth/login")
	if p := b.Submit("", url.Values{}); p.Request.URL.RequestURI() != "/hub/members?q=a" {
		t.Errorf("by Referer: ends at %s", p.Request.URL)
	}
}
