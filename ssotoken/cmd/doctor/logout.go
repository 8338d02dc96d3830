package doctor

import (
	"context"

	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

// logout visits the Logout URL twice without a session, and twice with one. It ends the session, so it comes last.
func (d *doctor) logout(ctx context.Context) error {
	if d.c.LogoutURL == "" {
		return d.skip("no Logout URL was given")
	}
	visitors, names := []probe{{jar: &useragent.Jar{}}}, []string{"without a session", "with the session cookie"}
	if d.hasSession(d.c.LogoutURL) {
		visitors = append(visitors, probe{as: d.session})
	} else {
		d.note("without a session only: " + d.whyNoSession(d.c.LogoutURL))
	}
	for i, visitor := range visitors {
		visitor.url = d.c.LogoutURL
		for _, again := range []string{"", ", once more"} {
			a, err := d.get(ctx, visitor)
			if err != nil {
				return err
			}
			if isFirewall(a) {
				d.unknown("a firewall answered in place of the handler")
				return nil
			}
			if a.status >= 400 {
				d.once(LogoutNotIdempotent, a, "The Logout URL, visited %s%s, was answered %d.", names[i], again, a.status)
			}
		}
	}
	if err := d.leaves(ctx, visitors...); err != nil {
		return err
	}
	if d.first == nil || d.found(MintsWithoutSession) || len(visitors) < 2 {
		return nil
	}
	a, err := d.open(ctx, probe{})
	if err != nil {
		return err
	}
	if a.mints() {
		d.find(LogoutKeepsSession, a, "After the Logout URL was visited, the session cookie still got a token, and the "+
			"Logout URL did not expire it.")
	}
	return nil
}

// leaves looks whether the Logout URL redirects to whatever it is given. The
// session is over by then, or there is none.
func (d *doctor) leaves(ctx context.Context, visitors ...probe) error {
	var tries []probe
	for _, try := range visitors {
		for _, value := range elsewhere {
			try.url, try.lies = d.c.LogoutURL, nil
			for _, name := range leaveNames {
				try.lies = append(try.lies, lie{inQuery, name, value, value})
			}
			tries = append(tries, try)
		}
	}
	return d.accuse(ctx, LogoutOpenRedirect, tries, d.get, func(a *answer) bool {
		u := a.onward()
		return u != nil && isEvil(u.Host)
	}, func(lies []lie, at *answer) {
		d.once(LogoutOpenRedirect, at, "With %q %s, the Logout URL leads to %s.", lies[0].value, nameOf(lies),
			seenAt(at.onward()))
	})
}

// elsewhere are addresses of another site, as browsers read them.
var elsewhere = []string{"https://" + redirects.Host + "/", "//" + redirects.Host, `/\` + redirects.Host}
