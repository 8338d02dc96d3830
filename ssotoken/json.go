package ssotoken

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// JSON returns the handler for frontends and apps: it answers with the login URL,
// which a page's script or an app then opens.
//
// It takes POST, with referrer_uri in the query, and answers
//
//	{"url":"https://community.example.com/api/auth/sso?jwt=…","expiresAt":"2026-11-24T12:01:00Z"}
//
// Ask at the click and go there immediately (location.assign): the token lives for a
// minute. Only the page at the Authorization URL asks as it loads, since the click was
// in the community. The URL is a credential: keep it out of the page, of logs and of
// storage.
//
// An answer with an error is {"error":"CODE"}, with the status 401 where nobody
// is signed in (no-session), 403 for a member who must not enter (may-not-enter,
// email-unverified, wrong-tenant) and for a page of another origin (cross-origin),
// 404 without a tenant (no-tenant), 405 for another method (method), 422 for refused
// claims (claims-refused), 503 without a key (key-source); else 500. Observe is called as by [Login.Middleware].
//
// The breaker of login loops counts no request to it: a page that asks without a click
// counts how often in a row it did, such as in sessionStorage (see examples/spa).
//
// A request of another origin's page is refused by [http.CrossOriginProtection], except
// with the header Authorization: Bearer, which no browser adds by itself. For a frontend
// on another origin that uses cookies, name it in [LoginConfig.TrustedOrigins] and put a
// CORS library in front that allows that origin with credentials; with bearer tokens
// only the CORS library is needed. A CrossOriginProtection of your own must not be in
// front of this handler: it would refuse both.
func (l *Login) JSON() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keepPrivate(w)
		a := &attempt{issuer: &l.issuer, r: r}
		url, exp, err := l.answerJSON(w, a)
		switch {
		case errors.Is(err, ErrNoSession):
			a.report(NotSignedIn, nil)
			writeError(w, http.StatusUnauthorized, err)
			return
		case err != nil:
			a.report(kindOf(r, err), err)
			writeError(w, outcomeOf(err).status, err)
			return
		}
		writeJSON(w, http.StatusOK, struct {
			URL       string    `json:"url"`
			ExpiresAt time.Time `json:"expiresAt"`
		}{url, time.Unix(exp, 0).UTC()})
	})
}

func (l *Login) answerJSON(w http.ResponseWriter, a *attempt) (url string, exp int64, err error) {
	if a.r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return "", 0, contract.Method.Errorf("the URL is asked for by POST")
	}
	if !hasBearer(a.r) {
		if err := l.cross.Check(a.r); err != nil {
			return "", 0, contract.CrossOrigin.Errorf("the request comes from another origin, without a bearer token: %w", err)
		}
	}
	if a.signer, err = a.signerFor(a.r); err != nil {
		return "", 0, err
	}
	c, err := a.member()
	if err != nil {
		return "", 0, err
	}
	return a.issue(c, a.returnPath())
}

// hasBearer reports whether the request has a credential that a page can't make a
// browser send, unlike a cookie or a password of HTTP.
func hasBearer(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && strings.TrimSpace(token) != ""
}

func writeError(w http.ResponseWriter, status int, err error) {
	writeJSON(w, status, struct {
		Error contract.Code `json:"error"`
	}{CodeOf(err)})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.Encode(v) // what fails is the connection
}
