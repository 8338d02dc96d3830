// Package partner is the part of a site that does not depend on its web
// framework: members, sessions, and the handlers for its community.
package partner

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"sync"

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

	mu       sync.Mutex
	sessions map[string]member // by random id
}

type member struct{ id, name, email string }

var members = map[string]member{"u-1001": {"u-1001", "Ada Lovelace", "ada@partner.example"}}

// New makes a site for the signer's community. observe may be nil. The frontends
// are the other origins whose pages may ask the JSON door with a cookie.
func New(signer *ssotoken.Signer, observe func(context.Context, ssotoken.Event), frontends ...string) (*Site, error) {
	s := &Site{sessions: map[string]member{}, Frontends: frontends}
	var err error
	s.Login, err = ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Identify: s.identify, TrustedOrigins: frontends, Observe: observe})
	if err != nil {
		return nil, err
	}
	s.JSON = s.Login.JSON()
	s.Logout, err = ssotoken.NewLogout(ssotoken.LogoutConfig{End: s.end, Observe: observe})
	return s, err
}

// SignIn starts the session of a member and gives its cookie. The cookie's value is
// an app's bearer token too. SignIn does not keep its argument: fiber's strings
// change after the request.
func (s *Site) SignIn(id string) (cookie *http.Cookie, ok bool) {
	m, ok := members[id]
	if !ok {
		return nil, false
	}
	session := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[session] = m
	return &http.Cookie{Name: sessionCookie, Value: session, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}, true
}

const sessionCookie = "session"

func (s *Site) identify(r *http.Request) (ssotoken.Claims, error) {
	s.mu.Lock()
	m, ok := s.sessions[session(r)]
	s.mu.Unlock()
	if !ok {
		return ssotoken.Claims{}, ssotoken.ErrNoSession
	}
	return ssotoken.NewClaims().Subject(m.id).Name(m.name).VerifiedEmail(m.email).Build()
}

// session gives the session id of a request: an app's bearer token, or the cookie.
// With a bearer token the cookie does not count: the JSON door takes a token from
// any origin.
func session(r *http.Request) string {
	if authorization := r.Header.Get("Authorization"); authorization != "" {
		scheme, token, _ := strings.Cut(authorization, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return ""
		}
		return strings.TrimSpace(token)
	}
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

func (s *Site) end(w http.ResponseWriter, r *http.Request) error {
	if c, err := r.Cookie(sessionCookie); err == nil {
		s.mu.Lock()
		delete(s.sessions, c.Value)
		s.mu.Unlock()
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1})
	return nil
}
