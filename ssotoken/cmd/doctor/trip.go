package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/cmd/internal/browser"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

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
			d.find(contract.SignInFails, why, a)
			return nil
		}
		step.as = visitor
		next = step
	}
	d.find(contract.SignInFails, fmt.Sprintf("The sign-in was not over after %d pages and redirects.", maxSteps))
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
