package ssotoken

import (
	"slices"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
)

// Claims say who a member is. They come only from [ClaimsBuilder.Build], so
// they are valid; they never change; and they hold no time, so that the same
// ones can be signed again. The zero Claims can't be signed ([ErrNoClaims]).
//
// Compare two with [Claims.Equal].
type Claims struct{ c *claims }

type claims struct {
	texts   [textClaims]string
	tenant  string
	spaces  spaces.Plan
	custom  customfields.Set
	payload []byte // the token's JSON up to iat and exp
	notes   []*FieldError
	lenient bool // may lose what is optional
}

// Subject is the claim sub, the member's id on the partner's site.
func (c Claims) Subject() string { return c.text(subject) }

// Name is the claim name.
func (c Claims) Name() string { return c.text(name) }

// Email is the claim email.
func (c Claims) Email() string { return c.text(email) }

// Tagline is the claim tagline, or empty.
func (c Claims) Tagline() string { return c.text(tagline) }

// Picture is the claim picture, or empty.
func (c Claims) Picture() string { return c.text(picture) }

// Tenant is whose member this is, or empty. It is not in the token.
func (c Claims) Tenant() string { return c.fields().tenant }

// Spaces is what the claims spaceIds, spaces and spacesOperation say.
func (c Claims) Spaces() spaces.Plan { return c.fields().spaces }

// Custom is the set of custom fields.
func (c Claims) Custom() customfields.Set { return c.fields().custom }

// Notes are what Build put in order or found odd, such as a name that is an email
// address, and what BuildLenient left out: where a note is an [ErrNormalized] the field
// was sent, else it was not. They hold no value.
func (c Claims) Notes() []*FieldError { return slices.Clone(c.fields().notes) }

// IsZero reports whether c is not from a Build that succeeded.
func (c Claims) IsZero() bool { return c.c == nil }

// Equal reports whether both give the same token, signed at the same time, for
// the same tenant.
func (c Claims) Equal(other Claims) bool {
	a, b := c.fields(), other.fields()
	return c.IsZero() == other.IsZero() && a.tenant == b.tenant && slices.Equal(a.payload, b.payload)
}

func (c Claims) text(i int) string { return c.fields().texts[i] }

func (c Claims) fields() *claims {
	if c.c == nil {
		return &claims{}
	}
	return c.c
}
