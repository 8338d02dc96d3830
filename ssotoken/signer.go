package ssotoken

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// SSOPath is the community's endpoint that takes tokens.
const SSOPath = "/api/auth/sso"

// Config configures a [Signer]. The zero value of each field but Community
// and the key is its default.
type Config struct {
	// Community is the community's address: a host, community.example.com,
	// or an origin, https://community.example.com, without path, query or
	// user info. http is allowed on loopback alone, for development.
	Community string

	// Key signs. Give either Key or KeySource.
	Key Key

	// KeySource is asked for the key at every mint, for keys that change
	// while the program runs.
	KeySource KeySource

	// Lifetime is the time from iat to exp, in whole seconds from
	// [MinLifetime] to [MaxLifetime]. 0 is [DefaultLifetime].
	Lifetime time.Duration

	// Now is the clock, for tests. nil is [time.Now].
	Now func() time.Time

	// MaxURL is the longest login URL, in bytes; 0 is [DefaultMaxURL]. The
	// default has room for about 350 spaces by Add or Replace, or 70 by
	// Apply, with ids of 12 characters. Raise it only if every server and
	// proxy between browser and community takes longer request lines.
	MaxURL int
}

// A Signer mints tokens and login URLs for one community. It is immutable and
// safe for concurrent use.
type Signer struct {
	origin   string
	source   KeySource
	lifetime int64 // seconds
	now      func() time.Time
	maxURL   int
}

// New makes a signer, or returns a [*ConfigError] that lists every bad
// setting.
func New(c Config) (*Signer, error) {
	s := &Signer{source: c.KeySource, now: c.Now, maxURL: c.MaxURL}
	var bad []*FieldError
	refuse := func(field string, err error) { bad = append(bad, &FieldError{field, err}) }

	origin, err := parseOrigin(c.Community)
	if err != nil {
		refuse("Community", err)
	}
	s.origin = origin

	switch {
	case c.KeySource != nil && !c.Key.IsZero():
		refuse("KeySource", because(ErrMalformed, "is set together with Key: give one of the two"))
	case c.KeySource == nil && c.Key.IsZero():
		refuse("Key", because(ErrKeyMissing, "is missing: make it with NewKey, KeyFromEnv or KeyFromFile"))
	case c.KeySource == nil:
		s.source = func(context.Context) (Key, error) { return c.Key, nil }
	}

	lifetime := c.Lifetime
	if lifetime == 0 {
		lifetime = DefaultLifetime
	}
	if lifetime < MinLifetime || lifetime > MaxLifetime || lifetime%time.Second != 0 {
		refuse("Lifetime", because(ErrRange, fmt.Sprintf("must be whole seconds from %v to %v; 0 is %v", MinLifetime, MaxLifetime, DefaultLifetime)))
	}
	s.lifetime = int64(lifetime / time.Second)

	if s.now == nil {
		s.now = time.Now
	}
	if s.maxURL == 0 {
		s.maxURL = DefaultMaxURL
	}
	if s.maxURL < 0 {
		refuse("MaxURL", because(ErrRange, fmt.Sprintf("must not be negative; 0 is %d bytes", DefaultMaxURL)))
	}
	if bad != nil {
		return nil, &ConfigError{bad}
	}
	return s, nil
}

// Community is the community's origin, such as https://community.example.com.
func (s *Signer) Community() string { return s.origin }

// Sign mints a token: iat is now, exp a lifetime later. It fails with
// [ErrNoClaims] for the zero Claims, [ErrClock] where the clock is unusable,
// the context's error where that is done, and [ErrKeySource] over the key
// source's own error.
func (s *Signer) Sign(ctx context.Context, c Claims) (Token, error) {
	b := takeBuffer()
	defer b.release()
	exp, err := s.mint(ctx, b, c)
	if err != nil {
		return Token{}, err
	}
	jwt := string(b.bytes)
	return Token{func() string { return jwt }, exp}, nil
}

// LoginURL mints a token and returns the address that logs its member in and
// then shows the page at to; the zero ReturnPath is the community's home
// page. The URL is a credential until the token expires: redirect to it at
// once, and keep it out of logs, pages and storage.
//
// Besides the errors of [Signer.Sign], it fails with a [*URLTooLongError].
func (s *Signer) LoginURL(ctx context.Context, c Claims, to ReturnPath) (string, error) {
	b := takeBuffer()
	defer b.release()
	b.bytes = append(append(append(b.bytes, s.origin...), SSOPath...), "?jwt="...)
	if _, err := s.mint(ctx, b, c); err != nil {
		return "", err
	}
	if !to.IsHome() {
		b.bytes = appendQueryValue(append(b.bytes, "&redirect_uri="...), to.path)
	}
	if len(b.bytes) > s.maxURL {
		return "", &URLTooLongError{Length: len(b.bytes), Max: s.maxURL, Claim: largestClaim(c)}
	}
	return string(b.bytes), nil
}

// mint appends a token to b.bytes.
func (s *Signer) mint(ctx context.Context, b *buffer, c Claims) (exp int64, err error) {
	if c.IsZero() {
		return 0, ErrNoClaims
	}
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("ssotoken: not minted: %w", err)
	}
	key, err := s.source(ctx)
	if err == nil && key.IsZero() {
		err = ErrKeyMissing
	}
	if err != nil {
		return 0, &keySourceError{err}
	}
	iat := s.now().Unix()
	exp = iat + s.lifetime
	if iat <= 0 || exp > lastSecond {
		return 0, ErrClock
	}
	b.bytes, b.scratch = appendToken(b.bytes, b.scratch, c.c.payload, iat, exp, key.secret.method)
	return exp, nil
}

// subjectHash is a name for the member that only holders of the key could
// have made. A signing input has no NUL, so it is never a signature.
func (s *Signer) subjectHash(ctx context.Context, c Claims) string {
	key, err := s.source(ctx)
	if err != nil || key.IsZero() {
		return ""
	}
	var mac [sha256.Size]byte
	return hex.EncodeToString(key.secret.method.appendMAC(mac[:0], []byte("subject\x00"+c.Subject()))[:8])
}

// lastSecond is in the year 5138: later times in seconds have as many digits as
// those of today in milliseconds.
const lastSecond = 1e11 - 1

// largestClaim names the claim that takes most of the payload.
func largestClaim(c Claims) string {
	var claims map[string]json.RawMessage
	if err := json.Unmarshal(append(slices.Clone(c.c.payload), '}'), &claims); err != nil {
		return ""
	}
	largest := "sub"
	for name, value := range claims {
		if len(value) > len(claims[largest]) || len(value) == len(claims[largest]) && name < largest {
			largest = name
		}
	}
	return largest
}
