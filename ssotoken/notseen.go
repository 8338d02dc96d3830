package ssotoken

import (
	"net/http"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A session cookie with SameSite=Strict does not come with a visit from the
// community, which is another site, but comes with the sign-in form that the
// visitor then sends. No request alone shows that, so askedCookie, which does come
// with both, tells the form of the visit.
const (
	askedCookie  = "sso_asked"
	askedSeconds = 10 * 60
)

// rememberAsked notes that a visit from another site brought no session.
func rememberAsked(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Sec-Fetch-Dest") == "document" {
		setOwnCookie(w, r, askedCookie, "1", askedSeconds)
	}
}

// tellStrict tells of a form of this site that brings a session which the visit
// before did not bring. Identify is asked before the form signs anybody in.
func (l *Login) tellStrict(w http.ResponseWriter, r *http.Request, signer *Signer) {
	if _, err := r.Cookie(askedCookie); err != nil || r.Header.Get("Sec-Fetch-Site") != "same-origin" {
		return
	}
	setOwnCookie(w, r, askedCookie, "", -1)
	if _, err := l.c.IdentifyIn(r, signer.tenant); err == nil {
		l.notSeen(r, signer, "a visitor who was signed in already was asked to sign in: the session cookie did not come with the visit from the community, "+
			"as with SameSite=Strict: set SameSite=Lax")
	}
}

// tellUnkept tells of a visitor without a session who comes from Resume, and did not
// lose the cookie that it set.
func (l *Login) tellUnkept(r *http.Request, signer *Signer) {
	if resumes(r.URL.RawQuery) {
		l.notSeen(r, signer, "a visitor who just signed in has no session, though the browser keeps cookies: "+
			"look at Path, Domain and Secure of the session cookie, and whether the session is saved before Resume")
	}
}

func (l *Login) notSeen(r *http.Request, signer *Signer, why string) {
	l.c.Observe(r.Context(), eventOf(SessionNotSeen, signer, because(contract.SessionNotSeen, why)))
}
