package inspect

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/punycode"
)

// The labels of a domain: in an email as RFC 5321 has them, in a URL as browsers
// do, where ~ stands for a symbol. Letters beyond ASCII count as x.
var (
	number    = regexp.MustCompile("^[0-9]+$")
	mailLabel = regexp.MustCompile("^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$")
	webLabel  = regexp.MustCompile("^[A-Za-z0-9_~-]+$")
)

// isDomain reports whether a text is a domain name, with labels of a form.
func isDomain(s string, form *regexp.Regexp) bool {
	size := 0
	labels := strings.Split(s, ".")
	if form == mailLabel && number.MatchString(labels[len(labels)-1]) {
		return false
	}
	for _, label := range labels {
		if len(label) > 4*contract.MaxLabel || punycode.Length(label) > contract.MaxLabel {
			return false
		}
		size += punycode.Length(label) + len(".")
		plain := []rune(label)
		for i, r := range plain {
			switch {
			case r == utf8.RuneError:
				return false
			case i == 0 && unicode.IsMark(r):
				return false
			case r < utf8.RuneSelf:
				if r == '~' {
					return false
				}
			case unicode.Is(unicode.So, r):
				plain[i] = '~'
			case unicode.IsOneOf(contract.HostLetters, r) && !unicode.Is(contract.MappedLetters, r), r == contract.Joiner, r == contract.NonJoiner:
				plain[i] = 'x'
			default:
				return false
			}
		}
		if !form.MatchString(string(plain)) {
			return false
		}
	}
	return size-len(".") <= contract.MaxDomain
}

// hasInvisible reports whether a text has an invisible character where it is not
// spelling: a joiner between two letters of a script that joins them, or a part of
// an emoji.
func hasInvisible(s string) bool {
	runes := []rune(s)
	at := func(i int) rune {
		if i < 0 || i >= len(runes) {
			return 0
		}
		return runes[i]
	}
	joins := func(i int) bool { return unicode.IsOneOf(contract.JoiningScripts, at(i)) }
	symbol := func(i int) bool { return unicode.Is(unicode.So, at(i)) }
	for i, r := range runes {
		inScript := (r == contract.Joiner || r == contract.NonJoiner) && joins(i-1) && joins(i+1)
		inEmoji := r == contract.EmojiSelector && symbol(i-1) ||
			r == contract.Joiner && symbol(i+1) && (symbol(i-1) || at(i-1) == contract.EmojiSelector || at(i-1) >= utf8.RuneSelf && unicode.Is(unicode.Sk, at(i-1)))
		if unicode.IsOneOf(contract.Invisible, r) && !inScript && !inEmoji {
			return true
		}
	}
	return false
}
