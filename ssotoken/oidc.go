package ssotoken

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/jsontext"
)

// OIDCClaims are the claims of an OpenID Connect ID token, or of a UserInfo
// answer, that say who a member is (OpenID Connect Core, section 5.1). Decode the
// JSON of a token that your OpenID Connect library has verified into it; decode
// claims of your own into another struct, since one that embeds OIDCClaims reads
// nothing else.
type OIDCClaims struct {
	Subject string `json:"sub"`

	// Name is the first of name, given_name with family_name, preferred_username and
	// nickname that is a name by [ClaimsBuilder.Name], is no email address and does not
	// have the member's own in it: names are public.
	Name string `json:"name"`

	Email         string `json:"email"`
	EmailVerified bool   `json:"email_verified"`
	Picture       string `json:"picture"`
}

// UnmarshalJSON reads a JSON object by the exact names of the claims, each of which
// may be there once: EMAIL_VERIFIED is not email_verified. A sub that is a whole
// number becomes its digits. email_verified is true or, as some providers send it,
// the text "true"; anything else is false. Any other claim that is not text counts as
// absent, but for sub and email, for which the error is a [*FieldError].
func (c *OIDCClaims) UnmarshalJSON(data []byte) error {
	members, err := jsontext.Members(data)
	if err != nil {
		return err
	}
	if sub := string(members[contract.Sub]); sub != "" && strings.Trim(sub, "-0123456789") == "" {
		members[contract.Sub] = json.RawMessage(`"` + sub + `"`)
	}
	text := func(name string) (s string) {
		if json.Unmarshal(members[name], &s) != nil {
			return ""
		}
		return s
	}
	verified := string(members["email_verified"])
	*c = OIDCClaims{
		Subject: text(contract.Sub), Email: text(contract.Email), Picture: text(contract.Picture),
		EmailVerified: verified == "true" || text("email_verified") == "true",
	}
	names := []string{text(contract.Name), text("given_name") + " " + text("family_name"), text("preferred_username"), text("nickname")}
	if i := slices.IndexFunc(names, c.mayShow); i >= 0 {
		c.Name = strings.TrimSpace(names[i])
	}
	for _, name := range []string{contract.Sub, contract.Email} {
		raw := members[name]
		switch {
		case raw == nil || string(raw) == "null":
		case raw[0] != '"':
			return &FieldError{Field: name, Err: contract.ClaimNotString.Errorf("is no text in the provider's claims")}
		case jsontext.HasUnpairedSurrogate(raw):
			// Go reads every half as the same character: two ids could become one.
			return &FieldError{Field: name, Err: contract.Encoding.Errorf("has half of a surrogate pair in an escape")}
		}
	}
	return nil
}

// Builder starts a builder with these claims, for more to be added. It fails with
// [ErrEmailUnverified] unless the provider says that the email is verified: the
// community takes it as verified, and could log the member in to somebody else's
// account.
//
// The subject is [SubjectFrom] sub. It is the provider's own: where your site
// takes more than one provider, or could change it, set the id of your own account
// instead. Where there is no Name, Build fails unless you set one: ask the member, or
// keep the one that Apple sends once, beside the first token.
func (c OIDCClaims) Builder() (*ClaimsBuilder, error) {
	if !c.EmailVerified {
		err := &FieldError{Field: contract.Email, Err: contract.EmailUnverified.Errorf(
			"is not verified: the provider's email_verified is not true")}
		return nil, &memberError{err, func() string { return SubjectFrom(c.Subject) }}
	}
	b := NewClaims().Subject(SubjectFrom(c.Subject)).VerifiedEmail(c.Email).Picture(c.Picture)
	if c.mayShow(c.Name) {
		b.Name(c.Name)
	}
	return b, nil
}

func (c OIDCClaims) mayShow(name string) bool {
	sent, _, err := readName(name)
	hasOwn := c.Email != "" && strings.Contains(strings.ToLower(sent), strings.ToLower(c.Email))
	return err == nil && !isAddress(sent) && !hasOwn
}
