package ssotoken

import (
	"errors"
	"strings"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
)

// A ClaimsBuilder collects a member's data. Its setters never fail, and each
// replaces what it set before; [ClaimsBuilder.Build] checks everything. It is
// not safe for concurrent use.
type ClaimsBuilder struct{ c claims }

// NewClaims starts a builder.
func NewClaims() *ClaimsBuilder { return new(ClaimsBuilder) }

// Subject sets sub, required: the member's id on your site, at most
// [MaxSubject] UTF-16 code units, without control characters or white space
// at an end. The community stores it as externalId and finds the member by
// it from then on, so it must be stable and never be given to another person:
// an opaque database id, not an email or a user name.
func (b *ClaimsBuilder) Subject(id string) *ClaimsBuilder { b.c.subject = id; return b }

// Name sets name, required: the name that other members see, not blank and
// without control characters.
func (b *ClaimsBuilder) Name(name string) *ClaimsBuilder { b.c.name = name; return b }

// VerifiedEmail sets email, required: one plain address (RFC 5322 addr-spec)
// of at most [MaxEmail] UTF-16 code units. The community takes it as
// verified, and logs a member it knows by this address in to that account:
// give only an address whose owner you have checked.
func (b *ClaimsBuilder) VerifiedEmail(address string) *ClaimsBuilder { b.c.email = address; return b }

// Tagline sets tagline: a short bio in plain text, without control characters
// other than tab and line endings. A blank one is left out.
func (b *ClaimsBuilder) Tagline(bio string) *ClaimsBuilder { b.c.tagline = bio; return b }

// Picture sets picture: the full http:// or https:// URL of the member's
// picture, with a host and without user info. The community does not check
// it, nor does this package load it. An empty one is left out.
func (b *ClaimsBuilder) Picture(url string) *ClaimsBuilder { b.c.picture = url; return b }

// Spaces sets which spaces the login joins and leaves.
func (b *ClaimsBuilder) Spaces(plan spaces.Plan) *ClaimsBuilder { b.c.spaces = plan; return b }

// Custom sets the custom fields.
func (b *ClaimsBuilder) Custom(set customfields.Set) *ClaimsBuilder { b.c.custom = set; return b }

// Build checks every field and returns the claims, or the zero Claims and a
// [*ClaimsError] that lists every bad field. The builder can be used again.
func (b *ClaimsBuilder) Build() (Claims, error) {
	c := b.c
	var bad []*FieldError
	c.check(&bad, &bad)
	return c.seal(bad)
}

// BuildLenient is Build, except that a bad tagline, picture or custom field
// is left out of the claims and reported, instead of keeping the member out.
// Bad required fields and spaces are errors all the same.
func (b *ClaimsBuilder) BuildLenient() (Claims, []*FieldError, error) {
	c := b.c
	var bad, dropped []*FieldError
	c.check(&bad, &dropped)
	claims, err := c.seal(bad)
	return claims, dropped, err
}

// check appends what is wrong, in the order of the token, to required or, for
// the fields that a member can do without, to optional; those it then takes
// out of c.
func (c *claims) check(required, optional *[]*FieldError) {
	report := func(list *[]*FieldError, field string, err error) bool {
		if err != nil {
			*list = append(*list, &FieldError{field, err})
		}
		return err != nil
	}
	report(required, "sub", checkSubject(c.subject))
	report(required, "name", checkName(c.name))
	report(required, "email", checkEmail(c.email))
	if report(optional, "tagline", checkText(c.tagline, "\t\n\r", 0)) || isBlank(c.tagline) {
		c.tagline = ""
	}
	if c.picture != "" && report(optional, "picture", checkPicture(c.picture)) {
		c.picture = ""
	}
	for _, err := range each(c.spaces.Validate()) {
		var entry *spaces.EntryError
		errors.As(err, &entry)
		report(required, entry.Path, entry.Err)
	}
	custom, err := c.custom.Valid()
	for _, err := range each(err) {
		var key *customfields.KeyError
		errors.As(err, &key)
		report(optional, key.Key, key.Err)
	}
	c.custom = custom
}

func (c *claims) seal(bad []*FieldError) (Claims, error) {
	if len(bad) > 0 {
		return Claims{}, &ClaimsError{bad}
	}
	c.payload = encodeClaims(c)
	return Claims{c}, nil
}

func checkSubject(id string) error {
	if isBlank(id) {
		return because(ErrRequired, "is required: give the member's id on your site")
	}
	if err := checkText(id, "", MaxSubject); err != nil {
		return err
	}
	if strings.TrimSpace(id) != id {
		return because(ErrMalformed, "has white space at an end: give the id without it")
	}
	return nil
}

func checkName(name string) error {
	if isBlank(name) {
		return because(ErrRequired, "is required and must not be blank: give the name that other members see")
	}
	return checkText(name, "", 0)
}

func checkEmail(address string) error {
	if isBlank(address) {
		return because(ErrRequired, "is required: give the address that your site has verified")
	}
	if err := checkText(address, "", MaxEmail); err != nil {
		return err
	}
	return checkEmailForm(address)
}

func checkPicture(url string) error {
	if err := checkText(url, "", 0); err != nil {
		return err
	}
	return checkPictureForm(url)
}

// each gives the errors that a leaf package's Validate joined.
func each(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return nil
}
