package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/internal/browser"
	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
)

// deepLinks checks that good values of referrer_uri come back unchanged.
func (d *doctor) deepLinks(ctx context.Context) error {
	if d.first == nil {
		return d.skip(noLogin)
	}
	good := append([]string{"/spaces", "/search?q=a%20b&tab=posts#top"}, every(redirects.Good(), 10)...)
	for _, want := range good {
		a, err := d.get(ctx, probe{url: d.c.AuthorizationURL, query: referrer(want), cookie: d.c.Cookie})
		if err != nil {
			return err
		}
		l, ok := a.login(d.community.String())
		if !ok {
			d.find(contract.NoLogin, fmt.Sprintf("With the session cookie and referrer_uri %q, %s.", want, whereTo(a)))
			return nil
		}
		if !d.cameBack(l, want) {
			return nil
		}
	}
	return nil
}

// cameBack reports whether a referrer_uri is the redirect_uri of the login, and
// else what it is.
func (d *doctor) cameBack(l *loginURL, want string) bool {
	switch got, found := l.url.Query()[contract.RedirectURI]; {
	case !found:
		d.find(contract.RedirectLost, fmt.Sprintf("With referrer_uri %q, the login has no redirect_uri.", want))
	case len(got) > 1:
		d.find(contract.RedirectChanged, fmt.Sprintf("referrer_uri %q came back as %d redirect_uri.", want, len(got)))
	case got[0] != want:
		d.find(contract.RedirectChanged, fmt.Sprintf("referrer_uri %q came back as redirect_uri %q.", want, got[0]))
	default:
		return true
	}
	return false
}

// every picks about n values, evenly.
func every(values []string, n int) []string {
	var picked []string
	step := max(1, len(values)/n)
	for i := step / 2; i < len(values); i += step {
		picked = append(picked, values[i])
	}
	return picked
}

const (
	hostileSample = 300
	maxUnanswered = 10
)

// A trap is a query with a hostile referrer_uri.
type trap struct{ name, query string }

// traps gives the classics, which attackers try first. all has the others too,
// or a sample of them.
func (d *doctor) traps() (classics, all []trap) {
	const evil = redirects.Host
	for _, value := range []string{
		"//" + evil, "https://" + evil + "/", "http://" + evil, `/\` + evil, `\\` + evil, "///" + evil, "/\t/" + evil,
		"/%2f" + evil, "/%5c" + evil, "/%252f" + evil, "/.//" + evil, "@" + evil, "." + evil, ":443@" + evil + "/", "https:" + evil, "javascript:alert(1)//" + evil,
		"/spaces&redirect_uri=//" + evil, "/api/auth/sso?jwt=x", "/auth/logout",
	} {
		classics = append(classics, trap{strconv.Quote(value), referrer(value)})
	}
	classics = append(classics,
		trap{"given twice", referrer("/spaces") + "&" + referrer("//"+evil)},
		trap{"as redirect_uri", contract.RedirectURI + "=" + url.QueryEscape("//"+evil)})
	values := redirects.Hostile()
	if !d.c.Thorough {
		values = every(values, hostileSample)
	}
	all = slices.Clone(classics)
	for _, value := range values {
		all = append(all, trap{strconv.QuoteToASCII(value), referrer(value)})
	}
	return classics, all
}

// An outcome is where a trap led.
type outcome int

const (
	onCommunity outcome = iota
	noRedirect
	toEndpoint   // an address of the community that is not a page
	fragile      // off the community in a server that decodes or normalises more
	offCommunity // in a browser
)

// errBusy ends a check when the server asks for fewer requests.
var errBusy = errors.New("429 Too Many Requests")

// hostileReferrers checks that no value leads off the community.
func (d *doctor) hostileReferrers(ctx context.Context) error {
	classics, all := d.traps()
	cookie := d.c.Cookie
	if d.first == nil {
		cookie, all = "", nil
		d.note("without a session only: " + noLogin)
	}
	all = append(all, classics...) // once more, without a session
	return d.spring(ctx, all, func(ctx context.Context, i int) (outcome, string, error) {
		p := probe{url: d.c.AuthorizationURL, query: all[i].query, cookie: cookie}
		signedIn := i < len(all)-len(classics)
		if !signedIn {
			p.cookie = ""
		}
		a, err := d.get(ctx, p)
		switch {
		case err != nil:
			return 0, "", err
		case a.status == http.StatusTooManyRequests:
			return 0, "", errBusy
		case signedIn:
			o, detail := sprung(a, a.target(), d.first)
			return o, detail, nil
		case a.target() != nil && isEvil(a.target().Host):
			return offCommunity, "without a session, the answer leads to " + seenAt(a.target()), nil
		}
		return onCommunity, "", nil
	})
}

// spring tries each trap, and makes its findings.
func (d *doctor) spring(ctx context.Context, all []trap, try func(context.Context, int) (outcome, string, error)) error {
	outcomes, details := make([]outcome, len(all)), make([]string, len(all))
	var unanswered atomic.Int32
	err := d.each(ctx, len(all), func(ctx context.Context, i int) error {
		var err error
		outcomes[i], details[i], err = try(ctx, i)
		switch {
		case errors.Is(err, errBusy):
			return err
		case errors.Is(err, errNotHTTP):
			outcomes[i], details[i] = noRedirect, "a header of the answer holds a control character"
		case err != nil && (ctx.Err() != nil || unanswered.Add(1) > maxUnanswered):
			return err
		case err != nil: // a firewall in between may cut off a bad value
			outcomes[i], details[i] = noRedirect, "there was no answer"
		}
		return nil
	})
	if errors.Is(err, errBusy) {
		return d.skip("the server answered " + errBusy.Error())
	}
	if err != nil {
		return err
	}
	d.sumUp(all, outcomes, details)
	return nil
}

// sprung says where a signed-in visitor lands who is sent to u; nil when a
// browser goes nowhere. first is where a good login leads.
func sprung(a *answer, u *url.URL, first *loginURL) (outcome, string) {
	if u == nil {
		return noRedirect, fmt.Sprintf("the answer was %d", a.status)
	}
	switch at := browser.Origin(u); {
	case at != first.origin && at == browser.Origin(a.url) && !hasToken(u):
		return noRedirect, "the answer leads to " + seenAt(u)
	case at != first.origin:
		return offCommunity, "the answer leads to " + seenAt(u)
	case u.Path != first.url.Path:
		return noRedirect, "the answer leads to " + seenAt(u)
	}
	result, detail := onCommunity, ""
	for _, value := range u.Query()[contract.RedirectURI] {
		l := inspect.Land(value, first.origin)
		o := onCommunity
		switch {
		case l.Off != "":
			o = offCommunity
		case l.Code == contract.RedirectFragile:
			o = fragile
		case l.Code == contract.RedirectLoop:
			o = toEndpoint
		}
		if o > result {
			result, detail = o, fmt.Sprintf("redirect_uri is %q, which %s", value, l.Message)
		}
	}
	return result, detail
}

// sumUp makes one finding for each kind of flaw, with its first example.
func (d *doctor) sumUp(all []trap, outcomes []outcome, details []string) {
	first, counts := map[outcome]int{}, map[outcome]int{}
	for i, o := range outcomes {
		if counts[o] == 0 {
			first[o] = i
		}
		counts[o]++
	}
	seen := func(o outcome) string {
		return fmt.Sprintf("With referrer_uri %s, %s (%d of %d values).", all[first[o]].name, details[first[o]], counts[o], len(all))
	}
	if counts[offCommunity] > 0 {
		d.find(contract.OpenRedirect, seen(offCommunity))
		return
	}
	if counts[noRedirect] > 0 {
		d.find(contract.ReferrerBreaksLogin, seen(noRedirect))
	}
	if counts[fragile] > 0 && !d.found(contract.RedirectChanged) { // which explains it
		d.once(contract.RedirectFragile, seen(fragile))
	}
	if counts[toEndpoint] > 0 {
		d.once(contract.RedirectLoop, seen(toEndpoint))
	}
}

func isEvil(host string) bool { return strings.Contains(strings.ToLower(host), redirects.Host) }
