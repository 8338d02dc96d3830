// Package smoke makes one real login of a test member at a community, as a browser would, and says what came back.
//
//	report, err := smoke.Login(ctx, smoke.Config{Signer: signer, Claims: claims})
//
// The community creates a member that it does not know, and changes one that it knows.
package smoke

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

const maxHops = 10

// DefaultTimeout is how long the login, or the look at the default spaces, may take.
const DefaultTimeout = 30 * time.Second

// Config says which login to make. Signer and Claims are required.
type Config struct {
	Signer *ssotoken.Signer
	Claims ssotoken.Claims
	Path   ssotoken.ReturnPath // zero is the home page

	// DefaultSpaces are paths of pages that only a member of a default space sees.
	DefaultSpaces []string

	// API, if not empty, is where the member's data is read from too: https, or http on this machine. See [DefaultAPI].
	// The URLs of Settings, if not empty, are compared with the community's.
	API      string
	Settings ssotest.Settings

	// Timeout is for the login, for the look at the default spaces, and for the API. 0 is [DefaultTimeout].
	Timeout time.Duration

	// Now is the clock. nil is [time.Now].
	Now func() time.Time

	// Transport sends the requests. nil is one like [http.DefaultTransport].
	Transport http.RoundTripper
}

// An Outcome says how sure it is that the member is logged in.
type Outcome string

const (
	LoggedIn    Outcome = "yes"
	NotLoggedIn Outcome = "no"
	Unclear     Outcome = "unclear"
)

// A Report is what came back. It holds no token and no cookie's value.
type Report struct {
	LoggedIn     Outcome   `json:"loggedIn"`
	Community    string    `json:"community"`
	Landed       string    `json:"landed,omitempty"`
	Milliseconds int64     `json:"milliseconds"`           // of the login, without the guest's request
	ClockSeconds *float64  `json:"clockSeconds,omitempty"` // that the community's clock is ahead, at least; 0 if they may agree
	Cookies      []Cookie  `json:"cookies"`
	Hops         []Hop     `json:"requests"`
	Findings     []Finding `json:"findings"`
	Notes        []string  `json:"notes,omitempty"`

	// Decisions say of what the vendor leaves open whether this run confirmed it, contradicted it by which findings, or
	// did not see it. They hold no host name and no value.
	Decisions []string `json:"decisions"`
}

// A Cookie is one that the login set. GuestHasIt says that a visitor without a login gets it too.
type Cookie struct {
	Name       string   `json:"name"`
	Attributes []string `json:"attributes"`
	GuestHasIt bool     `json:"guestHasIt"`
	isNew      bool
}

// A Hop is one request. To is where it was redirected to.
type Hop struct {
	Path   string `json:"path"`
	Status int    `json:"status"`
	To     string `json:"to,omitempty"`
}

// A Finding says which rule is broken, and what was seen.
type Finding struct {
	inspect.Rule
	Message string `json:"message"`
}

// Found reports whether the login is not sure, or has a finding worse than an Info.
func (r *Report) Found() bool {
	isBad := func(f Finding) bool { return f.Verdict.WorseThan(inspect.Info) }
	return r.LoggedIn != LoggedIn || slices.ContainsFunc(r.Findings, isBad)
}

// Login requests the home page as a guest, makes the login, follows it on the community's own host, and requests the
// pages of DefaultSpaces. An error says that there was no token; the login's own failures are in the report.
func Login(ctx context.Context, c Config) (*Report, error) {
	home, err := url.Parse(c.Signer.Community().String() + "/")
	if err != nil {
		return nil, err
	}
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Transport == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxResponseHeaderBytes = 1 << 20
		c.Transport = transport
	}
	t := &trip{
		Config: c, home: home, guest: map[string]string{},
		stored: map[string][]contract.Code{},
		client: useragent.Client{Transport: c.Transport, Now: c.Now, Header: http.Header{"User-Agent": {"ssotoken-smoke"}}},
		report: &Report{LoggedIn: NotLoggedIn, Community: c.Signer.Community().String(), Cookies: []Cookie{}, Hops: []Hop{},
			Findings: []Finding{}},
	}
	if err := t.make(ctx); err != nil {
		return nil, err
	}
	t.look(ctx)
	if err := t.askAPI(ctx); err != nil {
		return nil, err
	}
	t.decide()
	t.hideSecrets()
	return t.report, nil
}

// A trip is one login on its way.
type trip struct {
	Config
	home    *url.URL
	client  useragent.Client
	jar     useragent.Jar
	guest   map[string]string // cookies before the login
	secrets []string          // the token, and the values of cookies
	report  *Report
	stored  map[string][]contract.Code // of each decision, what contradicts it

	sendsSpaces bool
}

// hide keeps a token out of the report.
func (t *trip) hide(jwt string) {
	_, payload, _ := strings.Cut(jwt, ".") // the header is no secret
	t.secrets = append(t.secrets, strings.Split(payload, ".")...)
}

func (t *trip) find(code contract.Code, message string) {
	t.report.Findings = append(t.report.Findings, Finding{ruleOf(code), message})
}

func (t *trip) make(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	sent := t.Now()
	guest := t.get(ctx, &useragent.Request{URL: t.home})
	if guest == nil {
		return nil
	}
	t.clock(guest, sent, t.Now())
	for _, c := range guest.Set {
		t.guest[c.Name] = c.Value
	}
	t.report.Hops, t.report.Cookies = t.report.Hops[:0], t.report.Cookies[:0]
	login, err := t.Signer.LoginURL(ctx, t.Claims, t.Path)
	if err != nil {
		return err
	}
	at, err := url.Parse(login)
	if err != nil {
		return errors.New("the login URL is not one") // without its token
	}
	t.sendsSpaces = slices.ContainsFunc(inspect.LoginURL(login, inspect.Options{}).Claims, func(c inspect.Entry) bool {
		return c.Name == contract.SpaceIDs || c.Name == contract.Spaces
	})
	t.hide(at.Query().Get(contract.JWT))
	start := t.Now()
	first, last := t.follow(ctx, &useragent.Request{URL: at})
	t.report.Milliseconds = t.Now().Sub(start).Milliseconds()
	if first != nil && last != nil {
		t.judge(first, last)
	}
	return nil
}

// follow returns the answer to the login, and that after the last redirect; nil where there is none to judge.
func (t *trip) follow(ctx context.Context, next *useragent.Request) (first, last *useragent.Response) {
	seen := map[string]bool{}
	for range maxHops {
		seen[next.URL.String()] = true
		answer := t.get(ctx, next)
		if answer == nil {
			return first, nil
		}
		first = cmp.Or(first, answer)
		to, err := answer.Redirect()
		switch {
		case err != nil:
			t.find(LoginPage, "The login was redirected to what is no address: a browser goes nowhere.")
			return first, nil
		case to == nil:
			return first, answer
		case !t.isHome(to.URL):
			t.find(LoginElsewhere, fmt.Sprintf("The login was sent on to %s, another host, and not followed.", t.shown(to.URL)))
			return first, nil
		case seen[to.URL.String()] || isLogin(to.URL):
			t.find(contract.Loop, fmt.Sprintf("After %s it went round: a browser would stop with too many redirects.", requests(len(t.report.Hops))))
			return first, nil
		}
		next = to
	}
	t.find(contract.Loop, fmt.Sprintf("After %s it went round: a browser would stop with too many redirects.", requests(maxHops)))
	return first, nil
}

func requests(n int) string {
	if n == 1 {
		return "1 request"
	}
	return fmt.Sprintf("%d requests", n)
}

func isLogin(u *url.URL) bool { return strings.HasSuffix(u.Path, contract.SSOPath) }

func (t *trip) isHome(u *url.URL) bool { return useragent.Origin(u) == useragent.Origin(t.home) }

// get requests a page. It finds what hinders it, and returns nil then.
func (t *trip) get(ctx context.Context, r *useragent.Request) *useragent.Response {
	answer, err := t.client.Do(ctx, &t.jar, r)
	if err != nil {
		t.unanswered("", err)
		return nil
	}
	for _, c := range answer.Set {
		t.secrets = append(t.secrets, c.Value)
		guest, isGuests := t.guest[c.Name]
		isGone := c.Value == "" || c.MaxAge < 0 || !c.Expires.IsZero() && c.Expires.Before(t.Now())
		_, isRefused := answer.Refused[c.Name]
		cookie := Cookie{Name: c.Name, Attributes: attributes(c), GuestHasIt: isGuests, isNew: !isGone && !isRefused && c.Value != guest}
		t.report.Cookies = slices.DeleteFunc(t.report.Cookies, func(other Cookie) bool { return other.Name == c.Name })
		t.report.Cookies = append(t.report.Cookies, cookie)
	}
	hop := Hop{Path: t.shown(r.URL), Status: answer.StatusCode}
	if to, err := answer.Redirect(); err == nil && to != nil {
		hop.To = t.shown(to.URL)
	}
	t.report.Hops = append(t.report.Hops, hop)
	return answer
}

func attributes(c *http.Cookie) []string {
	bare := *c
	bare.Name, bare.Value, bare.Quoted = "x", "", false
	_, rest, _ := strings.Cut(bare.String(), "; ")
	if rest == "" {
		return []string{"no attributes"}
	}
	return strings.Split(rest, "; ")
}

// unanswered finds why there was no answer.
func (t *trip) unanswered(who string, err error) {
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var notTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &host):
		t.find(CertificateRefused, who+"The certificate is that of another host.")
	case errors.As(err, &certificate), errors.As(err, &authority):
		t.find(CertificateRefused, who+"The certificate is not trusted: "+err.Error()+".")
	case errors.As(err, &notTLS):
		t.find(NoAnswer, who+"The server does not speak TLS at an https address.")
	case errors.Is(err, context.DeadlineExceeded):
		t.find(NoAnswer, who+fmt.Sprintf("No answer within %v.", t.Timeout))
	default:
		t.find(NoAnswer, who+"No answer: "+err.Error()+".")
	}
}

// shown is an address without what could be a token: the login's has no query, nor has one of another host.
func (t *trip) shown(u *url.URL) string {
	s := u.EscapedPath()
	switch {
	case !t.isHome(u):
		return u.Scheme + "://" + u.Host + s
	case u.RawQuery != "" && !isLogin(u):
		s += "?" + u.RawQuery
	}
	return s
}

// look requests pages that only a member of a default space sees.
func (t *trip) look(ctx context.Context) {
	if t.report.LoggedIn == NotLoggedIn {
		return
	}
	if t.sendsSpaces && len(t.DefaultSpaces) == 0 {
		t.report.Notes = append(t.report.Notes, "Whether the member is in the default spaces was not looked at: public code says that "+
			"a new member with spaceIds may miss them. Name a page of one by --default-space.")
	}
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	for _, page := range t.DefaultSpaces {
		at, err := useragent.Resolve(t.home, page)
		if err != nil || !t.isHome(at) {
			continue
		}
		answer := t.get(ctx, &useragent.Request{URL: at})
		if answer == nil {
			return
		}
		switch to, err := answer.Redirect(); {
		case err == nil && to != nil:
			t.find(DefaultSpacesMissed, fmt.Sprintf("The page %s is not shown to the member: it leads to %s.", page, t.shown(to.URL)))
		case answer.StatusCode != http.StatusOK:
			t.find(DefaultSpacesMissed, fmt.Sprintf("The page %s is not shown to the member: HTTP %d.", page, answer.StatusCode))
		default:
			t.report.Notes = append(t.report.Notes, fmt.Sprintf("The page %s is shown to the member.", page))
		}
	}
}

// decide says what is known of each decision now.
func (t *trip) decide() {
	r := t.report
	say := func(decision string, isSeen bool, by ...contract.Code) {
		seen := "confirmed"
		broken := slices.DeleteFunc(by, func(code contract.Code) bool {
			return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == code })
		})
		if slices.Sort(broken); !isSeen {
			seen = "not seen"
		} else if len(broken) > 0 {
			seen = fmt.Sprintf("contradicted %s", slices.Compact(broken))
		}
		r.Decisions = append(r.Decisions, decision+": "+seen)
	}
	isIn := r.LoggedIn == LoggedIn
	say("the key is its text in UTF-8, and no other claims are needed", isIn)
	say("a login is answered with a redirect", isIn, LoginWithoutRedirect)
	say("it lands on redirect_uri as sent", isIn && t.Path.String() != "", LoginPage)
	say("it sets a cookie", isIn, NoSessionCookie)
	say("the clocks agree", r.ClockSeconds != nil, doctor.ClockDiffers)
	say("default spaces are there beside spaceIds", isIn && t.sendsSpaces && len(t.DefaultSpaces) > 0, DefaultSpacesMissed)
	for _, decision := range slices.Sorted(maps.Keys(t.stored)) {
		say(decision, true, t.stored[decision]...)
	}
}

// hideSecrets looks through the whole report: a community may put the token, or a cookie's value, into a path, a
// cookie's name or attribute, a title or an error.
func (t *trip) hideSecrets() {
	r := t.report
	hide := func(texts ...*string) {
		for _, text := range texts {
			if t.holdsSecret(*text) {
				*text = "(hidden: it holds the token or a cookie's value)"
			}
		}
	}
	hide(&r.Landed)
	for i := range r.Cookies {
		hide(&r.Cookies[i].Name)
		for k := range r.Cookies[i].Attributes {
			hide(&r.Cookies[i].Attributes[k])
		}
	}
	for i := range r.Hops {
		hide(&r.Hops[i].Path, &r.Hops[i].To)
	}
	for i := range r.Findings {
		hide(&r.Findings[i].Message)
	}
	for i := range r.Notes {
		hide(&r.Notes[i])
	}
}

// holdsSecret reports whether a text has a part of a secret, however often it is encoded and in whatever case.
func (t *trip) holdsSecret(text string) bool {
	const part = 16 // characters by which a part is known
	for range 4 {
		if tokenLike.MatchString(text) {
			return true
		}
		folded := strings.ToLower(text)
		for _, secret := range t.secrets {
			secret = strings.ToLower(secret)
			if len(secret) < 6 { // such as 1, which is no secret
				continue
			}
			for i := 0; i == 0 || i+part <= len(secret); i++ {
				if strings.Contains(folded, secret[i:min(i+part, len(secret))]) {
					return true
				}
			}
		}
		decoded := percentEncoded.ReplaceAllStringFunc(text, func(s string) string {
			plain, _ := url.PathUnescape(s)
			return plain
		})
		decoded = base64Word.ReplaceAllStringFunc(decoded, func(s string) string {
			plain, err := base64.RawURLEncoding.DecodeString(strings.ReplaceAll(s, "+", "-"))
			if err != nil || !printable.Match(plain) {
				return s
			}
			return string(plain)
		})
		if decoded == text {
			break
		}
		text = decoded
	}
	return false
}

var (
	percentEncoded = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	base64Word     = regexp.MustCompile(`[A-Za-z0-9_+-]{16,}`)
	printable      = regexp.MustCompile(`^[ -~]+$`)
	tokenLike      = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+`)
)
