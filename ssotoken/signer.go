package ssotoken

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// Config configures a [Signer]. The zero value of each field but Community
// and the key is its default.
type Config struct {
	// Community is the community's address; see [ParseCommunity].
	Community string

	// Tenant is the id of the tenant whose community this is, where each tenant
	// has its own: the signer then signs only claims of that tenant
	// ([ClaimsBuilder.Tenant]). Empty on a site with one community, whose claims
	// name no tenant.
	Tenant string

	// DevelopmentHTTP takes an http:// community that is not on loopback, such as
	// http://community:8080 between containers: see
	// [ParseDevelopmentCommunity]. Tokens then travel in the clear.
	DevelopmentHTTP bool

	// Key signs. Give either Key or KeySource.
	Key Key

	// KeySource is asked for the key at every mint, for keys that change
	// while the program runs.
	KeySource KeySource

	// Lifetime is the time from iat to exp, in whole seconds from 1 second
	// to 1 hour. 0 is 60 seconds, as the vendor's page advises.
	Lifetime time.Duration

	// Now is the clock, for tests. nil is [time.Now].
	Now func() time.Time

	// MaxURL is the longest login URL, in bytes; 0 is 8000. The
	// default has room for about 350 spaces by Add or Replace, or 70 by
	// Apply, with ids of 12 characters. Raise it only if every server and
	// proxy between browser and community takes longer request lines.
	MaxURL int
}

// A Signer mints tokens and login URLs for one community. It is immutable and
// safe for concurrent use.
type Signer struct {
	community Community
	tenant    string
	source    KeySource
	lifetime  int64 // seconds
	now       func() time.Time
	maxURL    int
}

// New makes a signer, or returns a [*ConfigError] that lists every bad
// setting.
func New(c Config) (*Signer, error) {
	s := &Signer{tenant: c.Tenant, source: c.KeySource, now: c.Now, maxURL: c.MaxURL}
	var bad []*FieldError
	refuse := func(field string, err error) { bad = append(bad, &FieldError{field, err}) }

	parse := ParseCommunity
	if c.DevelopmentHTTP {
		parse = ParseDevelopmentCommunity
	}
	community, err := parse(c.Community)
	if err != nil {
		refuse("Community", err)
	}
	s.community = community

	switch {
	case c.KeySource != nil && !c.Key.IsZero():
		refuse("KeySource", because(contract.Malformed, "is set together with Key: give one of the two"))
	case c.KeySource == nil && c.Key.IsZero():
		refuse("Key", because(contract.KeyMissing, "is missing: make it with NewKey, KeyFromEnv or KeyFromFile"))
	case c.KeySource == nil:
		s.source = func(context.Context) (Key, error) { return c.Key, nil }
	}

	lifetime := c.Lifetime
	if lifetime == 0 {
		lifetime = contract.DefaultLifetime
	}
	if lifetime < contract.MinLifetime || lifetime > contract.MaxLifetime || lifetime%time.Second != 0 {
		refuse("Lifetime", because(contract.Range, fmt.Sprintf("must be whole seconds from %v to %v; 0 is %v", contract.MinLifetime, contract.MaxLifetime, contract.DefaultLifetime)))
	}
	s.lifetime = int64(lifetime / time.Second)

	if s.now == nil {
		s.now = time.Now
	}
	if s.maxURL == 0 {
		s.maxURL = contract.DefaultMaxURL
	}
	if s.maxURL < 0 {
		refuse("MaxURL", because(contract.Range, fmt.Sprintf("must not be negative; 0 is %d bytes", contract.DefaultMaxURL)))
	}
	if bad != nil {
		return nil, &ConfigError{bad}
	}
	return s, nil
}

// Community is the community that the signer mints for.
func (s *Signer) Community() Community { return s.community }

// Tenant is the tenant whose members the signer mints for: [Config.Tenant].
func (s *Signer) Tenant() string { return s.tenant }

// Sign mints a token: iat is now, exp a lifetime later. It fails with
// [ErrNoClaims] for the zero Claims, [ErrWrongTenant] for those of another
// tenant's member, [ErrClock] where the clock is unusable,
// the context's error where that is done, and [ErrKeySource] over the key
// source's own error.
func (s *Signer) Sign(ctx context.Context, c Claims) (Token, error) {
	b := takeBuffer()
	defer b.release()
	m, err := s.mint(ctx, b, c)
	if err != nil {
		return Token{}, err
	}
	jwt := string(b.bytes)
	return Token{func() string { return jwt }, m.exp}, nil
}

// LoginURL mints a token and returns the address that logs its member in and
// then shows the page at path; the zero ReturnPath is the community's home
// page. The URL is a credential until the token expires: redirect to it at
// once, and keep it out of logs, pages and storage.
//
// Besides the errors of [Signer.Sign], it fails with a [*URLTooLongError].
func (s *Signer) LoginURL(ctx context.Context, c Claims, path ReturnPath) (string, error) {
	b := takeBuffer()
	defer b.release()
	if _, err := s.mintURL(ctx, b, c); err != nil {
		return "", err
	}
	if err := s.appendReturnPath(b, c, path); err != nil {
		return "", err
	}
	return string(b.bytes), nil
}

// SignLogin is [Signer.LoginURL] for callers that need more than to redirect:
// it returns the URL with the token in it and the time when both expire.
func (s *Signer) SignLogin(ctx context.Context, c Claims, path ReturnPath) (SignedLogin, error) {
	b := takeBuffer()
	defer b.release()
	m, err := s.mintURL(ctx, b, c)
	if err == nil {
		err = s.appendReturnPath(b, m.claims, path)
	}
	if err != nil {
		return SignedLogin{}, err
	}
	url := string(b.bytes)
	jwt := url[m.start:m.end]
	return SignedLogin{Token{func() string { return jwt }, m.exp}, func() string { return url }}, nil
}

// A minted token stands in a buffer, from start to end.
type minted struct {
	start, end int
	exp        int64
	key        Key
	claims     Claims // as they were sent
}

// mintURL puts a login URL to the home page into b.bytes.
func (s *Signer) mintURL(ctx context.Context, b *buffer, c Claims) (minted, error) {
	b.bytes = append(append(append(b.bytes, s.community.origin...), contract.SSOPath...), "?"+contract.JWT+"="...)
	c = s.Fit(c)
	m, err := s.mint(ctx, b, c)
	if err != nil {
		return minted{}, err
	}
	return m, s.checkLength(b, c)
}

// appendReturnPath completes a login URL. On an error it is one to the home page
// still.
func (s *Signer) appendReturnPath(b *buffer, c Claims, path ReturnPath) error {
	if path.IsHome() {
		return nil
	}
	home := len(b.bytes)
	b.bytes = appendQueryValue(append(b.bytes, "&"+contract.RedirectURI+"="...), path.path)
	err := s.checkLength(b, c)
	if err != nil {
		clear(b.bytes[home:])
		b.bytes = b.bytes[:home]
	}
	return err
}

func (s *Signer) checkLength(b *buffer, c Claims) error {
	if len(b.bytes) > s.maxURL {
		return &URLTooLongError{Length: len(b.bytes), Max: s.maxURL, Claim: largestClaim(c)}
	}
	return nil
}

// mint appends a token to b.bytes.
func (s *Signer) mint(ctx context.Context, b *buffer, c Claims) (minted, error) {
	if c.IsZero() {
		return minted{}, ErrNoClaims
	}
	if c.c.tenant != s.tenant {
		return minted{}, wrongTenant(c.c.tenant, s.tenant)
	}
	if err := ctx.Err(); err != nil {
		return minted{}, because(contract.Cancelled, "not minted: "+err.Error(), err)
	}
	key, err := s.source(ctx)
	if err == nil && key.IsZero() {
		err = because(contract.KeyMissing, "the source returned no key")
	}
	if err != nil {
		return minted{}, &keySourceError{err}
	}
	m := minted{start: len(b.bytes), key: key, claims: c}
	iat := s.now().Unix()
	m.exp = iat + s.lifetime
	if iat <= 0 || m.exp > contract.LastSecond {
		return minted{}, ErrClock
	}
	b.bytes, b.scratch = appendToken(b.bytes, b.scratch, c.c.payload, iat, m.exp, key.secret.method)
	m.end = len(b.bytes)
	return m, nil
}

// subjectHash is a name for the member that only holders of the key could
// have made. A signing input has no NUL, so it is never a signature.
func (m minted) subjectHash() string {
	var mac [sha256.Size]byte
	return hex.EncodeToString(m.key.secret.method.appendMAC(mac[:0], []byte("subject\x00"+m.claims.Subject()))[:8])
}

// largestClaim names the claim that takes most of the payload.
func largestClaim(c Claims) string {
	var claims map[string]json.RawMessage
	if err := json.Unmarshal(append(slices.Clone(c.c.payload), '}'), &claims); err != nil {
		return ""
	}
	largest := contract.Sub
	for name, value := range claims {
		if len(value) > len(claims[largest]) || len(value) == len(claims[largest]) && name < largest {
			largest = name
		}
	}
	return largest
}
