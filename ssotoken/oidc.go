package ssotoken

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// OIDCClaims are the claims of an OpenID Connect ID token, or of a UserInfo
// answer, that say who a member is (OpenID Connect Core, section 5.1). Decode the
// JSON of a token that your OpenID Connect library has verified into it.
type OIDCClaims struct {
	Subject           string   `json:"sub"`
	Name              string   `json:"name"`
	GivenName         string   `json:"given_name"`
	FamilyName        string   `json:"family_name"`
	PreferredUsername string   `json:"preferred_username"`
	Email             string   `json:"email"`
	EmailVerified     Verified `json:"email_verified"`
	Picture           string   `json:"picture"`
}

// Verified is email_verified: a JSON boolean, or its text, which some providers
// send.
type Verified bool

// UnmarshalJSON takes true, "true", false, "false" and null. Anything else counts
// as false: nobody is verified by a mistake.
func (v *Verified) UnmarshalJSON(text []byte) error {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return err
	}
	*v = value == true || value == "true"
	return nil
}

// Builder starts a builder with these claims, for more to be added. It fails with
// [ErrEmailUnverified] unless the provider says that the email is verified: the
// community takes it as verified, and could log the member in to somebody else's
// account.
//
// The subject is [SubjectFrom] sub. It is the provider's own: where your site
// takes more than one provider, or could change it, set the id of your own account
// instead. The name is name, else given_name and family_name, else
// preferred_username.
func (c OIDCClaims) Builder() (*ClaimsBuilder, error) {
	if !c.EmailVerified {
		return nil, &FieldError{Field: contract.Email, Err: because(contract.EmailUnverified, "is not verified: the provider's email_verified is not true")}
	}
	name := cmp.Or(strings.TrimSpace(c.Name), strings.TrimSpace(c.GivenName+" "+c.FamilyName), c.PreferredUsername)
	return NewClaims().Subject(SubjectFrom(c.Subject)).Name(name).VerifiedEmail(c.Email).Picture(c.Picture), nil
}
