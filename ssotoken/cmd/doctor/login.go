package doctor

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/cmd/internal/browser"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

const noLogin = "there was no login to look at"

// login judges a whole login, without a referrer and with one.
func (d *doctor) login(ctx context.Context) error {
	switch {
	case d.c.Cookie == "":
		return d.skip("no session cookie was given")
	case !d.hasSession(d.c.AuthorizationURL):
		return d.skip("the cookie is not sent over http")
	}
	for _, query := range []string{"", referrer("/spaces")} {
		a, hops, err := d.visit(ctx, probe{url: d.c.AuthorizationURL, query: query, as: d.session}, anyPath)
		if err != nil {
			return err
		}
		l, ok := a.login(d.community.String())
		if !ok {
			d.noLogin(a, hops)
			d.first = nil
			return nil
		}
		for _, hop := range hops {
			d.hops[hop.Path] = true
		}
		if len(hops) > 0 {
			d.once(LoginHops, fmt.Sprintf("The login came after %s, at %s.", times(len(hops), "redirect"), seenAt(hops[len(hops)-1])), a)
		}
		if l.by != byRedirect {
			d.once(meansCodes[l.by], "The login URL is not in a Location header.", a)
		}
		d.answered(a, l)
		d.judged(a, l)
		d.remember(a, l)
		if d.first == nil {
			d.first = l
		}
	}
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
	p := parsePage(a.body)
	if u := a.resolveOn(p, scriptTarget(p)); u != nil {
		return fmt.Sprintf("the answer was %d, a page whose script leads to %s, and doctor runs no scripts", a.status, seenAt(u))
	}
	return fmt.Sprintf("the answer was %d, not a redirect", a.status)
}

// found reports whether this door has a finding with this code.
func (d *doctor) found(code contract.Code) bool {
	return slices.ContainsFunc(d.report.Findings[d.of:], func(f Finding) bool { return f.Code == code })
}

// once adds a finding unless this door has one with this code.
func (d *doctor) once(code contract.Code, seen string, in ...*answer) {
	if !d.found(code) {
		d.find(code, seen, in...)
	}
}

// answered checks the HTTP answer around a token.
func (d *doctor) answered(a *answer, l *loginURL) {
	if a.status == http.StatusMovedPermanently || a.status == http.StatusPermanentRedirect {
		d.once(RedirectPermanent, fmt.Sprintf("The login is answered %d.", a.status), a)
	}
	if !hasWord(a.header.Values("Cache-Control"), "no-store") {
		d.once(Cacheable, seenHeader(a.header, "Cache-Control"), a)
	}
	if !lastPolicyIs(a.header.Values("Referrer-Policy"), "no-referrer") {
		d.once(ReferrerSent, seenHeader(a.header, "Referrer-Policy"), a)
	}
	token := l.token()
	if l.by == byRedirect && (loginInBody.MatchString(a.body) || holds(a.body, token) != "") {
		d.once(TokenInBody, "The body of the redirect repeats the token.", a)
	}
	for name, values := range a.header {
		carrier := l.by == byRedirect && name == "Location" || l.by == byRefresh && name == "Refresh"
		if how := holds(strings.Join(values, "\n"), token); how != "" && !carrier {
			d.once(TokenInHeader, fmt.Sprintf("The token is in the header %s too, %s.", name, how), a)
		}
	}
}

func hasWord(values []string, word string) bool {
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		if strings.EqualFold(strings.TrimSpace(part), word) {
			return true
		}
	}
	return false
}

// lastPolicyIs reads Referrer-Policy as browsers do: the last value counts.
func lastPolicyIs(values []string, want string) bool {
	policies := strings.Split(strings.Join(values, ","), ",")
	return strings.EqualFold(strings.TrimSpace(policies[len(policies)-1]), want)
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
	if l.origin != community && strings.Replace(l.origin, "http://", "https://", 1) != community {
		d.once(WrongCommunity, "The login goes to "+l.origin+".", a)
	}
	judgement := inspect.LoginURL(l.raw, d.judge(a))
	d.secrets(a, judgement)
	before := len(d.report.Findings)
	for _, group := range folded(judgement.Findings) {
		f := group[0]
		known := slices.ContainsFunc(d.report.Findings[d.of:before], func(earlier Finding) bool { return earlier.Code == f.Code })
		if known || f.Code == contract.SignatureUnchecked {
			continue
		}
		seen := fmt.Sprintf("The %s %s.", parts[f.Part], f.Message)
		if f.Path != "" {
			seen = fmt.Sprintf("In the %s, %s %s.", parts[f.Part], f.Path, strings.TrimSuffix(f.Message, "?"))
		}
		if n := len(group) - 1; n > 0 {
			seen = strings.TrimSuffix(seen, ".") + fmt.Sprintf(", and so in %d more.", n)
		}
		if f.Path == contract.RedirectURI && judgement.URL.RedirectURI != "" {
			seen += fmt.Sprintf(" It is %q.", judgement.URL.RedirectURI)
		}
		d.find(f.Code, seen, a)
	}
	return judgement
}

// folded puts together what is the same but for the entry of a list.
func folded(findings []inspect.Finding) (groups [][]inspect.Finding) {
	key := func(f inspect.Finding) string { return string(f.Code) + " " + entries.ReplaceAllString(f.Path, "[]") }
	index := map[string]int{}
	for _, f := range findings {
		i, ok := index[key(f)]
		if !ok {
			i = len(groups)
			index[key(f)] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], f)
	}
	return groups
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
		find(Firewall, fmt.Sprintf("With the session cookie, a firewall answered %d.", a.status))
		d.unknown("a firewall answered in place of the handler")
	case len(hops) == maxHops && a.onward() != nil && browser.Origin(a.onward()) == browser.Origin(a.url):
		find(LoginLoops, fmt.Sprintf("With the session cookie, %s led to one more, at %s.", times(maxHops, "redirect"), seenAt(a.onward())))
	case isNeighbour(a):
		find(NoLogin, "With the session cookie, "+whereTo(a)+", which is another origin: give the address there.")
	case isSamePage(a, d.stranger) || hasPassword(page):
		find(SessionNotTaken, "With the session cookie, "+whereTo(a)+", as without a session.")
	case a.status == http.StatusOK && len(page.forms) > 0 && scriptTarget(page) == "":
		find(ConsentPage, "With the session cookie, the answer is a page with a form.")
		d.unknown("the site asks the member something before the login")
	default:
		find(NoLogin, "With the session cookie, "+whereTo(a)+".")
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

// minted is when a token was got, and when it says that it was made.
type minted struct {
	token          string
	iat            time.Time // zero without one in seconds
	sent, received time.Time // by the server's clock
}

// remember keeps the times of a login for the check of the token's clock.
func (d *doctor) remember(a *answer, l *loginURL) {
	m := minted{token: l.token(), sent: a.sent.Add(d.skew), received: a.received.Add(d.skew)}
	parts := strings.Split(m.token, ".")
	if len(parts) != 3 {
		return
	}
	var claims struct{ Iat float64 }
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil && json.Unmarshal(payload, &claims) == nil && claims.Iat > 0 && claims.Iat <= contract.LastSecond {
		m.iat = time.Unix(int64(claims.Iat), 0)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.minted = append(d.minted, m)
}

// apart is after how long an answer with the same token was kept: iat has whole
// seconds, so that a token made in the same second is the same.
const apart = 1100 * time.Millisecond

// tokenClock compares iat with the time of the answer, over all logins: a clock
// that is a little late makes tokens that live for less, and a token that was
// made before is stale.
func (d *doctor) tokenClock(ctx context.Context) error {
	if d.first == nil {
		return d.skip(noLogin)
	}
	if len(d.minted) == 0 {
		return d.skip("no login has a token")
	}
	first := d.minted[0]
	if now := d.c.Now().Add(d.skew); now.After(first.received) && now.Sub(first.received) < apart {
		if err := sleep(ctx, apart-now.Sub(first.received)); err != nil {
			return err
		}
	}
	a, err := d.open(ctx, probe{})
	if err != nil {
		return err
	}
	l, ok := a.login(d.community.String())
	if !ok {
		d.unknown("the last request for a login got none")
		return nil
	}
	d.remember(a, l)
	late, dated := time.Duration(math.MaxInt64), 0
	got := map[string]time.Time{} // when a token came first
	for _, m := range d.minted {
		if !m.iat.IsZero() {
			late, dated = min(late, m.sent.Sub(m.iat)), dated+1
		}
		before, again := got[m.token]
		if again && m.sent.Sub(before) >= apart {
			d.once(CachedToken, fmt.Sprintf("The same token came again after %v.", m.sent.Sub(before).Round(100*time.Millisecond)), a)
			return nil
		}
		if !again || m.received.Before(before) {
			got[m.token] = m.received
		}
	}
	if dated > 0 && late > contract.Skew+time.Second { // iat has whole seconds
		d.find(IatLate, fmt.Sprintf("The iat of %s was at least %v before the request.", times(dated, "token"), late.Truncate(time.Second)), a)
	}
	return nil
}

// secrets looks for claims that nobody may see, by their names and by the form
// of their values.
func (d *doctor) secrets(a *answer, r *inspect.Report) {
	for _, e := range r.Claims {
		if e.Status != contract.Custom && e.Status != contract.Legacy {
			continue
		}
		text, _ := e.Text()
		switch {
		case text != "" && !aTime.MatchString(text) && namesSecret(e.Name):
			d.once(ClaimSecret, fmt.Sprintf("The claim %s has the name of a secret.", e.Name), a)
		case secretForm.Match(e.Value):
			d.once(ClaimSecret, fmt.Sprintf("The claim %s has the form of a secret.", e.Name), a)
		}
	}
}

// namesSecret reads passwordHash, password_hash and password-hash alike.
func namesSecret(name string) bool {
	plain := strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
	return slices.Contains(secretWords, plain) || slices.ContainsFunc(secretParts, func(part string) bool { return strings.Contains(plain, part) })
}

var (
	secretWords = strings.Fields("pwd pass hash salt secret token otp totp pin ssn cvv iban sid")
	secretParts = strings.Fields("password passwd passphrase passhash pwdhash hashedpass encryptedpass apikey privatekey secretkey clientsecret mfasecret totpsecret " +
		"accesstoken refreshtoken idtoken authtoken sessiontoken resettoken remembertoken csrftoken sessionid creditcard cardnumber")

	aTime = regexp.MustCompile(`^\d{4}-\d\d-\d\d`)

	// secretForm is a JSON string, or one in a list or an object: hashes of
	// crypt(3), LDAP and web frameworks, PEM keys, well-known API keys, tokens.
	secretForm = regexp.MustCompile(`"\$(?:2[abxy]?|[156y]|apr1|argon2(?:id|i|d)|scrypt|pbkdf2[a-z0-9-]*|bcrypt-sha256|[PH])\$` +
		`|"\{(?:S?SHA(?:256|384|512)?|S?MD5|CRYPT|BCRYPT|ARGON2|PBKDF2[A-Z0-9-]*)\}` +
		`|"(?:pbkdf2_sha(?:1|256)|bcrypt(?:_sha256)?|argon2|scrypt|md5|sha1)\$` +
		`|-----BEGIN [A-Z ]*PRIVATE KEY-----` +
		`|"(?:sk_(?:live|test)_|gh[pousr]_|github_pat_|xox[abprs]-|AKIA[0-9A-Z]{16}|AIza[\w-]{35}|glpat-)` +
		`|"eyJ[\w-]+\.eyJ[\w-]+\.`)
)
