package ssotoken

// MAC signs with keys that are no text, such as that of RFC 7515, A.1.
func MAC(key []byte, input string) []byte { return newHS256(key).append(nil, []byte(input)) }

// TextClaims names the claims that are one text, in the order of the token.
func TextClaims() []string {
	var names []string
	for _, c := range texts {
		names = append(names, c.name)
	}
	return names
}

// SubjectOf returns the member's id that a refusal holds for events.
func SubjectOf(e *ClaimsError) string {
	if e.subject == nil {
		return ""
	}
	return e.subject()
}

// ReturnPath is the page that a frame shows.
func (e Embed) ReturnPath() (ReturnPath, error) { return e.returnPath() }
