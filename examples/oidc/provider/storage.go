package provider

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	signing       = jose.ES256
	tokenLifetime = 5 * time.Minute
)

var (
	errUnknown = errors.New("unknown, used or expired")
	errRefused = errors.New("this provider has no such grant")
)

// storage is what zitadel/oidc asks for, in memory: accounts, sign-ins under way,
// access tokens, and the signing key.
type storage struct {
	client   client
	key      signingKey
	accounts []Account // guarded by mu, as what follows

	mu       sync.Mutex
	sessions map[string]string       // of browsers: random id to the account's
	requests map[string]*authRequest // by id
	codes    map[string]string       // to the id of a request
	tokens   map[string]accessToken  // by id
}

type accessToken struct {
	account string
	scopes  []string
	expires time.Time
}

func newStorage(c Config) (*storage, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return &storage{
		client: client{c.Client}, key: signingKey{rand.Text(), key}, accounts: slices.Clone(c.Accounts),
		sessions: map[string]string{}, requests: map[string]*authRequest{}, codes: map[string]string{},
		tokens: map[string]accessToken{},
	}, err
}

// Accounts and sessions, for the pages.

func (s *storage) list() []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.accounts)
}

func (s *storage) byID(id string) (Account, bool) {
	for _, a := range s.list() {
		if a.ID == id {
			return a, true
		}
	}
	return Account{}, false
}

func (s *storage) setVerified(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.accounts {
		s.accounts[i].EmailVerified = s.accounts[i].EmailVerified || s.accounts[i].ID == id
	}
}

func (s *storage) startSession(id, account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[id] = account
}

func (s *storage) bySession(id string) (Account, bool) {
	s.mu.Lock()
	account := s.sessions[id]
	s.mu.Unlock()
	return s.byID(account)
}

// TerminateSession is the log-out that the site asks for: the person is signed out
// of every browser.
func (s *storage) TerminateSession(_ context.Context, account, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, a := range s.sessions {
		if a == account {
			delete(s.sessions, id)
		}
	}
	return nil
}

// Sign-ins under way.

func (s *storage) CreateAuthRequest(_ context.Context, r *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if r.CodeChallenge == "" || r.CodeChallengeMethod != oidc.CodeChallengeMethodS256 {
		return nil, oidc.ErrInvalidRequest().WithDescription("PKCE with S256 is required")
	}
	if slices.Contains(r.Prompt, oidc.PromptNone) {
		return nil, oidc.ErrInteractionRequired()
	}
	request := &authRequest{
		id: rand.Text(), client: r.ClientID, redirectURI: r.RedirectURI, scopes: r.Scopes, prompt: r.Prompt,
		responseType: r.ResponseType, responseMode: r.ResponseMode, state: r.State, nonce: r.Nonce,
		challenge: oidc.CodeChallenge{Challenge: r.CodeChallenge, Method: r.CodeChallengeMethod},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[request.id] = request
	return request, nil
}

// request returns a copy.
func (s *storage) request(id string) (*authRequest, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	request, ok := s.requests[id]
	if !ok {
		return nil, false
	}
	copied := *request
	return &copied, true
}

func (s *storage) grant(id, account string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if request, ok := s.requests[id]; ok {
		request.account, request.signedIn = account, now
	}
}

func (s *storage) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.requests, id)
}

func (s *storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	if request, ok := s.request(id); ok {
		return request, nil
	}
	return nil, errUnknown
}

func (s *storage) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	s.mu.Lock()
	id := s.codes[code]
	s.mu.Unlock()
	return s.AuthRequestByID(ctx, id)
}

func (s *storage) SaveAuthCode(_ context.Context, id, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes[code] = id
	return nil
}

// DeleteAuthRequest comes when the tokens are made: a code works once.
func (s *storage) DeleteAuthRequest(_ context.Context, id string) error {
	s.forget(id)
	return nil
}

// Tokens, and what they say.

func (s *storage) CreateAccessToken(_ context.Context, r op.TokenRequest) (string, time.Time, error) {
	id, expires := rand.Text(), time.Now().Add(tokenLifetime)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[id] = accessToken{r.GetSubject(), r.GetScopes(), expires}
	return id, expires, nil
}

// SetUserinfoFromToken answers the UserInfo endpoint.
func (s *storage) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, id, _, _ string) error {
	s.mu.Lock()
	token, ok := s.tokens[id]
	s.mu.Unlock()
	if !ok || time.Now().After(token.expires) {
		return errUnknown
	}
	return s.SetUserinfoFromScopes(ctx, info, token.account, "", token.scopes)
}

// SetUserinfoFromScopes fills the ID token too, with the subject alone: there the
// scopes are without profile and email, which are left to UserInfo where there is an
// access token (OpenID Connect Core, section 5.4).
func (s *storage) SetUserinfoFromScopes(_ context.Context, info *oidc.UserInfo, id, _ string, scopes []string) error {
	account, ok := s.byID(id)
	if !ok {
		return errUnknown
	}
	info.Subject = account.ID
	if slices.Contains(scopes, oidc.ScopeProfile) {
		info.Name = account.Name
	}
	if slices.Contains(scopes, oidc.ScopeEmail) {
		info.Email, info.EmailVerified = account.Email, oidc.Bool(account.EmailVerified)
	}
	return nil
}

func (s *storage) RevokeToken(_ context.Context, id, _, _ string) *oidc.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, id)
	return nil
}

func (s *storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if id != s.client.ID {
		return nil, errUnknown
	}
	return s.client, nil
}

func (s *storage) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	if id != s.client.ID || subtle.ConstantTimeCompare([]byte(secret), []byte(s.client.Secret)) == 0 {
		return errUnknown
	}
	return nil
}

func (s *storage) SigningKey(context.Context) (op.SigningKey, error) { return s.key, nil }

func (s *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{signing}, nil
}

func (s *storage) KeySet(context.Context) ([]op.Key, error) {
	return []op.Key{publicKey{s.key}}, nil
}

func (s *storage) Health(context.Context) error { return nil }

// No grant of the client needs the rest: refresh tokens, JWT profiles,
// introspection.

func (s *storage) CreateAccessAndRefreshTokens(
	context.Context, op.TokenRequest, string,
) (string, string, time.Time, error) {
	return "", "", time.Time{}, errRefused
}

func (s *storage) TokenRequestByRefreshToken(context.Context, string) (op.RefreshTokenRequest, error) {
	return nil, errRefused
}

func (s *storage) GetRefreshTokenInfo(context.Context, string, string) (string, string, error) {
	return "", "", op.ErrInvalidRefreshToken
}

func (s *storage) SetIntrospectionFromToken(
	context.Context, *oidc.IntrospectionResponse, string, string, string,
) error {
	return errRefused
}

func (s *storage) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, errRefused
}

func (s *storage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errRefused
}

func (s *storage) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, nil
}
