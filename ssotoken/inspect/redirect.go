package inspect

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// RedirectURI judges a redirect_uri, already decoded from the query. It gives
// the value for a Location header, where what a header can't hold is
// percent-encoded. An error is a *[RuleError] with the code
// [contract.RedirectRefused] or [contract.RedirectLoop].
//
// A value is refused if it could lead off the community in any reader: a
// browser, a server that cleans paths, or one that decodes up to four more times.
func RedirectURI(value string) (string, error) {
	code, message, location := landOn(value)
	if code == "" {
		return location, nil
	}
	return "", &RuleError{Finding{code.Rule(), PartURL, contract.RedirectURI, message}}
}

// maxDecodings is how often a careless server may decode again.
const maxDecodings = 4

func landOn(value string) (code contract.Code, message, location string) {
	if !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
		return contract.RedirectRefused, "has a control character or invalid UTF-8", ""
	}
	if !strings.HasPrefix(value, "/") {
		return contract.RedirectRefused, "does not start with /", ""
	}
	p, _ := cutPath(value)
	if strings.Contains(p, `\`) {
		return contract.RedirectRefused, "has a backslash in its path, which browsers read as /", ""
	}
	for range maxDecodings + 1 {
		before, _ := cutPath(p)
		for _, reading := range []string{p, before} {
			if leaves(reading) {
				return contract.RedirectRefused, "leads, or can be read to lead, to another host", ""
			}
			if isEndpoint(reading) {
				return contract.RedirectLoop, "leads to an address that logs in or out", ""
			}
		}
		next := unescape(p)
		if next == p {
			break
		}
		p = next
	}
	location = escape(value)
	base := &url.URL{Scheme: "https", Host: "community.invalid", Path: "/"}
	u, err := base.Parse(location)
	if err != nil || u.Scheme != base.Scheme || u.Host != base.Host || u.User != nil {
		return contract.RedirectRefused, "is not a path when it is read against the community's origin", ""
	}
	return "", "", location
}

// cutPath splits a path from its query and fragment.
func cutPath(s string) (before, after string) {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// lookAlikes become slashes and dots in readers that normalise Unicode. Browsers
// drop tabs and line endings, and read a backslash as a slash.
var lookAlikes = strings.NewReplacer(
	"\t", "", "\n", "", "\r", "",
	`\`, "/", "\uff0f", "/", "\uff3c", "/", "\ufe68", "/",
	"\uff0e", ".", "\ufe52", ".", "\u2024", ".", "\u2025", "..",
)

// leaves reports whether a path starts with two slashes, as it is or without
// its dot segments. What follows is then a host.
func leaves(p string) bool {
	p = lookAlikes.Replace(p)
	if strings.HasPrefix(p, "//") {
		return true
	}
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
	return len(kept) > 1 && kept[0] == ""
}

func isEndpoint(p string) bool {
	p = strings.ToLower(path.Clean("/" + lookAlikes.Replace(p)))
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
