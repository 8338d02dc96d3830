package ssotoken

import (
	"slices"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
)

// Claims say who a member is. They come only from [ClaimsBuilder.Build], so
// they are valid; they never change; and they hold no time, so that the same
// ones can be signed again. The zero Claims can't be signed ([contract.NoClaims]).
//
// Claims print as a placeholder under every fmt verb, in log/slog and in
// encoding/json: they are personal data.
type Claims struct {
	redacted[Claims]
	open func() *claims // printers don't look into a func
}

type claims struct {
	texts   [textClaims]string
	tenant  string
	payload []byte // the token's JSON up to iat and exp
	notes   []*FieldError
	lenient bool // may lose what is optional
}

// A draft is what the setters were given.
type draft struct {
	claims
	spaces  spaces.Plan
	custom  customfields.Set
	allowed string // the subject of AllowSubject
	noName  error  // why there is no name, where the reason is known
}

// Subject returns the claim sub, the member's id on the partner's site.
func (c Claims) Subject() string { return c.fields().texts[subject] }

// Name returns the claim name.
func (c Claims) Name() string { return c.fields().texts[name] }

// Email returns the claim email.
func (c Claims) Email() string { return c.fields().texts[email] }

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
