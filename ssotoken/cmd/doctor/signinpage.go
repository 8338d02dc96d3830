package doctor

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/cmd/internal/browser"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

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
			d.once(contract.ReferrerForgotten, fmt.Sprintf("Neither the address nor the page to which the %s leads, nor a cookie, holds the referrer_uri.", name), a)
		}
		return nil
	}
	if to.Host != a.url.Host && !d.allows(to) {
		d.once(contract.FormElsewhere, fmt.Sprintf("The form of the sign-in page posts to %s.", seenAt(to)), a)
		return nil
	}
	carried := []string{to.String()}
	for _, field := range f.fields {
		carried = append(carried, field.value)
	}
	if !d.isTraced(from, visitor, carried...) {
		d.once(contract.ReferrerForgotten, fmt.Sprintf("The form of the sign-in page at the %s posts to %s, without the referrer_uri in the address, a field or a cookie.", name, seenAt(to)), a)
	}
	d.framed(a, p, f)
	if f.method != http.MethodPost {
		if _, secret := f.fieldOf("password"); secret && !hasScript(p) {
			d.once(contract.FormByGET, "The form of the sign-in page with the password has no method=post.", a)
		}
		return nil
	}
	if why := blockedByPolicy(a, p, to, d.community.String()); why != "" {
		d.once(contract.FormActionBlocked, why, a)
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
		d.once(contract.MintsWithoutSession, "The form of the sign-in page, sent without a name and password, got a token.", posted)
	case posted.status == http.StatusNotFound || posted.status == http.StatusMethodNotAllowed || posted.status == http.StatusNotImplemented:
		d.once(contract.FormNotTaken, fmt.Sprintf("The form of the sign-in page posts to %s, which answered %d.", seenAt(to), posted.status), posted)
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
			d.once(contract.CookieStrict, name+" has SameSite=Strict.", a)
		}
		if !c.Secure && (a.url.Scheme == "https" || c.SameSite == http.SameSiteNoneMode) {
			d.once(contract.CookieInsecure, name+" is not Secure.", a)
		}
		if !c.HttpOnly {
			d.once(contract.CookieScriptable, name+" is not HttpOnly.", a)
		}
		if c.Domain != "" {
			d.once(contract.CookieDomain, name+" has Domain="+c.Domain+".", a)
		}
	}
}

var sessionName = regexp.MustCompile(`(?i)sess|(?:^|[._-])sid$|^sid|(?:^|[._-])auth(?:$|[._-])|logged_?in|remember|^connect\.sid$`)

// framed looks whether another site can show the sign-in page in a frame.
func (d *doctor) framed(a *answer, p *page, f form) {
	_, hasPassword := f.fieldOf("password")
	if hasPassword && len(directives(a, p, "frame-ancestors")) == 0 && a.header.Get("X-Frame-Options") == "" {
		d.once(contract.SignInFramed, "The sign-in page has neither frame-ancestors in Content-Security-Policy nor X-Frame-Options.", a)
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
