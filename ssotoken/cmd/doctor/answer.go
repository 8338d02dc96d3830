package doctor

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/cmd/internal/browser"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A loginURL is where a visitor is sent to be logged in.
type loginURL struct {
	raw    string
	url    *url.URL
	origin string
	by     means
	isBare bool // a token alone, without its login URL
}

// loginAt is the login URL that an address is, if it is one: one with a token,
// or one of the community.
func loginAt(u *url.URL, community string) (*loginURL, bool) {
	l := &loginURL{raw: u.String(), url: u, origin: browser.Origin(u)}
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
func (a *answer) mints() bool {
	return a.token() != "" || loginInBody.MatchString(a.body) || holdsMember(a.body)
}

var (
	loginInBody = regexp.MustCompile(`[?&;](?:` + contract.JWT + `|` + contract.OldJWT + `)=eyJ[A-Za-z0-9_-]+\.`)
	anyJWT      = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.`) // a token anywhere
)

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

// onward is where a browser goes by itself, by a redirect or a refresh; nil when
// it stays.
func (a *answer) onward() *url.URL {
	if u := a.target(); u != nil {
		return u
	}
	if u := a.resolve(refreshTo(a.header.Get("Refresh"))); u != nil && a.header.Get("Refresh") != "" {
		return u
	}
	if !refreshes.MatchString(a.body) {
		return nil
	}
	p := parsePage(a.body)
	return a.resolveOn(p, refreshTo(p.refresh))
}

// refreshes spares other pages the parsing.
var refreshes = regexp.MustCompile(`(?i)http-equiv\s*=\s*["']?refresh`)

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
	return "an address with the scheme " + strings.ToLower(u.Scheme)
}
