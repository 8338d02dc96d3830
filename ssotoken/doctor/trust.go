package doctor

import (
	"context"
	"fmt"
	"net/http"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/browser"
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
		p.url, p.cookie = d.c.AuthorizationURL, d.c.Cookie
		a, err := d.get(ctx, p.probe)
		if err != nil {
			return err
		}
		if a.mints() {
			d.find(p.code, p.seen)
		}
	}
	return nil
}

// hosts sends a foreign name in the headers that name the host.
func (d *doctor) hosts(ctx context.Context) error {
	const evil = redirects.Host
	forged := []struct {
		name string
		probe
	}{
		{"Host", probe{host: evil}},
		{"X-Forwarded-Host and similar headers", probe{header: map[string]string{
			"X-Forwarded-Host": evil, "X-Forwarded-Server": evil, "X-Host": evil, "X-Original-Host": evil, "Forwarded": "host=" + evil,
		}}},
	}
	cookies := []string{"", d.c.Cookie}
	if d.first == nil {
		cookies = cookies[:1]
		d.note("without a session only: " + noLogin)
	}
	for _, f := range forged {
		for _, cookie := range cookies {
			f.url, f.query, f.cookie = d.c.AuthorizationURL, referrer("/spaces"), cookie
			a, err := d.get(ctx, f.probe)
			if err != nil {
				return err
			}
			u := a.target()
			if u != nil && (isEvil(u.Host) || d.first != nil && hasToken(u) && browser.Origin(u) != d.first.origin) {
				d.once(contract.HostBelieved, fmt.Sprintf("With %s %q, the answer leads to %s.", f.name, evil, seenAt(u)))
			}
		}
	}
	return nil
}
