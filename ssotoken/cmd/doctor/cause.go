package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/cmd/internal/browser"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// maxHops is how many redirects of the partner's own a login may go over.
const maxHops = 5

// visit follows redirects on the partner's own origin, and pages that refresh
// themselves, to the paths that may be visited. hops are where it was sent.
func (d *doctor) visit(ctx context.Context, p probe, may func(path string) bool) (a *answer, hops []*url.URL, err error) {
	if p.as != nil {
		p.as = p.as.visit()
	}
	for {
		if a, err = d.get(ctx, p); err != nil {
			return nil, hops, err
		}
		u := a.onward()
		if u == nil || len(hops) == maxHops || browser.Origin(u) != browser.Origin(a.url) || u.Path == contract.SSOPath || hasToken(u) || !may(u.Path) {
			return a, hops, nil
		}
		hops = append(hops, u)
		next := *u
		next.Fragment = ""
		p.url, p.query, p.form = next.String(), "", nil
		if p.method != http.MethodHead {
			p.method = ""
		}
	}
}

// anyPath keeps off the pages that end a session.
func anyPath(path string) bool { return !leaving.MatchString(path) }

var leaving = regexp.MustCompile(`(?i)/(?:log|sign)[-_]?(?:out|off)`)

// ownPath also keeps to the paths that the first login went over, since a
// handler may redirect to whatever it is given.
func (d *doctor) ownPath(path string) bool { return d.hops[path] }

// open asks for a login with the session, after the first.
func (d *doctor) open(ctx context.Context, p probe) (*answer, error) {
	p.url, p.as = d.c.AuthorizationURL, d.session
	a, _, err := d.visit(ctx, p, d.ownPath)
	return a, err
}

// stillWorks reports whether a plain login is given as before. If it is not, the
// session is over, or somebody on the way has had enough: what was seen since
// says nothing of the handler.
func (d *doctor) stillWorks(ctx context.Context) (bool, error) {
	a, err := d.open(ctx, probe{query: referrer("/spaces")})
	if err != nil {
		return false, err
	}
	if _, ok := a.login(d.community.String()); ok {
		return true, nil
	}
	d.unknown("the login works no more: " + whereTo(a))
	return false, nil
}

// noLogin says why a visitor with the session is not sent to the community.
func (d *doctor) noLogin(a *answer, hops []*url.URL) {
	find := func(code contract.Code, seen string) { d.find(code, seen, a) }
	page := parsePage(a.body)
	switch {
	case isFirewall(a):
		find(contract.Firewall, fmt.Sprintf("With the session cookie, a firewall answered %d.", a.status))
		d.unknown("a firewall answered in place of the handler")
	case len(hops) == maxHops && a.onward() != nil && browser.Origin(a.onward()) == browser.Origin(a.url):
		find(contract.LoginLoops, fmt.Sprintf("With the session cookie, %s led to one more, at %s.", times(maxHops, "redirect"), seenAt(a.onward())))
	case isNeighbour(a):
		find(contract.NoLogin, "With the session cookie, "+whereTo(a)+", which is another origin: give the address there.")
	case isSamePage(a, d.stranger) || hasPassword(page):
		find(contract.SessionNotTaken, "With the session cookie, "+whereTo(a)+", as without a session.")
	case a.status == http.StatusOK && len(page.forms) > 0 && scriptTarget(page) == "":
		find(contract.ConsentPage, "With the session cookie, the answer is a page with a form.")
		d.unknown("the site asks the member something before the login")
	default:
		find(contract.NoLogin, "With the session cookie, "+whereTo(a)+".")
	}
}

// isNeighbour reports whether an answer leads to the same path at another scheme
// or port, or with or without www.
func isNeighbour(a *answer) bool {
	u := a.target()
	return u != nil && browser.Origin(u) != browser.Origin(a.url) && u.Path == a.url.Path && strings.TrimPrefix(u.Hostname(), "www.") == strings.TrimPrefix(a.url.Hostname(), "www.")
}

func hasPassword(p *page) bool {
	return slices.ContainsFunc(p.forms, func(f form) bool { _, ok := f.fieldOf("password"); return ok })
}

// isSamePage compares two answers by what a visitor would tell apart.
func isSamePage(a, b *answer) bool {
	if a == nil || b == nil || a.status != b.status {
		return false
	}
	ua, ub := a.target(), b.target()
	if ua != nil || ub != nil {
		return ua != nil && ub != nil && seenAt(ua) == seenAt(ub)
	}
	pa, pb := parsePage(a.body), parsePage(b.body)
	if len(pa.forms) > 0 && len(pb.forms) > 0 {
		return slices.EqualFunc(pa.forms, pb.forms, func(f, g form) bool { return slices.Equal(f.names(), g.names()) })
	}
	return a.url.Path == b.url.Path && digits.ReplaceAllString(pa.text, "") == digits.ReplaceAllString(pb.text, "")
}

var digits = regexp.MustCompile(`[0-9]+`)

// isFirewall reports whether an answer is one that a firewall in front of the
// site gives, by the signs that common ones leave.
func isFirewall(a *answer) bool {
	if a.status != http.StatusForbidden && a.status != http.StatusNotAcceptable {
		return false
	}
	for name := range a.header {
		if firewallHeaders.MatchString(name) {
			return true
		}
	}
	return firewallServers.MatchString(a.header.Get("Server")) || firewallWords.MatchString(a.body)
}

var (
	firewallHeaders = regexp.MustCompile(`(?i)^(?:cf-mitigated|cf-ray|x-sucuri-.*|x-amzn-waf-.*|x-iinfo|x-datadome.*|x-akamai-.*|x-azure-ref)$`)
	firewallServers = regexp.MustCompile(`(?i)cloudflare|akamai|sucuri|imperva|datadome|awselb|mod_security|barracuda|fortiweb`)
	firewallWords   = regexp.MustCompile(`(?i)captcha|challenge-platform|request (?:was |has been )?blocked|access to this page has been denied|web application firewall|mod_security|incident id|support id|unusual traffic`)
)
