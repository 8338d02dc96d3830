package doctor

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/cmd/internal/browser"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// withoutSession checks what visitors get who have no cookie, or a made-up one.
func (d *doctor) withoutSession(ctx context.Context) error {
	a, err := d.stranded(ctx, "Authorization URL", d.c.AuthorizationURL)
	if a != nil && d.stranger == nil {
		d.stranger = a
	}
	if err != nil || d.found(contract.MintsWithoutSession) || d.c.Cookie == "" {
		return err
	}
	a, err = d.get(ctx, probe{url: d.c.AuthorizationURL, cookie: madeUp(d.c.Cookie)})
	if err != nil {
		return err
	}
	if a.mints() {
		d.find(contract.MintsWithoutSession, "A request with made-up values in the cookies got a token.", a)
	}
	return nil
}

// stranded visits an address as the community sends a visitor there who is not
// signed in, and looks where that one ends.
func (d *doctor) stranded(ctx context.Context, name, address string) (*answer, error) {
	visitor := newJar("")
	const from = "/spaces/asked-for-by-doctor"
	a, hops, err := d.visit(ctx, probe{url: address, query: referrer(from), as: visitor}, anyPath)
	if err != nil {
		return nil, err
	}
	if d.skew == 0 && !d.found(contract.ClockDiffers) {
		d.clock(a)
	}
	p, target := parsePage(a.body), a.onward()
	find := func(code contract.Code, seen string) { d.once(code, seen, a) }
	switch {
	case isFirewall(a):
		find(contract.Firewall, fmt.Sprintf("Without a session, a firewall answered %d at the %s.", a.status, name))
		d.unknown("a firewall answered in place of the handler")
		return nil, nil
	case a.mints():
		find(contract.MintsWithoutSession, "A request without a cookie got a token.")
	case a.status >= 400 && (a.status != http.StatusUnauthorized || p.isBlank()):
		find(contract.SignInBroken, fmt.Sprintf("A request of the %s without a cookie was answered %d.", name, a.status))
	case target != nil && browser.Origin(target) == d.community.String():
		find(contract.SignInToCommunity, fmt.Sprintf("Without a session, the %s leads back to %s.", name, seenAt(target)))
	case target != nil && len(hops) == maxHops && browser.Origin(target) == browser.Origin(a.url):
		find(contract.SignInLoops, fmt.Sprintf("Without a session, the %s led to one more redirect after %d, at %s.", name, maxHops, seenAt(target)))
	case a.status == http.StatusOK && p.isBlank():
		find(contract.SignInBlank, fmt.Sprintf("Without a session, the %s shows an empty page.", name))
	default:
		return a, d.signInPage(ctx, name, a, p, visitor, from)
	}
	return a, nil
}

// isBlank reports whether a visitor sees nothing.
func (p *page) isBlank() bool { return p.text == "" && !p.shows && p.refresh == "" }

// signUp visits the Sign Up URL as a stranger, and as the member: whoever is
// signed in already is to be sent on.
func (d *doctor) signUp(ctx context.Context) error {
	if _, err := d.stranded(ctx, "Sign Up URL", d.c.SignUpURL); err != nil {
		return err
	}
	if d.first == nil || !d.hasSession(d.c.SignUpURL) {
		return nil
	}
	a, _, err := d.visit(ctx, probe{url: d.c.SignUpURL, as: d.session}, anyPath)
	if err != nil {
		return err
	}
	if _, ok := a.login(d.community.String()); !ok {
		d.find(contract.SignUpNoLogin, "With the session cookie, the Sign Up URL gives no login: "+whereTo(a)+".", a)
	}
	return nil
}

// madeUp gives cookies with the same names and made-up values.
func madeUp(cookie string) string {
	pairs := strings.Split(cookie, ";")
	for i, pair := range pairs {
		name, _, _ := strings.Cut(strings.TrimSpace(pair), "=")
		pairs[i] = name + "=" + rand.Text()
	}
	return strings.Join(pairs, "; ")
}

// clock compares the server's clock with ours.
func (d *doctor) clock(a *answer) {
	date, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return
	}
	switch { // the header has whole seconds
	case date.Add(time.Second).Before(a.sent.Add(-contract.Skew)):
		d.skew = date.Sub(a.sent)
	case date.After(a.received.Add(contract.Skew)):
		d.skew = date.Sub(a.received)
	default:
		return
	}
	ahead := "ahead of"
	if d.skew < 0 {
		ahead = "behind"
	}
	d.find(contract.ClockDiffers, fmt.Sprintf("The server's clock is %v %s this machine's. The times of the token were judged by the server's.", d.skew.Abs().Round(time.Second), ahead), a)
}
