package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// workers is how many requests are under way at once.
const workers = 4

// maxBody is how much of an answer is read.
const maxBody = 1 << 20

// DefaultUserAgent is what a request says that it comes from: sites and
// firewalls turn others away.
const DefaultUserAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

// A probe is a request.
type probe struct {
	method string // default: GET, or POST with a form
	url    string
	query  string // encoded; added to the query of url
	as     *jar   // the visitor whose cookies are sent and kept
	cookie string // a header Cookie, made up
	bearer string
	form   url.Values        // the body
	host   string            // default: the URL's
	header map[string]string // an empty value leaves one out
}

type answer struct {
	probe          probe
	url            *url.URL // what was requested
	status         int
	header         http.Header
	body           string
	sent, received time.Time
}

// errNotHTTP says that an answer has a header that can't be read.
var errNotHTTP = errors.New("the answer is not HTTP")

// get sends a request and follows no redirect. It waits where the server asks
// for it, and sends the request again where the connection was dropped. An
// error is a *noAnswer, or that of ctx.
func (d *doctor) get(ctx context.Context, p probe) (*answer, error) {
	for attempt, drops := 0, 0; ; {
		if err := d.pace.turn(ctx); err != nil {
			return nil, err
		}
		a, err := d.send(ctx, p)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil && (drops == maxDrops || !wasDropped(err)):
			return nil, &noAnswer{err: err}
		case err != nil:
			drops++
			d.drops.Add(1)
		case isBusy(a.status):
			d.pace.busy(retryAfter(a, attempt))
			if attempt++; attempt > maxBusy {
				return nil, &noAnswer{fmt.Errorf("the server answered %d, %d times in a row", a.status, attempt), true}
			}
		case a.status == http.StatusBadGateway || a.status == http.StatusGatewayTimeout:
			if drops++; drops > maxDrops {
				return nil, &noAnswer{err: fmt.Errorf("%s %s: a proxy answered %d: the site behind it did not", a.probe.method, seenAt(a.url), a.status)}
			}
		default:
			d.pace.answered()
			return a, nil
		}
	}
}

// wasDropped reports whether a connection broke off that had been made.
func wasDropped(err error) bool {
	var dial *net.OpError
	switch {
	case errors.As(err, &dial) && dial.Op == "dial", errors.Is(err, context.DeadlineExceeded), errors.Is(err, errNotHTTP), isCertificate(err):
		return false
	}
	return true
}

func isCertificate(err error) bool {
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	return errors.As(err, &verify) || errors.As(err, &record) || errors.As(err, &authority)
}

// send looks like the request of a browser that the community redirects.
func (d *doctor) send(ctx context.Context, p probe) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, d.c.Timeout)
	defer cancel()
	r, p, err := d.request(ctx, p)
	if err != nil {
		return nil, err
	}
	d.requests.Add(1)
	var written atomic.Int64 // a transport sends again itself what a kept connection lost
	r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{WroteHeaders: func() { written.Add(1) }}))
	defer func() { d.drops.Add(max(0, written.Load()-1)) }()
	a := &answer{probe: p, url: r.URL, sent: d.c.Now()}
	res, err := d.transport.RoundTrip(r)
	if err == nil {
		defer res.Body.Close()
		var body []byte
		body, err = io.ReadAll(io.LimitReader(res.Body, maxBody))
		a.status, a.header, a.body, a.received = res.StatusCode, res.Header, string(body), d.c.Now()
	}
	if err == nil {
		if p.as != nil {
			p.as.keep(a.url, a.header, a.received)
		}
		d.answers.Add(1)
		return a, nil
	}
	var notTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &notTLS) && string(notTLS.RecordHeader[:]) == "HTTP/":
		err = fmt.Errorf("the server speaks http at an https address: %w", err)
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("no answer within %v: %w", d.c.Timeout, err)
	}
	if text := err.Error(); strings.Contains(text, "malformed") || tokenLike.MatchString(text) { // net/http repeats a bad header
		return nil, fmt.Errorf("%s %s: %w: %s", p.method, seenAt(r.URL), errNotHTTP, safe(text))
	}
	return nil, fmt.Errorf("%s %s: %w", p.method, seenAt(r.URL), err)
}

func (d *doctor) request(ctx context.Context, p probe) (*http.Request, probe, error) {
	var body io.Reader
	if p.form != nil {
		body = strings.NewReader(p.form.Encode())
	}
	if p.method == "" {
		p.method = http.MethodGet
		if p.form != nil {
			p.method = http.MethodPost
		}
	}
	r, err := http.NewRequestWithContext(ctx, p.method, p.url, body)
	if err != nil {
		return nil, p, err
	}
	if p.query != "" {
		r.URL.RawQuery = strings.TrimPrefix(r.URL.RawQuery+"&"+p.query, "&")
	}
	if p.host != "" {
		r.Host = p.host
	}
	for _, h := range []map[string]string{
		{"User-Agent": DefaultUserAgent, "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Accept-Language": "en-US,en;q=0.9", "Upgrade-Insecure-Requests": "1",
			"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-User": "?1"},
		d.c.Header, p.header,
	} {
		for _, name := range slices.Sorted(maps.Keys(h)) {
			if r.Header.Set(name, h[name]); h[name] == "" {
				r.Header.Del(name)
			}
		}
	}
	if p.form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if p.as != nil {
		p.cookie = p.as.header(r.URL)
	}
	if p.cookie != "" {
		r.Header.Set("Cookie", p.cookie)
	}
	if p.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+p.bearer)
	}
	return r, p, nil
}

// each calls do for 0 to n-1, a few at once, until one fails.
func (d *doctor) each(ctx context.Context, n int, do func(context.Context, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	atOnce := min(workers, n)
	if d.session.isMoving() || d.pace.isLimited() {
		atOnce = 1
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	next, done := 0, 0
	for range atOnce {
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

const (
	maxDrops = 2 // how often a request is sent again whose connection was dropped
	maxBusy  = 4 // how often one that was answered 429 or 503
)

// A pace keeps to what the server and the caller allow.
type pace struct {
	mu      sync.Mutex
	gap     time.Duration // between two requests
	next    time.Time     // when the next one may go
	slowed  bool          // by the server, not by the caller
	left    time.Duration // how much longer the server may make us wait
	since   int           // answers since it last did
	refused int           // how often it did
}

// turn waits until the next request may go.
func (p *pace) turn(ctx context.Context) error {
	p.mu.Lock()
	now := time.Now()
	at := p.next
	if at.Before(now) {
		at = now
	}
	if p.slowed {
		if p.left -= at.Sub(now); p.left < 0 {
			p.left = 0
			p.mu.Unlock()
			return &noAnswer{fmt.Errorf("the server answered 429 or 503, and asks to wait for another %v: that is more patience than was left", at.Sub(now).Round(100*time.Millisecond)), true}
		}
	}
	p.next = at.Add(p.gap)
	p.mu.Unlock()
	return sleep(ctx, at.Sub(now))
}

// busy makes every request wait that has not been sent.
func (p *pace) busy(wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused++
	now := time.Now()
	if now.Add(wait).Before(p.next) { // another request waits already
		return
	}
	p.next, p.slowed = now.Add(wait), true
	if p.since > 0 {
		p.gap = max(p.gap, wait/time.Duration(p.since))
	}
	p.since = 0
}

func (p *pace) answered() {
	p.mu.Lock()
	p.since++
	p.mu.Unlock()
}

// isLimited reports whether the server has asked for fewer requests.
func (p *pace) isLimited() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused > 0
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// isBusy reports whether a status asks for fewer requests.
func isBusy(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

// retryAfter is how long a busy server asks to wait. Without a word of its own,
// it is a second, and twice as long each time.
func retryAfter(a *answer, attempt int) time.Duration {
	text := a.header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return max(time.Duration(seconds)*time.Second, 100*time.Millisecond)
	}
	if at, err := http.ParseTime(text); err == nil {
		now := a.received
		if date, err := http.ParseTime(a.header.Get("Date")); err == nil {
			now = date
		}
		return max(at.Sub(now), 100*time.Millisecond)
	}
	return time.Second << attempt
}

// A noAnswer is a request without a normal answer. What it was to tell is
// unknown.
type noAnswer struct {
	err  error
	busy bool
}

func (e *noAnswer) Error() string { return e.err.Error() }

func (e *noAnswer) Unwrap() error { return e.err }
