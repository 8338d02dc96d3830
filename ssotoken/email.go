package ssotoken

import (
	"net/mail"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// checkEmailForm takes an addr-spec (RFC 5322, section 3.4.1) as net/mail
// reads it, and nothing around it: no display name, comment, angle bracket or
// white space. Its domain is a host name, or an address in square brackets.
func checkEmailForm(s string) error {
	addr, err := mail.ParseAddress(s)
	if err != nil || addr.Address != s || addr.Name != "" || strings.ContainsAny(s, " \t\"") {
		return because(contract.EmailMalformed, "is not one plain address: write only local@domain, without a display name or spaces", ErrMalformed)
	}
	if hasInvisible(s) {
		return because(contract.EmailInvisible, "has an invisible character: remove it, and have the address verified again", ErrMalformed)
	}
	domain := s[strings.LastIndexByte(s, '@')+1:]
	if domain[0] == '[' {
		return nil
	}
	if fault := hostFault(domain, false); fault != "" {
		return because(contract.EmailDomain, "is at a domain that "+fault+": have the address corrected", ErrMalformed)
	}
	return nil
}

// isOrdinaryEmail knows the common form without parsing: letters, digits and
// ._+- before one @, a host name after it.
func isOrdinaryEmail(s string) bool {
	at := strings.IndexByte(s, '@')
	return at > 0 && isDotAtom(s[:at], hyphen|underscore|plus) && isOrdinaryHost(s[at+1:])
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

func isAlphanumeric(c byte) bool { return isLetter(c) || '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
