package ssotest

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

// A Browser is a client for tests that sends and keeps cookies as browsers do:
// see package [useragent]. It knows from which site a visit started, which
// [net/http/cookiejar] does not: with SameSite=Strict on the session cookie, a
// member who comes from the community is asked to sign in again at each visit,
// and a cookiejar never shows it.
//
// Servers of net/http/httptest are all at 127.0.0.1, which is one site. Call one
// of them localhost to have two:
//
//	partner := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
//
// It is not safe for concurrent use. Whatever goes wrong ends the test.
type Browser struct {
	Client useragent.Client // to be changed before the first visit
	Jar    *useragent.Jar

	t     testing.TB
	shown *Page
}

// NewBrowser returns a browser without cookies.
func NewBrowser(t testing.TB) *Browser { return &Browser{Jar: &useragent.Jar{}, t: t} }

// maxRedirects is how many redirects in a row Chromium follows.
const maxRedirects = 20

// A Page is where a visit ended.
type Page struct {
	*useragent.Response                       // the last answer
	Hops                []*useragent.Response // every answer on the way, in order
}

// Open visits an address that somebody types or has bookmarked: no site sends the
// visitor.
func (b *Browser) Open(address string) *Page {
	b.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatalf("ssotest: Open: %v", err)
	}
	b.shown = b.visit(&useragent.Request{URL: u})
	return b.shown
}

// Follow visits an address by a link on the page that is shown.
func (b *Browser) Follow(address string) *Page {
	b.t.Helper()
	b.shown = b.visit(b.from("Follow", address))
	return b.shown
}

// Submit sends a form of the page that is shown, by POST. An empty action is the
// page's own address.
func (b *Browser) Submit(action string, form url.Values) *Page {
	b.t.Helper()
	r := b.from("Submit", action)
	r.Method, r.Body = http.MethodPost, form.Encode()
	b.shown = b.visit(r)
	return b.shown
}

// Frame loads an address in a frame of the page that is shown, which stays.
func (b *Browser) Frame(address string) *Page {
	b.t.Helper()
	r := b.from("Frame", address)
	r.Framed = true
	return b.visit(r)
}

func (b *Browser) from(what, address string) *useragent.Request {
	b.t.Helper()
	if b.shown == nil {
		b.t.Fatalf("ssotest: %s needs a page: call Open first", what)
	}
	r, err := b.shown.Visit(address)
	if err != nil {
		b.t.Fatalf("ssotest: %s: %v", what, err)
	}
	return r
}

func (b *Browser) visit(next *useragent.Request) *Page {
	b.t.Helper()
	page := &Page{}
	for range maxRedirects + 1 {
		at := next.URL
		answer, err := b.Client.Do(context.Background(), b.Jar, next)
		if err != nil {
			b.t.Fatalf("ssotest: no answer from %s: %v", at.Host, err)
		}
		page.Response, page.Hops = answer, append(page.Hops, answer)
		if next, err = answer.Redirect(); err != nil {
			b.t.Fatalf("ssotest: a Location that is no address, from %s%s", at.Host, at.Path)
		}
		if next == nil {
			return page
		}
	}
	b.t.Fatalf("ssotest: more than %d redirects, the last to %s%s", maxRedirects, next.URL.Host, next.URL.Path)
	return nil
}
