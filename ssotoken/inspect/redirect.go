package inspect

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/browser"
)

// RedirectURI judges a redirect_uri, already decoded from the query. It gives
// the value for a Location header, where what a header can't hold is
// percent-encoded. An error is a *[RuleError] with the code
// [RedirectRefused], [RedirectFragile] or
// [RedirectLoop].
func RedirectURI(value string) (string, error) {
	l := Land(value, "")
	if l.Code == "" {
		return l.Location, nil
	}
	return "", &RuleError{Finding{RuleOf(l.Code), PartURL, contract.RedirectURI, l.Message}}
}

// A Landing says where a redirect_uri leads, and in which reader.
type Landing struct {
	// Location is the value for a Location header. It is empty if a strict
	// community drops the value.
	Location string

	// Code is the rule for which the value is dropped, and Message says why.
	Code    contract.Code
	Message string

	// Off is the origin that a browser goes to, off the community: "null" for
	// an address without one, such as javascript:. It is empty if a browser
	// stays, or goes nowhere.
	Off string

	// Reader is what a server does to the value, beyond reading it, that leads
	// off the community. It is set with [RedirectFragile].
	Reader string
}

// Land says where a redirect_uri leads, already decoded from the query, in a
// community of this origin. "" is a community that no full URL leads to.
func Land(value, community string) Landing {
	base, err := url.Parse(community)
	if err != nil || base.Host == "" {
		base = &url.URL{Scheme: "https", Host: "community.invalid"}
	}
	base.Path = "/"
	u, err := browser.Resolve(base, value)
	if err == nil && browser.Origin(u) != browser.Origin(base) {
		off := browser.Origin(u)
		return Landing{Code: RedirectRefused, Message: "leads a browser to " + named(off), Off: off}
	}
	if why := malformed(value); why != "" {
		return Landing{Code: RedirectRefused, Message: why}
	}
	if err != nil {
		return Landing{Code: RedirectRefused, Message: "is no address to a browser"}
	}
	if reader := fragile(value); reader != "" {
		return Landing{Code: RedirectFragile, Message: "leads to another host in a server that " + reader, Reader: reader}
	}
	if leadsToEndpoint(value) {
		return Landing{Code: RedirectLoop, Message: "leads to an address that logs in or out"}
	}
	return Landing{Location: escape(value)}
}

func named(origin string) string {
	if origin == "null" {
		return "an address without a host"
	}
	return origin
}

// malformed says why a value is no path, wherever it leads.
func malformed(value string) string {
	p, _ := cutPath(value)
	switch {
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl):
		return "has a control character or invalid UTF-8"
	case !strings.HasPrefix(value, "/"):
		return "does not start with /"
	case strings.Contains(p, `\`):
		return "has a backslash in its path, which browsers read as /"
	}
	return ""
}

// maxDecodings is how often a careless server may decode again.
const maxDecodings = 4

// readings gives a path as it is, and percent-decoded once, twice and so on,
// each as a whole and up to a query that the decoding brings out.
func readings(value string) (levels [][]string) {
	p, _ := cutPath(value)
	for range maxDecodings + 1 {
		before, _ := cutPath(p)
		levels = append(levels, []string{p, before})
		next := unescape(p)
		if next == p {
			break
		}
		p = next
	}
	return levels
}

// fragile names the simplest reader that is led to another host by a path on
// which a browser stays.
func fragile(value string) string {
	for decodings, level := range readings(value) {
		decodes := [...]string{"", "percent-decodes it once more", "percent-decodes it twice more"}
		does := fmt.Sprintf("percent-decodes it %d times more", decodings)
		if decodings < len(decodes) {
			does = decodes[decodings]
		}
		for _, unicodes := range []bool{false, true} {
			for _, dots := range []bool{false, true} {
				for _, p := range level {
					folded := asSlashes(p, unicodes)
					if dots {
						folded = withoutDots(folded)
					}
					if strings.HasPrefix(folded, "//") {
						return join(does, unicodes, dots)
					}
				}
			}
		}
	}
	return ""
}

func join(does string, unicodes, dots bool) string {
	var parts []string
	if does != "" {
		parts = append(parts, does)
	}
	if unicodes {
		parts = append(parts, "reads look-alikes as slashes and dots (Unicode NFKC)")
	}
	if dots {
		parts = append(parts, "removes its dot segments")
	}
	return strings.Join(parts, ", and ")
}

func leadsToEndpoint(value string) bool {
	for _, level := range readings(value) {
		if slices.ContainsFunc(level, isEndpoint) {
			return true
		}
	}
	return false
}

// cutPath splits a path from its query and fragment.
func cutPath(s string) (before, after string) {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// Browsers drop tabs and line endings, and read a backslash as a slash. Readers
// that normalise Unicode make slashes and dots of look-alikes.
var (
	asBrowsers = strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/")
	lookAlikes = strings.NewReplacer("\uff0f", "/", "\uff3c", "/", "\ufe68", "/", "\uff0e", ".", "\ufe52", ".", "\u2024", ".", "\u2025", "..")
)

func asSlashes(p string, unicodes bool) string {
	if unicodes {
		p = lookAlikes.Replace(p)
	}
	return asBrowsers.Replace(p)
}

// withoutDots removes the dot segments of a path.
func withoutDots(p string) string {
	segments := strings.Split(strings.TrimPrefix(p, "/"), "/")
	if last := segments[len(segments)-1]; last == "." || last == ".." {
		segments = append(segments, "") // a dot segment at the end leaves a slash
	}
	var kept []string
	for _, segment := range segments {
		switch {
		case segment == ".":
		case segment == ".." && len(kept) > 0:
			kept = kept[:len(kept)-1]
		case segment != "..":
			kept = append(kept, segment)
		}
	}
	return "/" + strings.Join(kept, "/")
}

func isEndpoint(p string) bool {
	p = strings.ToLower(path.Clean("/" + asSlashes(p, true)))
	first, _, _ := strings.Cut(p[1:], "/")
	first, _, _ = strings.Cut(first, ";") // path parameters
	return slices.Contains(endpoints, strings.TrimSpace(first))
}

var endpoints = contract.Endpoints()

// unescape decodes once. It keeps a percent sign that starts no escape, as
// browsers do.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if isEscape(s, i) {
			b.WriteByte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// escape percent-encodes what a Location header or Go's URL parser can't take.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 || c == '%' && !isEscape(s, i) {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func isEscape(s string, i int) bool {
	return s[i] == '%' && i+2 < len(s) && unhex(s[i+1]) < 16 && unhex(s[i+2]) < 16
}

// unhex gives 16 for a byte that is not a hexadecimal digit.
func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}
