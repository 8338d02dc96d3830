package doctor

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

const noLogin = "there was no login to look at"

// withoutSession checks what visitors get who have no cookie, or a made-up one.
func (d *doctor) withoutSession(ctx context.Context) error {
	a, err := d.get(ctx, probe{url: d.c.AuthorizationURL})
	if err != nil {
		return err
	}
	d.clock(a)
	switch {
	case a.mints():
		d.find(contract.MintsWithoutSession, "A request without a cookie got a token.")
		return nil
	case a.status == http.StatusNotFound || a.status >= 500:
		d.find(contract.SignInBroken, fmt.Sprintf("A request without a cookie was answered %d.", a.status))
	}
	if d.c.Cookie == "" {
		return nil
	}
	a, err = d.get(ctx, probe{url: d.c.AuthorizationURL, cookie: madeUp(d.c.Cookie)})
	if err != nil {
		return err
	}
	if a.mints() {
		d.find(contract.MintsWithoutSession, "A request with made-up values in the cookies got a token.")
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
	d.find(contract.ClockDiffers, fmt.Sprintf("The server's clock is %v %s this machine's. The times of the token were judged by the server's.", d.skew.Abs().Round(time.Second), ahead))
}

// login judges a whole login, without a referrer and with one.
func (d *doctor) login(ctx context.Context) error {
	switch {
	case d.c.Cookie == "":
		return d.skip("no session cookie was given")
	case d.session(d.c.AuthorizationURL) == "":
		return d.skip("the cookie is not sent over http")
	}
	for _, query := range []string{"", referrer("/spaces")} {
		a, err := d.get(ctx, probe{url: d.c.AuthorizationURL, query: query, cookie: d.c.Cookie})
		if err != nil {
			return err
		}
		l, ok := a.login(d.community.String())
		if !ok {
			d.find(contract.NoLogin, "With the session cookie, "+whereTo(a)+".")
			d.first = nil
			return nil
		}
		d.answered(a)
		d.judged(a, l)
		if d.first == nil {
			d.first = l
		}
	}
	if d.key.IsZero() {
		d.note("the signature was not checked: there is no key")
	}
	return nil
}

// whereTo says what an answer is instead of a redirect to the community.
func whereTo(a *answer) string {
	if u := a.target(); u != nil {
		return fmt.Sprintf("the answer %d leads to %s", a.status, seenAt(u))
	}
	return fmt.Sprintf("the answer was %d, not a redirect", a.status)
}

// found reports whether this door has a finding with this code.
func (d *doctor) found(code contract.Code) bool {
	return slices.ContainsFunc(d.report.Findings[d.of:], func(f Finding) bool { return f.Code == code })
}

// once adds a finding unless this door has one with this code.
func (d *doctor) once(code contract.Code, seen string) {
	if !d.found(code) {
		d.find(code, seen)
	}
}

// answered checks the HTTP answer around a token.
func (d *doctor) answered(a *answer) {
	if a.status == http.StatusMovedPermanently || a.status == http.StatusPermanentRedirect {
		d.once(contract.RedirectPermanent, fmt.Sprintf("The login is answered %d.", a.status))
	}
	if !hasWord(a.header.Values("Cache-Control"), "no-store") {
		d.once(contract.Cacheable, seenHeader(a.header, "Cache-Control"))
	}
	if !lastPolicyIs(a.header.Values("Referrer-Policy"), "no-referrer") {
		d.once(contract.ReferrerSent, seenHeader(a.header, "Referrer-Policy"))
	}
	token := a.token()
	if loginInBody.MatchString(a.body) || token != "" && strings.Contains(a.body, token) {
		d.once(contract.TokenInBody, "The body of the redirect repeats the token.")
	}
	for name, values := range a.header {
		if name != "Location" && token != "" && strings.Contains(strings.Join(values, "\n"), token) {
			d.once(contract.TokenInHeader, "The token is in the header "+name+" too.")
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
		d.once(contract.WrongCommunity, "The login goes to "+l.origin+".")
	}
	before := len(d.report.Findings)
	judgement := inspect.LoginURL(l.raw, d.judge(a))
	for _, f := range judgement.Findings {
		known := false
		for _, earlier := range d.report.Findings[d.of:before] {
			known = known || earlier.Code == f.Code
		}
		if known || f.Code == contract.SignatureUnchecked {
			continue
		}
		seen := fmt.Sprintf("The %s %s.", parts[f.Part], f.Message)
		if f.Path != "" {
			seen = fmt.Sprintf("In the %s, %s %s.", parts[f.Part], f.Path, strings.TrimSuffix(f.Message, "?"))
		}
		if f.Path == contract.RedirectURI && judgement.URL.RedirectURI != "" {
			seen += fmt.Sprintf(" It is %q.", judgement.URL.RedirectURI)
		}
		d.find(f.Code, seen)
	}
	return judgement
}

var parts = map[inspect.Part]string{
	inspect.PartURL: "login URL", inspect.PartToken: "token", inspect.PartHeader: "token's header",
	inspect.PartPayload: "token's payload", inspect.PartSignature: "token's signature",
}
