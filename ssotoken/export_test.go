package ssotoken

// NewHS256 signs with keys that are no text, such as that of RFC 7515, A.1.
var NewHS256 = newHS256

// TextClaims names the claims that are one text, in the order of the token.
func TextClaims() []string {
	var names []string
	for _, c := range texts {
		names = append(names, c.name)
	}
	return names
}
