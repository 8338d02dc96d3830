package provider

import (
	"crypto/ecdsa"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// client says what the site may do: sign people in by a code, with its secret.
type client struct{ Client }

func (c client) GetID() string                       { return c.ID }
func (c client) RedirectURIs() []string              { return []string{c.RedirectURI} }
func (c client) PostLogoutRedirectURIs() []string    { return []string{c.PostLogoutRedirect} }
func (c client) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (c client) AuthMethod() oidc.AuthMethod         { return oidc.AuthMethodBasic }
func (c client) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c client) GrantTypes() []oidc.GrantType        { return []oidc.GrantType{oidc.GrantTypeCode} }
func (c client) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeBearer }
func (c client) IDTokenLifetime() time.Duration      { return tokenLifetime }
func (c client) ClockSkew() time.Duration            { return 0 }
func (c client) IsScopeAllowed(string) bool          { return false } // none besides the standard ones

// DevMode allows a redirect to http, for development.
func (c client) DevMode() bool { return true }

func (c client) LoginURL(id string) string {
	return loginPath + "?" + url.Values{"id": {id}}.Encode()
}

// IDTokenUserinfoClaimsAssertion leaves name and email to UserInfo.
func (c client) IDTokenUserinfoClaimsAssertion() bool { return false }

func (c client) RestrictAdditionalIdTokenScopes() func([]string) []string     { return unchanged }
func (c client) RestrictAdditionalAccessTokenScopes() func([]string) []string { return unchanged }

func unchanged(scopes []string) []string { return scopes }

// An authRequest is a sign-in under way.
type authRequest struct {
	id, client, redirectURI, state, nonce string
	responseType                          oidc.ResponseType
	responseMode                          oidc.ResponseMode
	scopes, prompt                        []string
	challenge                             oidc.CodeChallenge

	account  string // empty until somebody has signed in
	signedIn time.Time
}

func (r *authRequest) GetID() string                         { return r.id }
func (r *authRequest) GetACR() string                        { return "" }
func (r *authRequest) GetAMR() []string                      { return nil }
func (r *authRequest) GetAudience() []string                 { return []string{r.client} }
func (r *authRequest) GetAuthTime() time.Time                { return r.signedIn }
func (r *authRequest) GetClientID() string                   { return r.client }
func (r *authRequest) GetCodeChallenge() *oidc.CodeChallenge { return &r.challenge }
func (r *authRequest) GetNonce() string                      { return r.nonce }
func (r *authRequest) GetRedirectURI() string                { return r.redirectURI }
func (r *authRequest) GetResponseType() oidc.ResponseType    { return r.responseType }
func (r *authRequest) GetResponseMode() oidc.ResponseMode    { return r.responseMode }
func (r *authRequest) GetScopes() []string                   { return r.scopes }
func (r *authRequest) GetState() string                      { return r.state }
func (r *authRequest) GetSubject() string                    { return r.account }
func (r *authRequest) Done() bool                            { return r.account != "" }

type signingKey struct {
	id  string
	key *ecdsa.PrivateKey
}

func (k signingKey) ID() string                                  { return k.id }
func (k signingKey) Key() any                                    { return k.key }
func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return signing }

type publicKey struct{ signingKey }

func (k publicKey) Key() any                           { return &k.key.PublicKey }
func (k publicKey) Algorithm() jose.SignatureAlgorithm { return signing }
func (k publicKey) Use() string                        { return "sig" }
