package ssotoken

import (
	"net/http"
	"net/url"
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
// session. The address is that of the browser: it is right under
// [http.StripPrefix] and in a sub-router, where r.URL is not. Its query, with the
// community's referrer_uri, is kept.
//
// A visitor whose browser keeps no cookies is then told so, instead of getting
// the sign-in page again.
func (l *Login) Resume(w http.ResponseWriter, r *http.Request) {
	keepPrivate(w)
	path, query := "/", ""
	if u, err := url.ParseRequestURI(r.RequestURI); err == nil {
		path = "/" + strings.TrimLeft(u.EscapedPath(), `/\`) // two slashes would name a host
		query = u.RawQuery
	}
	if !resumes(query) {
		query = strings.TrimPrefix(query+"&"+cookieCheck, "&")
	}
	http.SetCookie(w, &http.Cookie{
		Name: probeCookie, Value: "1", Path: "/", MaxAge: 60, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	})
	w.Header().Set("Location", path+"?"+query)
	w.WriteHeader(http.StatusSeeOther)
}

func resumes(query string) bool { return strings.HasSuffix("&"+query, "&"+cookieCheck) }

// lostCookies reports whether the visitor comes from Resume without the cookie
// that it set.
func lostCookies(r *http.Request) bool {
	_, err := r.Cookie(probeCookie)
	return err != nil && resumes(r.URL.RawQuery)
}
