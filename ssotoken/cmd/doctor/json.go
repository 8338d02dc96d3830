package doctor

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

// This file checks the JSON door, which returns the login URL to a frontend or an app.

// A credential is what shows a session: cookies or a bearer token.
type credential struct {
	name   string // or a sentence's subject, of what is none
	as     *visitor
	cookie string // made up
	bearer string
}

// ask sends a request to the JSON door as a script on a page of the door's own
// origin does. The probe's header changes it.
func (d *doctor) ask(ctx context.Context, as credential, p probe) (*answer, error) {
	p.url, p.as, p.cookie, p.bearer = d.c.JSONURL, as.as, as.cookie, as.bearer
	p.from, p.method = d.json, cmp.Or(p.method, http.MethodPost)
	header := map[string]string{
		"Accept": "application/json", "Origin": useragent.Origin(d.json), "Upgrade-Insecure-Requests": "",
		"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-User": "",
	}
	maps.Copy(header, p.header)
	p.header = header
	return d.get(ctx, p)
}

func (d *doctor) asker(as credential) sender {
	return func(ctx context.Context, p probe) (*answer, error) { return d.ask(ctx, as, p) }
}

// gives reports whether an answer to a script has a token in it.
func (a *answer) gives() bool { return a.mints() || anyJWT.MatchString(a.body) }

// jsonWithoutSession checks what a script gets when nobody is signed in.
func (d *doctor) jsonWithoutSession(ctx context.Context) error {
	d.of = len(d.report.Findings)
	strangers := []credential{
		{name: "A request without a cookie and a bearer token"},
		{name: "A request with a made-up bearer token", bearer: rand.Text()},
	}
	if d.c.Cookie != "" {
		strangers = append(strangers, credential{name: "A request with made-up values in the cookies",
			cookie: madeUp(d.c.Cookie)})
	}
	for i, as := range strangers {
		a, err := d.ask(ctx, as, probe{})
		if err != nil {
			return err
		}
		if d.page == nil && i == 0 {
			d.clock(a)
		}
		switch {
		case a.gives():
			d.once(JSONMintsWithoutSession, a, "%s got a token.", as.name)
		case a.status < 400 || a.status > 499 || a.status == http.StatusNotFound || a.status == http.StatusMethodNotAllowed:
			d.once(JSONStatus, a, "%s was answered %d.", as.name, a.status)
		}
	}
	return nil
}

// jsonLogin checks an answer with a login URL, with a referrer and without.
func (d *doctor) jsonLogin(ctx context.Context) error {
	var credentials []credential
	if d.hasSession(d.c.JSONURL) {
		credentials = append(credentials, credential{name: "the session cookie", as: d.session})
	}
	if d.c.Bearer != "" {
		credentials = append(credentials, credential{name: "the bearer token", bearer: d.c.Bearer})
	}
	switch {
	case d.c.Bearer != "" && !isSafe(d.c.JSONURL):
		return d.skip("cookies and bearer tokens are not sent over http")
	case len(credentials) == 0 && d.c.Cookie == "":
		return d.skip("neither a session cookie nor a bearer token was given")
	case len(credentials) == 0:
		return d.skip(d.whyNoSession(d.c.JSONURL))
	}
	for _, as := range credentials {
		for _, query := range []string{"", referrer("/spaces")} {
			a, err := d.ask(ctx, as, probe{query: query})
			if err != nil {
				return err
			}
			l := d.given(a, as)
			if l == nil {
				break
			}
			if d.jsonFirst == nil {
				d.jsonFirst, d.jsonAs = l, as
			}
		}
	}
	if d.jsonFirst != nil && d.key.IsZero() {
		d.note("the signature was not checked: there is no key")
	}
	return nil
}

// given checks one answer. It returns its login URL, or nil.
func (d *doctor) given(a *answer, as credential) *loginURL {
	location, expires, flaw := a.shape()
	u := resolve(a.url, location)
	if u == nil {
		if a.gives() {
			d.once(JSONShape, a, "%s", flaw)
		} else {
			d.find(JSONNoLogin, a, "With %s, the answer was %d, without a login URL.", as.name, a.status)
		}
		return nil
	}
	l, ok := loginAt(u, d.community.String())
	if !ok {
		d.find(JSONNoLogin, a, "With %s, the url leads to %s.", as.name, seenAt(u))
		return nil
	}
	if flaw != "" {
		d.once(JSONShape, a, "%s", flaw)
	}
	if !httpguts.HeaderValuesContainsToken(a.header.Values("Cache-Control"), "no-store") {
		d.once(Cacheable, a, "%s", seenHeader(a.header, "Cache-Control"))
	}
	exp := d.judged(a, l).Expires
	if !expires.IsZero() && !exp.IsZero() && expires.Unix() != exp.Unix() {
		d.once(JSONExpires, a, "expiresAt is %v from the token's exp.", expires.Sub(exp).Abs().Round(time.Second))
	}
	return l
}

// shape reads an answer of the door. flaw says what is wrong with its form.
func (a *answer) shape() (location string, expires time.Time, flaw string) {
	var body map[string]json.RawMessage // a struct would take names in any case
	if err := json.Unmarshal([]byte(a.body), &body); err != nil {
		return "", time.Time{}, "The answer has a token, but is not a JSON object."
	}
	json.Unmarshal(body["url"], &location) // what is no text stays empty
	var at string
	json.Unmarshal(body["expiresAt"], &at)
	expires, err := time.Parse(time.RFC3339, at)
	media, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	switch {
	case location == "":
		flaw = "The answer has a token, but no url."
	case !strings.HasPrefix(location, "https://") && !strings.HasPrefix(location, "http://"):
		flaw = "The url has no scheme and host."
	case at == "":
		flaw = "The answer has no expiresAt."
	case err != nil:
		flaw = "expiresAt is not a time in the form of RFC 3339."
	case media != "application/json":
		flaw = seenHeader(a.header, "Content-Type")
	case a.status != http.StatusOK:
		flaw = fmt.Sprintf("The answer with the login URL was %d.", a.status)
	}
	return location, expires, flaw
}

// jsonReturnPaths checks that good values of referrer_uri come back, and that the
// best-known hostile values don't lead off the community.
func (d *doctor) jsonReturnPaths(ctx context.Context) error {
	if d.jsonFirst == nil {
		return d.skip(noLogin)
	}
	good := []string{"/spaces", "/search?q=a%20b+c&tab=posts#top", "/r\u00e4ume?q=\u2713"}
	var tries []probe
	for i := range good {
		good[i] = d.folder + good[i]
		tries = append(tries, probe{query: referrer(good[i])})
	}
	answers, err := d.all(ctx, tries, d.asker(d.jsonAs))
	if err != nil {
		return err
	}
	for i, a := range answers {
		location, _, _ := a.shape()
		u := resolve(a.url, location)
		if u == nil {
			d.find(JSONNoLogin, a, "With %s and referrer_uri %q, the answer was %d, without a login URL.", d.jsonAs.name, good[i],
				a.status)
			break
		}
		if l, _ := loginAt(u, d.community.String()); !d.cameBack(a, l, good[i]) {
			break
		}
	}
	classics, _ := d.traps()
	return d.spring(ctx, springs{
		traps: classics,
		send: func(ctx context.Context, _ int, query string) (*answer, error) {
			return d.ask(ctx, d.jsonAs, probe{query: query})
		},
		look: func(_ int, a *answer) (outcome, string) {
			var u *url.URL
			if location, _, _ := a.shape(); location != "" && a.status < 300 { // a script reads no more of an error
				u = resolve(a.url, location)
			}
			return sprung(a, u, d.jsonFirst)
		},
		works: func(ctx context.Context) (bool, error) {
			a, err := d.ask(ctx, d.jsonAs, probe{query: referrer("/spaces")})
			if err == nil && !a.gives() {
				d.unknown(fmt.Sprintf("the door works no more: the answer was %d", a.status))
			}
			return err == nil && a.gives(), err
		},
	})
}

// jsonOtherOrigins asks by GET, and as pages of other origins make a browser ask with the session's cookie.
func (d *doctor) jsonOtherOrigins(ctx context.Context) error {
	const evil = "https://" + redirects.Host
	if d.jsonFirst != nil {
		a, err := d.ask(ctx, d.jsonAs, probe{method: http.MethodGet, header: map[string]string{"Origin": ""}})
		if err != nil {
			return err
		}
		if anyJWT.MatchString(a.body) { // a redirect is for the Authorization URL
			d.find(JSONGETMints, a, "A GET was answered with a token.")
		}
	}
	var preflights, forged []probe
	for _, origin := range []string{evil, "null", useragent.Origin(d.json) + "." + redirects.Host} {
		preflights = append(preflights, probe{method: http.MethodOptions, header: map[string]string{
			"Origin": origin, "Sec-Fetch-Site": "cross-site", "Access-Control-Request-Method": http.MethodPost,
			"Access-Control-Request-Headers": "content-type",
		}})
	}
	answers, err := d.all(ctx, preflights, d.asker(credential{}))
	if err != nil {
		return err
	}
	for _, a := range answers {
		d.letsIn(a)
	}
	if d.jsonFirst == nil || d.jsonAs.as == nil {
		d.note("without the session cookie: there was no login by one to look at")
		return nil
	}
	pages := []struct { // requests that a browser sends without a preflight
		name, origin, site, mode, dest, kind string
	}{
		{"A script of another origin", evil, "cross-site", "cors", "empty", ""},
		{"A script of another origin that posts text", evil, "cross-site", "cors", "empty", "text/plain"},
		{"A form of another origin", evil, "cross-site", "navigate", "document", "application/x-www-form-urlencoded"},
		{"A form of another origin with parts", evil, "cross-site", "navigate", "document", "multipart/form-data; boundary=x"},
		{"A sandboxed frame", "null", "cross-site", "cors", "empty", ""},
		{"A script of another origin, in a browser without Sec-Fetch-Site,", evil, "", "", "", ""},
	}
	for _, page := range pages {
		forged = append(forged, probe{header: map[string]string{"Origin": page.origin, "Sec-Fetch-Site": page.site,
			"Sec-Fetch-Mode": page.mode, "Sec-Fetch-Dest": page.dest, "Content-Type": page.kind}})
	}
	if answers, err = d.all(ctx, forged, d.asker(d.jsonAs)); err != nil {
		return err
	}
	for i, a := range answers {
		if a.gives() {
			d.once(JSONCrossOrigin, a, "%s got a token with the session cookie.", pages[i].name)
		}
		d.letsIn(a)
	}
	return nil
}

// letsIn checks that an answer doesn't let another origin's page read it.
func (d *doctor) letsIn(a *answer) {
	foreign, allowed := a.probe.header["Origin"], a.header.Get("Access-Control-Allow-Origin")
	switch {
	case allowed == foreign && a.header.Get("Access-Control-Allow-Credentials") == "true":
		d.once(JSONCORS, a, "The origin %s is let in with the visitor's cookies.", foreign)
	case allowed == foreign || allowed == "*":
		d.once(JSONCORSAny, a, "To the origin %s, the answer has Access-Control-Allow-Origin: %s", foreign, allowed)
	}
}
