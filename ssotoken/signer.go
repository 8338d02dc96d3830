package ssotoken

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/loopback"
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
	// http://community:8080 between containers.
	// Tokens then travel in the clear.
	DevelopmentHTTP bool

	// Key signs. Set either Key or KeySource.
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
	s := &Signer{tenant: c.Tenant, source: c.KeySource, now: c.Now, maxURL: cmp.Or(c.MaxURL, contract.DefaultMaxURL)}
	var bad ConfigError
	mayBeHTTP := loopback.Is
	if c.DevelopmentHTTP {
		mayBeHTTP = anyHost
	}
	var err error
	if s.community, err = parseCommunity(c.Community, mayBeHTTP); err != nil {
		bad.refuse("Community", err)
	}
	switch {
	case c.KeySource != nil && !c.Key.IsZero():
		bad.refuse("KeySource", contract.Malformed.Errorf("is set together with Key: give one of the two"))
	case c.KeySource == nil && c.Key.IsZero():
		bad.refuse("Key", contract.KeyMissing.Errorf("is missing: make it with NewKey, KeyFromEnv or KeyFromFile"))
	case c.KeySource == nil:
		s.source = func(context.Context) (Key, error) { return c.Key, nil }
	}

	lifetime := cmp.Or(c.Lifetime, contract.DefaultLifetime)
	if lifetime < contract.MinLifetime || lifetime > contract.MaxLifetime || lifetime%time.Second != 0 {
		bad.refuse("Lifetime", contract.Range.Errorf("must be whole seconds from %v to %v; 0 is %v",
			contract.MinLifetime, contract.MaxLifetime, contract.DefaultLifetime))
	}
	s.lifetime = int64(lifetime / time.Second)
	if s.now == nil {
		s.now = time.Now
	}
	if s.maxURL < 0 {
		bad.refuse("MaxURL", contract.Range.Errorf("must not be negative; 0 is %d bytes", contract.DefaultMaxURL))
	}
	if err := bad.orNil(); err != nil {
		return nil, err
	}
	return s, nil
}

// Community returns the community that the signer mints for.
func (s *Signer) Community() Community { return s.community }

// Sign mints a token: iat is now, exp a lifetime later. It fails with
// [contract.NoClaims] for the zero Claims, [ErrWrongTenant] for those of another
// tenant's member, [contract.Clock] where the clock is unusable,
// the context's error where that is done, and [ErrKeySource] over the key
// source's own error.
func (s *Signer) Sign(ctx context.Context, c Claims) (Token, error) {
	t, err := s.prepare(ctx, c)
	if err != nil {
		return Token{}, err
	}
	payload := c.open().payload
	jwt := string(appendToken(make([]byte, 0, maxTokenLen(len(payload))), payload, t))
	return Token{reveal: func() string { return jwt }, expiresAt: t.exp}, nil
}

// LoginURL mints a token and returns the address that logs its member in and
// then shows the page at path; the zero ReturnPath is the community's home
// page. The URL is a credential until the token expires: redirect to it
// immediately, and keep it out of logs, pages and storage.
//
// Besides the errors of [Signer.Sign], it fails with [ErrReturnPath] for a path to an
// endpoint of this community ([Community.ReturnPath]), and with [contract.URLTooLong]
// where the URL is over [Config.MaxURL]: a [*FieldError] names the largest claim. Of
// claims from BuildLenient it first leaves out optional ones, the largest first, until
// the URL to the home page fits.
func (s *Signer) LoginURL(ctx context.Context, c Claims, path ReturnPath) (string, error) {
	m, err := s.mint(ctx, c, path)
	if err == nil {
		err = m.dropped
	}
	if err != nil {
		return "", err
	}
	return m.url, nil
}

// A minted login URL.
type minted struct {
	url     string
	exp     int64
	key     Key
	dropped error // why the return path is not in the URL, which would be too long
	notes   []*FieldError
}

func (s *Signer) mint(ctx context.Context, c Claims, path ReturnPath) (minted, error) {
	t, err := s.prepare(ctx, c)
	if err != nil {
		return minted{}, err
	}
	community := s.community.String()
	payload, leftOut := fit(c.open(), community, s.maxURL)
	m := minted{exp: t.exp, key: t.key, notes: c.Notes()}
	for _, name := range leftOut {
		m.notes = append(m.notes, &FieldError{Field: name, Err: errLeftOut})
	}
	if s.community.folder != "" { // which ParseReturnPath does not know
		path, m.dropped = s.community.parsePath(path.path)
	}
	url, home := encodeURL(community, path.path, payload, t)
	if home > s.maxURL {
		return minted{}, s.tooLong(home, c, leftOut)
	}
	if len(url) > s.maxURL {
		m.dropped = s.tooLong(len(url), c, leftOut)
		url = url[:home]
	}
	m.url = string(url)
	return m, nil
}

var errLeftOut = contract.URLTooLong.Errorf("left out: with it the login URL would be too long")

func (s *Signer) tooLong(length int, c Claims, leftOut []string) error {
	parts := bySize(c.open())
	largest := slices.IndexFunc(parts, func(p part) bool { return !slices.Contains(leftOut, p.name) })
	err := contract.URLTooLong.Errorf("the login URL has %d bytes, over the limit of %d: shorten this claim, its largest", length, s.maxURL)
	return &FieldError{Field: parts[largest].name, Err: err}
}

func (s *Signer) prepare(ctx context.Context, c Claims) (term, error) {
	if c.open == nil {
		return term{}, contract.NoClaims.Errorf("no claims: use those that Build returned without an error")
	}
	if tenant := c.open().tenant; tenant != s.tenant {
		return term{}, contract.WrongTenant.Errorf("the claims are not of the signer's tenant: " +
			"ClaimsBuilder.Tenant is that of the member's record, Config.Tenant that of the community")
	}
	if err := ctx.Err(); err != nil {
		return term{}, contract.Cancelled.Errorf("not minted: %w", err)
	}
	key, err := s.source(ctx)
	if err == nil && key.IsZero() {
		err = contract.KeyMissing.Errorf("the source returned no key")
	}
	if err != nil {
		return term{}, contract.KeySource.Errorf("key source: %w", err)
	}
	iat := s.now().Unix()
	exp := iat + s.lifetime
	if iat <= 0 || exp > contract.LastSecond {
		return term{}, contract.Clock.Errorf("the clock shows a time before 1970 or after 5138")
	}
	return term{key, iat, exp}, nil
}

// A Token is a signed JWT: a credential that logs a browser in as its member
// until it expires. It prints as a placeholder under every fmt verb, in
// log/slog and in encoding/json; only [Token.JWT] reveals it.
type Token struct {
	redacted[Token]
	reveal    func() string // printers don't look into a func
	expiresAt int64
}

// JWT returns the token itself, for the jwt parameter of the login URL. It needs
// no escaping there. Keep it out of logs, pages and storage.
func (t Token) JWT() string {
	if t.reveal == nil {
		return ""
	}
	return t.reveal()
}

// ExpiresAt returns the claim exp: from then on the community refuses the token.
func (t Token) ExpiresAt() time.Time {
	if t.expiresAt == 0 {
		return time.Time{}
	}
	return time.Unix(t.expiresAt, 0)
}
