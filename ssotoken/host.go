package ssotoken

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/punycode"
)

// isOrdinaryHost knows the common domain names without parsing: labels of ASCII
// letters, digits and inner hyphens, the last of which starts with a letter.
func isOrdinaryHost(s string) bool {
	start := 0 // of the label
	for i := range len(s) {
		switch c := classes[s[i]]; {
		case c&alphanumeric != 0:
		case i == start || i-start > contract.MaxLabel:
			return false
		case c&hyphen != 0:
		case s[i] == '.' && s[i-1] != '-':
			start = i + 1
		default:
			return false
		}
	}
	return start < len(s) && len(s)-start <= contract.MaxLabel && len(s) <= contract.MaxDomain && isLetter(s[start]) && s[len(s)-1] != '-'
}

// hostFault says why a text is no domain name, or nothing. inURL takes what
// browsers look up beside the names of RFC 1123: underscores, hyphens at an end of
// a label, and symbols such as emoji.
func hostFault(host string, inURL bool) string {
	length := -1
	for label := range strings.SplitSeq(host, ".") {
		first, _ := utf8.DecodeRuneInString(label)
		switch {
		case label == "":
			return "has an empty label: two dots side by side, or one at an end"
		case !inURL && (label[0] == '-' || label[len(label)-1] == '-'):
			return "has a label with a hyphen at an end"
		case unicode.Is(unicode.M, first):
			return "has a label that starts with a mark"
		case utf8.RuneCountInString(label) > contract.MaxLabel || punycode.Length(label) > contract.MaxLabel:
			return "has a label that is too long"
		}
		for _, r := range label {
			if r == utf8.RuneError || !isHostCharacter(r) && !(inURL && (r == '_' || isSymbol(r))) {
				return "has a character that no host name has"
			}
		}
		length += punycode.Length(label) + 1
	}
	if length > contract.MaxDomain {
		return "is too long"
	}
	if !inURL && strings.Trim(host[strings.LastIndexByte(host, '.')+1:], "0123456789") == "" {
		return "ends in a number, which no domain does"
	}
	return ""
}

// isHostCharacter takes a joiner: hasInvisible has looked where it stands.
func isHostCharacter(r rune) bool {
	if r < utf8.RuneSelf {
		return classes[r]&(alphanumeric|hyphen) != 0
	}
	return unicode.IsOneOf(contract.HostLetters, r) && !unicode.Is(contract.MappedLetters, r) || r == contract.NonJoiner || r == contract.Joiner
}

// hasInvisible reports whether s, which is valid UTF-8, has a character that
// nobody sees, other than a joiner that is spelling.
func hasInvisible(s string) bool {
	if isPrintable(s) {
		return false
	}
	before := rune(0)
	for i, r := range s {
		if r >= utf8.RuneSelf && unicode.IsOneOf(contract.Invisible, r) {
			after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
			if !isSpelling(before, r, after) {
				return true
			}
		}
		before = r
	}
	return false
}

// isSpelling reports whether an invisible character changes how its neighbours
// are written: in the scripts that join letters, and in an emoji of several.
func isSpelling(before, r, after rune) bool {
	switch r {
	case contract.EmojiSelector:
		return isSymbol(before)
	case contract.Joiner:
		if isEmojiPart(before) && isSymbol(after) {
			return true
		}
	case contract.NonJoiner:
	default:
		return false
	}
	return unicode.IsOneOf(contract.JoiningScripts, before) && unicode.IsOneOf(contract.JoiningScripts, after)
}

func isEmojiPart(r rune) bool {
	return isSymbol(r) || r == contract.EmojiSelector || r >= utf8.RuneSelf && unicode.Is(unicode.Sk, r) // a skin tone
}

func isSymbol(r rune) bool { return r >= utf8.RuneSelf && unicode.Is(unicode.So, r) }
