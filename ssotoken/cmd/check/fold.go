package check

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

// composeTable has a line for each pair of the Unicode Character Database (version
// 14.0) that is one character in form NFC: the pair, and the character.
//
//go:embed compose.txt
var composeTable string

var composed = sync.OnceValue(func() map[[2]rune]rune {
	table := map[[2]rune]rune{}
	for line := range strings.Lines(composeTable) {
		var base, mark, one rune
		if _, err := fmt.Sscanf(line, "%X %X %X", &base, &mark, &one); err == nil {
			table[[2]rune{base, mark}] = one
		}
	}
	return table
})

// fold gives the form by which emails are compared: lower case, accents put
// together with their letters.
func fold(email string) string {
	if isFolded(email) {
		return email
	}
	for i := range len(email) {
		if email[i] >= utf8.RuneSelf {
			return strings.ToLower(compose(email))
		}
	}
	return strings.ToLower(email)
}

// isFolded knows ASCII without capitals, which most emails are.
func isFolded(s string) bool {
	const each = 0x0101010101010101
	for ; len(s) >= 8; s = s[8:] { // eight characters at once
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		// A character from 'A' on has bit 7 after the first sum, one behind 'Z'
		// after the second; without bit 7 itself, none carries into the next.
		if x&(0x80*each) != 0 || (x+(0x80-'A')*each)&^(x+(0x7f-'Z')*each)&(0x80*each) != 0 {
			return false
		}
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || 'A' <= s[i] && s[i] <= 'Z' {
			return false
		}
	}
	return true
}

// compose puts letters and the marks behind them together, pair by pair.
func compose(s string) string {
	table := composed()
	runes := []rune(s)
	out := runes[:0]
	for _, r := range runes {
		if last := len(out) - 1; last >= 0 {
			if one, ok := table[[2]rune{out[last], r}]; ok {
				out[last] = one
				continue
			}
		}
		out = append(out, r)
	}
	return string(out)
}
