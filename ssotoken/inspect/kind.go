package inspect

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A Kind says by its form alone what a text is that was given as a token. It is no
// verdict.
type Kind string

const (
	KindHS256     Kind = "HS256"     // a JWT with the algorithm that a community takes
	KindOtherJWT  Kind = "other JWT" // a JWT with another algorithm, such as RS256
	KindTruncated Kind = "truncated" // the beginning of a token
	KindRedacted  Kind = "redacted"  // what a log puts in place of a token
	KindJWE       Kind = "JWE"       // an encrypted token
	KindJWSJSON   Kind = "JWS JSON"  // a signed token as a JSON object
	KindPASETO    Kind = "PASETO"    // a token of another format
	KindOpaque    Kind = "opaque"    // none of these: it has no parts to read
)

// about has, for each kind, what it is, and how a finding that it explains ends.
var about = map[Kind][2]string{
	KindHS256: {"a token signed with " + contract.Alg, ""},
	KindOtherJWT: {"a token with another algorithm than " + contract.Alg +
		", such as an identity provider's ID token: it was not made with a community's key", ""},
	KindTruncated: {"a token that is cut short: its end is missing, so nothing tells whether it is genuine",
		": it is cut short"},
	KindRedacted: {"a placeholder that a log wrote in place of the token", ": it is a placeholder of a log"},
	KindJWE:      {"an encrypted token (JWE): a community reads signed tokens only", ": it is encrypted (JWE)"},
	KindJWSJSON: {"a signed token in JSON form (RFC 7515, section 7.2): a community reads the compact form only",
		": it is in JSON form"},
	KindPASETO: {"a PASETO: a community reads JWT only", ": it is a PASETO"},
	KindOpaque: {"not a JWT: an opaque text, such as a session's cookie or an API's token", ": it is no JWT"},
}

// About says in words what the kind is.
func (k Kind) About() string { return about[k][0] }

func (k Kind) itIs() string { return about[k][1] }

var (
	pasetoForm   = regexp.MustCompile(`^v[1-4]\.(?:local|public)\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)?$`)
	redactedForm = regexp.MustCompile(`(?i)^\W*(?:redacted|filtered|masked|hidden|removed|secret|x{3,}|[*•]{3,})\W*$`)
	headerForm   = regexp.MustCompile(`^\s*\{\s*(?:"(?:alg|typ|cty|kid|enc|zip|crit|jku|jwk|x5[a-z])|"?\w{0,3}$)`)
)

// signatureText is how many characters an HS256 signature has in base64url.
const signatureText = 43

func kindOf(token string) Kind {
	parts := strings.Split(token, ".")
	header, isHeader := readHeader(parts[0], len(parts) == 1)
	last := parts[len(parts)-1]
	switch {
	case isJWSJSON(token):
		return KindJWSJSON
	case pasetoForm.MatchString(token):
		return KindPASETO
	case redactedForm.MatchString(token), len(parts) > 1 && redactedForm.MatchString(last):
		return KindRedacted
	case !isHeader:
		return KindOpaque
	case header.Enc != "" && len(parts) == 5:
		return KindJWE
	case header.Enc != "", len(parts) < 3, len(parts) == 3 && header.Alg == contract.Alg && len(last) < signatureText:
		return KindTruncated
	case len(parts) > 3:
		return ""
	case header.Alg == contract.Alg:
		return KindHS256
	}
	return KindOtherJWT
}

type joseHeader struct{ Alg, Enc string }

// readHeader reads a header in whichever base64. It has alg, unless it is cut short.
// Without one it is what other programs sign, such as the cookie of a session.
func readHeader(part string, mayBeCut bool) (h joseHeader, isHeader bool) {
	data := decodePart(part)
	var members map[string]any
	if json.Unmarshal(data, &members) != nil {
		return h, mayBeCut && headerForm.Match(data)
	}
	h.Alg, isHeader = members["alg"].(string)
	h.Enc, _ = members["enc"].(string)
	return h, isHeader && !mayBeCut
}

// decodePart reads what it can of a part, in whichever base64.
func decodePart(part string) []byte {
	part = strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(part)
	if len(part)%4 == 1 {
		part = part[:len(part)-1]
	}
	data, _ := base64.RawURLEncoding.DecodeString(part)
	return data
}

func isObject(part string) bool {
	var members map[string]any
	return json.Unmarshal(decodePart(part), &members) == nil
}

func isJWSJSON(text string) bool {
	var members map[string]any
	if !strings.HasPrefix(text, "{") || json.Unmarshal([]byte(text), &members) != nil {
		return false
	}
	_, hasPayload := members["payload"].(string)
	return hasPayload && (members["signature"] != nil || members["signatures"] != nil)
}
