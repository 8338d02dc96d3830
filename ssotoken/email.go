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
	return at > 0 && isDotAtom(s[:at], hyphen|underscore|plus) && isDotAtom(s[at+1:], hyphen)
}

// isDotAtom reports whether s is non-empty runs of letters, digits and the signs
// of a class, separated by single dots.
func isDotAtom(s string, signs class) bool {
	dot := true
	for i := range len(s) {
		switch c := s[i]; {
		case classes[c]&(alphanumeric|signs) != 0:
			dot = false
		case c == '.' && !dot:
			dot = true
		default:
			return false
		}
	}
	return !dot
}

// A class is a set of ASCII characters, so that one look at a table tells whether
// a character is of several.
type class uint8

const (
	alphanumeric class = 1 << iota
	hyphen
	underscore
	plus
	inPath // of a common URL, with its query, beside letters, digits and -
)

var classes = func() (table [256]class) {
	for c := range table {
		if isAlphanumeric(byte(c)) {
			table[c] = alphanumeric
		}
	}
	table['-'], table['_'], table['+'] = hyphen, underscore, plus
	for _, c := range "/._~?=&" {
		table[c] |= inPath
	}
	return table
}()

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z'
}
