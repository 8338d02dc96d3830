package ssotoken

import (
	"net/http"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// This file is the core of every door: where to, mint, tell. The redirect and the
// JSON door are faces of it.

// returnPath is where the visitor was; home where that is bad, which it reports.
func (l *Login) returnPath(r *http.Request, signer *Signer) ReturnPath {
	path, err := signer.community.ReturnPathOf(r)
	if err == nil && isCut(r.URL.RawQuery) {
		err = because(contract.ReturnPathCut, "referrer_uri is not percent-encoded: what follows its first & is lost")
	}
	if err != nil {
		l.c.Observe(r.Context(), eventOf(ReturnPathDropped, signer, err))
	}
	return path
}

// isCut reports whether a query has parameters behind a referrer_uri that was not
// percent-encoded: it has a question mark, and they are the rest of its query.
func isCut(query string) bool {
	_, value, found := strings.Cut("&"+query, "&"+contract.ReferrerURI+"=")
	value, rest, _ := strings.Cut(value, "&")
	rest = strings.TrimSuffix(strings.TrimSuffix(rest, cookieCheck), "&")
	return found && strings.Contains(value, "?") && rest != ""
}

// issue mints a login URL for a request, counts the trip, and tells Observe. A
// return path with which the URL is too long is dropped.
func (l *Login) issue(w http.ResponseWriter, r *http.Request, signer *Signer, c Claims, path ReturnPath) (url string, exp int64, err error) {
	if err := countTrip(w, r, signer, path); err != nil {
		return "", 0, err
	}
	m, err := signer.mint(r.Context(), c, path)
	if err != nil {
		return "", 0, err
	}
	if m.pathErr != nil {
		l.c.Observe(r.Context(), eventOf(ReturnPathDropped, signer, m.pathErr))
	}
	l.c.Observe(r.Context(), Event{Kind: Minted, Community: signer.community.String(), Subject: m.key.subjectHash(c.Subject()), Notes: m.notes})
	l.tellSubjectIsEmail(r, signer, c)
	return m.url, m.exp, nil
}

// tellSubjectIsEmail warns once of a site whose members lose their accounts when
// their addresses change.
func (l *Login) tellSubjectIsEmail(r *http.Request, signer *Signer, c Claims) {
	if strings.EqualFold(c.Subject(), c.Email()) && l.subjectIsEmail.CompareAndSwap(false, true) {
		err := &FieldError{Field: contract.Sub, Err: because(contract.SubIsEmail, "is the member's email address, which can change, and the member is then another one: give an id that never changes. Members who have logged in are known by this one: ask the community before you change it")}
		l.c.Observe(r.Context(), eventOf(SubjectIsEmail, signer, err))
	}
}

// Check decides whether a request may be given a token, by its method and its
// headers, for frameworks without net/http; the handlers of this package ask it
// themselves. It fails with [ErrNotNavigation] unless a person's browser is on
// its way to a page, as far as it says so, by the headers of the Fetch standard
// and of prefetching. Older browsers and other clients send none of them.
func (l *Login) Check(method string, header func(name string) string) error {
	return checkNavigation(method, header)
}

func checkNavigation(method string, header func(name string) string) error {
	if method == http.MethodHead {
		return because(contract.NotNavigation, "the request is a HEAD, which no person sends")
	}
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		if strings.Contains(strings.ToLower(header(name)), "pre") { // prefetch, prerender, preview
			return because(contract.NotNavigation, "the request is a prefetch, after which a token would be stale")
		}
	}
	if library := pageLibrary(header); library != "" {
		return because(contract.NotNavigation, library+" sent the request by a script, which can't follow a redirect to the community: "+
			`let the browser load the page (hx-boost="false", data-turbo="false"), or redirect to the address of Login.Middleware`)
	}
	switch header("Sec-Fetch-Dest") {
	case "", "document", "iframe", "frame":
		return nil
	case "empty":
		return because(contract.NotNavigation, "the request was sent by a script, which can't follow a redirect to the community: ask Login.JSON for the URL")
	}
	return because(contract.NotNavigation, "the request loads an image, a script or another part of a page")
}
