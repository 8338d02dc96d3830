package ssotoken

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A ReturnPath is where in the community a member goes after the login: a
// path with its query and fragment, checked so that no reader of it can be
// led off the community. The zero ReturnPath is the home page.
//
// It comes from [ParseReturnPath], [Community.ReturnPath],
// [Community.ReturnPathOf] or [Embed.ReturnPath]. It can be kept in a session, as
// gob, JSON or text, and is checked again when it comes back.
//
// It does not know its community: it is a page of whichever community the login
// goes to. Where tenants have one each, keep the tenant beside it.
type ReturnPath struct{ path string }

// String is the path, such as /spaces?tab=posts#top; it is empty for home.
func (p ReturnPath) String() string { return p.path }

// IsHome reports whether p is the community's home page.
func (p ReturnPath) IsHome() bool { return p.path == "" }

// ParseReturnPath takes a path of the community: it starts with one slash and
// has at most 2,000 bytes ([contract.MaxReturnPath]). "" and "/" are home. A good
// path is kept byte for byte.
//
// Refused, with [ErrReturnPath] in every case, is what could lead elsewhere in
// a browser or a server that decodes once more: as it stands, after
// percent-decoding any number of times, or after Unicode compatibility
// mapping. That is a second slash at the start, a backslash, a dot segment, a
// control character, invalid UTF-8. Refused too are the community's endpoints
// that are no page ([contract.Endpoints]): they would change or end the session,
// or start the login again.
//
// The error says which rule it was, never the value. The path is home then: a
// bad return path is no reason to keep a member out.
func ParseReturnPath(s string) (ReturnPath, error) {
	if s == "" || s == "/" {
		return ReturnPath{}, nil
	}
	if err := checkLocalPath(s, endpoints); err != nil {
		return ReturnPath{}, err
	}
	return ReturnPath{s}, nil
}

func refusePath(why string) error {
	return because(contract.ReturnPath, "return path dropped: "+why)
}

// maxPathDecodings is how often a path may still change by percent-decoding.
// A path of a page is encoded once, and one that was wrapped by mistake twice
// or thrice; more only serves to hide something.
const maxPathDecodings = 6

// checkLocalPath refuses what could leave the site that the path is used on,
// and what starts with one of the segments in forbidden.
func checkLocalPath(s string, forbidden []string) error {
	switch {
	case len(s) > contract.MaxReturnPath:
		return refusePath(fmt.Sprintf("over %d bytes", contract.MaxReturnPath))
	case !utf8.ValidString(s):
		return refusePath("not valid UTF-8")
	case strings.IndexFunc(s, unicode.IsControl) >= 0:
		return refusePath("a control character")
	}
	for _, reading := range []func(string) string{asIs, foldLookAlikes} {
		for decodings, level := 0, s; ; decodings++ {
			level = reading(level)
			if err := checkPathLevel(level, forbidden); err != nil {
				return err
			}
			next := percentDecode(level)
			if next == level {
				break
			}
			if decodings == maxPathDecodings {
				return refusePath(fmt.Sprintf("percent-encoded more than %d times", maxPathDecodings))
			}
			level = next
		}
	}
	return nil
}

// checkPathLevel applies the rule to one reading of the value. Only what
// stands before the query and the fragment can name a host.
func checkPathLevel(s string, forbidden []string) error {
	if end := strings.IndexAny(s, "?#"); end >= 0 {
		s = s[:end]
	}
	switch {
	case !strings.HasPrefix(s, "/"):
		return refusePath("it does not start with a slash")
	case strings.HasPrefix(s, "//"):
		return refusePath("a second slash at the start, which names a host")
	case strings.ContainsRune(s, '\\'):
		return refusePath("a backslash, which browsers read as a slash")
	case hasUnicodeEscape(s):
		return refusePath("an escape of the form %uXXXX, which some servers decode")
	case !utf8.ValidString(s):
		return refusePath("not valid UTF-8 once percent-decoded")
	case strings.IndexFunc(s, unicode.IsControl) >= 0:
		return refusePath("a control character once percent-decoded")
	}
	segments := strings.Split(s[1:], "/")
	for _, segment := range segments {
		if segment == "." || segment == ".." {
			return refusePath("a dot segment")
		}
	}
	first := strings.ToLower(strings.TrimSpace(segments[0]))
	first, _, _ = strings.Cut(first, ";")
	if slices.Contains(forbidden, first) {
		return refusePath("an endpoint of the community that is no page to return to")
	}
	return nil
}

var endpoints = contract.Endpoints()

// percentDecode decodes every valid escape once, as lenient readers do; a
// stray percent sign stays.
func percentDecode(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if isEscape(s, i) {
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		} else {
			out = append(out, s[i])
		}
	}
	return string(out)
}

func hasUnicodeEscape(s string) bool {
	for i := 0; i+5 < len(s); i++ {
		if s[i] == '%' && s[i+1]|0x20 == 'u' && isHex(s[i+2]) && isHex(s[i+3]) && isHex(s[i+4]) && isHex(s[i+5]) {
			return true
		}
	}
	return false
}

func isEscape(s string, i int) bool {
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

func asIs(s string) string { return s }

// foldLookAlikes writes s as a reader does that applies Unicode compatibility
// mapping (NFKC) and drops invisible characters, as far as the characters
// matter that a URL gives a meaning.
func foldLookAlikes(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError:
			_, size := utf8.DecodeRuneInString(s[i:])
			b.WriteString(s[i : i+size])
		case r >= 0xff01 && r <= 0xff5e: // full-width forms
			b.WriteRune(r - 0xff01 + '!')
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r):
		default:
			if ascii, ok := lookAlikes[r]; ok {
				b.WriteString(ascii)
			} else {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// lookAlikes are the other characters whose compatibility mapping holds a
// slash, backslash, dot, percent sign, question mark or number sign, and the
// slashes that only look like one.
var lookAlikes = map[rune]string{
	'\u2024': ".", '\u2025': "..", '\u2026': "...", '\ufe52': ".", '\ufe19': "...", '\ufe30': "..",
	'\u2047': "??", '\u2048': "?!", '\u2049': "!?", '\ufe16': "?", '\ufe56': "?", '\ufe5f': "#", '\ufe6a': "%",
	'\ufe68': "\\", '\u2216': "\\", '\u29f5': "\\", '\u29f9': "\\",
	'\u2044': "/", '\u2215': "/", '\u29f8': "/", '\u2571': "/", '\u27cb': "/",
	'\u2100': "a/c", '\u2101': "a/s", '\u2105': "c/o", '\u2106': "c/u", '\u3002': ".",
}
