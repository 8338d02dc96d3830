package doctor

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

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
			d.once(contract.LoginHops, fmt.Sprintf("The login came after %s, at %s.", times(len(hops), "redirect"), seenAt(hops[len(hops)-1])), a)
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
		d.once(contract.RedirectPermanent, fmt.Sprintf("The login is answered %d.", a.status), a)
	}
	if !hasWord(a.header.Values("Cache-Control"), "no-store") {
		d.once(contract.Cacheable, seenHeader(a.header, "Cache-Control"), a)
	}
	if !lastPolicyIs(a.header.Values("Referrer-Policy"), "no-referrer") {
		d.once(contract.ReferrerSent, seenHeader(a.header, "Referrer-Policy"), a)
	}
	token := l.token()
	if l.by == byRedirect && (loginInBody.MatchString(a.body) || holds(a.body, token) != "") {
		d.once(contract.TokenInBody, "The body of the redirect repeats the token.", a)
	}
	for name, values := range a.header {
		carrier := l.by == byRedirect && name == "Location" || l.by == byRefresh && name == "Refresh"
		if how := holds(strings.Join(values, "\n"), token); how != "" && !carrier {
			d.once(contract.TokenInHeader, fmt.Sprintf("The token is in the header %s too, %s.", name, how), a)
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
		d.once(contract.WrongCommunity, "The login goes to "+l.origin+".", a)
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
