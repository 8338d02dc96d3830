package doctor

import (
	"context"
	"fmt"
	"net/url"

	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
)

// logout visits the Logout URL twice without a session, and twice with one. It
// ends the session, so it comes last.
func (d *doctor) logout(ctx context.Context) error {
	if d.c.LogoutURL == "" {
		return d.skip("no Logout URL was given")
	}
	type visit struct {
		as   *jar
		name string
	}
	stranger := newJar("")
	visits := []visit{{stranger, "without a session"}, {stranger, "without a session, once more"}}
	if d.hasSession(d.c.LogoutURL) {
		visits = append(visits, visit{d.session, "with the session cookie"}, visit{d.session, "with the session cookie, once more"})
	}
	for _, visit := range visits {
		a, err := d.get(ctx, probe{url: d.c.LogoutURL, as: visit.as})
		if err != nil {
			return err
		}
		if isFirewall(a) {
			d.unknown("a firewall answered in place of the handler")
			return nil
		}
		if a.status >= 400 {
			d.once(LogoutNotIdempotent, fmt.Sprintf("The Logout URL, visited %s, was answered %d.", visit.name, a.status), a)
		}
	}
	if err := d.leaves(ctx, stranger); err != nil {
		return err
	}
	if d.first == nil || d.report.Has(MintsWithoutSession) || len(visits) < 4 {
		return nil
	}
	a, err := d.open(ctx, probe{})
	if err != nil {
		return err
	}
	if a.mints() {
		d.find(LogoutKeepsSession, "After the Logout URL was visited, the session cookie still got a token, and the Logout URL did not expire it.", a)
	}
	return nil
}

// leaves looks whether the Logout URL redirects to whatever it is given. The
// session is over by then, or there is none.
func (d *doctor) leaves(ctx context.Context, stranger *jar) error {
	visitors := []*jar{stranger}
	if d.hasSession(d.c.LogoutURL) {
		visitors = append(visitors, d.session)
	}
	for _, visitor := range visitors {
		for _, value := range []string{"https://" + redirects.Host + "/", "//" + redirects.Host, `/\` + redirects.Host} {
			q := url.Values{}
			for _, name := range leaveNames {
				q.Set(name, value)
			}
			a, err := d.get(ctx, probe{url: d.c.LogoutURL, query: q.Encode(), as: visitor})
			if err != nil {
				return err
			}
			u := a.target()
			if u == nil {
				u = a.resolve(refreshTo(a.header.Get("Refresh")))
			}
			if u != nil && isEvil(u.Host) {
				d.once(LogoutOpenRedirect, fmt.Sprintf("With %q in parameters such as redirect, the Logout URL leads to %s.", value, seenAt(u)), a)
			}
		}
	}
	return nil
}
