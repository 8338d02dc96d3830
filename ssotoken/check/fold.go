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
	upper := false
	for i := range len(email) {
		c := email[i]
		if c >= utf8.RuneSelf {
			return strings.ToLower(compose(email))
		}
		upper = upper || 'A' <= c && c <= 'Z'
	}
	if upper {
		return strings.ToLower(email)
	}
	return email
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
