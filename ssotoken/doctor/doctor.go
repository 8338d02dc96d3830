// Package doctor checks a partner's Authorization URL from outside, whatever
// language it is written in. Without a session it must mint nothing. With one
// it must send the browser to the right community, with one good token and the
// page that the visitor came from. Package doctor checks a JSON door
// ([ssotoken.Login.JSON]) too. Another origin's page must get nothing from it.
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
// An error of Check says why the check could not be made. An error of
// [Diagnosis.Err] says what the check found. Each [Finding] has a stable code,
// what was seen, the sentence of the contract, and how to fix it. Package
// inspect judges the claims and the login URL. [contract.Rules] lists all rules.
//
// Check requests only the AuthorizationURL, the JSONURL and the LogoutURL. It reads
// where a redirect or a login URL leads and never follows it, so the community
// sees no request and no token is used. It sends the cookie and the bearer token
// that it was given and keeps no other cookies. If there is a LogoutURL, the
// session of the cookie is over afterwards.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/internal/loopback"
)

// DefaultTimeout is how long one request may take.
const DefaultTimeout = 10 * time.Second

// Config says what to check. Every field may be empty. Checks that need it are
// then left out, and the report says so.
type Config struct {
	// AuthorizationURL is the address in the community's settings. It needs
	// Community.
	AuthorizationURL string

	// JSONURL is the address that gives a frontend or an app the login URL in
	// JSON, as [ssotoken.Login.JSON] does. It needs Community.
	JSONURL string

	// Community is the host or origin of the community.
	Community string

	// Cookie is the header Cookie of a member who is signed in at the
	// partner, such as "session=…". Use a test member, since tokens are made
	// for it. The cookie is not sent over http, except to the loopback.
	Cookie string

	// Bearer is the bearer token of such a member, without the word Bearer. It
	// is sent to the JSONURL, and not over http, except to the loopback.
	Bearer string

	// LogoutURL is requested without the cookie, then with it, at the end.
	LogoutURL string

	// SignUpURL and AccountSettingsURL are checked, but not requested.
	SignUpURL, AccountSettingsURL string

	// Key is the community's SSO private key, to check the signature. Give
	// Key or KeySource; an error of KeySource is a finding.
	Key       ssotoken.Key
	KeySource ssotoken.KeySource

	// Thorough tries all hostile values of package redirects, more than
	// 20,000, instead of a few hundred.
	Thorough bool

	// Timeout is for one request. 0 is [DefaultTimeout].
	Timeout time.Duration

	// Transport sends the requests. nil is one like [http.DefaultTransport].
	Transport http.RoundTripper

	// Now is the clock. nil is [time.Now].
	Now func() time.Time

	// Progress, if not nil, is called when a check starts, and after each
	// request of a long one. Calls don't overlap.
	Progress func(Progress)
}

// Progress says how far a check is. Total is 0 when it starts: only a long
// check counts its requests.
type Progress struct {
	Check       string
	Done, Total int
}

// Check makes the checks. An error is a *[ssotoken.ConfigError] that lists
// every bad setting, or says why there was no answer.
func Check(ctx context.Context, c Config) (*Diagnosis, error) {
	d, err := newDoctor(c)
	if err != nil {
		return nil, err
	}
	checks := []check{{"settings", d.settings}}
	if d.page != nil {
		checks = append(checks,
			check{"without a session", d.withoutSession},
			check{"login", d.login},
			check{"deep links", d.deepLinks},
			check{"hostile referrers", d.hostileReferrers},
			check{"HEAD and prefetch", d.minters},
			check{"Host header", d.hosts})
	}
	if d.json != nil {
		checks = append(checks,
			check{"JSON, no session", d.jsonWithoutSession},
			check{"JSON login", d.jsonLogin},
			check{"JSON return paths", d.jsonReturnPaths},
			check{"JSON other origins", d.jsonOtherOrigins})
	}
	if d.page != nil || c.LogoutURL != "" {
		checks = append(checks, check{"logout", d.logout})
	}
	for _, check := range checks {
		d.start(check.name)
		if err := check.make(ctx); err != nil {
			return nil, err
		}
	}
	d.report.Requests = int(d.requests.Load())
	return d.report, nil
}

type check struct {
	name string
	make func(context.Context) error
}

// A doctor is one run.
type doctor struct {
	c         Config
	key       ssotoken.Key // zero without one
	community ssotoken.Community
	page      *url.URL // the AuthorizationURL; nil without one
	json      *url.URL // the JSONURL; nil without one
	transport http.RoundTripper
	requests  atomic.Int64

	report *Diagnosis

	// first is the first login with the session; nil when there was none.
	first *loginURL
	// skew is how far the server's clock is ahead of ours. It is 0 if they
	// agree within contract.Skew.
	skew time.Duration

	// jsonFirst is the first login URL of the JSON door, and jsonAs what it
	// was given for.
	jsonFirst *loginURL
	jsonAs    credential
	// of is where the findings about the door begin that is being checked.
	of int
}

func newDoctor(c Config) (*doctor, error) {
	d := &doctor{c: c, report: &Diagnosis{Checks: []Result{}, Findings: []Finding{}}}
	var bad []*ssotoken.FieldError
	refuse := func(field, why string) { bad = append(bad, &ssotoken.FieldError{Field: field, Err: errors.New(why)}) }
	for _, a := range c.addresses() {
		u, err := url.Parse(a.url)
		if a.url != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Fragment != "") {
			refuse(a.field, "is not a full http or https URL without user info and fragment")
		} else if a.url != "" {
			switch a.field {
			case "AuthorizationURL":
				d.page = u
			case "JSONURL":
				d.json = u
			}
		}
	}
	switch {
	case c.Community != "":
		var err error
		if d.community, err = ssotoken.ParseCommunity(c.Community); err != nil {
			bad = append(bad, &ssotoken.FieldError{Field: "Community", Err: err})
		}
	case c.AuthorizationURL != "" || c.JSONURL != "":
		refuse("Community", "is required with the Authorization URL and with the JSON URL")
	}
	if c.Cookie != "" && (!strings.Contains(c.Cookie, "=") || strings.ContainsAny(c.Cookie, "\r\n\x00")) {
		refuse("Cookie", "is not of the form name=value")
	}
	if strings.ContainsFunc(c.Bearer, func(r rune) bool { return r <= ' ' || r > '~' }) {
		refuse("Bearer", "is not one token: give it without the word Bearer, spaces and line endings")
	}
	if !c.Key.IsZero() && c.KeySource != nil {
		refuse("KeySource", "is set together with Key: give one of the two")
	}
	if c.Timeout < 0 {
		refuse("Timeout", "is negative")
	}
	if bad != nil {
		return nil, &ssotoken.ConfigError{Fields: bad}
	}
	if d.c.Timeout == 0 {
		d.c.Timeout = DefaultTimeout
	}
	if d.c.Now == nil {
		d.c.Now = time.Now
	}
	if d.transport = c.Transport; d.transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = workers
		d.transport = t
	}
	return d, nil
}

// An address is one of the community's settings.
type address struct{ field, name, url string }

func (c Config) addresses() []address {
	return []address{
		{"AuthorizationURL", "Authorization URL", c.AuthorizationURL},
		{"SignUpURL", "Sign Up URL", c.SignUpURL},
		{"LogoutURL", "Logout URL", c.LogoutURL},
		{"AccountSettingsURL", "Account Settings URL", c.AccountSettingsURL},
		{"JSONURL", "JSON URL", c.JSONURL},
	}
}

// settings looks at the key and the addresses, without a request.
func (d *doctor) settings(ctx context.Context) error {
	d.key = d.c.Key
	if d.c.KeySource != nil {
		key, err := d.c.KeySource(ctx)
		if err == nil && key.IsZero() {
			err = ssotoken.ErrKeyMissing
		}
		if err != nil {
			code := ssotoken.CodeOf(err)
			if code.Rule().Area != contract.Site {
				code = contract.KeyRefused
			}
			d.find(code, err.Error())
		}
		d.key = key
	}
	d.report.KeyFingerprint = d.key.Fingerprint()
	if !d.key.IsZero() && d.key.Weak() {
		d.find(contract.KeyWeak, fmt.Sprintf("The key has under %d bytes.", contract.StrongKey))
	}
	d.report.AuthorizationURL, d.report.JSONURL = d.c.AuthorizationURL, d.c.JSONURL
	d.report.Community = d.community.String()
	for _, a := range d.c.addresses() {
		if a.url != "" && !isSafe(a.url) {
			d.find(contract.AddressNotHTTPS, "The "+a.name+" is http.")
		}
	}
	return nil
}

// isSafe reports whether nobody on the way can read what is sent to an address.
func isSafe(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	return u.Scheme == "https" || loopback.Is(u.Hostname())
}

// session gives the cookie to send to an address.
func (d *doctor) session(address string) string {
	if !isSafe(address) {
		return ""
	}
	return d.c.Cookie
}

// judge gives the options for package inspect at the time of an answer, by the
// server's clock: a clock that differs is one finding, not a wrong iat and exp
// too.
func (d *doctor) judge(a *answer) inspect.Options {
	return inspect.Options{Key: d.key, Now: a.received.Add(d.skew)}
}
