// Package partner is the part of a site that does not depend on its web
// framework: members, sessions, and the handlers for its community.
package partner

import (
	"context"
	"net/http"
	"strings"

	"github.com/bettermode-go/sso/examples/internal/sessions"
	"github.com/bettermode-go/sso/ssotoken"
)

// The paths that the community's settings point at, Authorization URL and Logout
// URL, and that of the JSON door, which frontends and apps ask.
const (
	LoginPath  = "/community/login"
	LogoutPath = "/community/logout"
	JSONPath   = "/community/login-url"
)

// SignInPage is the page at LoginPath. Its form posts to the same address, so
// referrer_uri stays in the query.
const SignInPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sign in</title>
<h1>Sign in</h1>
<form method="post"><button name="member" value="u-1001">Ada Lovelace</button></form>
`

// A Site has the parts that a framework serves.
type Site struct {
	Login  *ssotoken.Login
	Logout http.Handler

	// JSON has its own cross-origin protection, which knows Frontends and bearer
	// tokens. Don't put it behind the protection of the forms, which knows neither.
	JSON http.Handler

	Frontends []string // origins

	sessions sessions.Store // of members' ids
}

type member struct{ id, name, email string }

var members = map[string]member{"u-1001": {"u-1001", "Ada Lovelace", "ada@partner.example"}}

// New makes a site for the signer's community. observe may be nil. The frontends
// are the other origins whose pages may ask the JSON door with a cookie.
func New(signer *ssotoken.Signer, observe func(context.Context, ssotoken.Event), frontends ...string) (*Site, error) {
	s := &Site{sessions: sessions.Store{Cookie: "session"}, Frontends: frontends}
	var err error
	s.Login, err = ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Identify: s.identify, TrustedOrigins: frontends, Observe: observe})
	if err != nil {
		return nil, err
	}
	s.JSON = s.Login.JSON()
	s.Logout, err = ssotoken.NewLogout(ssotoken.LogoutConfig{End: s.sessions.End, Observe: observe})
	return s, err
}

// SignIn starts the session of a member and returns its cookie, for a site on https or
// not. The cookie's value is an app's bearer token too. SignIn does not keep its
// argument: fiber's strings change after the request.
func (s *Site) SignIn(id string, https bool) (cookie *http.Cookie, ok bool) {
	m, ok := members[id]
	if !ok {
		return nil, false
	}
	return s.sessions.Cookie.With(s.sessions.Add(m.id), https), true
}

func (s *Site) identify(r *http.Request) (ssotoken.Claims, error) {
	id, ok := s.sessions.Of(s.session(r))
	if !ok {
		return ssotoken.Claims{}, ssotoken.ErrNoSession
	}
	m := members[id]
	return ssotoken.NewClaims().Subject(m.id).Name(m.name).VerifiedEmail(m.email).Build()
}

// session returns the session id of a request: an app's bearer token, or the cookie.
// With a bearer token the cookie does not count: the JSON door takes a token from
// any origin.
func (s *Site) session(r *http.Request) string {
	if authorization := r.Header.Get("Authorization"); authorization != "" {
		scheme, token, _ := strings.Cut(authorization, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return ""
		}
		return strings.TrimSpace(token)
	}
	return s.sessions.Cookie.Value(r)
}
