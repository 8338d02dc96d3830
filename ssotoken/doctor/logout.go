package doctor

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// logout visits the Logout URL twice without a session, and twice with one. It
// ends the session, so it comes last.
func (d *doctor) logout(ctx context.Context) error {
	if d.c.LogoutURL == "" {
		return d.skip("no Logout URL was given")
	}
	cookie := d.session(d.c.LogoutURL)
	type visit struct{ cookie, name string }
	visits := []visit{{"", "without a session"}, {"", "without a session, once more"}}
	if cookie != "" {
		visits = append(visits, visit{cookie, "with the session cookie"}, visit{cookie, "with the session cookie, once more"})
	}
	var signedOut *answer
	for _, visit := range visits {
		a, err := d.get(ctx, probe{url: d.c.LogoutURL, cookie: visit.cookie})
		if err != nil {
			return err
		}
		if a.status >= 400 {
			d.once(contract.LogoutNotIdempotent, fmt.Sprintf("The Logout URL, visited %s, was answered %d.", visit.name, a.status))
		}
		if visit.cookie != "" && signedOut == nil {
			signedOut = a
		}
	}
	if d.first == nil || d.report.Has(contract.MintsWithoutSession) || signedOut == nil || d.expires(signedOut) {
		return nil
	}
	a, err := d.get(ctx, probe{url: d.c.AuthorizationURL, cookie: cookie})
	if err != nil {
		return err
	}
	if a.mints() {
		d.find(contract.LogoutKeepsSession, "After the Logout URL was visited, the session cookie still got a token, and the Logout URL did not expire it.")
	}
	return nil
}

// expires reports whether an answer expires a cookie of the session.
func (d *doctor) expires(a *answer) bool {
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		gone := c.MaxAge < 0 || c.Value == "" || !c.Expires.IsZero() && c.Expires.Before(a.received)
		for pair := range strings.SplitSeq(d.c.Cookie, ";") {
			name, _, _ := strings.Cut(strings.TrimSpace(pair), "=")
			if gone && name == c.Name {
				return true
			}
		}
	}
	return false
}
