package doctor

import (
	"context"
	"fmt"

	"github.com/bettermode-go/sso/ssotoken/contract"
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
			d.once(contract.LogoutNotIdempotent, fmt.Sprintf("The Logout URL, visited %s, was answered %d.", visit.name, a.status), a)
		}
	}
	if d.first == nil || d.found(contract.MintsWithoutSession) || len(visits) < 4 {
		return nil
	}
	a, err := d.open(ctx, probe{})
	if err != nil {
		return err
	}
	if a.mints() {
		d.find(contract.LogoutKeepsSession, "After the Logout URL was visited, the session cookie still got a token, and the Logout URL did not expire it.", a)
	}
	return nil
}
