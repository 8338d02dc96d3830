package ssotest

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// BrowserConfig configures a [Browser]. The zero value is fine for servers of
// this machine.
type BrowserConfig struct {
	// SameSite reports whether two origins are one site. nil compares the scheme
	// and the last two labels of the name, which is wrong for names such as
	// example.co.uk: [github.com/bettermode-go/sso/ssotoken/samesite.Same] knows
	// them.
	SameSite func(a, b string) (bool, error)

	// Now is the clock of the cookies. nil is [time.Now].
	Now func() time.Time

	// Transport sends the requests. nil is [http.DefaultTransport].
	Transport http.RoundTripper
}

// A Browser is a client for tests that sends and keeps cookies as browsers do. It
// knows from which site a visit started, which [net/http/cookiejar] does not: with
// SameSite=Strict on the session cookie, a member who comes from the community is
// asked to sign in again at each visit, and a jar never shows it.
//
// Its rules are those of RFC 6265bis, sections 5.6 to 5.8, as Chromium has them; a
// test compares the two. A cookie without SameSite counts as Lax, except that for
// two minutes a form of another site brings it. SameSite=None needs Secure, and
// Secure needs https or a loopback address. Redirects on the way change nothing:
// what counts is the page with the link, and the address that is asked for. A frame
// on another site's page has no cookies at all, as in browsers that block them, and
// in Chromium's private windows. Each request has the headers Sec-Fetch-Site, -Mode, -Dest and -User, Origin and
// Referer of a browser. Of the policies for Referer it knows no-referrer; of public
// suffixes, only names without a dot.
//
// It runs no scripts, follows no meta elements, and caches nothing. Servers of
// net/http/httptest are all at 127.0.0.1, which is one site. Call one of them
// localhost to have two:
//
//	partner := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
//
// It is not safe for concurrent use. What goes wrong ends the test.
type Browser struct {
	t       TB
	c       BrowserConfig
	cookies cookieStore
	shown   *Page
}

// NewBrowser makes a browser without cookies.
func NewBrowser(t TB, c BrowserConfig) *Browser {
	if c.SameSite == nil {
		c.SameSite = isOneSite
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	return &Browser{t: t, c: c, cookies: cookieStore{now: c.Now}}
}

// A Page is where a visit ended.
type Page struct {
	*http.Response // the last answer, whose Body is closed

	Text string // the body
	Hops []Hop  // every request on the way, in order
}

// A Hop is one request of a visit and what became of the cookies.
type Hop struct {
	Method string
	URL    string
	Status int

	Sent     []string          // names of the cookies that were sent
	Withheld map[string]string // of those that were not, though they belong to the address: why
	Refused  map[string]string // of those that the answer sets and that were not kept: why
}

// Open visits an address that somebody types or has bookmarked: no site sends the
// visitor.
func (b *Browser) Open(address string) *Page {
	b.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatalf("ssotest: Open: %v", err)
	}
	b.shown = b.visit(&visit{method: http.MethodGet, url: u, clicked: true})
	return b.shown
}

// Follow visits an address by a link on the page that is shown.
func (b *Browser) Follow(address string) *Page {
	b.t.Helper()
	b.shown = b.visit(b.from("Follow", &visit{method: http.MethodGet, clicked: true}, address))
	return b.shown
}

// Submit sends a form of the page that is shown, by POST. An empty action is the
// page's own address.
func (b *Browser) Submit(action string, form url.Values) *Page {
	b.t.Helper()
	b.shown = b.visit(b.from("Submit", &visit{method: http.MethodPost, body: form.Encode(), clicked: true}, action))
	return b.shown
}

// Frame loads an address in a frame of the page that is shown, which stays.
func (b *Browser) Frame(address string) *Page {
	b.t.Helper()
	return b.visit(b.from("Frame", &visit{method: http.MethodGet, framed: true}, address))
}

// A visit is a navigation on its way.
type visit struct {
	method, body    string
	url             *url.URL
	from            *url.URL // the page that sends the visitor, or nil
	framed, clicked bool

	noReferrer bool   // by that page's policy, or by a redirect's
	site       string // Sec-Fetch-Site: it only gets worse on the way
	origins    bool   // the way went over another origin
}

func (b *Browser) from(what string, v *visit, address string) *visit {
	b.t.Helper()
	if b.shown == nil {
		b.t.Fatalf("ssotest: %s needs a page: call Open first", what)
	}
	v.from = b.shown.Request.URL
	var err error
	if v.url, err = v.from.Parse(address); err != nil {
		b.t.Fatalf("ssotest: %s: %v", what, err)
	}
	v.noReferrer = hasNoReferrer(b.shown.Response)
	return v
}

// mostRedirects is Chromium's limit.
const mostRedirects = 20

func (b *Browser) visit(v *visit) *Page {
	b.t.Helper()
	page := &Page{}
	for range mostRedirects + 1 {
		same := b.arrive(v)
		hop, res, text := b.ask(v, same)
		page.Response, page.Text, page.Hops = res, text, append(page.Hops, hop)
		location := res.Header.Get("Location")
		if res.StatusCode/100 != 3 || location == "" {
			return page
		}
		next, err := v.url.Parse(location)
		if err != nil {
			b.t.Fatalf("ssotest: a Location that is no address, from %s%s", v.url.Host, v.url.Path)
		}
		if s := res.StatusCode; s == http.StatusSeeOther || v.method == http.MethodPost && (s == http.StatusMovedPermanently || s == http.StatusFound) {
			v.method, v.body = http.MethodGet, ""
		}
		v.origins = v.origins || originOf(next) != originOf(v.url)
		v.url = next
		v.noReferrer = v.noReferrer || hasNoReferrer(res)
	}
	b.t.Fatalf("ssotest: more than %d redirects, the last to %s%s", mostRedirects, v.url.Host, v.url.Path)
	return nil
}

// arrive works out what the address is to the page that sends the visitor, and
// reports whether it is the same site.
func (b *Browser) arrive(v *visit) bool {
	b.t.Helper()
	if v.from == nil {
		v.site = "none"
		return true
	}
	same, err := b.c.SameSite(originOf(v.from), originOf(v.url))
	if err != nil {
		b.t.Fatalf("ssotest: SameSite: %v", err)
	}
	switch {
	case !same || v.site == "cross-site":
		v.site = "cross-site"
	case originOf(v.from) != originOf(v.url) || v.site == "same-site":
		v.site = "same-site"
	default:
		v.site = "same-origin"
	}
	return same
}

// ask sends one request and keeps the cookies of its answer.
func (b *Browser) ask(v *visit, same bool) (Hop, *http.Response, string) {
	b.t.Helper()
	r, err := http.NewRequest(v.method, v.url.String(), strings.NewReader(v.body))
	if err != nil {
		b.t.Fatalf("ssotest: %v", err)
	}
	v.setHeaders(r.Header)
	hop := Hop{Method: v.method, URL: v.url.String()}
	access := access{url: v.url, same: same, framed: v.framed, safe: v.method != http.MethodPost}
	var cookies []*http.Cookie
	cookies, hop.Withheld = b.cookies.send(access)
	for _, c := range cookies {
		r.AddCookie(c)
		hop.Sent = append(hop.Sent, c.Name)
	}
	res, err := b.c.Transport.RoundTrip(r)
	if err != nil {
		b.t.Fatalf("ssotest: no answer from %s: %v", v.url.Host, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatalf("ssotest: the answer from %s broke off: %v", v.url.Host, err)
	}
	hop.Status = res.StatusCode
	hop.Refused = b.cookies.keep(access, res.Cookies())
	return hop, res, string(text)
}

func (v *visit) setHeaders(h http.Header) {
	h.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	h.Set("Upgrade-Insecure-Requests", "1")
	if isTrustworthy(v.url) {
		h.Set("Sec-Fetch-Site", v.site)
		h.Set("Sec-Fetch-Mode", "navigate")
		h.Set("Sec-Fetch-Dest", map[bool]string{false: "document", true: "iframe"}[v.framed])
		if v.clicked {
			h.Set("Sec-Fetch-User", "?1")
		}
	}
	if v.method == http.MethodPost {
		h.Set("Content-Type", "application/x-www-form-urlencoded")
		h.Set("Origin", originOf(v.from))
		if v.noReferrer || v.origins {
			h.Set("Origin", "null")
		}
	}
	switch {
	case v.from == nil || v.noReferrer:
	case originOf(v.from) == originOf(v.url) && !v.origins:
		page := *v.from
		page.Fragment, page.User = "", nil
		h.Set("Referer", page.String())
	case v.from.Scheme == v.url.Scheme || v.url.Scheme == "https":
		h.Set("Referer", originOf(v.from)+"/")
	}
}

func hasNoReferrer(res *http.Response) bool {
	return strings.EqualFold(strings.TrimSpace(res.Header.Get("Referrer-Policy")), "no-referrer")
}

func originOf(u *url.URL) string { return u.Scheme + "://" + u.Host }
