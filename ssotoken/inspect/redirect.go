package inspect

import (
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// RedirectURI judges a redirect_uri, already decoded from the query, and
// gives the value for a Location header: value itself, with what a header
// can't hold percent-encoded. An error is a *[RuleError] with the code
// [RedirectRefused] or [RedirectLoop].
//
// A value is refused when any reader could take it off the community: a
// browser, a server that cleans paths, or one that decodes up to four times more.
func RedirectURI(value string) (string, error) {
	code, message, location := landOn(value)
	if code == "" {
		return location, nil
	}
	rule := code.Rule()
	return "", &RuleError{Finding{
		Code: code, Verdict: rule.Verdict, Part: PartURL, Path: "redirect_uri",
		Message: message, Rule: rule.Sentence, Source: rule.Source,
	}}
}

// maxDecodings is how often a careless server may decode again.
const maxDecodings = 4

func landOn(value string) (code Code, message, location string) {
	if !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
		return RedirectRefused, "has a control character or invalid UTF-8", ""
	}
	if !strings.HasPrefix(value, "/") {
		return RedirectRefused, "does not start with /", ""
	}
	p, _ := cutPath(value)
	if strings.Contains(p, `\`) {
		return RedirectRefused, "has a backslash in its path, which browsers read as /", ""
	}
	for range maxDecodings + 1 {
		before, _ := cutPath(p)
		for _, reading := range []string{p, before} {
			if leaves(reading) {
				return RedirectRefused, "leads, or can be read to lead, to another host", ""
			}
			if isEndpoint(reading) {
				return RedirectLoop, "leads to an address that logs in or out", ""
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
		return RedirectRefused, "is not a path when it is read against the community's origin", ""
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

// lookAlikes become slashes and dots in readers that normalise Unicode, and
// browsers drop what they drop from a URL.
var lookAlikes = strings.NewReplacer(
	"\t", "", "\n", "", "\r", "",
	`\`, "/", "\uff0f", "/", "\uff3c", "/", "\ufe68", "/",
	"\uff0e", ".", "\ufe52", ".", "\u2024", ".", "\u2025", "..",
)

// leaves reports whether a path starts with two slashes, or does once dot
// segments are gone: what follows is then a host.
func leaves(p string) bool {
	p = lookAlikes.Replace(p)
	if strings.HasPrefix(p, "//") {
		return true
	}
	segments := strings.Split(strings.TrimPrefix(p, "/"), "/")
	if last := segments[len(segments)-1]; last == "." || last == ".." {
		segments = append(segments, "") // a dot at the end stands for a slash
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
	p = strings.ToLower(path.Clean(lookAlikes.Replace(p)))
	for _, root := range []string{"/api/auth", "/auth"} {
		if p == root || strings.HasPrefix(p, root+"/") {
			return true
		}
	}
	return false
}

// unescape decodes once, and leaves a percent sign alone that starts no
// escape, as browsers do.
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

// unhex gives 16 for what is no hexadecimal digit.
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
