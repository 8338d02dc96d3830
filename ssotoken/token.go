package ssotoken

import (
	"fmt"
	"log/slog"
	"time"
)

// A Token is a signed JWT: a credential that logs a browser in as its member
// until it expires. It prints as a placeholder under every fmt verb, in
// log/slog and in encoding/json; only [Token.JWT] gives it away.
type Token struct {
	reveal    func() string // fmt does not look into a func
	expiresAt int64
}

// JWT is the token itself, for the jwt parameter of the login URL. It needs
// no escaping there. Keep it out of logs, pages and storage.
func (t Token) JWT() string {
	if t.reveal == nil {
		return ""
	}
	return t.reveal()
}

// ExpiresAt is the claim exp: at this time the community no longer takes the
// token.
func (t Token) ExpiresAt() time.Time {
	if t.reveal == nil {
		return time.Time{}
	}
	return time.Unix(t.expiresAt, 0)
}

// A SignedLogin is a login URL with its token and expiry. Like a [Token] it is a
// credential, and prints as a placeholder.
type SignedLogin struct {
	token Token
	url   func() string
}

// URL is the address that logs the member in. Keep it out of logs, pages and
// storage.
func (l SignedLogin) URL() string {
	if l.url == nil {
		return ""
	}
	return l.url()
}

// Token is the token in the URL.
func (l SignedLogin) Token() Token { return l.token }

// ExpiresAt is the token's exp.
func (l SignedLogin) ExpiresAt() time.Time { return l.token.ExpiresAt() }

const (
	redactedToken = "ssotoken.Token(redacted)"
	redactedLogin = "ssotoken.SignedLogin(redacted)"
)

// Format writes a placeholder, whatever the verb.
func (t Token) Format(f fmt.State, _ rune) { fmt.Fprint(f, redactedToken) }

// String returns a placeholder.
func (t Token) String() string { return redactedToken }

// LogValue returns a placeholder.
func (t Token) LogValue() slog.Value { return slog.StringValue(redactedToken) }

// MarshalText returns a placeholder, for encoding/json among others.
func (t Token) MarshalText() ([]byte, error) { return []byte(redactedToken), nil }

// Format writes a placeholder, whatever the verb.
func (l SignedLogin) Format(f fmt.State, _ rune) { fmt.Fprint(f, redactedLogin) }

// String returns a placeholder.
func (l SignedLogin) String() string { return redactedLogin }

// LogValue returns a placeholder.
func (l SignedLogin) LogValue() slog.Value { return slog.StringValue(redactedLogin) }

// MarshalText returns a placeholder, for encoding/json among others.
func (l SignedLogin) MarshalText() ([]byte, error) { return []byte(redactedLogin), nil }
