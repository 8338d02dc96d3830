package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/browser"
)

// workers is how many requests are under way at once.
const workers = 4

// maxBody is how much of an answer is read.
const maxBody = 1 << 20

// A probe is a request.
type probe struct {
	method string // default: GET
	url    string
	query  string // encoded; added to the query of url
	cookie string
	host   string            // default: the URL's
	header map[string]string // an empty value leaves one out
}

type answer struct {
	url            *url.URL // what was requested
	status         int
	header         http.Header
	body           string
	sent, received time.Time
}

// errNotHTTP says that an answer has a header that can't be read.
var errNotHTTP = errors.New("the answer is not HTTP")

// get sends one request and follows no redirect. It looks like the request of a
// browser that the community redirects.
func (d *doctor) get(ctx context.Context, p probe) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, d.c.Timeout)
	defer cancel()
	if p.method == "" {
		p.method = http.MethodGet
	}
	r, err := http.NewRequestWithContext(ctx, p.method, p.url, nil)
	if err != nil {
		return nil, err
	}
	if p.query != "" {
		r.URL.RawQuery = strings.TrimPrefix(r.URL.RawQuery+"&"+p.query, "&")
	}
	if p.host != "" {
		r.Host = p.host
	}
	for name, value := range map[string]string{
		"User-Agent": "ssotoken-doctor", "Accept": "text/html,*/*;q=0.8",
		"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-User": "?1",
	} {
		r.Header.Set(name, value)
	}
	for name, value := range p.header {
		if r.Header.Set(name, value); value == "" {
			r.Header.Del(name)
		}
	}
	if p.cookie != "" {
		r.Header.Set("Cookie", p.cookie)
	}
	d.requests.Add(1)
	a := &answer{url: r.URL, sent: d.c.Now()}
	res, err := d.transport.RoundTrip(r)
	if err == nil {
		defer res.Body.Close()
		var body []byte
		body, err = io.ReadAll(io.LimitReader(res.Body, maxBody))
		a.status, a.header, a.body, a.received = res.StatusCode, res.Header, string(body), d.c.Now()
	}
	if err != nil {
		var notTLS tls.RecordHeaderError
		switch {
		case errors.As(err, &notTLS) && string(notTLS.RecordHeader[:]) == "HTTP/":
			err = fmt.Errorf("the server speaks http at an https address: %w", err)
		case errors.Is(err, context.DeadlineExceeded):
			err = fmt.Errorf("no answer within %v: %w", d.c.Timeout, err)
		}
		if text := err.Error(); tokenLike.MatchString(text) { // net/http repeats a bad header
			return nil, fmt.Errorf("%s %s: %w: %s", p.method, seenAt(r.URL), errNotHTTP, tokenLike.ReplaceAllString(text, "(token)"))
		}
		return nil, fmt.Errorf("%s %s: %w", p.method, seenAt(r.URL), err)
	}
	return a, nil
}

// each calls do for 0 to n-1, a few at once, until one fails.
func (d *doctor) each(ctx context.Context, n int, do func(context.Context, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	var mu sync.Mutex
	next, done := 0, 0
	for range min(workers, n) {
		group.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= n || ctx.Err() != nil {
					return
				}
				if err := do(ctx, i); err != nil {
					cancel(err)
					return
				}
				mu.Lock()
				done++
				d.progress(done, n)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

// referrer encodes a value as the community does.
func referrer(value string) string {
	return contract.ReferrerURI + "=" + strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// A loginURL is where a redirect sends a browser to be logged in.
type loginURL struct {
	raw    string
	url    *url.URL
	origin string
}

// login gives the login URL that an answer leads to: one with a token, or one
// of the community.
func (a *answer) login(community string) (*loginURL, bool) {
	u := a.target()
	if u == nil {
		return nil, false
	}
	return loginAt(u, community)
}

// loginAt is the login URL that an address is, if it is one.
func loginAt(u *url.URL, community string) (*loginURL, bool) {
	l := &loginURL{u.String(), u, browser.Origin(u)}
	return l, hasToken(u) || l.origin == community || u.Path == contract.SSOPath
}

// token gives the token that an answer's redirect carries.
func (a *answer) token() string {
	u := a.target()
	if u == nil {
		return ""
	}
	q := u.Query()
	return q.Get(contract.JWT) + q.Get(contract.OldJWT)
}

// mints reports whether an answer gives a token away, by its redirect or in
// its body.
func (a *answer) mints() bool { return a.token() != "" || loginInBody.MatchString(a.body) }

var loginInBody = regexp.MustCompile(`[?&;](?:` + contract.JWT + `|` + contract.OldJWT + `)=eyJ[A-Za-z0-9_-]+\.`)

func hasToken(u *url.URL) bool {
	q := u.Query()
	return q.Has(contract.JWT) || q.Has(contract.OldJWT)
}

// target is where a browser goes after a redirect; nil when it stays.
func (a *answer) target() *url.URL {
	location := a.header.Get("Location")
	if a.status < 300 || a.status > 399 || location == "" {
		return nil
	}
	return a.resolve(location)
}

// resolve is where a browser goes by an address; nil when it goes nowhere.
func (a *answer) resolve(address string) *url.URL {
	u, err := browser.Resolve(a.url, address)
	if err != nil {
		return nil
	}
	return u
}

// seenAt names where a redirect leads, without the query, which can hold a
// token.
func seenAt(u *url.URL) string {
	if at := browser.Origin(u); at != "null" {
		return at + u.Path
	}
	return "an address with the scheme " + u.Scheme
}
