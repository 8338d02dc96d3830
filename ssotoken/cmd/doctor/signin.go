package doctor

import (
	"context"
	"crypto/rand"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
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
	if err != nil || d.found(MintsWithoutSession) || d.c.Cookie == "" {
		return err
	}
	a, err = d.get(ctx, probe{url: d.c.AuthorizationURL, cookie: madeUp(d.c.Cookie)})
	if err != nil {
		return err
	}
	if a.mints() {
		d.find(MintsWithoutSession, "A request with made-up values in the cookies got a token.", a)
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
	if d.skew == 0 && !d.found(ClockDiffers) {
		d.clock(a)
	}
	p, target := parsePage(a.body), a.onward()
	find := func(code contract.Code, seen string) { d.once(code, seen, a) }
	switch {
	case isFirewall(a):
		find(Firewall, fmt.Sprintf("Without a session, a firewall answered %d at the %s.", a.status, name))
		d.unknown("a firewall answered in place of the handler")
		return nil, nil
	case a.mints():
		find(MintsWithoutSession, "A request without a cookie got a token.")
	case a.status >= 400 && (a.status != http.StatusUnauthorized || p.isBlank()):
		find(SignInBroken, fmt.Sprintf("A request of the %s without a cookie was answered %d.", name, a.status))
	case target != nil && browser.Origin(target) == d.community.String():
		find(SignInToCommunity, fmt.Sprintf("Without a session, the %s leads back to %s.", name, seenAt(target)))
	case target != nil && len(hops) == maxHops && browser.Origin(target) == browser.Origin(a.url):
		find(SignInLoops, fmt.Sprintf("Without a session, the %s led to one more redirect after %d, at %s.", name, maxHops, seenAt(target)))
	case a.status == http.StatusOK && p.isBlank():
		find(SignInBlank, fmt.Sprintf("Without a session, the %s shows an empty page.", name))
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
		d.find(SignUpNoLogin, "With the session cookie, the Sign Up URL gives no login: "+whereTo(a)+".", a)
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
	d.find(ClockDiffers, fmt.Sprintf("The server's clock is %v %s this machine's. The times of the token were judged by the server's.", d.skew.Abs().Round(time.Second), ahead), a)
}

// signInPage reads the page on which a visitor signs in, as a browser would.
// from is the referrer_uri that it was asked for with.
func (d *doctor) signInPage(ctx context.Context, name string, a *answer, p *page, visitor *jar, from string) error {
	d.cookies(a, visitor)
	f, ok := p.signInForm()
	to := a.resolveOn(p, f.action)
	if to == nil {
		to = a.url // an empty action keeps the query
	}
	if !ok {
		kept := []string{a.url.String(), a.body}
		if a.target() != nil {
			kept = []string{a.header.Get("Location")}
		}
		if !d.isTraced(from, visitor, kept...) {
			d.once(ReferrerForgotten, fmt.Sprintf("Neither the address nor the page to which the %s leads, nor a cookie, holds the referrer_uri.", name), a)
		}
		return nil
	}
	if to.Host != a.url.Host && !d.allows(to) {
		d.once(FormElsewhere, fmt.Sprintf("The form of the sign-in page posts to %s.", seenAt(to)), a)
		return nil
	}
	carried := []string{to.String()}
	for _, field := range f.fields {
		carried = append(carried, field.value)
	}
	if !d.isTraced(from, visitor, carried...) {
		d.once(ReferrerForgotten, fmt.Sprintf("The form of the sign-in page at the %s posts to %s, without the referrer_uri in the address, a field or a cookie.", name, seenAt(to)), a)
	}
	d.framed(a, p, f)
	if f.method != http.MethodPost {
		if _, secret := f.fieldOf("password"); secret && !hasScript(p) {
			d.once(FormByGET, "The form of the sign-in page with the password has no method=post.", a)
		}
		return nil
	}
	if why := blockedByPolicy(a, p, to, d.community.String()); why != "" {
		d.once(FormActionBlocked, why, a)
	}
	if browser.Origin(to) != browser.Origin(a.url) {
		return nil
	}
	posted, err := d.get(ctx, probe{url: withoutFragment(to), form: f.filled(nil), as: visitor, header: fromForm(a.url)})
	if err != nil {
		return err
	}
	switch {
	case posted.mints():
		d.once(MintsWithoutSession, "The form of the sign-in page, sent without a name and password, got a token.", posted)
	case posted.status == http.StatusNotFound || posted.status == http.StatusMethodNotAllowed || posted.status == http.StatusNotImplemented:
		d.once(FormNotTaken, fmt.Sprintf("The form of the sign-in page posts to %s, which answered %d.", seenAt(to), posted.status), posted)
	}
	return nil
}

func withoutFragment(u *url.URL) string {
	plain := *u
	plain.Fragment = ""
	return plain.String()
}

// fromForm is what a browser says when a form on a page is sent.
func fromForm(page *url.URL) map[string]string {
	return map[string]string{"Origin": browser.Origin(page), "Referer": withoutFragment(page), "Sec-Fetch-Site": "same-origin"}
}

func hasScript(p *page) bool { return len(p.scripts) > 0 }

// signInForm is the form with a password, or else the first that posts what a
// visitor types.
func (p *page) signInForm() (form, bool) {
	for _, f := range p.forms {
		if _, ok := f.fieldOf("password"); ok {
			return f, true
		}
	}
	for _, f := range p.forms {
		typed := slices.ContainsFunc(f.fields, func(f field) bool { return f.kind == "" || f.kind == "text" || f.kind == "email" })
		if typed && f.method == http.MethodPost {
			return f, true
		}
	}
	return form{}, false
}

// filled gives what a browser sends of a form: what it holds, and the values
// that are typed in.
func (f form) filled(typed url.Values) url.Values {
	values := url.Values{}
	pressed := false
	for _, field := range f.fields {
		switch {
		case field.name == "" || field.kind == "reset" || field.kind == "button" || field.kind == "image" || field.kind == "file",
			field.kind == "submit" && pressed:
			continue
		case field.kind == "submit":
			pressed = true
		}
		if given, ok := typed[field.name]; ok {
			values[field.name] = given
		} else if field.kind != "checkbox" && field.kind != "radio" {
			values.Add(field.name, field.value)
		}
	}
	return values
}

// isTraced reports whether a referrer_uri is kept: in a text, in whatever
// spelling, or where a cookie or a state can refer to it.
func (d *doctor) isTraced(from string, visitor *jar, texts ...string) bool {
	if len(visitor.seen) > 0 {
		return true
	}
	for _, text := range texts {
		if opaqueState.MatchString(text) {
			return true
		}
		text = html.UnescapeString(strings.ReplaceAll(text, `\/`, "/"))
		for range 4 {
			if strings.Contains(text, from) || slices.ContainsFunc(inBase64(from), func(form string) bool { return strings.Contains(text, form) }) {
				return true
			}
			decoded, err := url.PathUnescape(text)
			if err != nil {
				decoded = strings.NewReplacer("%2F", "/", "%2f", "/", "%25", "%").Replace(text)
			}
			text = decoded
		}
	}
	return false
}

// opaqueState is a parameter that may stand for more than it says.
var opaqueState = regexp.MustCompile(`[?&](?:(?:state|RelayState|SAMLRequest|nonce|flow|login_challenge|ticket)=[^&]{8,}|[\w.-]+=[\w.~-]{24,}(?:&|$))`)

// cookies looks at the attributes of the cookies that carry a session.
func (d *doctor) cookies(a *answer, visitor *jar) {
	for _, c := range visitor.seen {
		if c.Name == countsVisits || !slices.Contains(d.session.names, c.Name) && !sessionName.MatchString(c.Name) || c.MaxAge < 0 || c.Value == "" {
			continue
		}
		name := fmt.Sprintf("The cookie %q", c.Name)
		if c.SameSite == http.SameSiteStrictMode {
			d.once(CookieStrict, name+" has SameSite=Strict.", a)
		}
		if !c.Secure && (a.url.Scheme == "https" || c.SameSite == http.SameSiteNoneMode) {
			d.once(CookieInsecure, name+" is not Secure.", a)
		}
		if !c.HttpOnly {
			d.once(CookieScriptable, name+" is not HttpOnly.", a)
		}
		if c.Domain != "" {
			d.once(CookieDomain, name+" has Domain="+c.Domain+".", a)
		}
	}
}

var sessionName = regexp.MustCompile(`(?i)sess|(?:^|[._-])sid$|^sid|(?:^|[._-])auth(?:$|[._-])|logged_?in|remember|^connect\.sid$`)

// framed looks whether another site can show the sign-in page in a frame.
func (d *doctor) framed(a *answer, p *page, f form) {
	_, hasPassword := f.fieldOf("password")
	if hasPassword && len(directives(a, p, "frame-ancestors")) == 0 && a.header.Get("X-Frame-Options") == "" {
		d.once(SignInFramed, "The sign-in page has neither frame-ancestors in Content-Security-Policy nor X-Frame-Options.", a)
	}
}

// directives gives the sources of a directive, one list for each policy that has
// it.
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
				return fmt.Sprintf("The form-action of the sign-in page is %q, which does not let a browser go to %s.", strings.Join(sources, " "), browser.Origin(u))
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
		return browser.Origin(u) == browser.Origin(page) || u.Host == page.Host && u.Scheme == "https"
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

// signIn takes the whole trip of a test member: from the community over the
// sign-in page to the login URL, which is not followed.
func (d *doctor) signIn(ctx context.Context) error {
	if !isSafe(d.c.AuthorizationURL) {
		return d.skip("names and passwords are not sent over http")
	}
	const from = "/search?q=a%20b&tab=posts#top"
	visitor := newJar("")
	left := url.Values{}
	for name, values := range d.c.Form {
		left[name] = values
	}
	next := probe{url: d.c.AuthorizationURL, query: referrer(from), as: visitor}
	for range maxSteps {
		a, err := d.get(ctx, next)
		if err != nil {
			return err
		}
		if l, ok := a.login(d.community.String()); ok {
			d.cookies(a, visitor)
			if d.cameBack(a, l, from) && d.c.Cookie == "" {
				d.takeOver(visitor)
			}
			return nil
		}
		step, why := d.step(a, left)
		if why != "" {
			d.find(SignInFails, why, a)
			return nil
		}
		step.as = visitor
		next = step
	}
	d.find(SignInFails, fmt.Sprintf("The sign-in was not over after %d pages and redirects.", maxSteps))
	return nil
}

// step says what a browser, or the member, does next on the way. left are the
// fields that are not filled in yet.
func (d *doctor) step(a *answer, left url.Values) (next probe, why string) {
	p := parsePage(a.body)
	to := a.onward()
	if to != nil {
		if !d.allows(to) {
			return probe{}, fmt.Sprintf("After the sign-in, the answer leads to %s, where doctor does not go.", seenAt(to))
		}
		next = probe{url: withoutFragment(to)}
		if a.status == http.StatusTemporaryRedirect || a.status == http.StatusPermanentRedirect {
			next.form = a.probe.form
		}
		return next, ""
	}
	f, ok := p.fillable(left)
	if !ok {
		if len(left) < len(d.c.Form) {
			return probe{}, fmt.Sprintf("After the form was sent, the answer was %d, without a redirect and without a form for other fields: the sign-in was refused, or the page goes on by a script.", a.status)
		}
		return probe{}, fmt.Sprintf("The answer was %d, without a form for the fields that were given.", a.status)
	}
	if to = a.resolveOn(p, f.action); to == nil {
		to = a.url
	}
	if !d.allows(to) {
		return probe{}, fmt.Sprintf("The form posts to %s, where doctor does not go.", seenAt(to))
	}
	values := f.filled(d.c.Form)
	for name := range values {
		delete(left, name)
	}
	if f.method == http.MethodPost {
		return probe{url: withoutFragment(to), form: values, header: fromForm(a.url)}, ""
	}
	get := *to
	get.RawQuery, get.Fragment = values.Encode(), ""
	return probe{url: get.String()}, ""
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
	if !isSafe(u.String()) {
		return false
	}
	return d.page != nil && browser.Origin(u) == browser.Origin(d.page) || slices.Contains(d.c.AllowHosts, u.Host) || slices.Contains(d.c.AllowHosts, u.Hostname())
}

// takeOver makes the session of the checks that follow out of the one that was
// signed in.
func (d *doctor) takeOver(visitor *jar) {
	d.c.Cookie = visitor.header(d.page)
	d.session = newJar(d.c.Cookie)
}
