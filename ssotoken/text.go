package ssotoken

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// checkText refuses invalid UTF-8 and control characters other than those in
// allowed.
func checkText(s, allowed string) error {
	if isPrintable(s) {
		return nil
	}
	if !utf8.ValidString(s) {
		return because(contract.Encoding, "is not valid UTF-8: convert it, or find out what cut it")
	}
	for _, r := range s {
		if unicode.IsControl(r) && !strings.ContainsRune(allowed, r) {
			return because(contract.ControlCharacter, "contains a control character: remove it")
		}
	}
	return nil
}

// checkLength refuses more than max UTF-16 code units.
func checkLength(s string, max int, code contract.Code) error {
	if len(s) <= max { // a string has no more code units than bytes
		return nil
	}
	if n := utf16Len(s); n > max {
		return because(code, fmt.Sprintf("is %d characters long, over the limit of %d (counted as UTF-16 code units)", n, max), ErrTooLong)
	}
	return nil
}

// utf16Len is the length of s as JavaScript counts it.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// isBlank reports whether a reader would see nothing.
func isBlank(s string) bool {
	if s != "" && ' ' < s[0] && s[0] < 0x7f {
		return false
	}
	for _, r := range s {
		if unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			return false
		}
	}
	return true
}

// isPrintable knows printable ASCII, which needs no closer look.
func isPrintable(s string) bool {
	const each = 0x0101010101010101
	for ; len(s) >= 8; s = s[8:] { // eight characters at once
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		// Printable ASCII has bit 7 after the first sum and not after the second. The
		// first other character has not, and only what comes after it sees a carry.
		if (x+0x60*each)&^(x+each)&(0x80*each) != 0x80*each {
			return false
		}
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}
