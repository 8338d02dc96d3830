package doctor

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/publicsuffix"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

const noLogin = "there was no login to look at"

// login judges a whole login, without a referrer and with one.
func (d *doctor) login(ctx context.Context) error {
	if !d.hasSession(d.c.AuthorizationURL) {
		return d.skip(d.whyNoSession(d.c.AuthorizationURL))
	}
	for _, query := range []string{"", referrer("/spaces")} {
		a, hops, err := d.visit(ctx, probe{url: d.c.AuthorizationURL, query: query, as: d.session}, anyPath)
		if err != nil {
			return err
		}
		d.see(a)
		l, ok := d.loginOf(a)
		if !ok {
			d.first = nil
			return d.noLogin(ctx, a, hops)
		}
		for _, hop := range hops {
			d.hops[hop.Path] = true
		}
		if i := slices.IndexFunc(hops, wraps); i >= 0 {
			d.once(TokenInAddress, a, "The login goes over %s, which has the token in a parameter.", seenAt(hops[i]))
		} else if len(hops) > 0 {
			d.once(LoginHops, a, "The login came after %s, at %s.", times(len(hops), "redirect"), seenAt(hops[len(hops)-1]))
		}
		if l.by != "" {
			d.once(l.by, a, "The login URL is not in a Location header.")
		}
		d.answered(a, l)
		d.judged(a, l)
		if d.first == nil {
			d.first, d.firstAt, d.who = l, a, memberOf(l)
		}
	}
	d.note("the signature was checked with the key that was given: compare its fingerprint with that of the key " +
		"that the community's page shows now, or make a real login by ssotoken smoke")
	if d.key.IsZero() {
		d.note("the signature was not checked: there is no key")
	}
	return nil
}

func times(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// whereTo says what an answer is instead of a login.
func whereTo(a *answer) string {
	if u := a.target(); u != nil {
		return fmt.Sprintf("the answer %d leads to %s", a.status, seenAt(u))
	}
	if u := a.onPage(scriptTarget(a.page())); u != nil {
		return fmt.Sprintf("the answer was %d, a page whose script leads to %s, and doctor runs no scripts", a.status,
			seenAt(u))
	}
	return fmt.Sprintf("the answer was %d, not a redirect", a.status)
}

// found reports whether this door has a finding with this code.
func (d *doctor) found(code contract.Code) bool {
	return slices.ContainsFunc(d.report.Findings[d.of:], func(f Finding) bool { return f.Code == code })
}

// once adds a finding unless this door has one with this code.
func (d *doctor) once(code contract.Code, a *answer, format string, args ...any) {
	if !d.found(code) {
		d.find(code, a, format, args...)
	}
}

// answered checks the HTTP answer around a token.
func (d *doctor) answered(a *answer, l *loginURL) {
	if a.status == http.StatusMovedPermanently || a.status == http.StatusPermanentRedirect {
		d.once(RedirectPermanent, a, "The login is answered %d.", a.status)
	}
	if !httpguts.HeaderValuesContainsToken(a.header.Values("Cache-Control"), "no-store") {
		d.once(Cacheable, a, "%s", seenHeader(a.header, "Cache-Control"))
	}
	policies := strings.Split(strings.Join(a.header.Values("Referrer-Policy"), ","), ",")
	if !strings.EqualFold(strings.TrimSpace(policies[len(policies)-1]), "no-referrer") { // browsers take the last
		d.once(ReferrerSent, a, "%s", seenHeader(a.header, "Referrer-Policy"))
	}
	token := l.token()
	if l.by == "" && (loginInBody.MatchString(a.body) || holds(a.body, token) != "") {
		d.once(TokenInBody, a, "The body of the redirect repeats the token.")
	}
	for name, values := range a.header {
		carrier := l.by == "" && name == "Location" || l.by == LoginByRefresh && name == "Refresh"
		if how := holds(strings.Join(values, "\n"), token); how != "" && !carrier {
			d.once(TokenInHeader, a, "The token is in the header %s too, %s.", name, how)
		}
	}
}

func seenHeader(h http.Header, name string) string {
	values := h.Values(name)
	if len(values) == 0 {
		return "The login has no header " + name + "."
	}
	return fmt.Sprintf("The login has %s: %s", name, strings.Join(values, ", "))
}

// judged checks the login URL and its token.
func (d *doctor) judged(a *answer, l *loginURL) *inspect.Report {
	community := d.community.String() // package inspect reports http instead of https
	goesTo := l.origin + l.folder
	if goesTo != community && strings.Replace(goesTo, "http://", "https://", 1) != community {
		d.once(WrongCommunity, a, "The login goes to %s.", goesTo)
	}
	// By the server's clock: one that differs is one finding, not a wrong iat and exp too.
	judgement := inspect.LoginURL(l.raw, inspect.Options{Key: d.key, Now: a.received.Add(d.skew)})
	d.secrets(a, judgement)
	if verified, ok := judgement.Claim("email_verified"); ok && slices.Contains([]string{"false", `"false"`, "0"},
		string(verified.Value)) {
		d.once(EmailNotVerified, a, "The token says email_verified: false.")
	}
	known := slices.Clone(d.report.Findings[d.of:])
	kind := func(f inspect.Finding) string { return string(f.Code) + " " + entries.ReplaceAllString(f.Path, "[]") }
	alike := map[string]int{} // findings that are the same but for the entry of a list
	for _, f := range judgement.Findings {
		alike[kind(f)]++
	}
	for _, f := range judgement.Findings {
		n := alike[kind(f)] - 1
		delete(alike, kind(f))
		isOfNoAlg := f.Code == inspect.SignatureLength && judgement.Has(inspect.AlgNotHS256)
		if n < 0 || isOfNoAlg || f.Code == inspect.SignatureUnchecked ||
			slices.ContainsFunc(known, func(earlier Finding) bool { return earlier.Code == f.Code }) {
			continue
		}
		seen := fmt.Sprintf("The %s %s.", parts[f.Part], f.Message)
		if f.Path != "" {
			seen = fmt.Sprintf("In the %s, %s %s.", parts[f.Part], f.Path, strings.TrimSuffix(f.Message, "?"))
		}
		if n > 0 {
			seen = strings.TrimSuffix(seen, ".") + fmt.Sprintf(", and so in %d more.", n)
		}
		if f.Path == contract.RedirectURI && judgement.URL.RedirectURI != "" {
			seen += fmt.Sprintf(" It is %q.", judgement.URL.RedirectURI)
		}
		d.find(f.Code, a, "%s", seen)
	}
	return judgement
}

var entries = regexp.MustCompile(`\[[0-9]+\]`)

var parts = map[inspect.Part]string{
	inspect.PartURL: "login URL", inspect.PartToken: "token", inspect.PartHeader: "token's header",
	inspect.PartPayload: "token's payload", inspect.PartSignature: "token's signature",
}

// maxHops is how many redirects of the partner's own a login may go over.
const maxHops = 5

// visit follows redirects on the partner's own origin, and pages that refresh
// themselves, to the paths that may be visited. hops are where it was sent.
func (d *doctor) visit(ctx context.Context, p probe, may func(path string) bool) (a *answer, hops []*url.URL,
	err error) {
	if p.as != nil {
		p.jar = p.as.visit()
	}
	for {
		if a, err = d.get(ctx, p); err != nil {
			return nil, hops, err
		}
		u := a.onward()
		if u == nil || len(hops) == maxHops || useragent.Origin(u) != useragent.Origin(a.url) ||
			strings.HasSuffix(u.Path, contract.SSOPath) || isIn(u, d.community.String()) || hasToken(u) || !may(u.Path) {
			return a, hops, nil
		}
		hops = append(hops, u)
		p.url, p.query, p.form, p.lies = withoutFragment(u), "", nil, nil
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

// stillWorks reports whether a plain login is given as before. If it is not, the session is over, or somebody on the
// way has had enough: what was seen since says nothing of the handler.
func (d *doctor) stillWorks(ctx context.Context) (bool, error) {
	a, err := d.open(ctx, probe{query: referrer("/spaces")})
	if err != nil {
		return false, err
	}
	if _, ok := d.loginOf(a); ok {
		return true, nil
	}
	d.unknown("the login works no more: " + whereTo(a))
	return false, nil
}

// noLogin says why a visitor with the session is not sent to the community.
func (d *doctor) noLogin(ctx context.Context, a *answer, hops []*url.URL) error {
	page, target := a.page(), a.target()
	code, seen := NoLogin, whereTo(a)+"."
	switch {
	case isFirewall(a):
		d.unknown("a firewall answered in place of the handler")
		code, seen = Firewall, fmt.Sprintf("a firewall answered %d.", a.status)
	case target != nil && wraps(target):
		code, seen = TokenInAddress, whereTo(a)+", with the token in a parameter."
	case len(hops) == maxHops && a.onward() != nil && useragent.Origin(a.onward()) == useragent.Origin(a.url):
		code, seen = LoginLoops, fmt.Sprintf("%d redirects led to one more, at %s.", maxHops, seenAt(a.onward()))
	case isNeighbour(a):
		seen = whereTo(a) + ", which is another origin: give the address there."
	case isSamePage(a, d.stranger) || page.hasPassword():
		shared, err := d.isShared(ctx, a)
		if err != nil {
			return err
		}
		code, seen = SessionNotTaken, whereTo(a)+", as without a session."
		if shared {
			d.unknown("a cache answered in place of the handler")
			code, seen = SharedCache, "a cache answered with the page of a visitor without one."
		}
	case a.status == http.StatusOK && len(page.forms) > 0 && scriptTarget(page) == "":
		d.unknown("the site asks the member something before the login")
		code, seen = ConsentPage, "the answer is a page with a form."
	}
	d.find(code, a, "With the session cookie, %s", seen)
	return nil
}

// isShared reports whether a cache gave an answer that it had kept of somebody else: by the headers that caches
// leave, by a cookie that a stranger got, or since another address of the same page leads to a login.
func (d *doctor) isShared(ctx context.Context, a *answer) (bool, error) {
	if age, _ := strconv.Atoi(a.header.Get("Age")); age > 0 {
		return true, nil
	}
	for _, name := range cacheHeaders {
		if hit.MatchString(a.header.Get(name)) {
			return true, nil
		}
	}
	set := a.header.Get("Set-Cookie")
	if varnishHit.MatchString(a.header.Get("X-Varnish")) ||
		set != "" && d.stranger != nil && set == d.stranger.header.Get("Set-Cookie") {
		return true, nil
	}
	fresh, err := d.open(ctx, probe{query: "doctor=" + rand.Text()})
	if err != nil {
		return false, err
	}
	_, ok := d.loginOf(fresh)
	return ok, nil
}

var (
	cacheHeaders = strings.Fields("X-Cache X-Cache-Status X-Proxy-Cache Cf-Cache-Status Cache-Status")
	hit          = regexp.MustCompile(`(?i)\bhit\b`)
	varnishHit   = regexp.MustCompile(`^\d+ \d+`)
)

// isNeighbour reports whether an answer leads to the same path at another scheme or port, or with or without www.
func isNeighbour(a *answer) bool {
	u := a.target()
	return u != nil && useragent.Origin(u) != useragent.Origin(a.url) && u.Path == a.url.Path &&
		strings.TrimPrefix(u.Hostname(), "www.") == strings.TrimPrefix(a.url.Hostname(), "www.")
}

// isSamePage compares two answers by what a visitor would tell apart.
func isSamePage(a, b *answer) bool {
	if b == nil || a.status != b.status {
		return false
	}
	if ua, ub := a.target(), b.target(); ua != nil || ub != nil {
		return ua != nil && ub != nil && seenAt(ua) == seenAt(ub)
	}
	pa, pb := a.page(), b.page()
	if len(pa.forms) > 0 && len(pb.forms) > 0 {
		return slices.EqualFunc(pa.forms, pb.forms, func(f, g form) bool { return slices.Equal(f.names(), g.names()) })
	}
	return a.url.Path == b.url.Path && digits.ReplaceAllString(pa.text, "") == digits.ReplaceAllString(pb.text, "")
}

var digits = regexp.MustCompile(`[0-9]+`)

// isFirewall reports whether an answer comes from a firewall in front of the
// site, by the signs that common ones leave.
func isFirewall(a *answer) bool {
	return (a.status == http.StatusForbidden || a.status == http.StatusNotAcceptable) &&
		(slices.ContainsFunc(slices.Collect(maps.Keys(a.header)), firewallHeaders.MatchString) ||
			firewallServers.MatchString(a.header.Get("Server")) || firewallWords.MatchString(a.body))
}

var (
	firewallHeaders = regexp.MustCompile(
		`(?i)^(?:cf-mitigated|cf-ray|x-sucuri-.*|x-amzn-waf-.*|x-iinfo|x-datadome.*|x-akamai-.*|x-azure-ref)$`)
	firewallServers = regexp.MustCompile(
		`(?i)cloudflare|akamai|sucuri|imperva|datadome|awselb|mod_security|barracuda|fortiweb`)
	firewallWords = regexp.MustCompile(`(?i)captcha|challenge-platform|request (?:was |has been )?blocked` +
		`|access to this page has been denied|web application firewall|mod_security|incident id|support id|unusual traffic`)
)

// apart is after how long an answer with the same token was kept: iat has whole
// seconds, so that a token made in the same second is the same.
const apart = 1100 * time.Millisecond

// tokenClock compares the iat of the first login and of one that is made now with the times of their requests: a
// clock that is a little late makes tokens that live for less, and a token that was made before is stale.
func (d *doctor) tokenClock(ctx context.Context) error {
	if d.first == nil {
		return d.skip(noLogin)
	}
	if now := d.c.Now(); now.After(d.firstAt.received) {
		if err := sleep(ctx, apart-now.Sub(d.firstAt.received)); err != nil {
			return err
		}
	}
	a, err := d.open(ctx, probe{})
	if err != nil {
		return err
	}
	l, ok := d.loginOf(a)
	if !ok {
		d.unknown("the last request for a login got none")
		return nil
	}
	if strings.Count(l.token(), ".") != 2 {
		return d.skip("the login has no token")
	}
	if passed := a.sent.Sub(d.firstAt.sent); l.token() == d.first.token() && passed >= apart {
		d.find(CachedToken, a, "The same token came again after %v.", passed.Round(100*time.Millisecond))
		return nil
	}
	late := min(d.lateness(d.firstAt, d.first), d.lateness(a, l))
	if late > contract.Skew+time.Second { // iat has whole seconds
		d.find(IatLate, a, "The iat of 2 tokens was at least %v before the request.", late.Truncate(time.Second))
	}
	return nil
}

// lateness is by how much the iat of a login is before its request, by the server's clock; 0 without an iat in seconds.
func (d *doctor) lateness(a *answer, l *loginURL) time.Duration {
	iat := inspect.Token(l.token(), inspect.Options{}).IssuedAt
	if iat.IsZero() {
		return 0
	}
	return a.sent.Add(d.skew).Sub(iat)
}

// secrets looks for claims that nobody may see, by their names and by the form of their values.
func (d *doctor) secrets(a *answer, r *inspect.Report) {
	for _, e := range r.Claims {
		if e.Status != contract.Custom && e.Status != contract.Legacy {
			continue
		}
		text, _ := e.Text()
		switch {
		case text != "" && !aTime.MatchString(text) && namesSecret(e.Name):
			d.once(ClaimSecret, a, "The claim %s has the name of a secret.", e.Name)
		case secretForm.Match(e.Value):
			d.once(ClaimSecret, a, "The claim %s has the form of a secret.", e.Name)
		}
	}
}

// namesSecret reads passwordHash, password_hash and password-hash alike.
func namesSecret(name string) bool {
	plain := strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
	return slices.Contains(secretWords, plain) || containsAny(plain, secretParts)
}

var (
	secretWords = strings.Fields("pwd pass hash salt secret token otp totp pin ssn cvv iban sid")
	secretParts = strings.Fields("password passwd passphrase passhash pwdhash hashedpass encryptedpass apikey " +
		"privatekey secretkey clientsecret mfasecret totpsecret " +
		"accesstoken refreshtoken idtoken authtoken sessiontoken resettoken remembertoken csrftoken sessionid " +
		"creditcard cardnumber")

	aTime = regexp.MustCompile(`^\d{4}-\d\d-\d\d`)

	// secretForm is a JSON string, or one in a list or an object: hashes of
	// crypt(3), LDAP and web frameworks, PEM keys, well-known API keys, tokens.
	secretForm = regexp.MustCompile(`"\$(?:2[abxy]?|[156y]|apr1|argon2(?:id|i|d)|scrypt|pbkdf2[a-z0-9-]*` +
		`|bcrypt-sha256|[PH])\$` +
		`|"\{(?:S?SHA(?:256|384|512)?|S?MD5|CRYPT|BCRYPT|ARGON2|PBKDF2[A-Z0-9-]*)\}` +
		`|"(?:pbkdf2_sha(?:1|256)|bcrypt(?:_sha256)?|argon2|scrypt|md5|sha1)\$` +
		`|-----BEGIN [A-Z ]*PRIVATE KEY-----` +
		`|"(?:sk_(?:live|test)_|gh[pousr]_|github_pat_|xox[abprs]-|AKIA[0-9A-Z]{16}|AIza[\w-]{35}|glpat-)` +
		`|"eyJ[\w-]+\.eyJ[\w-]+\.`)
)

type seenCookie struct {
	*http.Cookie
	in *answer
}

// see keeps the cookies that an answer sets for the check of cookies.
func (d *doctor) see(a *answer) {
	for _, c := range a.set {
		d.seen = append(d.seen, seenCookie{c, a})
	}
}

// cookies looks at the attributes of the cookies that carry a session.
func (d *doctor) cookies(ctx context.Context) error {
	carries := map[string]bool{}
	for _, c := range d.seen {
		if c.MaxAge < 0 || c.Value == "" || len(c.flaws()) == 0 {
			continue
		}
		is, known := carries[c.Name]
		if !known {
			var err error
			if is, err = d.carriesSession(ctx, c.Name); err != nil {
				return err
			}
			carries[c.Name] = is
		}
		for _, flaw := range c.flaws() {
			if !is || d.found(flaw.code) {
				continue
			}
			f := d.find(flaw.code, c.in, "The cookie %q %s.", c.Name, flaw.seen)
			if flaw.code == CookieStrict && isOneSite(c.in.url, d.from) {
				f.Verdict = inspect.Info
				f.Message += " The community is on the same site, so it comes along as long as that stays."
			}
		}
	}
	return nil
}

// isOneSite reports whether two addresses are one site to a browser.
func isOneSite(a, b *url.URL) bool {
	if b == nil || a.Scheme != b.Scheme {
		return false
	}
	one, err := publicsuffix.EffectiveTLDPlusOne(a.Hostname())
	other, err2 := publicsuffix.EffectiveTLDPlusOne(b.Hostname())
	return err == nil && err2 == nil && one == other
}

type cookieFlaw struct {
	code contract.Code
	seen string
	is   bool
}

func (c seenCookie) flaws() []cookieFlaw {
	return slices.DeleteFunc([]cookieFlaw{
		{CookieStrict, "has SameSite=Strict", c.SameSite == http.SameSiteStrictMode},
		{CookieInsecure, "is not Secure", !c.Secure && (c.in.url.Scheme == "https" || c.SameSite == http.SameSiteNoneMode)},
		{CookieScriptable, "is not HttpOnly", !c.HttpOnly},
		{CookieDomain, "has Domain=" + c.Domain, c.Domain != ""},
	}, func(f cookieFlaw) bool { return !f.is })
}

// carriesSession reports whether the login needs a cookie: by its name, or since
// there is none without it. A token against request forgery is there for scripts.
func (d *doctor) carriesSession(ctx context.Context, name string) (bool, error) {
	switch {
	case name == countsVisits || forScripts.MatchString(name):
		return false, nil
	case sessionName.MatchString(name):
		return true, nil
	}
	rest, had := d.session.without(name)
	if d.first == nil || !had {
		return false, nil
	}
	a, _, err := d.visit(ctx, probe{url: d.c.AuthorizationURL, as: rest}, d.ownPath)
	if err != nil {
		return false, err
	}
	_, ok := d.loginOf(a)
	return !ok, nil
}

var (
	sessionName = regexp.MustCompile(`(?i)sess|(?:^|[._-])sid$|^sid(?:$|[._-])|(?:^|[._-])auth(?:$|[._-])` +
		`|logged_?in|remember|^connect\.sid$`)
	forScripts = regexp.MustCompile(`(?i)[cx]srf|forgery|request-?verification`)
)
