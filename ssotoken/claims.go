package ssotoken

import (
	"slices"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
)

// Claims say who a member is. They come only from a [ClaimsBuilder], so they are
// valid; they never change; and they hold no time, so that the same ones can be signed
// again. The zero Claims can't be signed ([contract.NoClaims]).
//
// Claims print as a placeholder under every fmt verb, in log/slog and in
// encoding/json: they are personal data.
type Claims struct {
	redacted[Claims]
	open func() *claims // printers don't look into a func
}

// claims are what the setters were given, and what Build made of it.
type claims struct {
	texts   [textCount]string
	spaces  spaces.Plan
	custom  customfields.Set
	tenant  string
	allowed string // the subject of AllowSubject

	lenient bool // may lose what is optional
	notes   []*FieldError
	payload []byte // the token's JSON up to iat and exp
}

// Subject returns the claim sub, the member's id on the partner's site.
func (c Claims) Subject() string { return c.fields().texts[textSubject] }

// Notes returns what Build put in order or found odd, such as a name that is an email
// address, and what BuildLenient left out: where a note is an [ErrNormalized] the field
// is sent, else it is not. They hold no value.
func (c Claims) Notes() []*FieldError { return slices.Clone(c.fields().notes) }

func (c Claims) fields() *claims {
	if c.open == nil {
		return &claims{}
	}
	return c.open()
}
