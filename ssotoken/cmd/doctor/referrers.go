package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

// deepLinks checks that good values of referrer_uri come back unchanged.
func (d *doctor) deepLinks(ctx context.Context) error {
	switch {
	case d.first == nil:
		return d.skip(noLogin)
	case d.first.isBare:
		return d.skip("the answer holds a token without a login URL")
	}
	good := append([]string{"/spaces", "/search?q=a%20b+c&tab=posts#top"}, every(redirects.Good(), 10)...)
	var tries []probe
	for i := range good {
		good[i] = d.folder + good[i]
		tries = append(tries, probe{query: referrer(good[i])})
	}
	answers, err := d.all(ctx, tries, d.open)
	if err != nil {
		return err
	}
	for i, a := range answers {
		l, ok := d.loginOf(a)
		if !ok {
			works, err := d.stillWorks(ctx)
			if works {
				d.find(NoLogin, a, "With the session cookie and referrer_uri %q, %s.", good[i], whereTo(a))
			}
			return err
		}
		if !d.cameBack(a, l, good[i]) {
			return nil
		}
		d.cameBackPlain = d.cameBackPlain || !strings.Contains(good[i], "%")
	}
	return nil
}

// cameBack reports whether a referrer_uri is the redirect_uri of the login, and else what it is.
func (d *doctor) cameBack(a *answer, l *loginURL, want string) bool {
	got, found := l.url.Query()[contract.RedirectURI]
	switch {
	case len(got) > 1:
		d.find(RedirectChanged, a, "referrer_uri %q came back as %d redirect_uri.", want, len(got))
	case found && lettersEncoded(got[0]) == lettersEncoded(want):
		return true
	case d.cameBackPlain && strings.Contains(want, "%") && !letters.MatchString(want) && (!found || got[0] == "/"):
		code := RedirectChanged
		if !found {
			code = RedirectLost
		}
		d.find(code, a, "referrer_uri %q did not come back; those without a percent sign did.", want).Fix =
			"Let the check take percent-encoded letters and spaces: dangerous are only an encoded slash, backslash, control " +
				"character or dot segment."
	case !found:
		d.find(RedirectLost, a, "With referrer_uri %q, the login has no redirect_uri.", want)
	default:
		f := d.find(RedirectChanged, a, "referrer_uri %q came back as redirect_uri %q.", want, got[0])
		f.Fix = cmp.Or(howChanged(want, got[0]), f.Fix)
	}
	return false
}

// howChanged says what to do about a redirect_uri that is not its referrer_uri; "" if that is not plain.
func howChanged(want, got string) string {
	decoded, _ := url.QueryUnescape(want)
	unescaped, _ := url.PathUnescape(want)
	twice, _ := url.QueryUnescape(got)
	switch got {
	case strings.ReplaceAll(want, "+", " "), strings.ReplaceAll(want, "+", "%20"), decoded:
		return "Don't decode referrer_uri once more: the framework has decoded the query, and a + in it is a + then."
	case unescaped:
		return "Don't decode referrer_uri once more: the framework has decoded the query."
	case strings.ReplaceAll(want, "%", ""):
		return "Let the filter keep the percent signs: it may refuse a value, but not change it."
	}
	switch {
	case twice == want:
		return "Percent-encode it once: it was encoded already when it was put into the login URL."
	case strings.HasPrefix(want, got) && got != "/":
		return "Percent-encode it whole (encodeURIComponent): a &, # or ? in it cut off the rest."
	}
	return ""
}

var letters = regexp.MustCompile(`[^\x00-\x7f]+`)

// lettersEncoded is how a browser sends an address with letters beyond ASCII. A
// handler that reads referrer_uri by a URL parser returns it so.
func lettersEncoded(s string) string { return letters.ReplaceAllStringFunc(s, url.PathEscape) }

// every picks about n values, evenly.
func every[T any](values []T, n int) []T {
	var picked []T
	step := max(1, len(values)/n)
	for i := step / 2; i < len(values); i += step {
		picked = append(picked, values[i])
	}
	return picked
}

// hostileReferrers checks that no value leads off the community.
func (d *doctor) hostileReferrers(ctx context.Context) error {
	classics, all := d.traps()
	switch {
	case d.first == nil:
		all = nil
		d.note("without a session only: " + noLogin)
	case d.pace.refused.Load() > 0:
		all = classics
	}
	signedIn := len(all)
	all = append(all, every(classics, 8)...) // once more, without a session
	return d.spring(ctx, springs{
		traps: all,
		send: func(ctx context.Context, i int, query string) (*answer, error) {
			if i < signedIn {
				return d.open(ctx, probe{query: query})
			}
			return d.get(ctx, probe{url: d.c.AuthorizationURL, query: query})
		},
		look: func(i int, a *answer) (outcome, string) {
			l, ok := d.loginOf(a)
			switch {
			case i < signedIn && ok && l.by != "":
				return sprung(a, l.url, d.first)
			case i < signedIn:
				return sprung(a, a.target(), d.first)
			case a.target() != nil && isEvil(a.target().Host):
				return offCommunity, "without a session, the answer leads to " + seenAt(a.target())
			case loginInBody.MatchString(a.body) || holdsMember(a.body) || a.target() != nil && wraps(a.target()):
				d.mu.Lock()
				defer d.mu.Unlock()
				d.once(MintsWithoutSession, a, "After a login with a session, a request without one got a token.")
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

const (
	manyValues    = 80
	maxUnanswered = 10
)

// A trap is a query with a hostile referrer_uri.
type trap struct{ name, query string }

// traps returns the classics, which attackers try first. all has the others too, or a sample of them.
func (d *doctor) traps() (classics, all []trap) {
	const evil = redirects.Host
	for _, value := range []string{
		"//" + evil, "https://" + evil + "/", "http://" + evil, `/\` + evil, `\\` + evil, "///" + evil, "/\t/" + evil, "\n/" + evil,
		"/\x00" + evil, "/\r\nLocation: //" + evil,
		"/%2f" + evil, "/%5c" + evil, "/%252f" + evil, "/.//" + evil, "@" + evil, "." + evil, ":443@" + evil + "/",
		"https:" + evil, "javascript:alert(1)//" + evil, "/spaces&redirect_uri=//" + evil,
		"/api/auth/sso?jwt=x", "/auth/logout", "/x%3F/%2e%2e/api/auth/sso?jwt=x",
	} {
		classics = append(classics, trap{strconv.Quote(value), referrer(value)})
	}
	if d.folder != "" {
		for _, endpoint := range []string{d.folder + "/api/auth/sso?jwt=x", d.folder + "/auth/logout"} {
			classics = append(classics, trap{strconv.Quote(endpoint), referrer(endpoint)})
		}
	}
	classics = append(classics,
		trap{"given twice", referrer("/spaces") + "&" + referrer("//"+evil)},
		trap{"as redirect_uri", contract.RedirectURI + "=" + url.QueryEscape("//"+evil)})
	values := sampled()
	if d.c.Thorough {
		values = redirects.Hostile()
	}
	all = slices.Clone(classics)
	for _, value := range values {
		all = append(all, trap{strconv.QuoteToASCII(value), referrer(value)})
	}
	return classics, all
}

// sampled has four hostile values for each reason that the judge has against many of them. The rare ones are for
// Config.Thorough.
var sampled = sync.OnceValue(func() (picked []string) {
	byReason := map[string][]string{}
	for _, value := range redirects.Hostile() {
		_, err := inspect.RedirectURI(value)
		reason := fmt.Sprint(err)
		byReason[reason] = append(byReason[reason], value)
	}
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		if values := byReason[reason]; len(values) >= manyValues {
			picked = append(picked, every(values, 4)...)
		}
	}
	return picked
})

// An outcome is where a trap led.
type outcome int

const (
	onCommunity outcome = iota
	blocked             // an error, or no answer
	noRedirect
	toEndpoint   // an address of the community that is not a page
	fragile      // off the community in a server that decodes or normalises more
	offCommunity // in a browser
)

// springs are traps, how each is sent, and how its answer is read.
type springs struct {
	traps []trap
	send  func(ctx context.Context, i int, query string) (*answer, error)
	look  func(i int, a *answer) (outcome, string)
	works func(context.Context) (bool, error) // a good value still does
}

// A sprungTrap is what a trap led to.
type sprungTrap struct {
	outcome
	detail string
	in     *answer // nil if there was none
}

// spring tries each trap, and makes its findings.
func (d *doctor) spring(ctx context.Context, s springs) error {
	results := make([]sprungTrap, len(s.traps))
	var unanswered atomic.Int32
	err := d.each(ctx, len(s.traps), func(ctx context.Context, i int) error {
		r := &results[i]
		a, err := s.send(ctx, i, s.traps[i].query)
		var none *noAnswer
		switch {
		case errors.Is(err, errNotHTTP):
			r.outcome, r.detail = noRedirect, "a header of the answer holds a control character"
		case errors.As(err, &none) && none.gateway > 0:
			r.outcome, r.detail = noRedirect, fmt.Sprintf("a proxy answered %d: the handler crashed or hung", none.gateway)
		case errors.As(err, &none) && !none.busy: // a firewall in between may cut off a bad value
			if r.outcome, r.detail = blocked, "there was no answer"; unanswered.Add(1) > maxUnanswered {
				return &noAnswer{error: errors.New("many values got no answer")}
			}
		case err != nil:
			return err
		default:
			r.in = a
			if r.outcome, r.detail = s.look(i, a); r.outcome == noRedirect && a.status >= 400 {
				r.outcome = blocked
			}
		}
		return nil
	})
	if ctx.Err() != nil {
		return err
	}
	var none *noAnswer
	if errors.As(err, &none) {
		d.unknown(err.Error())
	} else if err != nil {
		return err
	}
	if slices.ContainsFunc(results, func(r sprungTrap) bool { return r.outcome == blocked || r.outcome == noRedirect }) {
		if works, err := s.works(ctx); err != nil || !works {
			return err
		}
	}
	if err := d.whoBlocks(ctx, s, results); err != nil {
		return err
	}
	d.sumUp(s.traps, results)
	return nil
}

// whoBlocks finds out who answers a trap with an error: a firewall does the same
// where the value is in a parameter that no handler reads.
func (d *doctor) whoBlocks(ctx context.Context, s springs, results []sprungTrap) error {
	isBlocked := func(r sprungTrap) bool { return r.outcome == blocked }
	first := slices.IndexFunc(results, isBlocked)
	if first < 0 {
		return nil
	}
	n := len(slices.DeleteFunc(slices.Clone(results), func(r sprungTrap) bool { return !isBlocked(r) }))
	if results[first].in == nil {
		if _, err := s.send(ctx, first, s.traps[first].query); err == nil { // it was not the value
			d.unknown(fmt.Sprintf("%d of %d values got no answer in time", n, len(results)))
			return nil
		}
	}
	var none *noAnswer
	elsewhere := strings.Replace(s.traps[first].query, contract.ReferrerURI+"=", "unread_by_handlers=", 1)
	a, err := s.send(ctx, first, referrer("/spaces")+"&"+elsewhere)
	if err != nil && (!errors.As(err, &none) || none.busy) {
		return err
	}
	theirs := results[first].in
	isHandlers := a != nil && (theirs == nil || a.status != theirs.status)
	if isHandlers || theirs != nil && theirs.status >= 500 {
		for i := range results {
			if results[i].outcome == blocked {
				results[i].outcome = noRedirect
			}
		}
		return nil
	}
	how := "there was no answer"
	if theirs != nil {
		how = fmt.Sprintf("the answer was %d", theirs.status)
	}
	d.once(Firewall, theirs, "With %s in referrer_uri, and in a parameter that no handler reads, %s: %d of %d values did "+
		"not reach the handler.", s.traps[first].name, how, n, len(results))
	if why := fmt.Sprintf("a firewall kept %d of %d values from the handler", n, len(results)); n > len(results)/2 {
		d.unknown(why)
	} else if d.row().State != Unknown {
		d.note(why)
	}
	return nil
}

// sprung says where a signed-in visitor lands who is sent to u; nil when a
// browser goes nowhere. first is where a good login leads.
func sprung(a *answer, u *url.URL, first *loginURL) (outcome, string) {
	if u == nil {
		return noRedirect, fmt.Sprintf("the answer was %d", a.status)
	}
	isOwn := useragent.Origin(u) == useragent.Origin(a.url) && !hasToken(u)
	switch isOff := useragent.Origin(u) != first.origin; {
	case isOff && !isOwn:
		return offCommunity, "the answer leads to " + seenAt(u)
	case isOff || u.Path != first.url.Path:
		return noRedirect, "the answer leads to " + seenAt(u)
	}
	worst, detail := onCommunity, ""
	for _, value := range u.Query()[contract.RedirectURI] {
		if o, why := landing(value, first); o > worst {
			worst, detail = o, fmt.Sprintf("redirect_uri is %q, which %s", value, why)
		}
	}
	return worst, detail
}

// landing says where a redirect_uri leads on the community of a good login.
func landing(value string, first *loginURL) (outcome, string) {
	to, err := useragent.Resolve(&url.URL{Scheme: first.url.Scheme, Host: first.url.Host, Path: "/"}, value)
	if err == nil && useragent.Origin(to) == "null" {
		return offCommunity, "leads a browser to an address without a host"
	}
	if err == nil && useragent.Origin(to) != first.origin {
		return offCommunity, "leads a browser to " + useragent.Origin(to)
	}
	var broken *inspect.RuleError
	_, err = inspect.RedirectURIUnder(first.folder, value)
	switch errors.As(err, &broken); {
	case errors.Is(err, contract.RedirectFragile):
		return fragile, broken.Finding.Message
	case errors.Is(err, contract.RedirectLoop):
		return toEndpoint, broken.Finding.Message
	}
	return onCommunity, ""
}

// sumUp makes one finding for each kind of flaw, with its first example.
func (d *doctor) sumUp(traps []trap, results []sprungTrap) {
	first, counts := map[outcome]int{}, map[outcome]int{}
	for i, r := range results {
		if counts[r.outcome] == 0 {
			first[r.outcome] = i
		}
		counts[r.outcome]++
	}
	find := func(code contract.Code, o outcome) {
		if counts[o] == 0 {
			return
		}
		i := first[o]
		d.once(code, results[i].in, "With referrer_uri %s, %s (%d of %d values).", traps[i].name, results[i].detail, counts[o],
			len(results))
	}
	if counts[offCommunity] > 0 {
		find(OpenRedirect, offCommunity)
		return
	}
	find(ReferrerBreaksLogin, noRedirect)
	if !d.found(RedirectChanged) { // which explains it
		find(contract.RedirectFragile, fragile)
	}
	find(contract.RedirectLoop, toEndpoint)
}

func isEvil(host string) bool { return strings.Contains(strings.ToLower(host), redirects.Host) }
