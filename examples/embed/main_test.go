package main

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/examples/internal/serverstest"
)

// A program is this example at work, and a browser that visits it.
type program struct {
	*serverstest.Example
	t                  *testing.T
	partner, community string // origins
	browser            *http.Client
}

var addresses = regexp.MustCompile(`Partner site: (http://\S+)\nCommunity:    (http://\S+)\n`)

func start(t *testing.T, args ...string) *program {
	t.Helper()
	e := serverstest.Start(t, run, args...)
	found := addresses.FindStringSubmatch(e.Output)
	if found == nil {
		t.Fatalf("no addresses in %q", e.Output)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &program{e, t, found[1], found[2], &http.Client{Jar: jar}}
}

func (p *program) get(address string) (*http.Response, string) {
	p.t.Helper()
	return p.read(p.browser.Get(address))
}

func (p *program) read(res *http.Response, err error) (*http.Response, string) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res, string(body)
}

var frameSource = regexp.MustCompile(`<iframe src="(/[^"]*)"`)

// frame is the address that the frame of the home page starts at.
func (p *program) frame() string {
	p.t.Helper()
	_, page := p.get(p.partner + "/")
	found := frameSource.FindStringSubmatch(page)
	if found == nil {
		p.t.Fatalf("no frame in %s", page)
	}
	return p.partner + html.UnescapeString(found[1])
}

const (
	partnerAddr   = "-addr=localhost:0"
	communityAddr = "-community-addr=localhost:0"
)

func TestTheFrameSignsInAndShowsTheSpaceLoggedIn(t *testing.T) {
	p := start(t, partnerAddr, communityAddr)
	form, page := p.get(p.frame())
	if form.StatusCode != http.StatusOK || !strings.Contains(page, `<form method="post">`) || strings.Contains(page, "action=") {
		t.Fatalf("got %s, %s", form.Status, page)
	}
	space, page := p.read(p.browser.PostForm(form.Request.URL.String(), url.Values{"member": {"Ada Lovelace"}}))
	if got, want := space.Request.URL.String(), p.community+"/embed/space/news?header=false"; got != want ||
		space.StatusCode != http.StatusOK {
		t.Errorf("got %s at %s, want %s", space.Status, got, want)
	}
	if !strings.Contains(page, "Logged in as <strong>Ada Lovelace</strong>") {
		t.Errorf("the frame does not say who is logged in: %s", page)
	}
	if space, _ := p.get(p.frame()); space.Request.URL.Path != "/embed/space/news" {
		t.Errorf("the second frame ended at %s", space.Request.URL)
	}
	if log := p.Stop(); strings.Contains(log, "eyJ") || strings.Count(log, "event=minted") != 2 {
		t.Errorf("got the log %s", log)
	}
}

func TestThePagesAllowTheFrameAndNothingElse(t *testing.T) {
	p := start(t, partnerAddr, communityAddr)
	tests := []struct{ page, address, want string }{
		{"home", p.partner + "/", strict + "; frame-ancestors 'none'; form-action 'self'; frame-src 'self' " + p.community},
		{"sign-in", p.frame(), strict + "; frame-ancestors 'self'; form-action 'self' " + p.community},
	}
	for _, tt := range tests {
		res, page := p.get(tt.address)
		if got := res.Header.Get("Content-Security-Policy"); got != tt.want {
			t.Errorf("%s: got  %s\nwant %s", tt.page, got, tt.want)
		}
		if res.Header.Get("X-Frame-Options") != "" || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got %v", tt.page, res.Header)
		}
		if strings.Contains(page, "eyJ") {
			t.Errorf("%s holds a token", tt.page)
		}
	}
}

func TestTheProgramAndItsPageSayWhetherTheyAreOneSite(t *testing.T) {
	tests := []struct {
		name, communityAddr string
		output, page, not   string
	}{
		{"one", "localhost:0", "One site, so the community's cookies are first-party", "its cookies are first-party", "third-party"},
		{"two", "127.0.0.1:0", "Two sites, so the community's cookies are third-party", "its cookies are third-party", "first-party"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := start(t, partnerAddr, "-community-addr", tt.communityAddr)
			_, page := p.get(p.partner + "/")
			if !strings.Contains(p.Output, tt.output) || !strings.Contains(page, tt.page) {
				t.Errorf("got %s\n%s", p.Output, page)
			}
			if strings.Contains(p.Output+page, tt.not) {
				t.Errorf("says %s too", tt.not)
			}
		})
	}
}

func TestTheAddressForOneSiteIsOffered(t *testing.T) {
	p := start(t, partnerAddr, "-community-addr=127.0.0.1:0")
	if !strings.Contains(p.Output, "-community-addr localhost:8083") {
		t.Errorf("got %s", p.Output)
	}
}

func TestSigningOutBringsTheSignInPageBack(t *testing.T) {
	p := start(t, partnerAddr, communityAddr)
	p.read(p.browser.PostForm(p.frame(), url.Values{"member": {"Grace Hopper"}}))
	if _, page := p.get(p.partner + "/"); !strings.Contains(page, "signed in here as Grace Hopper") {
		t.Fatalf("got %s", page)
	}
	if home, page := p.get(p.partner + logoutPath); home.Request.URL.String() != p.partner+"/" ||
		!strings.Contains(page, "Sign in inside the frame") {
		t.Errorf("got %s, %s", home.Request.URL, page)
	}
	if _, page := p.get(p.frame()); !strings.Contains(page, "Sign in") {
		t.Errorf("got %s", page)
	}
}

func TestAnUnknownMemberOrAForeignFormSignsNobodyIn(t *testing.T) {
	p := start(t, partnerAddr, communityAddr)
	if res, _ := p.read(p.browser.PostForm(p.frame(), url.Values{"member": {"Nobody"}})); res.StatusCode != http.StatusBadRequest {
		t.Errorf("unknown member: got %s", res.Status)
	}
	r, err := http.NewRequest("POST", p.frame(), strings.NewReader("member=Ada+Lovelace"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if res, _ := p.read(p.browser.Do(r)); res.StatusCode != http.StatusForbidden {
		t.Errorf("foreign form: got %s", res.Status)
	}
}
