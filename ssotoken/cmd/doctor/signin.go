package doctor

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

// withoutSession checks what visitors get who have no cookie, or a made-up one.
func (d *doctor) withoutSession(ctx context.Context) error {
	a, err := d.stranded(ctx, "Authorization URL", d.c.AuthorizationURL)
	d.stranger = a
	if err != nil || d.found(MintsWithoutSession) || d.c.Cookie == "" {
		return err
	}
	a, err = d.get(ctx, probe{url: d.c.AuthorizationURL, cookie: madeUp(d.c.Cookie)})
	if err != nil {
		return err
	}
	if a.mints() {
		d.find(MintsWithoutSession, a, "A request with made-up values in the cookies got a token.")
	}
	return nil
}

// stranded visits an address as the community sends a visitor there who is not
// signed in, and looks where that one ends.
func (d *doctor) stranded(ctx context.Context, name, address string) (*answer, error) {
	const from = "/spaces/asked-for-by-doctor"
	a, hops, err := d.visit(ctx, probe{url: address, query: referrer(from), jar: &useragent.Jar{}}, anyPath)
	if err != nil {
		return nil, err
	}
	d.see(a)
	if d.skew == 0 && !d.found(ClockDiffers) {
		d.clock(a)
	}
	p, target := a.page(), a.onward()
	switch {
	case isFirewall(a):
		d.once(Firewall, a, "Without a session, a firewall answered %d at the %s.", a.status, name)
		d.unknown("a firewall answered in place of the handler")
		return nil, nil
	case a.mints():
		d.once(MintsWithoutSession, a, "A request without a cookie got a token.")
	case target == nil && a.isJSON():
		d.once(SignInBroken, a, "A request of the %s without a cookie was answered %d in JSON, which browsers show as text.",
			name, a.status)
	case a.status >= 400 && !(a.status == http.StatusUnauthorized &&
		(p.leadsOn() || a.header.Get("WWW-Authenticate") != "")):
		d.once(SignInBroken, a, "A request of the %s without a cookie was answered %d.", name, a.status)
	case target != nil && isIn(target, d.community.String()):
		d.sentBack = true
		d.once(SignInToCommunity, a, "Without a session, the %s leads back to %s.", name, seenAt(target))
	case target != nil && len(hops) == maxHops && useragent.Origin(target) == useragent.Origin(a.url):
		d.once(SignInLoops, a, "Without a session, the %s led to one more redirect after %d, at %s.", name, maxHops,
			seenAt(target))
	case a.status == http.StatusOK && p.text == "" && !p.shows && p.refresh == "":
		d.once(SignInBlank, a, "Without a session, the %s shows an empty page.", name)
	default:
		return a, d.signInPage(ctx, name, a, p, from)
	}
	return a, nil
}

// leadsOn reports whether a visitor can sign in on the page, or is told to.
func (p *page) leadsOn() bool {
	return len(p.forms)+len(p.links)+len(p.scripts) > 0 || p.refresh != "" || signInWords.MatchString(p.text)
}

var signInWords = regexp.MustCompile(`(?i)\b(?:sign|log)[ -]?(?:in|on)\b`)

// signUp visits the Sign Up URL as a stranger, and as the member: whoever is signed in already is to be sent on.
func (d *doctor) signUp(ctx context.Context) error {
	if _, err := d.stranded(ctx, "Sign Up URL", d.c.SignUpURL); err != nil {
		return err
	}
	if d.first == nil {
		return nil
	}
	if !d.hasSession(d.c.SignUpURL) {
		d.note("without a session only: " + d.whyNoSession(d.c.SignUpURL))
		return nil
	}
	a, _, err := d.visit(ctx, probe{url: d.c.SignUpURL, as: d.session}, anyPath)
	if err != nil {
		return err
	}
	if _, ok := d.loginOf(a); !ok {
		d.find(SignUpNoLogin, a, "With the session cookie, the Sign Up URL leads to no login: %s.", whereTo(a))
	}
	return nil
}

// madeUp returns cookies with the same names and made-up values.
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
	d.find(ClockDiffers, a, "The server's clock is %v %s this machine's. The times of the token were judged by the "+
		"server's.", d.skew.Abs().Round(time.Second), ahead)
}

// signInPage reads the page on which a visitor signs in, as a browser would.
// from is the referrer_uri that it was asked for with.
func (d *doctor) signInPage(ctx context.Context, name string, a *answer, p *page, from string) error {
	f, ok := p.signInForm()
	to := cmp.Or(a.onPage(f.action), a.url) // an empty action keeps the query
	if !ok {
		kept := []string{a.url.String(), a.body}
		if a.target() != nil {
			kept = []string{a.header.Get("Location")}
		}
		if !d.isTraced(from, a, kept...) {
			d.once(ReferrerForgotten, a, "Neither the address nor the page to which the %s leads, nor a cookie, holds the "+
				"referrer_uri.", name)
		}
		return nil
	}
	if to.Host != a.url.Host && !d.allows(to) {
		d.once(FormElsewhere, a, "The form of the sign-in page posts to %s.", seenAt(to))
		return nil
	}
	carried := []string{to.String()}
	for _, field := range f.fields {
		carried = append(carried, field.value)
	}
	if !d.isTraced(from, a, carried...) {
		d.once(ReferrerForgotten, a, "The form of the sign-in page at the %s posts to %s, without the referrer_uri in the "+
			"address, a field or a cookie.", name, seenAt(to))
	}
	if f.has("password") && len(directives(a, p, "frame-ancestors")) == 0 && a.header.Get("X-Frame-Options") == "" {
		d.once(SignInFramed, a,
			"The sign-in page has neither frame-ancestors in Content-Security-Policy nor X-Frame-Options.")
	}
	if f.method != http.MethodPost {
		if f.has("password") && len(p.scripts) == 0 {
			d.once(FormByGET, a, "The form of the sign-in page with the password has no method=post.")
		}
		return nil
	}
	if why := blockedByPolicy(a, p, to, d.community.String()); why != "" {
		d.once(FormActionBlocked, a, "%s", why)
	}
	if useragent.Origin(to) != useragent.Origin(a.url) {
		return nil
	}
	if !f.has("password") {
		d.note("the form asks for no password: whether a name or an email alone signs in there was not tried")
	}
	posted, err := d.get(ctx, probe{url: withoutFragment(to), form: f.filled(nil), jar: a.probe.jar, from: a.url})
	if err != nil {
		return err
	}
	switch {
	case posted.mints():
		d.once(MintsWithoutSession, posted, "The form of the sign-in page, sent without a name and password, got a token.")
	case posted.status == http.StatusNotFound || posted.status == http.StatusMethodNotAllowed ||
		posted.status == http.StatusNotImplemented:
		d.once(FormNotTaken, posted, "The form of the sign-in page posts to %s, which answered %d.", seenAt(to),
			posted.status)
	}
	return nil
}

func withoutFragment(u *url.URL) string {
	address, _, _ := strings.Cut(u.String(), "#")
	return address
}

// signInForm is the form with a password, or else the first that posts what a visitor types.
func (p *page) signInForm() (form, bool) {
	for _, f := range p.forms {
		if f.has("password") {
			return f, true
		}
	}
	for _, f := range p.forms {
		if f.method == http.MethodPost && (f.has("") || f.has("text") || f.has("email")) {
			return f, true
		}
	}
	return form{}, false
}

// filled returns what a browser sends of a form: what it holds, and the values that are typed in.
func (f form) filled(typed url.Values) url.Values {
	values := url.Values{}
	pressed := false
	for _, field := range f.fields {
		isSubmit := field.kind == "submit"
		if field.name == "" || isSubmit && pressed || slices.Contains(unsent, field.kind) {
			continue
		}
		pressed = pressed || isSubmit
		if given, ok := typed[field.name]; ok {
			values[field.name] = given
		} else if field.kind != "checkbox" && field.kind != "radio" {
			values.Add(field.name, field.value)
		}
	}
	return values
}

var unsent = []string{"reset", "button", "image", "file"}

// isTraced reports whether a referrer_uri is kept: in a text, in whatever
// spelling, or where a cookie or a state can refer to it.
func (d *doctor) isTraced(from string, a *answer, texts ...string) bool {
	if len(a.set) > 0 || a.probe.jar.Header(a.url, d.c.Now()) != "" {
		return true
	}
	forms := append(inBase64(from), from)
	for _, text := range texts {
		if opaqueState.MatchString(text) {
			return true
		}
		text = html.UnescapeString(strings.ReplaceAll(text, `\/`, "/"))
		if slices.ContainsFunc(unescaped(text), func(text string) bool { return containsAny(text, forms) }) {
			return true
		}
	}
	return false
}

// opaqueState is a parameter that may stand for more than it says.
var opaqueState = regexp.MustCompile(`[?&](?:(?:state|RelayState|SAMLRequest|nonce|flow|login_challenge` +
	`|ticket)=[^&]{8,}|[\w.-]+=[\w.~-]{24,}(?:&|$))`)

// directives returns the sources of a directive, one list for each policy that has it.
func directives(a *answer, p *page, name string) (lists [][]string) {
	policies := strings.Split(strings.Join(a.header.Values("Content-Security-Policy"), ","), ",")
	if name != "frame-ancestors" { // which a page can't set itself
		policies = append(policies, p.policy...)
	}
	for _, policy := range policies {
		for directive := range strings.SplitSeq(policy, ";") {
			words := strings.Fields(directive)
			if len(words) > 0 && strings.EqualFold(words[0], name) {
				lists = append(lists, words[1:])
				break // the first counts
			}
		}
	}
	return lists
}

// blockedByPolicy says why form-action stops the sign-in: browsers apply it to
// the redirects after a form too, and the last one leads to the community.
func blockedByPolicy(a *answer, p *page, to *url.URL, community string) string {
	last, err := url.Parse(community)
	if err != nil {
		return ""
	}
	for _, sources := range directives(a, p, "form-action") {
		for _, u := range []*url.URL{to, last} {
			if !slices.ContainsFunc(sources, func(source string) bool { return matches(source, u, a.url) }) {
				return fmt.Sprintf("The form-action of the sign-in page is %q, which does not let a browser go to %s.",
					strings.Join(sources, " "), useragent.Origin(u))
			}
		}
	}
	return ""
}

// matches reports whether a source of a policy on a page lets a browser go to u.
func matches(source string, u, page *url.URL) bool {
	source = strings.ToLower(source)
	switch {
	case source == "*":
		return u.Scheme == "https" || u.Scheme == "http"
	case source == "'self'":
		return useragent.Origin(u) == useragent.Origin(page) || u.Host == page.Host && u.Scheme == "https"
	case strings.HasSuffix(source, ":"):
		return source == u.Scheme+":" || source == "http:" && u.Scheme == "https"
	case strings.HasPrefix(source, "'"):
		return false
	}
	scheme, host, ok := strings.Cut(source, "://")
	if !ok {
		scheme, host = page.Scheme, source
	}
	host, _, _ = strings.Cut(host, "/")
	if scheme != u.Scheme && !(scheme == "http" && u.Scheme == "https") {
		return false
	}
	host = strings.TrimSuffix(strings.TrimSuffix(host, ":*"), map[string]string{"https": ":443", "http": ":80"}[u.Scheme])
	if below, ok := strings.CutPrefix(host, "*."); ok {
		return strings.HasSuffix(u.Hostname(), "."+below)
	}
	return host == strings.ToLower(u.Host) || host == u.Hostname()
}

// maxSteps is over how many pages and redirects a sign-in may go.
const maxSteps = 15

// A trip is a member's sign-in.
type trip struct {
	end    *answer        // the last answer
	login  *loginURL      // to which it led; nil if it led elsewhere
	page   *answer        // that had the first form
	sent   bool           // a form was filled in
	jar    *useragent.Jar // the member's cookies
	why    string         // it went no further
	leaves *url.URL       // where it would have gone, which is no host to go to
}

// signIn takes the whole trip of a test member: from the community over the sign-in page to the login URL, which is
// not followed. Its session is that of the checks that follow, wherever it ended.
func (d *doctor) signIn(ctx context.Context) error {
	if !isSafe(d.c.AuthorizationURL) {
		return d.skip("names and passwords are not sent over http")
	}
	const from = "/search?q=a%20b&tab=posts#top"
	t, err := d.takeTrip(ctx, probe{url: d.c.AuthorizationURL, query: referrer(from)})
	if err != nil {
		return err
	}
	given := d.c.Cookie
	if given == "" && t.sent {
		if err := d.takeOver(ctx, t); err != nil {
			return err
		}
	}
	switch {
	case t.login == nil && t.sent && d.c.Cookie == given && !slices.ContainsFunc(slices.Collect(maps.Keys(d.c.Form)), secretField.MatchString):
		d.unknown("the form asked for no password, and gave no session: the site may have sent a link or a code, which doctor " +
			"can't read. Sign in in a browser, and give the cookie by --cookie-file")
		return nil // each further try would send one more
	case t.login != nil && (hasToken(t.login.url) || wraps(t.login.url)):
		d.cameBack(t.end, t.login, from)
	case t.login != nil && !t.sent && d.sentBack: // that is the finding
	case t.login != nil:
		d.find(SignInFails, t.end, "The sign-in ended at the community, without a token.")
	default:
		d.find(SignInFails, t.end, "%s", t.why)
	}
	if t.sent {
		return d.leavesAfterSignIn(ctx, t.page)
	}
	return nil
}

// takeTrip goes on from one page to the next as a browser and its member do.
func (d *doctor) takeTrip(ctx context.Context, next probe) (*trip, error) {
	left := maps.Clone(d.c.Form)
	t := &trip{jar: &useragent.Jar{}}
	for range maxSteps {
		next.jar = t.jar
		a, err := d.get(ctx, next)
		if err != nil {
			return nil, err
		}
		d.see(a)
		t.end = a
		if l, ok := d.loginOf(a); ok {
			t.login = l
			return t, nil
		}
		if next = d.step(t, a, left); t.why != "" {
			return t, nil
		}
	}
	t.why = fmt.Sprintf("The sign-in was not over after %d pages and redirects.", maxSteps)
	return t, nil
}

// step says what a browser, or the member, does next on the way. left are the fields that are not filled in yet.
func (d *doctor) step(t *trip, a *answer, left url.Values) (next probe) {
	p := a.page()
	to := a.onward()
	if to == nil && len(left) < len(d.c.Form) {
		to = a.onPage(scriptTarget(p))
	}
	if to != nil {
		if !d.allows(to) {
			t.leaves, t.why = to, fmt.Sprintf("After the sign-in, the answer leads to %s, where doctor does not go.", seenAt(to))
			return probe{}
		}
		next = probe{url: withoutFragment(to), from: a.probe.from}
		if a.status == http.StatusTemporaryRedirect || a.status == http.StatusPermanentRedirect {
			next.form = a.probe.form
		}
		return next
	}
	f, ok := p.fillable(left)
	if !ok {
		t.why = fmt.Sprintf("The answer was %d, without a form for the fields that were given.", a.status)
		if t.sent && len(left) < len(d.c.Form) {
			t.why = fmt.Sprintf("After the form was sent, the answer was %d, without a redirect and without a form for "+
				"other fields: the sign-in was refused, or the page goes on by a script.", a.status)
		}
		return probe{}
	}
	to = cmp.Or(a.onPage(f.action), a.url)
	if !d.allows(to) {
		t.leaves, t.why = to, fmt.Sprintf("The form posts to %s, where doctor does not go.", seenAt(to))
		return probe{}
	}
	values := f.filled(d.c.Form)
	for name := range values {
		if left.Has(name) {
			delete(left, name)
			t.sent = true
		}
	}
	t.page = cmp.Or(t.page, a)
	if f.method == http.MethodPost {
		return probe{url: withoutFragment(to), form: values, from: a.url}
	}
	get := *to
	get.RawQuery, get.Fragment = values.Encode(), ""
	return probe{url: get.String(), from: a.url}
}

// takeOver makes the session of the checks that follow out of the one that was
// signed in, if it is one: the Authorization URL tells.
func (d *doctor) takeOver(ctx context.Context, t *trip) error {
	cookies := t.jar.Header(d.page, d.c.Now())
	if cookies == "" {
		return nil
	}
	d.c.Cookie = cookies
	d.session = newVisitor(cookies, d.hosts)
	if t.login != nil {
		return nil
	}
	a, _, err := d.visit(ctx, probe{url: d.c.AuthorizationURL, as: d.session}, anyPath)
	if err == nil && !a.mints() {
		d.c.Cookie, d.session = "", newVisitor("", d.hosts)
	}
	return err
}

// leavesAfterSignIn signs in once more, from sign-in pages whose address and
// hidden fields name another site as the place to go on to.
func (d *doctor) leavesAfterSignIn(ctx context.Context, page *answer) error {
	for _, value := range elsewhere {
		u := *page.url
		q := u.Query()
		for _, name := range leaveNames {
			q.Set(name, value)
		}
		for name, given := range q {
			if strings.ContainsRune(given[0], '/') {
				q.Set(name, value)
			}
		}
		u.RawQuery, u.Fragment = q.Encode(), ""
		t, err := d.takeTrip(ctx, probe{url: u.String()})
		if err != nil {
			return err
		}
		if t.leaves != nil && isEvil(t.leaves.Host) {
			d.once(OpenRedirect, t.end, "After a sign-in with %q in parameters such as next, the answer leads to %s.", value,
				seenAt(t.leaves))
			return nil
		}
	}
	return nil
}

// fillable is the form for fields that are left, or one that sends itself on.
func (p *page) fillable(left url.Values) (form, bool) {
	for _, f := range p.forms {
		if slices.ContainsFunc(f.fields, func(f field) bool { return left.Has(f.name) }) {
			return f, true
		}
	}
	for _, f := range p.forms {
		isHidden := !slices.ContainsFunc(f.fields, func(f field) bool { return f.kind != "hidden" && f.kind != "submit" })
		if isHidden && len(f.fields) > 0 && f.action != "" && strings.Contains(strings.Join(p.scripts, " "), "submit") {
			return f, true
		}
	}
	return form{}, false
}

// allows reports whether a sign-in may lead over an address.
func (d *doctor) allows(u *url.URL) bool {
	return isSafe(u.String()) && (d.page != nil && useragent.Origin(u) == useragent.Origin(d.page) ||
		slices.Contains(d.c.AllowHosts, u.Host) || slices.Contains(d.c.AllowHosts, u.Hostname()))
}
