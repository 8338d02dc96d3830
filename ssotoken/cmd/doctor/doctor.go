// Package doctor checks a partner's Authorization URL from outside, whatever language it is written in. Without a
// session it must mint nothing. With one it must send the browser to the right community, with one good token and the
// page that the visitor came from. Package doctor checks a JSON door ([ssotoken.Login.JSON]) too. Another origin's
// page must get nothing from it.
//
//	diagnosis, err := doctor.Check(ctx, doctor.Config{
//		AuthorizationURL: server.URL + "/community/login",
//		Community:        "community.example.com",
//		Cookie:           "session=" + session, // of a test member who is signed in
//		Key:              key,
//	})
//	if err == nil {
//		err = diagnosis.Err()
//	}
//
// An error of Check says why it could not go on; the report so far comes with it. An error of [Diagnosis.Err] says
// what the check found, and what it could not learn. Each [Finding] has a stable code, what was seen, the sentence of
// the contract, how to fix it, and a curl command that shows it. Package inspect judges the claims and the login URL.
// [Rules] lists doctor's own rules, [inspect.Rules] theirs.
//
// Check follows redirects on the origins that it is given, five at most, never to the community, so that no token is
// used. Without a session it reads the sign-in page as a browser would; with [Config.Form] it signs in, over the
// hosts that are allowed. Cookies of answers are kept within the run, as a browser keeps them (package useragent).
// Where the server answers 429 or 503, Check waits as long as it is asked to. The session goes to the host of the
// Authorization URL and those of [Config.AllowHosts], never over http, except to the loopback, and never with a
// forged Host. A LogoutURL ends it.
package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/internal/loopback"
	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/publicsuffix"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

// Progress says how far a check is. Total is 0 when it starts: only a long check counts its requests.
type Progress struct {
	Check       string
	Done, Total int
}

// Check makes the checks. A *[ssotoken.ConfigError] lists every bad setting. Any other error says why the check could
// not go on; the Diagnosis is then what is known so far, and not complete.
func Check(ctx context.Context, c Config) (*Diagnosis, error) {
	d, err := newDoctor(c)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, d.c.MaxTime, errors.New("the time for the whole check is over"))
	defer cancel()
	checks := d.checks()
	for i, check := range checks {
		d.start(check.name)
		err = check.make(ctx)
		var none *noAnswer
		switch {
		case err == nil:
			continue
		case ctx.Err() != nil:
			err = context.Cause(ctx)
			d.unknown("stopped: " + err.Error())
		default:
			d.unknown(err.Error())
			if errors.As(err, &none) && (none.busy || d.answers.Load() > 0) {
				err = nil
				continue
			}
		}
		for _, left := range checks[i+1:] {
			d.report.Checks = append(d.report.Checks, Result{Check: left.name, State: Unknown, Note: "not made"})
		}
		break
	}
	d.network()
	d.settle()
	if err != nil && ctx.Err() == nil {
		err = errors.New(safe(err.Error()))
	}
	return d.report, err
}

type check struct {
	name  string
	asked bool
	make  func(context.Context) error
}

func (d *doctor) checks() []check {
	page, json := d.page != nil, d.json != nil
	checks := []check{
		{"settings", true, d.settings},
		{"without a session", page, d.withoutSession},
		{"sign-in", page && len(d.c.Form) > 0, d.signIn},
		{"login", page, d.login},
		{"cookies", page, d.cookies},
		{"identity", page, d.identity},
		{"deep links", page, d.deepLinks},
		{"hostile referrers", page, d.hostileReferrers},
		{"HEAD and prefetch", page, d.minters},
		{"Host header", page, d.hostHeader},
		{"sign-up", d.c.SignUpURL != "" && d.c.Community != "", d.signUp},
		{"JSON, no session", json, d.jsonWithoutSession},
		{"JSON login", json, d.jsonLogin},
		{"JSON identity", json, d.jsonIdentity},
		{"JSON return paths", json, d.jsonReturnPaths},
		{"JSON other origins", json, d.jsonOtherOrigins},
		{"token's clock", page, d.tokenClock},
		{"logout", page || d.c.LogoutURL != "", d.logout}, // ends the session
	}
	return slices.DeleteFunc(checks, func(c check) bool { return !c.asked })
}

// A doctor is one run.
type doctor struct {
	c         Config
	key       ssotoken.Key // zero without one
	community ssotoken.Community
	from      *url.URL // the community; nil without one
	folder    string   // where it is on its origin, such as /hub
	page      *url.URL // the AuthorizationURL; nil without one
	json      *url.URL // the JSONURL; nil without one
	client    useragent.Client
	pace      *pace

	requests, answers, drops atomic.Int64

	mu      sync.Mutex // for findings of concurrent requests
	report  *Diagnosis
	hosts   []*url.URL // may know the session
	session *visitor

	seen          []seenCookie    // set by sign-in pages and logins
	stranger      *answer         // to a visitor without a session; nil without one
	sentBack      bool            // such a visitor is sent back to the community
	hops          map[string]bool // paths of the partner's own that a login goes over
	cameBackPlain bool            // a referrer_uri without a percent sign came back

	first      *loginURL     // of the session; nil when there was none
	firstAt    *answer       // with first
	who, other member        // of first, and of the other session
	skew       time.Duration // the server's clock is ahead of ours; 0 within contract.Skew

	jsonFirst *loginURL  // of the JSON door
	jsonAs    credential // for which jsonFirst was given
	of        int        // where the findings about the current door begin
}

// settings looks at the key and the addresses, without a request.
func (d *doctor) settings(ctx context.Context) error {
	d.key = d.c.Key
	if d.c.KeySource != nil {
		key, err := d.c.KeySource(ctx)
		if err == nil && key.IsZero() {
			err = contract.KeyMissing
		}
		if err != nil {
			code := ssotoken.CodeOf(err)
			if RuleOf(code).Area != inspect.AreaSite {
				code = KeyRefused
			}
			d.find(code, nil, "%v", err)
		}
		d.key = key
	}
	d.report.KeyFingerprint = d.key.Fingerprint()
	if !d.key.IsZero() && d.key.Weak() {
		d.find(KeyWeak, nil, "The key has under %d bytes.", contract.StrongKey)
	}
	d.report.AuthorizationURL, d.report.JSONURL = d.c.AuthorizationURL, d.c.JSONURL
	d.report.Community = d.community.String()
	for _, a := range d.c.addresses() {
		if a.url != "" && !isSafe(a.url) {
			d.find(AddressNotHTTPS, nil, "The %s is http.", a.name)
		}
	}
	return nil
}

// isSafe reports whether nobody on the way can read what is sent to an address.
func isSafe(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || loopback.Is(u.Hostname()))
}

// hasSession reports whether there is a session that can be shown to an address.
func (d *doctor) hasSession(address string) bool { return d.whyNoSession(address) == "" }

// whyNoSession says why an address is visited without the session; "" if it is not.
func (d *doctor) whyNoSession(address string) string {
	switch u, err := url.Parse(address); {
	case d.c.Cookie == "" && len(d.c.Form) > 0:
		return "the sign-in gave no session"
	case d.c.Cookie == "":
		return "no session cookie was given"
	case err == nil && !d.mayKnow(u):
		return "the session cookie is for another host: name " + u.Hostname() + " by --allow-host to send it there"
	case !isSafe(address):
		return "the cookie is not sent over http"
	}
	return ""
}

// mayKnow reports whether an address may get the session.
func (d *doctor) mayKnow(u *url.URL) bool { return isOneOf(d.hosts, u) }

func isOneOf(hosts []*url.URL, u *url.URL) bool {
	return slices.ContainsFunc(hosts, func(h *url.URL) bool {
		return strings.EqualFold(h.Hostname(), u.Hostname()) && (h.Port() == "" || h.Port() == u.Port())
	})
}

// The limits of a [Config] that sets none.
const (
	DefaultTimeout  = 10 * time.Second
	DefaultPatience = 2 * time.Minute
	DefaultMaxTime  = 15 * time.Minute
)

// Config says what to check. Every field may be empty. Checks that need it are then left out, and the report says so.
type Config struct {
	// AuthorizationURL is the address in the community's settings. It needs Community.
	AuthorizationURL string

	// JSONURL is the address that returns the login URL to a frontend or an app in
	// JSON, as [ssotoken.Login.JSON] does. It needs Community.
	JSONURL string

	// Community is the host or origin of the community, and the path that it is under, if any.
	Community string

	// Cookie is the header Cookie of a test member who is signed in at the partner, such as "session=…". It goes to
	// the host of AuthorizationURL (without one, of JSONURL, SignUpURL or LogoutURL) and to AllowHosts, and not over
	// http, except to the loopback. OtherCookie is that of another member.
	Cookie, OtherCookie string

	// Form fills in the fields of the sign-in page, by their names, as a test member does. It takes the place of
	// Cookie, or is a separate check beside it. AllowHosts are other hosts that may get the session and that the
	// sign-in may lead over, such as an identity provider's; with a port, only that port.
	Form       url.Values
	AllowHosts []string

	// Bearer is the bearer token of such a member, without the word Bearer. It
	// is sent to the JSONURL, and not over http, except to the loopback.
	Bearer string

	LogoutURL          string // requested without the cookie, then with it, at the end
	SignUpURL          string // requested with the cookie and without; needs Community
	AccountSettingsURL string // checked, but not requested

	// Key is the community's SSO private key, to check the signature. Give
	// Key or KeySource; an error of KeySource is a finding.
	Key       ssotoken.Key
	KeySource ssotoken.KeySource

	// Header is sent with every request to a host that gets the session. User-Agent is a browser's unless it is set
	// here: some sites bind a session to it. An empty value leaves a header out.
	Header map[string]string

	// Ignore lists codes that are not to be found. If Only lists any, no others are.
	Ignore, Only []contract.Code

	// Thorough tries all hostile values of package redirects, more than 20,000, instead of a few hundred.
	Thorough bool

	// Rate is how many requests are sent in a second. 0 is as many as eight at a
	// time make, until the server asks for fewer.
	Rate float64

	// Timeout is for one request, Patience for all the waiting that a server asks for by 429 or 503, and MaxTime for
	// the whole check. 0 is [DefaultTimeout], [DefaultPatience] and [DefaultMaxTime].
	Timeout, Patience, MaxTime time.Duration

	// RootCAs are the authorities whose certificates are trusted. nil is those
	// of the system. Transport does not see them.
	RootCAs *x509.CertPool

	// Transport sends the requests. nil is one like [http.DefaultTransport].
	Transport http.RoundTripper

	Now func() time.Time // nil is [time.Now]

	// Progress, if not nil, is called when a check starts, and after each request of a long one. Calls don't overlap.
	Progress func(Progress)
}

func newDoctor(c Config) (*doctor, error) {
	d := &doctor{
		c: c, hops: map[string]bool{}, report: &Diagnosis{Complete: true, Checks: []Result{}, Findings: []Finding{}},
	}
	var bad []*ssotoken.FieldError
	refuse := func(field, why string) { bad = append(bad, &ssotoken.FieldError{Field: field, Err: errors.New(why)}) }
	for _, a := range c.addresses() {
		if a.url == "" {
			continue
		}
		u, err := url.Parse(a.url)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Fragment != "" {
			refuse(a.field, "is not a full http or https URL without user info and fragment")
			continue
		}
		if d.hosts == nil { // a cookie of a browser is for all ports
			d.hosts = []*url.URL{{Scheme: u.Scheme, Host: strings.TrimSuffix(u.Host, ":"+u.Port())}}
		}
		switch a.field {
		case "AuthorizationURL":
			d.page = u
		case "JSONURL":
			d.json = u
		}
	}
	switch {
	case c.Community != "":
		var err error
		if d.community, err = ssotoken.ParseCommunity(c.Community); err != nil {
			bad = append(bad, &ssotoken.FieldError{Field: "Community", Err: err})
		} else {
			d.from, _ = url.Parse(d.community.String() + "/") // a Community is always a URL
			d.folder = strings.TrimSuffix(d.from.Path, "/")
		}
	case c.AuthorizationURL != "" || c.JSONURL != "":
		refuse("Community", "is required with the Authorization URL and with the JSON URL")
	}
	for field, cookie := range map[string]string{"Cookie": c.Cookie, "OtherCookie": c.OtherCookie} {
		if cookie != "" && (!strings.Contains(cookie, "=") || strings.ContainsAny(cookie, "\r\n\x00")) {
			refuse(field, "is not of the form name=value")
		}
	}
	for name, value := range c.Header {
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			refuse("Header", "has a name or a value that no header has")
		}
	}
	for _, code := range slices.Concat(c.Ignore, c.Only) {
		if RuleOf(code).Code == "" {
			refuse("Ignore", "names a code that the contract has not")
		}
	}
	if strings.ContainsFunc(c.Bearer, func(r rune) bool { return r <= ' ' || r > '~' }) {
		refuse("Bearer", "is not one token: give it without the word Bearer, spaces and line endings")
	}
	if !c.Key.IsZero() && c.KeySource != nil {
		refuse("KeySource", "is set together with Key: give one of the two")
	}
	for field, n := range map[string]float64{"Timeout": float64(c.Timeout), "Patience": float64(c.Patience),
		"MaxTime": float64(c.MaxTime), "Rate": c.Rate} {
		if n < 0 {
			refuse(field, "is negative")
		}
	}
	if bad != nil {
		return nil, &ssotoken.ConfigError{Fields: bad}
	}
	d.c.Timeout = cmp.Or(d.c.Timeout, DefaultTimeout)
	d.c.MaxTime = cmp.Or(d.c.MaxTime, DefaultMaxTime)
	d.pace = &pace{left: cmp.Or(d.c.Patience, DefaultPatience)}
	if d.c.Rate > 0 {
		d.pace.gap = time.Duration(float64(time.Second) / d.c.Rate)
	}
	if d.c.Now == nil {
		d.c.Now = time.Now
	}
	for _, host := range c.AllowHosts {
		u := &url.URL{Scheme: "https", Host: host}
		if loopback.Is(u.Hostname()) {
			u.Scheme = "http"
		}
		d.hosts = append(d.hosts, u)
	}
	d.session = newVisitor(c.Cookie, d.hosts)
	d.client = useragent.Client{
		Transport: c.Transport, PublicSuffixes: publicsuffix.List, Now: d.c.Now, MaxBody: maxBody,
	}
	if c.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost, t.MaxResponseHeaderBytes = workers, maxBody
		t.TLSClientConfig = &tls.Config{RootCAs: c.RootCAs}
		d.client.Transport = t
	}
	return d, nil
}

// An address is one of the community's settings.
type address struct{ field, name, url string }

func (c Config) addresses() []address {
	return []address{
		{"AuthorizationURL", "Authorization URL", c.AuthorizationURL},
		{"JSONURL", "JSON URL", c.JSONURL},
		{"SignUpURL", "Sign Up URL", c.SignUpURL},
		{"LogoutURL", "Logout URL", c.LogoutURL},
		{"AccountSettingsURL", "Account Settings URL", c.AccountSettingsURL},
	}
}
