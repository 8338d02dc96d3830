package inspect

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A Kind says what a text is that came as a token. It is told from the form
// alone: a kind is no verdict.
type Kind string

const (
	KindHS256     Kind = "HS256"     // a JWT with the algorithm that a community takes
	KindOtherJWT  Kind = "other JWT" // a JWT with another algorithm, such as RS256
	KindTruncated Kind = "truncated" // the beginning of a token
	KindRedacted  Kind = "redacted"  // what a log puts in place of a token
	KindJWE       Kind = "JWE"       // an encrypted token
	KindPASETO    Kind = "PASETO"    // a token of another format
	KindOpaque    Kind = "opaque"    // none of these: it has no parts to read
)

// About says in words what the kind is.
func (k Kind) About() string {
	switch k {
	case KindHS256:
		return "a token signed with " + contract.Alg
	case KindOtherJWT:
		return "a token with another algorithm than " + contract.Alg + ", such as an identity provider's ID token: it was not made with a community's key"
	case KindTruncated:
		return "a token that is cut short: its end is missing, so nothing tells whether it is genuine"
	case KindRedacted:
		return "a placeholder that a log wrote in place of the token"
	case KindJWE:
		return "an encrypted token (JWE): a community reads signed tokens only"
	case KindPASETO:
		return "a PASETO: a community reads JWT only"
	}
	return "not a JWT: an opaque text, such as a session's or an API's token"
}

// itIs ends the message of a finding that the kind explains.
func (k Kind) itIs() string {
	return map[Kind]string{
		KindTruncated: ": it is cut short",
		KindRedacted:  ": it is a placeholder of a log",
		KindJWE:       ": it is encrypted (JWE)",
		KindPASETO:    ": it is a PASETO",
		KindOpaque:    ": it is no JWT",
	}[k]
}

var (
	pasetoForm   = regexp.MustCompile(`^v[1-4]\.(?:local|public)\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)?$`)
	redactedForm = regexp.MustCompile(`(?i)^\W*(?:redacted|filtered|masked|hidden|removed|secret|x{3,}|[*•]{3,})\W*$`)
)

// signatureText is how many characters an HS256 signature has in base64url.
const signatureText = 43

func kindOf(token string) Kind {
	parts := strings.Split(token, ".")
	alg, isEncrypted, isHeader := readHeader(parts[0])
	last := parts[len(parts)-1]
	switch {
	case pasetoForm.MatchString(token):
		return KindPASETO
	case redactedForm.MatchString(token), len(parts) > 1 && redactedForm.MatchString(last):
		return KindRedacted
	case !isHeader:
		return KindOpaque
	case isEncrypted && len(parts) == 5:
		return KindJWE
	case isEncrypted, len(parts) < 3, len(parts) == 3 && alg == contract.Alg && len(last) < signatureText:
		return KindTruncated
	case len(parts) > 3:
		return ""
	case alg == contract.Alg:
		return KindHS256
	}
	return KindOtherJWT
}

// readHeader reads what it can of a header, in whichever base64: it may be cut
// short or be encoded wrongly.
func readHeader(part string) (alg string, isEncrypted, isHeader bool) {
	part = strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(part)
	if len(part)%4 == 1 {
		part = part[:len(part)-1]
	}
	data, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil || !strings.HasPrefix(strings.TrimSpace(string(data)), "{") {
		return "", false, false
	}
	var header struct {
		Alg string `json:"alg"`
		Enc string `json:"enc"`
	}
	json.Unmarshal(data, &header) // what can't be read stays empty
	return header.Alg, header.Enc != "", true
}
