package ssotoken

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// JSON is the door for frontends and apps: a handler that gives the login URL to
// a page's script or to an app, which then opens it.
//
// It takes POST, with referrer_uri in the query, and answers
//
//	{"url":"https://community.example.com/api/auth/sso?jwt=…","expiresAt":"2026-11-24T12:01:00Z"}
//
// Ask at the click and go there at once (location.assign), never when the page
// loads: the token lives for a minute. The URL is a credential: keep it out of
// the page, of logs and of storage.
//
// An answer with an error is {"error":"CODE"}, with the status 401 where nobody
// is signed in (no-session), 403 for a member who must not enter (may-not-enter,
// email-unverified, wrong-tenant) and for a page of another origin (cross-origin),
// 404 without a tenant (no-tenant), 405 for another method (method), 422 for refused claims (claims-refused), 503
// without a key (key-source) and 508 in a loop (loop); else 500. Observe is told
// the same as by [Login.Middleware].
//
// A request of another origin's page gets no token: it is refused by
// [http.CrossOriginProtection], except with the header Authorization: Bearer,
// which no browser adds by itself. For a frontend on another origin that uses
// cookies, name it in [LoginConfig.TrustedOrigins] and put a CORS library in
// front that allows that origin with credentials; with bearer tokens only the
// CORS library is needed. If your site has its own CrossOriginProtection, don't put
// it in front of this handler: it would refuse both.
func (l *Login) JSON() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keepPrivate(w)
		signer, url, exp, err := l.answerJSON(w, r)
		switch {
		case errors.Is(err, ErrNoSession):
			l.c.Observe(r.Context(), eventOf(NotSignedIn, signer, nil))
		case err != nil:
			l.c.Observe(r.Context(), newFailure(signer, err).event(r.Context()))
		}
		if err != nil {
			writeJSON(w, jsonStatus(err), struct {
				Error contract.Code `json:"error"`
			}{CodeOf(err)})
			return
		}
		writeJSON(w, http.StatusOK, struct {
			URL       string    `json:"url"`
			ExpiresAt time.Time `json:"expiresAt"`
		}{url, time.Unix(exp, 0).UTC()})
	})
}

func (l *Login) answerJSON(w http.ResponseWriter, r *http.Request) (signer *Signer, url string, exp int64, err error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, "", 0, ErrMethod
	}
	if !hasBearer(r) {
		if err := l.cross.Check(r); err != nil {
			return nil, "", 0, because(contract.CrossOrigin, "the request comes from another origin, without a bearer token: "+err.Error())
		}
	}
	if signer, err = l.c.SignerFor(r); err != nil {
		return nil, "", 0, err
	}
	claims, err := l.c.IdentifyIn(r, signer.tenant)
	if err != nil {
		return signer, "", 0, err
	}
	url, exp, err = l.issue(w, r, signer, claims, l.returnPath(r, signer))
	return signer, url, exp, err
}

// hasBearer reports whether the request has a credential that a page can't make a
// browser send, unlike a cookie or a password of HTTP.
func hasBearer(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && strings.TrimSpace(token) != ""
}

func jsonStatus(err error) int {
	var claims *ClaimsError
	switch {
	case errors.Is(err, ErrNoSession):
		return http.StatusUnauthorized
	case errors.Is(err, ErrCrossOrigin), mayNotEnter(err):
		return http.StatusForbidden
	case errors.Is(err, ErrNoTenant):
		return http.StatusNotFound
	case errors.Is(err, ErrMethod):
		return http.StatusMethodNotAllowed
	case errors.As(err, &claims):
		return http.StatusUnprocessableEntity
	case errors.Is(err, ErrKeySource):
		return http.StatusServiceUnavailable
	case errors.Is(err, ErrLoop):
		return http.StatusLoopDetected
	}
	return http.StatusInternalServerError
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.Encode(v) // what fails is the connection
}
