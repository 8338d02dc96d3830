package doctor

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// secrets looks for claims that nobody may see, by their names and by the form
// of their values.
func (d *doctor) secrets(a *answer, r *inspect.Report) {
	for _, e := range r.Claims {
		if e.Status != contract.Custom && e.Status != contract.Legacy {
			continue
		}
		text, _ := e.Text()
		switch {
		case text != "" && !aTime.MatchString(text) && namesSecret(e.Name):
			d.once(contract.ClaimSecret, fmt.Sprintf("The claim %s has the name of a secret.", e.Name), a)
		case secretForm.Match(e.Value):
			d.once(contract.ClaimSecret, fmt.Sprintf("The claim %s has the form of a secret.", e.Name), a)
		}
	}
}

// namesSecret reads passwordHash, password_hash and password-hash alike.
func namesSecret(name string) bool {
	plain := strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
	return slices.Contains(secretWords, plain) || slices.ContainsFunc(secretParts, func(part string) bool { return strings.Contains(plain, part) })
}

var (
	secretWords = strings.Fields("pwd pass hash salt secret token otp totp pin ssn cvv iban sid")
	secretParts = strings.Fields("password passwd passphrase passhash pwdhash hashedpass encryptedpass apikey privatekey secretkey clientsecret mfasecret totpsecret " +
		"accesstoken refreshtoken idtoken authtoken sessiontoken resettoken remembertoken csrftoken sessionid creditcard cardnumber")

	aTime = regexp.MustCompile(`^\d{4}-\d\d-\d\d`)

	// secretForm is a JSON string, or one in a list or an object: hashes of
	// crypt(3), LDAP and web frameworks, PEM keys, well-known API keys, tokens.
	secretForm = regexp.MustCompile(`"\$(?:2[abxy]?|[156y]|apr1|argon2(?:id|i|d)|scrypt|pbkdf2[a-z0-9-]*|bcrypt-sha256|[PH])\$` +
		`|"\{(?:S?SHA(?:256|384|512)?|S?MD5|CRYPT|BCRYPT|ARGON2|PBKDF2[A-Z0-9-]*)\}` +
		`|"(?:pbkdf2_sha(?:1|256)|bcrypt(?:_sha256)?|argon2|scrypt|md5|sha1)\$` +
		`|-----BEGIN [A-Z ]*PRIVATE KEY-----` +
		`|"(?:sk_(?:live|test)_|gh[pousr]_|github_pat_|xox[abprs]-|AKIA[0-9A-Z]{16}|AIza[\w-]{35}|glpat-)` +
		`|"eyJ[\w-]+\.eyJ[\w-]+\.`)
)
