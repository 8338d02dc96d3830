package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/cmd/internal/browser"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
)

// Names of parameters by which handlers are known to take from the request what
// only the session, or the configuration, may say.
var (
	whoNames    = strings.Fields("user user_id userId uid id sub subject member member_id external_id externalId account customer username as impersonate")
	emailNames  = strings.Fields("email mail user_email userEmail email_address")
	nameNames   = strings.Fields("name full_name fullName display_name displayName")
	placeNames  = strings.Fields("community community_url communityUrl community_domain communityDomain community_host domain host hostname site tenant org instance realm workspace brand base base_url baseUrl origin target audience aud sso_url")
	leaveNames  = strings.Fields("redirect redirect_uri redirect_url redirectUrl redirect_to return return_to returnTo returnUrl return_url next url to continue goto destination callback back r u referrer_uri post_logout_redirect_uri")
	whoHeaders  = strings.Fields("X-User X-User-Id X-Remote-User Remote-User X-Forwarded-User X-Auth-User X-Auth-Request-User X-Authenticated-User")
	mailHeaders = strings.Fields("X-Email X-User-Email X-Forwarded-Email X-Auth-Request-Email")
)

// A pretence is what a request claims beside its session.
type pretence struct {
	who, email, name string
	query            string
	header           map[string]string
}

func pretend(who, email, name string) pretence {
	q, h := url.Values{}, map[string]string{}
	for _, group := range []struct {
		names, headers []string
		value          string
	}{{whoNames, whoHeaders, who}, {emailNames, mailHeaders, email}, {nameNames, nil, name}} {
		for _, n := range group.names {
			q.Set(n, group.value)
		}
		for _, n := range group.headers {
			h[n] = group.value
		}
	}
	return pretence{who, email, name, q.Encode(), h}
}

// pretences are of nobody, and of the members that a table has first.
var pretences = []pretence{
	pretend("doctor-probe-4711", "doctor-probe-4711@"+redirects.Host, "Doctor Probe 4711"),
	pretend("1", "admin@example.com", "Admin"),
	pretend("2", "test@example.com", "Test"),
}

// identity checks that the request says neither who the member is nor which
// community it is for, and that another session is another member.
func (d *doctor) identity(ctx context.Context) error {
	for _, p := range pretences[:2] {
		a, err := d.get(ctx, probe{url: d.c.AuthorizationURL, query: p.query, header: p.header})
		if err != nil {
			return err
		}
		if a.mints() {
			d.once(MintsWithoutSession, "A request without a cookie, with a user's id and email in its parameters and headers, got a token.", a)
		}
	}
	if d.first == nil {
		d.note("without a session only: " + noLogin)
		return nil
	}
	for _, p := range pretences {
		if err := d.pretends(ctx, p); err != nil {
			return err
		}
	}
	if err := d.places(ctx); err != nil {
		return err
	}
	return d.otherMember(ctx)
}

// pretends asks for a login as the member, and says to be another.
func (d *doctor) pretends(ctx context.Context, p pretence) error {
	a, err := d.open(ctx, probe{query: p.query, header: p.header})
	if err != nil {
		return err
	}
	l, ok := a.login(d.community.String())
	if !ok {
		if a.status >= 400 { // a firewall, or a handler that refuses what it does not know
			return nil
		}
		works, err := d.stillWorks(ctx)
		if works {
			d.once(IdentityFromRequest, "With the session cookie, and another user's id and email in parameters and headers, "+whereTo(a)+".", a)
		}
		return err
	}
	before, now := d.claims(d.first), d.claims(l)
	for _, claim := range []string{contract.Sub, contract.Email, contract.Name} {
		if now[claim] != before[claim] && slices.Contains([]string{p.who, p.email, p.name}, now[claim]) || claim == contract.Sub && now[claim] != before[claim] {
			d.once(IdentityFromRequest, fmt.Sprintf("With another user's id and email in parameters and headers beside the session, the token's %s was another.", claim), a)
		}
	}
	return nil
}

// claims gives the texts among the claims of a login.
func (d *doctor) claims(l *loginURL) map[string]string {
	texts := map[string]string{}
	for _, e := range inspect.LoginURL(l.raw, inspect.Options{}).Claims {
		text, ok := e.Text()
		if !ok {
			text = string(e.Value)
		}
		texts[e.Name] = text
	}
	return texts
}

// places asks for a login in another community.
func (d *doctor) places(ctx context.Context) error {
	for _, value := range []string{redirects.Host, "https://" + redirects.Host} {
		q := url.Values{}
		for _, n := range slices.Concat(placeNames, leaveNames) {
			if n != contract.ReferrerURI {
				q.Set(n, value)
			}
		}
		a, err := d.open(ctx, probe{query: q.Encode()})
		if err != nil {
			return err
		}
		switch l, ok := a.login(d.community.String()); {
		case ok && browser.Origin(l.url) != d.first.origin:
			d.once(CommunityFromRequest, fmt.Sprintf("With %q in parameters such as community, the login goes to %s.", value, l.origin), a)
		case !ok && a.target() != nil && isEvil(a.target().Host):
			d.once(OpenRedirect, fmt.Sprintf("With %q in parameters such as redirect, the answer leads to %s.", value, seenAt(a.target())), a)
		}
	}
	return nil
}

// otherMember looks whether another session is another member, after the first
// one has logged in.
func (d *doctor) otherMember(ctx context.Context) error {
	if d.c.OtherCookie == "" {
		return nil
	}
	a, _, err := d.visit(ctx, probe{url: d.c.AuthorizationURL, as: newJar(d.c.OtherCookie)}, d.ownPath)
	if err != nil {
		return err
	}
	l, ok := a.login(d.community.String())
	switch {
	case !ok:
		d.find(SessionNotTaken, "With the other session cookie, "+whereTo(a)+".", a)
	case d.claims(l)[contract.Sub] == d.claims(d.first)[contract.Sub]:
		d.find(SameMember, "The sessions of two members got tokens with one sub.", a)
	}
	return nil
}

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
		{probe{method: http.MethodHead}, HEADMints, "HEAD was answered with a token."},
		{probe{header: map[string]string{"Sec-Purpose": "prefetch", "Purpose": "prefetch"}}, PrefetchMints, "A request with Sec-Purpose: prefetch was answered with a token."},
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
			d.once(HostBelieved, fmt.Sprintf("With %s %q, the answer leads to %s.", f.name, f.value, seenAt(u)), a)
		}
	}
	if d.first == nil {
		return nil
	}
	_, err := d.stillWorks(ctx)
	return err
}
