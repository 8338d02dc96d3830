package main

import (
	"bytes"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// deep is a page of the community that a path must survive to reach.
const deep = "/search?q=a%20b&tab=posts"

// The accounts at the provider.
const (
	ada      = "248289761001"
	grace    = "248289761002" // her email address is not verified
	nameless = "248289761003"
)

// A journey is a site, its provider and its community, and a browser.
type journey struct {
	t         *testing.T
	community *ssotest.Community
	site      *site
	partner   string // origins
	provider  string
	browser   *http.Client
	log       lockedBuffer

	mu       sync.Mutex
	instead  map[string]http.HandlerFunc // of the provider, by path; "" is every path
	stopAt   string                      // a path to which no redirect is followed
	requests []*url.URL                  // that the provider got
}

func newJourney(t *testing.T) *journey {
	t.Helper()
	j := &journey{t: t, instead: map[string]http.HandlerFunc{}}
	var site, op http.Handler
	partner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { site.ServeHTTP(w, r) }))
	t.Cleanup(partner.Close)
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		j.mu.Lock()
		j.requests = append(j.requests, r.URL)
		instead := j.instead[r.URL.Path]
		if j.instead[""] != nil {
			instead = j.instead[""]
		}
		j.mu.Unlock()
		if instead != nil {
			instead(w, r)
			return
		}
		op.ServeHTTP(w, r)
	}))
	t.Cleanup(provider.Close)
	j.partner, j.provider = partner.URL, provider.URL

	j.community = ssotest.NewCommunity(t, ssotest.Config{Settings: ssotest.Settings{
		AuthorizationURL: j.partner + loginPath, LogoutURL: j.partner + logoutPath,
	}})
	signer, err := ssotoken.New(ssotoken.Config{Community: j.community.URL, Key: j.community.Key()})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(&j.log, nil))
	c := siteConfig{origin: j.partner, issuer: j.provider, clientID: "partner", clientSecret: "a secret of the test"}
	if j.site, err = newSite(c, signer, log); err != nil {
		t.Fatal(err)
	}
	site = j.site
	if op, err = newProvider(c, log); err != nil {
		t.Fatal(err)
	}
	j.newBrowser()
	return j
}

// newBrowser starts again without cookies.
func (j *journey) newBrowser() {
	jar, err := cookiejar.New(nil)
	if err != nil {
		j.t.Fatal(err)
	}
	j.browser = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == j.stopAt {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

// forget deletes a cookie of all three sites, which are one host here.
func (j *journey) forget(cookie string) {
	u, _ := url.Parse(j.partner)
	j.browser.Jar.SetCookies(u, []*http.Cookie{{Name: cookie, Path: "/", MaxAge: -1}})
}

// answer answers at the provider in the place of zitadel/oidc.
func (j *journey) answer(path string, h http.HandlerFunc) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.instead[path] = h
}

// A screen is what the browser shows.
type screen struct {
	status int
	url    *url.URL
	next   string // the redirect that was not followed
	body   string
}

func (j *journey) visit(method, address string, form url.Values) screen {
	j.t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		j.t.Fatal(err)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	res, err := j.browser.Do(r)
	if err != nil {
		j.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		j.t.Fatal(err)
	}
	return screen{res.StatusCode, res.Request.URL, res.Header.Get("Location"), string(body)}
}

func (j *journey) open(address string) screen { j.t.Helper(); return j.visit("GET", address, nil) }

// start presses the community's login button on the page deep.
func (j *journey) start() screen {
	j.t.Helper()
	page := j.open(j.community.URL + deep)
	button := regexp.MustCompile(`href="(/auth/login[^"]*)"`).FindStringSubmatch(page.body)
	if button == nil {
		j.t.Fatal("the community has no login button")
	}
	return j.open(j.community.URL + html.UnescapeString(button[1]))
}

// choose picks an account on the provider's page.
func (j *journey) choose(at screen, account string) screen {
	j.t.Helper()
	if !strings.HasPrefix(at.url.String(), j.provider+"/login?") || !strings.Contains(at.body, `value="`+account+`"`) {
		j.t.Fatalf("%s is no sign-in page of the provider: %s", at.url, at.body)
	}
	return j.visit("POST", at.url.String(), url.Values{"account": {account}})
}

// link follows the link with an id.
func (j *journey) link(at screen, id string) screen {
	j.t.Helper()
	found := regexp.MustCompile(`id="` + id + `" href="([^"]*)"`).FindStringSubmatch(at.body)
	if found == nil {
		j.t.Fatalf("%s has no link %q: %s", at.url, id, at.body)
	}
	to, err := at.url.Parse(html.UnescapeString(found[1]))
	if err != nil {
		j.t.Fatal(err)
	}
	return j.open(to.String())
}

// callback signs in as Ada, up to the address that the provider sends the browser
// to, which is not visited.
func (j *journey) callback() string {
	j.t.Helper()
	j.stopAt = callbackPath
	defer func() { j.stopAt = "" }()
	at := j.start()
	if at.url.Path == "/login" { // not signed in at the provider yet
		at = j.choose(at, ada)
	}
	if !strings.HasPrefix(at.next, j.partner+callbackPath+"?") {
		j.t.Fatalf("the provider sent the browser to %s", at.next)
	}
	return at.next
}

// landed checks that a member is logged in at the page deep.
func (j *journey) landed(at screen, member string) {
	j.t.Helper()
	if at.url.String() != j.community.URL+deep || at.status != http.StatusOK || !strings.Contains(at.body, member) {
		j.t.Errorf("got %d at %s, want %s at %s: %s\n%s", at.status, at.url, member, j.community.URL+deep, at.body, &j.log)
	}
}

// told checks that a page of the site says what is wrong.
func (j *journey) told(at screen, status int, title string) {
	j.t.Helper()
	if at.status != status || !strings.HasPrefix(at.url.String(), j.partner) ||
		!strings.Contains(html.UnescapeString(at.body), "<h1>"+title+"</h1>") {
		j.t.Fatalf("got %d at %s, want %d and %q: %s", at.status, at.url, status, title, at.body)
	}
}

// lockedBuffer is a log that servers write while the test reads.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
