package ssotoken

import "time"

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
