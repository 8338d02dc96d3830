package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/gob"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/alexedwards/scs/v2"
	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/bettermode-go/sso/examples/internal/sessions"
	"github.com/bettermode-go/sso/ssotoken"
)

// The reasons for which a sign-in at the provider fails.
var (
	errProvider = errors.New("the provider does not answer")
	errDenied   = errors.New("the visitor cancelled at the provider")
	errRefused  = errors.New("the provider did not sign the visitor in")
	errState    = errors.New("the state is of no sign-in that this session began")
	errOver     = errors.New("the session has no sign-in under way")
)

// A trip is a sign-in at the provider. It waits in the session, with a place to go
// to afterwards, as text: a session is gob.
type trip struct {
	State, Nonce, Verifier, ReturnTo string
	Done                             bool
}

const (
	maxTrips     = 5 // a session's, one for each tab
	tripsKey     = "trips"
	memberKey    = "member"
	idTokenKey   = "id_token"
	leavingKey   = "leaving"   // the ID token, once the member has signed out here
	returnCookie = "return_to" // for when the session is gone
)

func init() {
	gob.Register([]trip{})
	gob.Register(ssotoken.OIDCClaims{})
}

// A signIn signs visitors in at an OpenID provider.
type signIn struct {
	issuer   string
	oauth    oauth2.Config // without the endpoints, which the provider tells
	sessions *scs.SessionManager
	client   *http.Client

	known atomic.Pointer[endpoints] // nil until the provider has answered once
}

type endpoints struct {
	*oidc.Provider
	oauth oauth2.Config
}

// discover asks the provider for its endpoints, again until it answers: the site
// starts without it. Several visitors may ask concurrently, so that none waits for
// another.
func (s *signIn) discover(ctx context.Context) (*endpoints, error) {
	if known := s.known.Load(); known != nil {
		return known, nil
	}
	provider, err := oidc.NewProvider(ctx, s.issuer)
	if err != nil {
		return nil, errProvider
	}
	known := &endpoints{provider, s.oauth}
	known.oauth.Endpoint = provider.Endpoint()
	s.known.Store(known)
	return known, nil
}

// begin sends the visitor to the provider.
func (s *signIn) begin(w http.ResponseWriter, r *http.Request, returnTo string) error {
	provider, err := s.discover(oidc.ClientContext(r.Context(), s.client))
	if err != nil {
		return err
	}
	t := trip{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), ReturnTo: returnTo}
	trips := append(s.trips(r), t)
	s.sessions.Put(r.Context(), tripsKey, trips[max(0, len(trips)-maxTrips):])
	s.keepReturn(w, returnTo)
	options := []oauth2.AuthCodeOption{oidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier)}
	if r.URL.Query().Has(otherAccount) {
		options = append(options, oauth2.SetAuthURLParam("prompt", "select_account"))
	}
	http.Redirect(w, r, provider.oauth.AuthCodeURL(t.State, options...), http.StatusSeeOther)
	return nil
}

// keepReturn keeps a place to go to in a cookie, or deletes it. It is over with the
// sign-in, and with a sign-out: who uses the browser next must not see where somebody
// else has been.
func (s *signIn) keepReturn(w http.ResponseWriter, returnTo string) {
	value := base64.RawURLEncoding.EncodeToString([]byte(returnTo))
	c := sessions.Cookie(returnCookie).With(value, s.sessions.Cookie.Secure)
	c.MaxAge = int(s.sessions.Lifetime.Seconds())
	if returnTo == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// finish takes the provider's answer. The second result is the place to go to, also
// after an error. A callback that comes again, as by the browser's back button, is
// fine while the member is signed in.
func (s *signIn) finish(r *http.Request) (ssotoken.OIDCClaims, string, error) {
	var none ssotoken.OIDCClaims
	query, trips := r.URL.Query(), s.trips(r)
	i := slices.IndexFunc(trips, func(t trip) bool { return t.State == query.Get("state") })
	if i < 0 {
		name := sessions.Name(returnCookie, s.sessions.Cookie.Secure)
		kept, _ := base64.RawURLEncoding.DecodeString(sessions.Value(r, name))
		if len(trips) == 0 {
			return none, string(kept), errOver
		}
		return none, string(kept), errState
	}
	t := trips[i]
	member, signedIn := s.sessions.Get(r.Context(), memberKey).(ssotoken.OIDCClaims)
	switch code := query.Get("error"); {
	case t.Done && signedIn:
		return member, t.ReturnTo, nil
	case t.Done:
		return none, t.ReturnTo, errOver
	case code == "access_denied":
		return none, t.ReturnTo, errDenied
	case code != "":
		return none, t.ReturnTo, fmt.Errorf("%w: it answered with an error", errRefused)
	}
	member, idToken, err := s.exchange(oidc.ClientContext(r.Context(), s.client), t, query.Get("code"))
	if err != nil {
		return none, t.ReturnTo, err
	}
	trips[i].Done = true
	s.sessions.Put(r.Context(), tripsKey, trips)
	s.sessions.Put(r.Context(), idTokenKey, idToken)
	return member, t.ReturnTo, nil
}

// exchange returns what the provider says of the visitor, and the ID token. Errors
// have nothing of the provider's text, which could hold a token.
func (s *signIn) exchange(ctx context.Context, t trip, code string) (c ssotoken.OIDCClaims, idToken string, err error) {
	provider, err := s.discover(ctx)
	if err != nil {
		return c, "", err
	}
	tokens, err := provider.oauth.Exchange(ctx, code, oauth2.VerifierOption(t.Verifier))
	if err != nil {
		return c, "", whose(err, "the code")
	}
	idToken, _ = tokens.Extra("id_token").(string)
	verified, err := provider.Verifier(&oidc.Config{ClientID: s.oauth.ClientID}).Verify(ctx, idToken)
	if err != nil {
		return c, "", whose(err, "the ID token")
	}
	if !authorized(verified, s.oauth.ClientID) {
		return c, "", fmt.Errorf("%w: the ID token was issued to another site", errRefused)
	}
	if verified.Nonce != t.Nonce {
		return c, "", fmt.Errorf("%w: the nonce is of another sign-in", errRefused)
	}
	// UserInfo and not the ID token has the claims of the scopes profile and email
	// (OpenID Connect Core, sections 5.4 and 5.3.2).
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		return c, "", whose(err, "the access token")
	}
	if err := info.Claims(&c); err != nil {
		return c, "", fmt.Errorf("%w: UserInfo has a claim of another type", errRefused)
	}
	if c.Subject != verified.Subject {
		return c, "", fmt.Errorf("%w: UserInfo is of somebody else", errRefused)
	}
	return c, idToken, nil
}

// authorized reports whether an ID token was issued to this site: it may be meant for
// several, of which azp names the one that asked for it (OpenID Connect Core, section
// 3.1.3.7).
func authorized(token *oidc.IDToken, clientID string) bool {
	var claims map[string]any // by exact names
	if err := token.Claims(&claims); err != nil {
		return false
	}
	azp, named := claims["azp"]
	return azp == clientID || !named && len(token.Audience) == 1
}

// whose tells a provider that is down from one that says no.
func whose(err error, what string) error {
	var down *url.Error
	var answer *oauth2.RetrieveError
	if errors.As(err, &down) || errors.As(err, &answer) && answer.Response.StatusCode >= 500 {
		return errProvider
	}
	return fmt.Errorf("%w: %s is not good", errRefused, what)
}

// keep signs the member in, with a new session id: an id that was planted before is
// worth nothing.
func (s *signIn) keep(r *http.Request, member ssotoken.OIDCClaims) error {
	err := s.sessions.RenewToken(r.Context())
	if err == nil {
		s.sessions.Put(r.Context(), memberKey, member)
	}
	return err
}

func (s *signIn) trips(r *http.Request) []trip {
	trips, _ := s.sessions.Get(r.Context(), tripsKey).([]trip)
	return slices.Clone(trips)
}

// logoutURL is where the provider ends its own session and comes back from (OpenID
// Connect RP-Initiated Logout 1.0), or the site's home page, where it has none.
func (s *signIn) logoutURL(ctx context.Context, idToken, home string) string {
	provider, err := s.discover(oidc.ClientContext(ctx, s.client))
	var metadata struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err != nil || provider.Claims(&metadata) != nil || metadata.EndSession == "" || idToken == "" {
		return home
	}
	separator := "?"
	if strings.Contains(metadata.EndSession, "?") {
		separator = "&"
	}
	return metadata.EndSession + separator + url.Values{
		"id_token_hint": {idToken}, "post_logout_redirect_uri": {home},
	}.Encode()
}
