package inspect

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// What a text is, by its form, that was given as a token and is no HS256 token.
const (
	cutShort  = "a token that is cut short, so nobody can tell whether it is genuine"
	redacted  = "a placeholder, such as a log writes in place of a token"
	encrypted = "an encrypted token (JWE), and a community reads only signed ones"
	otherAlg  = "a token with another algorithm than " + contract.Alg + ", such as an identity provider's ID token"
	opaque    = "not a JWT but an opaque text, such as a session's cookie or an API's token"
)

var (
	placeholder = regexp.MustCompile(`^(?:\$?[\[<{]{1,2}\w+[]>}]{1,2}|(?i:redacted|filtered|masked|hidden|removed)|[*•xX]{3,})$`)
	headerStart = regexp.MustCompile(`^\s*{\s*(?:"(?:alg|cty|enc|kid|typ)"|"?\w{0,3}$)`)
)

const signatureText = 43 // characters of an HS256 signature

// kindOf returns nothing for an HS256 token, and for what has too many parts. A header
// without alg is that of what other programs sign, such as the cookie of a session.
func kindOf(token string) string {
	parts := strings.Split(token, ".")
	var header map[string]any
	data := decodePart(parts[0])
	isHeader := json.Unmarshal(data, &header) == nil
	alg, hasAlg := header["alg"].(string)
	isEncrypted, last := header["enc"] != nil, parts[len(parts)-1]
	switch {
	case placeholder.MatchString(token):
		return redacted
	case len(parts) == 1 && !isHeader && headerStart.Match(data):
		return cutShort
	case len(parts) == 1, !hasAlg:
		return opaque
	case isEncrypted && len(parts) == 5:
		return encrypted
	case isEncrypted, len(parts) == 2, len(parts) == 3 && alg == contract.Alg && len(last) < signatureText:
		return cutShort
	case len(parts) == 3 && alg != contract.Alg:
		return otherAlg
	}
	return ""
}

// isWhole reports whether nothing of a token is missing or too much.
func isWhole(token string) bool {
	kind, parts := kindOf(token), strings.Split(token, ".")
	if kind == encrypted || kind == redacted {
		return true
	}
	var payload map[string]any
	return len(parts) == 3 && json.Unmarshal(decodePart(parts[1]), &payload) == nil &&
		(kind == otherAlg || kind == "" && len(strings.TrimRight(parts[2], "=")) == signatureText)
}

// decodePart reads what it can of a part, in whichever base64.
func decodePart(part string) []byte {
	data, _ := base64.RawURLEncoding.DecodeString(strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(part))
	return data
}
