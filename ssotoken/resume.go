package ssotoken

import (
	"net/http"
	"strings"
)

const (
	// cookieCheck is a parameter that Resume adds to the query: the visitor is
	// coming back from signing in.
	cookieCheck = "sso_signed_in=1"

	// probeCookie shows that the browser keeps cookies.
	probeCookie = "sso_cookies"
)

// Resume sends a visitor who just signed in back to the address that was asked
// for, by 303 (See Other), where [Login.Middleware] then finds the session: call
// it where your sign-in form, which posts to its own address, has started the
// session. A form that htmx or Turbo sends ends in the community too.
//
// Call it in place of a redirect to r.URL.RequestURI(), which is a wrong address
// under [http.StripPrefix], in a mounted router, and behind a proxy that takes a
// prefix off. Resume redirects to the query alone, so that the browser keeps its
// path. The query, with the community's referrer_uri, is kept.
//
// A visitor whose browser keeps no cookies is then told so, instead of getting
// the sign-in page again.
func (l *Login) Resume(w http.ResponseWriter, r *http.Request) {
	l.resume(w, r, r.URL.RawQuery)
}

func (l *Login) resume(w http.ResponseWriter, r *http.Request, query string) {
	keepPrivate(w)
	if !resumes(query) {
		query = strings.TrimPrefix(query+"&"+cookieCheck, "&")
	}
	setOwnCookie(w, r, probeCookie, "1", 60)
	seeSameAddress(w, query)
}

func setOwnCookie(w http.ResponseWriter, r *http.Request, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	})
}

func resumes(query string) bool { return strings.HasSuffix("&"+query, "&"+cookieCheck) }

// lostCookies reports whether the visitor comes from Resume without the cookie
// that it set.
func lostCookies(r *http.Request) bool {
	_, err := r.Cookie(probeCookie)
	return err != nil && resumes(r.URL.RawQuery)
}
