package doctor

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

const (
	// DefaultTimeout is how long one request may take.
	DefaultTimeout = 10 * time.Second

	// DefaultPatience is how long a check waits, all in all, for a server that
	// asks for fewer requests.
	DefaultPatience = 2 * time.Minute

	// DefaultMaxTime is how long a check may take.
	DefaultMaxTime = 15 * time.Minute
)

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

	// OtherCookie is that of another member.
	OtherCookie string

	// Form fills in the fields of the sign-in page, by their names, as a test
	// member does. It takes the place of Cookie, or is a check of its own
	// beside it. AllowHosts are other hosts that the sign-in may lead over,
	// such as an identity provider's; a host with a port, if it has one.
	Form       url.Values
	AllowHosts []string

	// Bearer is the bearer token of such a member, without the word Bearer. It
	// is sent to the JSONURL, and not over http, except to the loopback.
	Bearer string

	// LogoutURL is requested without the cookie, then with it, at the end.
	LogoutURL string

	// SignUpURL is requested with the cookie and without. It needs Community.
	SignUpURL string

	// AccountSettingsURL is checked, but not requested.
	AccountSettingsURL string

	// Key is the community's SSO private key, to check the signature. Give
	// Key or KeySource; an error of KeySource is a finding.
	Key       ssotoken.Key
	KeySource ssotoken.KeySource

	// Header is sent with every request. User-Agent is a browser's unless it
	// is set here: some sites bind a session to it. An empty value leaves a
	// header out.
	Header map[string]string

	// Ignore lists codes that are not to be found. If Only lists any, no
	// others are.
	Ignore, Only []contract.Code

	// Thorough tries all hostile values of package redirects, more than
	// 20,000, instead of a few hundred.
	Thorough bool

	// Rate is how many requests are sent in a second. 0 is as many as four at
	// a time make, until the server asks for fewer.
	Rate float64

	// Timeout is for one request. 0 is [DefaultTimeout].
	Timeout time.Duration

	// Patience is for all the waiting that a server asks for by 429 or 503. 0
	// is [DefaultPatience].
	Patience time.Duration

	// MaxTime is for the whole check. 0 is [DefaultMaxTime].
	MaxTime time.Duration

	// RootCAs are the authorities whose certificates are trusted. nil is those
	// of the system. Transport does not see them.
	RootCAs *x509.CertPool

	// Transport sends the requests. nil is one like [http.DefaultTransport].
	Transport http.RoundTripper

	// Now is the clock. nil is [time.Now].
	Now func() time.Time

	// Progress, if not nil, is called when a check starts, and after each
	// request of a long one. Calls don't overlap.
	Progress func(Progress)
}

func newDoctor(c Config) (*doctor, error) {
	d := &doctor{c: c, session: newJar(c.Cookie), hops: map[string]bool{}, report: &Diagnosis{Complete: true, Checks: []Result{}, Findings: []Finding{}}}
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
	for field, cookie := range map[string]string{"Cookie": c.Cookie, "OtherCookie": c.OtherCookie} {
		if cookie != "" && (!strings.Contains(cookie, "=") || strings.ContainsAny(cookie, "\r\n\x00")) {
			refuse(field, "is not of the form name=value")
		}
	}
	for name, value := range c.Header {
		if !isHeaderName(name) || strings.ContainsAny(value, "\r\n\x00") {
			refuse("Header", "has a name or a value that no header has")
		}
	}
	for _, code := range slices.Concat(c.Ignore, c.Only) {
		if code.Rule().Code == "" {
			refuse("Ignore", "names a code that the contract has not")
		}
	}
	if strings.ContainsFunc(c.Bearer, func(r rune) bool { return r <= ' ' || r > '~' }) {
		refuse("Bearer", "is not one token: give it without the word Bearer, spaces and line endings")
	}
	if !c.Key.IsZero() && c.KeySource != nil {
		refuse("KeySource", "is set together with Key: give one of the two")
	}
	for field, n := range map[string]float64{"Timeout": float64(c.Timeout), "Patience": float64(c.Patience), "MaxTime": float64(c.MaxTime), "Rate": c.Rate} {
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
	if d.transport = c.Transport; d.transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost, t.MaxResponseHeaderBytes = workers, maxBody
		t.TLSClientConfig = &tls.Config{RootCAs: c.RootCAs}
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

// isHeaderName is RFC 9110's token.
func isHeaderName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", r)
	})
}
