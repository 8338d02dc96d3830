package ssotoken

import (
	"encoding/base64"
	"slices"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// Fit gives claims whose login URL keeps to [Config.MaxURL], without a return
// path: of claims from BuildLenient it leaves out the largest tagline, picture or
// custom field, as often as needed, and [Claims.Notes] reports each. Others it
// gives back as they are. [Signer.LoginURL] and [Login] call it themselves.
func (s *Signer) Fit(c Claims) Claims {
	if c.IsZero() || !c.c.lenient || s.urlLength(c) <= s.maxURL {
		return c
	}
	shorter := *c.c
	shorter.notes = slices.Clone(shorter.notes)
	for s.urlLength(c) > s.maxURL && shorter.leaveOutLargest() {
		var err error
		if c, err = shorter.seal(nil); err != nil {
			return Claims{} // never: what was encoded before can be encoded again
		}
	}
	return c
}

// urlLength is the length of a login URL without a return path, with times of as
// many digits as they may have.
func (s *Signer) urlLength(c Claims) int {
	const digits = 11
	times := len(`,"":,"":}`) + len(contract.Iat) + len(contract.Exp) + 2*digits
	token := len(encodedHeader) + base64.RawURLEncoding.EncodedLen(len(c.c.payload)+times) + len(".") + base64.RawURLEncoding.EncodedLen(32)
	return len(s.community.origin) + len(contract.SSOPath+"?"+contract.JWT+"=") + token
}

// leaveOutLargest takes the largest field out that a member can do without, and
// reports false where there is none.
func (c *claims) leaveOutLargest() bool {
	name, size := "", 0
	consider := func(candidate string, n int) {
		if n > size {
			name, size = candidate, n
		}
	}
	for i := range texts {
		if texts[i].missing == nil {
			consider(texts[i].name, len(c.texts[i]))
		}
	}
	for f := range c.custom.Fields {
		consider(f.Key(), len(appendMember(nil, &f)))
	}
	if size == 0 {
		return false
	}
	for i := range texts {
		if texts[i].name == name {
			c.texts[i] = ""
		}
	}
	c.custom = customfields.Of(slices.DeleteFunc(slices.Collect(c.custom.Fields), func(f customfields.Field) bool { return f.Key() == name })...)
	c.notes = append(c.notes, &FieldError{name, because(contract.URLTooLong, "left out: with it the login URL would be too long")})
	return true
}
