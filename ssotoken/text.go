package ssotoken

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// checkText refuses invalid UTF-8, control characters other than those in
// allowed, and more than max UTF-16 code units (0: any length).
func checkText(s, allowed string, max int) error {
	if !isPrintable(s) {
		if !utf8.ValidString(s) {
			return because(ErrEncoding, "is not valid UTF-8: convert it, or find out what cut it")
		}
		for _, r := range s {
			if unicode.IsControl(r) && !strings.ContainsRune(allowed, r) {
				return because(ErrControl, "contains a control character: remove it")
			}
		}
	}
	if max > 0 && len(s) > max { // a string has no more code units than bytes
		if n := utf16Len(s); n > max {
			return because(ErrTooLong, fmt.Sprintf("is %d characters long, over the limit of %d (counted as UTF-16 code units)", n, max))
		}
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
	for _, r := range s {
		if unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			return false
		}
	}
	return true
}

// isPrintable knows printable ASCII, which needs no closer look.
func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}
