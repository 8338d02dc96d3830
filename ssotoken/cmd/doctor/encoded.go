package doctor

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// token gives the token in a login URL.
func (l *loginURL) token() string {
	q := l.url.Query()
	return q.Get(contract.JWT) + q.Get(contract.OldJWT)
}

// holds says in which form a text holds a token; "" if it doesn't.
func holds(text, token string) string {
	if token == "" {
		return ""
	}
	for range 3 {
		if strings.Contains(text, token) {
			return "as it is"
		}
		for _, form := range inBase64(token) {
			if strings.Contains(text, form) {
				return "in base64"
			}
		}
		plain, err := url.QueryUnescape(strings.ReplaceAll(text, "+", "%2B"))
		if err != nil || plain == text {
			break
		}
		text = plain
	}
	if strings.Contains(strings.ToLower(text), hex.EncodeToString([]byte(token))) {
		return "in hex"
	}
	return ""
}

// inBase64 gives what of a token is the same wherever it stands in a text that is
// encoded as a whole. The base64 of a token has no + and /, which base64url
// spells otherwise.
func inBase64(token string) (forms []string) {
	for skip := range min(3, len(token)) {
		whole := token[skip:]
		forms = append(forms, base64.StdEncoding.EncodeToString([]byte(whole[:len(whole)/3*3])))
	}
	return forms
}
