package ssotoken

import (
	"net/mail"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// checkEmailForm takes an addr-spec (RFC 5322, section 3.4.1) as net/mail
// reads it, and nothing around it: no display name, comment, angle bracket or
// white space.
func checkEmailForm(s string) error {
	addr, err := mail.ParseAddress(s)
	if err != nil || addr.Address != s || addr.Name != "" || strings.ContainsAny(s, " \t\"") {
		return because(contract.EmailMalformed, "is not one plain address: write only local@domain, without a display name or spaces", ErrMalformed)
	}
	return nil
}

// isOrdinaryEmail knows the common form without parsing: letters, digits and
// ._+- before one @, host name characters after it.
func isOrdinaryEmail(s string) bool {
	at := strings.IndexByte(s, '@')
	return at > 0 && isDotAtom(s[:at], "_+-") && isDotAtom(s[at+1:], "-")
}

// isDotAtom reports whether s is non-empty runs of letters, digits and extra,
// separated by single dots.
func isDotAtom(s, extra string) bool {
	dot := true
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isAlphanumeric(c):
			dot = false
		case c == '.' && !dot:
			dot = true
		case c != '.' && strings.IndexByte(extra, c) >= 0:
			dot = false
		default:
			return false
		}
	}
	return !dot
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z'
}
