package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

const (
	workers   = 8       // concurrent requests
	maxBody   = 1 << 20 // how much of an answer is read
	maxDrops  = 2       // how often a request is sent again whose connection was dropped
	maxBusy   = 4       // how often one that was answered 429 or 503
	longCheck = 50      // how many requests are worth a report of progress
)

// DefaultUserAgent is what a request says that it comes from: sites and firewalls turn others away.
const DefaultUserAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 " +
	"(KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

// A probe is a request.
type probe struct {
	method string // default: GET, or POST with a body
	url    string
	query  string         // encoded; added to the query of url
	from   *url.URL       // the page with the form; nil is the community
	as     *visitor       // whose session is sent
	jar    *useragent.Jar // the cookies of the visit
	cookie string         // a header Cookie, made up
	bearer string
	form   url.Values        // the body
	lies   []lie             // what the request claims beside its session
	poses  member            // whom the lies name
	host   string            // default: the URL's
	header map[string]string // an empty value leaves one out
}

type answer struct {
	probe          probe
	url            *url.URL // what was requested
	status         int
	header         http.Header
	body           string
	set            []*http.Cookie // those that were kept
	sent, received time.Time
	page           func() *page
}

// A visitor has a session that was given for some hosts. Each visit has a jar of its own, since a hundred visits of
// one browser look like a loop: of what an answer sets, only the given cookies are kept.
type visitor struct {
	hosts []*url.URL

	mu      sync.Mutex
	cookies []*http.Cookie
	rotates atomic.Bool // one of them got another value, so that requests go one after the other
}

// countsVisits is the cookie by which [ssotoken.Login] finds a loop.
const countsVisits = "sso_trips"

// newVisitor takes a header Cookie.
func newVisitor(header string, hosts []*url.URL) *visitor {
	v := &visitor{hosts: hosts}
	for pair := range strings.SplitSeq(header, ";") {
		if c := useragent.ParseSetCookie(pair); c.Name != "" && c.Name != countsVisits {
			v.cookies = append(v.cookies, c)
		}
	}
	return v
}

// without returns the visitor without a cookie, and whether it had that.
func (v *visitor) without(name string) (rest *visitor, had bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	kept := slices.DeleteFunc(slices.Clone(v.cookies), func(c *http.Cookie) bool { return c.Name == name })
	return &visitor{hosts: v.hosts, cookies: kept}, len(kept) < len(v.cookies)
}

// visit returns the cookies of one visit.
func (v *visitor) visit() *useragent.Jar {
	v.mu.Lock()
	defer v.mu.Unlock()
	var pairs []string
	for _, c := range v.cookies {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	jar := &useragent.Jar{}
	for _, host := range v.hosts {
		jar.Set(host, strings.Join(pairs, "; "))
	}
	return jar
}

// learn keeps what an answer of the session's hosts made of the given cookies.
func (v *visitor) learn(a *answer) {
	if !isOneOf(v.hosts, a.url) {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, set := range a.set {
		at := slices.IndexFunc(v.cookies, func(c *http.Cookie) bool { return c.Name == set.Name })
		switch {
		case at < 0:
		case set.MaxAge < 0 || set.MaxAge == 0 && !set.Expires.IsZero() && !set.Expires.After(a.received):
			v.cookies = slices.Delete(v.cookies, at, at+1)
		default:
			if v.cookies[at].Value != set.Value {
				v.rotates.Store(true)
			}
			v.cookies[at] = set
		}
	}
}

// errNotHTTP says that an answer has a header that can't be read.
var errNotHTTP = errors.New("the answer is not HTTP")

// A noAnswer is a request without a normal answer. What it was to tell is unknown.
type noAnswer struct {
	error
	busy    bool // 429 or 503
	gateway int  // 502 or 504: a proxy waited for the site in vain
}

func (e *noAnswer) Unwrap() error { return e.error }

// get sends a request and follows no redirect. It waits where the server asks for it, and sends the request again
// where the connection was dropped. An error is a *noAnswer, or that of ctx.
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
			return nil, &noAnswer{error: err}
		case err != nil:
			drops++
			d.drops.Add(1)
		case a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable:
			d.pace.busy(retryAfter(a, attempt))
			if attempt++; attempt > maxBusy {
				return nil, &noAnswer{error: fmt.Errorf("the server answered %d, %d times in a row", a.status, attempt), busy: true}
			}
		case a.status == http.StatusBadGateway || a.status == http.StatusGatewayTimeout:
			if drops++; drops > maxDrops {
				err := fmt.Errorf("%s %s: a proxy answered %d: the site behind it did not", a.probe.method, seenAt(a.url), a.status)
				return nil, &noAnswer{error: err, gateway: a.status}
			}
		default:
			d.pace.since.Add(1)
			return a, nil
		}
	}
}

// wasDropped reports whether a connection broke off that had been made.
func wasDropped(err error) bool {
	var dial *net.OpError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	return !(errors.As(err, &dial) && dial.Op == "dial" || errors.As(err, &certificate) || errors.As(err, &record) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errNotHTTP))
}

// send makes one request, as the browser that the community redirects.
func (d *doctor) send(ctx context.Context, p probe) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, d.c.Timeout)
	defer cancel()
	r, err := d.request(&p)
	if err != nil {
		return nil, err
	}
	d.requests.Add(1)
	var written atomic.Int64 // a transport sends again itself what a kept connection lost
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { written.Add(1) }})
	defer func() { d.drops.Add(max(0, written.Load()-1)) }()
	a := &answer{probe: p, url: r.URL, sent: d.c.Now()}
	res, err := d.client.Do(ctx, p.jar, r)
	if err == nil {
		a.status, a.header, a.body, a.received = res.StatusCode, res.Header, res.Text, d.c.Now()
		a.page = sync.OnceValue(func() *page { return parsePage(a.body) })
		a.set = slices.DeleteFunc(res.Set, func(c *http.Cookie) bool { return res.Refused[c.Name] != "" })
		if p.as != nil {
			p.as.learn(a)
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
	text := err.Error()
	if strings.Contains(text, "malformed") || tokenLike.MatchString(text) { // net/http repeats a bad header
		return nil, fmt.Errorf("%s %s: %w: %s", p.method, seenAt(r.URL), errNotHTTP, safe(text))
	}
	return nil, fmt.Errorf("%s %s: %w", p.method, seenAt(r.URL), err)
}

// request makes a browser's request of a probe, and completes the probe.
func (d *doctor) request(p *probe) (*useragent.Request, error) {
	u, err := url.Parse(p.url)
	if err != nil {
		return nil, err
	}
	query, header, cookies, body := told(p.lies, false)
	u.RawQuery = joined("&", u.RawQuery, p.query, query)
	r := &useragent.Request{URL: u, Host: p.host, From: cmp.Or(p.from, d.from), Header: http.Header{}, Body: body}
	kind, method := "", http.MethodGet
	switch {
	case p.form != nil:
		method, kind, r.Body = http.MethodPost, "application/x-www-form-urlencoded", p.form.Encode()
	case body != "":
		method, kind = http.MethodPost, "application/json"
	}
	p.method = cmp.Or(p.method, method)
	r.Method = p.method
	set := func(values map[string]string) {
		for name, value := range values {
			if r.Header[http.CanonicalHeaderKey(name)] = []string{value}; value == "" {
				r.Header[http.CanonicalHeaderKey(name)] = nil
			}
		}
	}
	set(map[string]string{"User-Agent": DefaultUserAgent, "Accept-Language": "en-US,en;q=0.9", "Content-Type": kind})
	for name, value := range d.c.Header { // which may be a credential
		if strings.EqualFold(name, "User-Agent") || d.mayKnow(u) {
			set(map[string]string{name: value})
		}
	}
	set(header)
	set(p.header)
	if p.as != nil && p.jar == nil {
		p.jar = p.as.visit()
	}
	if p.cookie = joined("; ", p.cookie, cookies); p.cookie != "" {
		r.Header.Set("Cookie", p.cookie)
	}
	if p.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+p.bearer)
	}
	return r, nil
}

func joined(by string, texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), by)
}

// all sends requests side by side. The answers are in the order of the probes.
func (d *doctor) all(
	ctx context.Context, probes []probe, send func(context.Context, probe) (*answer, error),
) ([]*answer, error) {
	answers := make([]*answer, len(probes))
	err := d.each(ctx, len(probes), func(ctx context.Context, i int) (err error) {
		answers[i], err = send(ctx, probes[i])
		return err
	})
	return answers, err
}

// each calls do for 0 to n-1, a few concurrently, until one fails.
func (d *doctor) each(ctx context.Context, n int, do func(context.Context, int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	if d.session.rotates.Load() || d.pace.refused.Load() > 0 {
		group.SetLimit(1)
	}
	var mu sync.Mutex
	done := 0
	for i := range n {
		group.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			if err := do(ctx, i); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if done++; n >= longCheck {
				d.progress(done, n)
			}
			return nil
		})
	}
	return group.Wait()
}

// referrer encodes a value as the community does.
func referrer(value string) string {
	return contract.ReferrerURI + "=" + strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// A pace keeps to what the server and the caller allow.
type pace struct {
	mu      sync.Mutex
	gap     time.Duration // between two requests
	next    time.Time     // when the next one may go
	slowed  bool          // by the server, not by the caller
	left    time.Duration // how much longer the server may make us wait
	since   atomic.Int64  // answers since it last did
	refused atomic.Int64  // how often it did
}

// turn waits until the next request may go.
func (p *pace) turn(ctx context.Context) error {
	p.mu.Lock()
	now := time.Now()
	wait := max(0, p.next.Sub(now))
	if p.slowed {
		if p.left -= wait; p.left < 0 {
			p.left = 0
			p.mu.Unlock()
			return &noAnswer{busy: true, error: fmt.Errorf(
				"the server answered 429 or 503, and asks to wait for another %v: that is more patience than was left",
				wait.Round(100*time.Millisecond))}
		}
	}
	p.next = now.Add(wait + p.gap)
	p.mu.Unlock()
	return sleep(ctx, wait)
}

// busy makes every request wait that has not been sent.
func (p *pace) busy(wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused.Add(1)
	now := time.Now()
	if now.Add(wait).Before(p.next) { // another request waits already
		return
	}
	p.next, p.slowed = now.Add(wait), true
	if n := p.since.Swap(0); n > 0 {
		p.gap = max(p.gap, wait/time.Duration(n))
	}
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

// retryAfter is how long a busy server asks to wait. If it doesn't say, it is a second, and twice as long each time.
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

// curl returns a command that sends a request again. It holds no credential but
// the variable in which one is, and no member's data but names for it.
func (a *answer) curl(header map[string]string) string {
	p := a.probe
	query, told, cookies, body := told(p.lies, true)
	u := *a.url
	if base, err := url.Parse(p.url); err == nil {
		u.RawQuery = joined("&", base.RawQuery, p.query, query)
	}
	command := "curl -i"
	add := func(option, value string) { command += " " + option + " " + quoted(value) }
	switch p.method {
	case http.MethodGet:
	case http.MethodHead:
		command += " -I"
	default:
		command += " -X " + p.method
	}
	switch {
	case p.as != nil:
		command += ` -b "$COOKIE"`
	case cookies != "":
		add("-b", cookies)
	case p.cookie != "":
		add("-b", cookieValue.ReplaceAllString(p.cookie, "=made-up"))
	}
	if p.bearer != "" {
		command += ` -H "Authorization: Bearer $BEARER"`
	}
	if p.host != "" {
		add("-H", "Host: "+p.host)
	}
	hidden := map[string]string{} // which may be secrets
	for name, value := range header {
		if hidden[name] = "…"; strings.EqualFold(name, "User-Agent") {
			hidden[name] = value
		}
	}
	for _, headers := range []map[string]string{hidden, told, p.header} {
		for _, name := range slices.Sorted(maps.Keys(headers)) {
			if value := headers[name]; value != "" {
				add("-H", name+": "+value)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.form)) {
		add("--data-urlencode", name+"=…")
	}
	if body != "" {
		add("--json", body)
	}
	return safe(command + " " + quoted(u.String()))
}

var cookieValue = regexp.MustCompile(`=[^;]*`)

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
