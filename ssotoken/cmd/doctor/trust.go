package doctor

import (
	"context"
	"fmt"
	"net/http"

	"github.com/bettermode-go/sso/ssotoken/cmd/internal/browser"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
)

// minters asks for a login by HEAD and by a prefetch, where nobody navigates.
func (d *doctor) minters(ctx context.Context) error {
	if d.first == nil {
		return d.skip(noLogin)
	}
	for _, p := range []struct {
		probe
		code contract.Code
		seen string
	}{
		{probe{method: http.MethodHead}, contract.HEADMints, "HEAD was answered with a token."},
		{probe{header: map[string]string{"Sec-Purpose": "prefetch", "Purpose": "prefetch"}}, contract.PrefetchMints, "A request with Sec-Purpose: prefetch was answered with a token."},
	} {
		a, err := d.open(ctx, p.probe)
		if err != nil {
			return err
		}
		if a.mints() {
			d.find(p.code, p.seen, a)
		}
	}
	_, err := d.stillWorks(ctx)
	return err
}

// hosts sends a foreign name in the headers that name the host. A proxy may hand
// a request with a forged Host to somebody else's site, so the session stays
// out of it; with another port the name is still the site's own.
func (d *doctor) hosts(ctx context.Context) error {
	const evil = redirects.Host
	forged := probe{host: evil}
	forwarded := probe{header: map[string]string{
		"X-Forwarded-Host": evil, "X-Forwarded-Server": evil, "X-Host": evil, "X-Original-Host": evil, "Forwarded": "host=" + evil,
	}}
	otherPort := probe{host: d.page.Hostname() + ":9", as: d.session}
	withCookie, withSession := forged, forwarded
	withCookie.cookie = madeUp(d.c.Cookie)
	withSession.as = d.session
	type try struct {
		probe
		name, value string
	}
	tries := []try{{forged, "Host", evil}, {forwarded, "X-Forwarded-Host and similar headers", evil}}
	if d.first != nil {
		tries = append(tries, try{withCookie, "Host", evil}, try{otherPort, "Host", otherPort.host}, try{withSession, "X-Forwarded-Host and similar headers", evil})
	} else {
		d.note("without a session only: " + noLogin)
	}
	for _, f := range tries {
		f.url, f.query = d.c.AuthorizationURL, referrer("/spaces")
		a, err := d.get(ctx, f.probe)
		if err != nil {
			return err
		}
		u := a.target()
		if u != nil && (isEvil(u.Host) || d.first != nil && hasToken(u) && browser.Origin(u) != d.first.origin) {
			d.once(contract.HostBelieved, fmt.Sprintf("With %s %q, the answer leads to %s.", f.name, f.value, seenAt(u)), a)
		}
	}
	if d.first == nil {
		return nil
	}
	_, err := d.stillWorks(ctx)
	return err
}
