package doctor

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// secrets looks for claims that nobody may see, by their names and by the form
// of their values. Every moderator of the community can read custom fields.
func (d *doctor) secrets(a *answer, r *inspect.Report) {
	for _, e := range r.Claims {
		text, _ := e.Text()
		why := ""
		switch {
		case contract.ClaimOf(e.Name).Status != contract.Custom && contract.ClaimOf(e.Name).Status != contract.Legacy:
			continue
		case secretName.MatchString(e.Name) && len(e.Value) > 4 && string(e.Value) != "false" && string(e.Value) != "null":
			why = "has the name of a secret"
		case secretForm.MatchString(strings.TrimSpace(text)) || secretInside.MatchString(string(e.Value)):
			why = "has the form of a secret"
		}
		if why != "" {
			d.once(contract.ClaimSecret, fmt.Sprintf("The claim %s %s.", e.Name, why), a)
		}
	}
}

var (
	secretName = regexp.MustCompile(`(?i)^(?:.*[_-])?(?:passw(?:or)?d|pwd|passphrase)(?:[_-]?(?:hash|digest|salt|encrypted))?$|(?i)password[_-]?(?:hash|digest)|(?:hashed|encrypted)[_-]?password|(?:^|[_-])(?:salt|secret|otp|totp|mfa[_-]?secret|two[_-]?factor[_-]?secret|api[_-]?key|private[_-]?key|access[_-]?token|refresh[_-]?token|id[_-]?token|session[_-]?(?:id|token)|remember[_-]?token|reset[_-]?(?:token|password[_-]?token)|csrf[_-]?token|credit[_-]?card|card[_-]?number|cvv|ssn|iban)$|(?i)(?:apiKey|accessToken|refreshToken|sessionId|sessionToken|resetToken|privateKey|clientSecret)$`)
	secretForm = regexp.MustCompile(`^(?:\$(?:2[abxy]?|5|6|1|y|apr1|argon2(?:id?|d)|scrypt|pbkdf2[^$]*|bcrypt-sha256|P|H)\$.+|\{(?:S?SHA(?:256|384|512)?|S?MD5|CRYPT|BCRYPT|ARGON2)\}.+|(?:pbkdf2|bcrypt|argon2|scrypt|md5|sha1)(?:_[a-z0-9]+)?\$.+|sk_(?:live|test)_\w+|(?:gh[pousr]|github_pat)_\w+|xox[abprs]-.+|AKIA[0-9A-Z]{16}|AIza[\w-]{35}|eyJ[\w-]+\.eyJ[\w-]+\..*)$`)
	// within an object or a list too
	secretInside = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----|"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}"|"\$argon2(?:id|i|d)\$|(?i:"password_?hash"\s*:)`)
)
