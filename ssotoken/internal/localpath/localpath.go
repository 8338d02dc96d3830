// Package localpath decides whether a path is a page of its site in every
// reader: browsers, and servers that decode, normalise or clean it once more.
// Builder and judge share it, so that they can't disagree; Node's URL parser and
// Unicode tables are the second opinion (ssotoken/internal/interop).
package localpath

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// maxDecodings is how often a path may change by percent-decoding. A page's path
// is encoded once, and one that was wrapped by mistake two or three times.
const maxDecodings = 6

// Check returns "" for a page. Otherwise the code is
//   - [contract.RedirectRefused] for what is no path as it is,
//   - [contract.RedirectFragile] for what leads elsewhere in some reader,
//   - [contract.RedirectLoop] for what leads to one of the endpoints, which are
//     first segments in lower case, or to one of them in the folder ([IsFolder]),
//
// and why completes a sentence about the value, without repeating it.
func Check(value, folder string, endpoints []string) (code contract.Code, why string) {
	folder = strings.ToLower(folder)
	// The query is cut off once, here: a ? or # that a decoding brings out is
	// part of the path to browsers, and its end to whoever decodes first.
	page := upTo(value, "?#")
	if why := checkCharacters(value[len(page):]); why != "" {
		return contract.RedirectRefused, why
	}
	isASCII := true
	for _, folds := range []bool{false, true} {
		if folds && isASCII {
			break
		}
		for decodings, reading := 0, page; ; decodings++ {
			if isASCII = isASCII && !strings.ContainsFunc(reading, isBeyondASCII); folds {
				reading = fold(reading)
			}
			if code, why = checkReading(reading, folder, endpoints); code != "" {
				if code == contract.RedirectRefused && (decodings > 0 || folds) {
					code = contract.RedirectFragile
				}
				return code, why + to(decodings, folds)
			}
			decoded := Decode(reading)
			if decoded == reading {
				break
			}
			if decodings == maxDecodings {
				return contract.RedirectFragile, "is percent-encoded too many times"
			}
			reading = decoded
		}
	}
	return "", ""
}

// to names the reader.
func to(decodings int, folds bool) string {
	reader := ""
	if decodings > 0 {
		reader = " to a reader that percent-decodes it once more"
	}
	if decodings > 1 {
		reader = fmt.Sprintf(" to a reader that percent-decodes it %d times more", decodings)
	}
	if folds {
		reader += ", where look-alikes are read as ASCII (Unicode NFKC)"
	}
	return reader
}

// checkReading checks one reading of a path. A segment is looked at up to a ?, #
// or ; in it, since readers may end the path or the segment's name there.
func checkReading(reading, folder string, endpoints []string) (contract.Code, string) {
	switch {
	case !strings.HasPrefix(reading, "/"):
		return contract.RedirectRefused, "does not start with a slash"
	case strings.HasPrefix(reading, "//"):
		return contract.RedirectRefused, "starts with two slashes, which name a host"
	case strings.Contains(reading, `\`):
		return contract.RedirectRefused, "has a backslash, which browsers read as a slash"
	case unicodeEscape.MatchString(reading):
		return contract.RedirectFragile, "has an escape of the form %uXXXX, which some servers decode"
	}
	if why := checkCharacters(reading); why != "" {
		return contract.RedirectRefused, why
	}
	first, _, hasMore := strings.Cut(reading[1:], "/")
	if hasMore && nameOf(first) == "" {
		return contract.RedirectFragile, "starts with an empty segment, without which two slashes name a host"
	}
	for segment := range strings.SplitSeq(reading[1:], "/") {
		if name := nameOf(segment); name == "." || name == ".." {
			if leadsTo(path.Clean(reading), folder, endpoints) {
				return contract.RedirectLoop, toEndpoint
			}
			return contract.RedirectFragile, "has a dot segment"
		}
	}
	if leadsTo(reading, folder, endpoints) {
		return contract.RedirectLoop, toEndpoint
	}
	return "", ""
}

// leadsTo reports whether a path's first segment is an endpoint, or the first after
// the folder. Inside it, empty segments count for nothing: some servers merge slashes.
func leadsTo(path, folder string, endpoints []string) bool {
	for segment := range strings.SplitSeq(path[1:], "/") {
		name := nameOf(segment)
		if isEndpoint(name, endpoints) {
			return true
		}
		outer, inner, _ := strings.Cut(strings.TrimPrefix(folder, "/"), "/")
		switch {
		case name == "":
		case outer != "" && isEndpoint(name, []string{outer}):
			folder = inner
		default:
			return false
		}
	}
	return false
}

// IsFolder reports whether s is where a community is on its origin: nothing, or such as
// /hub or /en/hub. Segments are of characters that every reader takes as they are.
func IsFolder(s string) bool { return folderName.MatchString(s) }

var folderName = regexp.MustCompile(`^(/[A-Za-z0-9_-]+)*$`)

func checkCharacters(s string) (why string) {
	switch {
	case !utf8.ValidString(s):
		return "is not valid UTF-8"
	case strings.ContainsFunc(s, unicode.IsControl):
		return "has a control character"
	}
	return ""
}

const toEndpoint = "leads to an endpoint that is no page"

// nameOf returns a segment's name without its parameters, as Java's servers read
// it, and without spaces at its ends, as Windows does.
func nameOf(segment string) string { return strings.TrimSpace(upTo(segment, ";?#")) }

// isEndpoint compares the first segment's name as servers do that ignore
// case, trailing dots or a format such as .json. A letter that a mapping of
// Unicode could make ASCII counts as any letter.
func isEndpoint(name string, endpoints []string) bool {
	letters := []rune(strings.TrimSpace(upTo(name, ".")))
next:
	for _, endpoint := range endpoints {
		if len(letters) != len(endpoint) {
			continue
		}
		for i, r := range letters {
			if unicode.ToLower(r) != rune(endpoint[i]) && !(r >= utf8.RuneSelf && unicode.Is(mapped, r)) {
				continue next
			}
		}
		return true
	}
	return false
}

// mapped are the letters that NFKC or a change of case may map to one of ASCII:
// ordinals, dotless and long letters, modifiers, sub- and superscripts, letter-like
// symbols, circled, squared, outlined and mathematical ones. [fold] has the
// full-width ones.
var mapped = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0xaa, Hi: 0xaa, Stride: 1}, {Lo: 0xba, Hi: 0xba, Stride: 1}, {Lo: 0x130, Hi: 0x131, Stride: 1},
		{Lo: 0x17f, Hi: 0x17f, Stride: 1}, {Lo: 0x2b0, Hi: 0x2e4, Stride: 1}, {Lo: 0x1d00, Hi: 0x1dbf, Stride: 1},
		{Lo: 0x2071, Hi: 0x209c, Stride: 1}, {Lo: 0x2100, Hi: 0x2188, Stride: 1}, {Lo: 0x24b6, Hi: 0x24e9, Stride: 1},
		{Lo: 0x2c7c, Hi: 0x2c7d, Stride: 1}, {Lo: 0xa7f1, Hi: 0xa7f4, Stride: 1}, {Lo: 0xfe63, Hi: 0xfe63, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1ccd6, Hi: 0x1ccef, Stride: 1}, {Lo: 0x1d400, Hi: 0x1d7ff, Stride: 1}, {Lo: 0x1f12b, Hi: 0x1f149, Stride: 1},
	},
}

// lookAlikes are the characters that NFKC, or Windows where it converts to a
// code page, maps to a character with a meaning in URLs, and those that map to several
// letters of an endpoint.
var lookAlikes = strings.NewReplacer(
	"\u2024", ".", "\u2025", "..", "\u2026", "...", "\ufe19", "...", "\ufe30", "..", "\ufe52", ".",
	"\u3002", ".", "\uff61", ".",
	"\u2044", "/", "\u2215", "/", "\u2571", "/", "\u27cb", "/", "\u29f8", "/",
	"\u2100", "a/c", "\u2101", "a/s", "\u2105", "c/o", "\u2106", "c/u",
	"\u2216", `\`, "\u29f5", `\`, "\u29f9", `\`, "\ufe68", `\`,
	"\u2047", "??", "\u2048", "?!", "\u2049", "!?", "\ufe16", "?", "\ufe56", "?", "\ufe5f", "#", "\ufe6a", "%",
	"\u037e", ";", "\ufe14", ";", "\ufe54", ";",
	"\u2116", "no", "\u00df", "ss", "\u1e9e", "ss", "\u3373", "au", "\u33cc", "in", "\u33d2", "log", "\U0001f14d", "ss",
)

// fold writes s as a reader does that maps it by NFKC and drops what can't be
// seen.
func fold(s string) string {
	if !utf8.ValidString(s) || !strings.ContainsFunc(s, isBeyondASCII) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xff01 && r <= 0xff5e: // full-width forms
			return r - 0xff01 + '!'
		case unicode.In(r, unicode.Cf, unicode.Mn, unicode.Other_Default_Ignorable_Code_Point):
			return -1
		}
		return r
	}, lookAlikes.Replace(s))
}

func isBeyondASCII(r rune) bool { return r >= utf8.RuneSelf }

// upTo returns s up to the first of the ASCII characters.
func upTo(s, characters string) string {
	if i := strings.IndexAny(s, characters); i >= 0 {
		return s[:i]
	}
	return s
}

// Decode decodes every valid escape once, as lenient readers do; a stray percent
// sign stays.
func Decode(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if IsEscape(s, i) {
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		} else {
			out = append(out, s[i])
		}
	}
	return string(out)
}

var unicodeEscape = regexp.MustCompile(`%[uU][[:xdigit:]]{4}`)

// IsEscape reports whether a percent-encoded byte starts at s[i].
func IsEscape(s string, i int) bool {
	return s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2])
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}
