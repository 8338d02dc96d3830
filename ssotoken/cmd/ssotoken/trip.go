package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

const (
	maxHops = 10
	maxBody = 1 << 20
)

// How sure it is that the member is logged in.
const (
	loggedIn    = "yes"
	notLoggedIn = "no"
	unclear     = "unclear"
)

// A tripReport is what came back. It holds no token and no cookie's value.
type tripReport struct {
	LoggedIn     string        `json:"loggedIn"` // yes, no or unclear
	Community    string        `json:"community"`
	Landed       string        `json:"landed,omitempty"`
	Milliseconds int64         `json:"milliseconds"`           // of the login, without the guest's request
	ClockSeconds *float64      `json:"clockSeconds,omitempty"` // that the community's clock is ahead
	Cookies      []tripCookie  `json:"cookies"`
	Hops         []hop         `json:"requests"`
	Findings     []tripFinding `json:"findings"`
	Notes        []string      `json:"notes,omitempty"`
}

type tripCookie struct {
	Name       string   `json:"name"`
	Attributes []string `json:"attributes"`
	Guest      bool     `json:"guestHasIt"`
	isNew      bool
}

type hop struct {
	Path   string `json:"path"`
	Status int    `json:"status"`
	To     string `json:"to,omitempty"`
}

type tripFinding struct {
	contract.Rule
	Message string `json:"message"`
}

func (r *tripReport) found() bool {
	return r.LoggedIn != loggedIn || slices.ContainsFunc(r.Findings, func(f tripFinding) bool { return f.Verdict.WorseThan(contract.Info) })
}

// A trip is one login, made as a browser would.
type trip struct {
	signer    *ssotoken.Signer
	home      *url.URL
	transport http.RoundTripper
	jar       *cookiejar.Jar
	guest     map[string]string // cookies before the login
	now       func() time.Time
	timeout   time.Duration
	report    *tripReport
}

func newTrip(signer *ssotoken.Signer, now func() time.Time, timeout time.Duration) *trip {
	jar, _ := cookiejar.New(nil) // never an error
	home, _ := url.Parse(signer.Community().String() + "/")
	return &trip{
		signer: signer, home: home, jar: jar, guest: map[string]string{}, now: now, timeout: timeout,
		transport: http.DefaultTransport.(*http.Transport).Clone(),
		report:    &tripReport{LoggedIn: notLoggedIn, Community: signer.Community().String(), Cookies: []tripCookie{}, Hops: []hop{}, Findings: []tripFinding{}},
	}
}

func (t *trip) find(code contract.Code, message string) {
	t.report.Findings = append(t.report.Findings, tripFinding{doctor.RuleOf(code), message})
}

// make requests the home page as a guest, and follows the login. What came back is
// in the report; an error says that there was no token.
func (t *trip) make(ctx context.Context, claims ssotoken.Claims, path ssotoken.ReturnPath) error {
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	if a := t.get(ctx, t.home); a != nil {
		for _, c := range t.jar.Cookies(t.home) {
			t.guest[c.Name] = c.Value
		}
		t.clock(a)
	} else {
		return nil
	}
	t.report.Hops = t.report.Hops[:0]
	t.report.Cookies = t.report.Cookies[:0]
	login, err := t.signer.LoginURL(ctx, claims, path)
	if err != nil {
		return err
	}
	at, err := url.Parse(login)
	if err != nil {
		return errors.New("the login URL is not one") // without its token
	}
	start := t.now()
	first, last := t.follow(ctx, at)
	t.report.Milliseconds = t.now().Sub(start).Milliseconds()
	if first != nil && last != nil {
		t.judge(first, last, path)
	}
	return nil
}

// follow gives the answer to the login, and that after the last redirect; nil
// where there is none to judge.
func (t *trip) follow(ctx context.Context, at *url.URL) (first, last *answer) {
	seen := map[string]bool{}
	for range maxHops {
		seen[at.String()] = true
		a := t.get(ctx, at)
		if a == nil {
			return first, nil
		}
		if first == nil {
			first = a
		}
		if a.to == nil {
			return first, a
		}
		if a.to.Scheme != t.home.Scheme || !strings.EqualFold(a.to.Host, t.home.Host) {
			t.find(contract.LoginElsewhere, fmt.Sprintf("The login was sent on to %s, another host, and not followed.", shown(a.to, true)))
			return first, nil
		}
		at = a.to
		if seen[at.String()] || at.Path == contract.SSOPath {
			break
		}
	}
	t.find(contract.Loop, fmt.Sprintf("After %s it went round: a browser would stop with too many redirects.", count(len(t.report.Hops), "request")))
	return first, nil
}

// An answer is one page.
type answer struct {
	at, to *url.URL // to is nil where it stays
	status int
	html   bool
	title  string
	header http.Header
}

// get requests a page as a navigation. It finds what hinders it, and gives nil then.
func (t *trip) get(ctx context.Context, at *url.URL) *answer {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		t.find(contract.NoAnswer, "The address can't be requested.")
		return nil
	}
	for name, value := range map[string]string{
		"User-Agent": "ssotoken-smoke", "Accept": "text/html,*/*;q=0.8",
		"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-User": "?1",
	} {
		r.Header.Set(name, value)
	}
	for _, c := range t.jar.Cookies(at) {
		r.AddCookie(c)
	}
	res, err := t.transport.RoundTrip(r)
	if err != nil {
		t.unanswered(err)
		return nil
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		t.unanswered(err)
		return nil
	}
	a := &answer{at: at, status: res.StatusCode, header: res.Header, html: strings.Contains(res.Header.Get("Content-Type"), "html")}
	if m := titleElement.FindSubmatch(body); m != nil {
		a.title = withoutToken(strings.Join(strings.Fields(string(m[1])), " "))
	}
	if location := res.Header.Get("Location"); location != "" && a.status >= 300 && a.status < 400 {
		a.to, _ = at.Parse(location)
	}
	t.cookies(at, res.Cookies())
	h := hop{Path: shown(at, false), Status: a.status}
	if a.to != nil {
		h.To = shown(a.to, a.to.Host != t.home.Host)
	}
	t.report.Hops = append(t.report.Hops, h)
	return a
}

var titleElement = regexp.MustCompile(`(?is)<title[^>]*>(.{0,200}?)</title>`)

// cookies keeps what a browser would, and reports the last of each name.
func (t *trip) cookies(at *url.URL, set []*http.Cookie) {
	t.jar.SetCookies(at, set)
	for _, c := range set {
		guestValue, guest := t.guest[c.Name]
		isGone := c.Value == "" || c.MaxAge < 0 || !c.Expires.IsZero() && c.Expires.Before(t.now())
		shown := tripCookie{Name: c.Name, Attributes: attributes(c), Guest: guest, isNew: !isGone && c.Value != guestValue}
		t.report.Cookies = slices.DeleteFunc(t.report.Cookies, func(other tripCookie) bool { return other.Name == c.Name })
		t.report.Cookies = append(t.report.Cookies, shown)
	}
}

func attributes(c *http.Cookie) []string {
	bare := *c
	bare.Name, bare.Value = "x", ""
	_, rest, _ := strings.Cut(bare.String(), "; ")
	if rest == "" {
		return []string{"no attributes"}
	}
	return strings.Split(rest, "; ")
}

// unanswered finds why there was no answer.
func (t *trip) unanswered(err error) {
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var notTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &host):
		t.find(contract.CertificateRefused, "The certificate is that of another host.")
	case errors.As(err, &certificate), errors.As(err, &authority):
		t.find(contract.CertificateRefused, "The certificate is not trusted: "+withoutToken(err.Error())+".")
	case errors.As(err, &notTLS):
		t.find(contract.NoAnswer, "The server does not speak TLS at an https address.")
	case errors.Is(err, context.DeadlineExceeded):
		t.find(contract.NoAnswer, fmt.Sprintf("No answer within %v.", t.timeout))
	default:
		t.find(contract.NoAnswer, "No answer: "+withoutToken(err.Error())+".")
	}
}

var tokenLike = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*`)

func withoutToken(s string) string { return tokenLike.ReplaceAllString(s, "(token)") }

// shown is an address without what could be a token: an SSO path has no query.
func shown(u *url.URL, whole bool) string {
	s := u.EscapedPath()
	if u.RawQuery != "" && u.Path != contract.SSOPath && !whole {
		s += "?" + u.RawQuery
	}
	if whole {
		s = u.Scheme + "://" + u.Host + s
	}
	return withoutToken(s)
}
