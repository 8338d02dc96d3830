package doctor

import (
	"context"
	"fmt"
	"net/url"
	"regexp"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
)

// deepLinks checks that good values of referrer_uri come back unchanged.
func (d *doctor) deepLinks(ctx context.Context) error {
	switch {
	case d.first == nil:
		return d.skip(noLogin)
	case d.first.isBare:
		return d.skip("the answer holds a token without a login URL")
	}
	good := append([]string{"/spaces", "/search?q=a%20b&tab=posts#top"}, every(redirects.Good(), 10)...)
	for _, want := range good {
		a, err := d.open(ctx, probe{query: referrer(want)})
		if err != nil {
			return err
		}
		l, ok := a.login(d.community.String())
		if !ok {
			works, err := d.stillWorks(ctx)
			if works {
				d.find(contract.NoLogin, fmt.Sprintf("With the session cookie and referrer_uri %q, %s.", want, whereTo(a)), a)
			}
			return err
		}
		d.remember(a, l)
		if !d.cameBack(a, l, want) {
			return nil
		}
	}
	return nil
}

// cameBack reports whether a referrer_uri is the redirect_uri of the login, and
// else what it is.
func (d *doctor) cameBack(a *answer, l *loginURL, want string) bool {
	switch got, found := l.url.Query()[contract.RedirectURI]; {
	case !found:
		d.find(contract.RedirectLost, fmt.Sprintf("With referrer_uri %q, the login has no redirect_uri.", want), a)
	case len(got) > 1:
		d.find(contract.RedirectChanged, fmt.Sprintf("referrer_uri %q came back as %d redirect_uri.", want, len(got)), a)
	case lettersEncoded(got[0]) != lettersEncoded(want):
		d.find(contract.RedirectChanged, fmt.Sprintf("referrer_uri %q came back as redirect_uri %q.", want, got[0]), a)
	default:
		return true
	}
	return false
}

var letters = regexp.MustCompile(`[^\x00-\x7f]+`)

// lettersEncoded is how a browser sends an address with letters beyond ASCII. A
// handler that reads referrer_uri by a URL parser gives it back so.
func lettersEncoded(s string) string { return letters.ReplaceAllStringFunc(s, url.PathEscape) }

// every picks about n values, evenly.
func every(values []string, n int) []string {
	var picked []string
	step := max(1, len(values)/n)
	for i := step / 2; i < len(values); i += step {
		picked = append(picked, values[i])
	}
	return picked
}

// hostileReferrers checks that no value leads off the community.
func (d *doctor) hostileReferrers(ctx context.Context) error {
	classics, all := d.traps()
	if d.pace.isLimited() {
		all = classics
	}
	if d.first == nil {
		all = nil
		d.note("without a session only: " + noLogin)
	}
	all = append(all, classics...) // once more, without a session
	signedIn := len(all) - len(classics)
	return d.spring(ctx, springs{
		traps: all,
		send: func(ctx context.Context, i int, query string) (*answer, error) {
			if i < signedIn {
				return d.open(ctx, probe{query: query})
			}
			return d.get(ctx, probe{url: d.c.AuthorizationURL, query: query})
		},
		look: func(i int, a *answer) (outcome, string) {
			l, ok := a.login(d.community.String())
			if ok && i < signedIn {
				d.remember(a, l)
			}
			switch {
			case i < signedIn && ok && l.by != byRedirect:
				return sprung(a, l.url, d.first)
			case i < signedIn:
				return sprung(a, a.target(), d.first)
			case a.target() != nil && isEvil(a.target().Host):
				return offCommunity, "without a session, the answer leads to " + seenAt(a.target())
			case loginInBody.MatchString(a.body) || holdsMember(a.token()+" "+a.body):
				d.mu.Lock()
				d.once(contract.MintsWithoutSession, "After a login with a session, a request without one got a token.", a)
				d.mu.Unlock()
			}
			return onCommunity, ""
		},
		works: func(ctx context.Context) (bool, error) {
			if d.first == nil {
				return true, nil
			}
			return d.stillWorks(ctx)
		},
	})
}
