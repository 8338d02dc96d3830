// Package browser reads addresses as browsers do (WHATWG URL Standard, section
// 4.4), as far as it matters for where they lead.
package browser

import (
	"errors"
	"net/url"
	"strings"
)

var errInvalid = errors.New("not a URL that a browser takes")

// defaultPorts are of the schemes that the standard calls special: their
// addresses have a host, and a backslash in them is a slash.
var defaultPorts = map[string]string{"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}

// ignored are characters that a browser drops, wherever they stand.
var ignored = strings.NewReplacer("\t", "", "\n", "", "\r", "")

// Resolve reads ref on a page whose address is base, which is http or https. An
// error says that a browser goes nowhere.
func Resolve(base *url.URL, ref string) (*url.URL, error) {
	ref = strings.TrimFunc(ref, func(r rune) bool { return r <= ' ' })
	ref = ignored.Replace(ref)
	scheme, rest, absolute := cutScheme(ref)
	if !absolute {
		scheme, rest = base.Scheme, ref
	}
	if _, special := defaultPorts[scheme]; !special {
		return elsewhere(scheme, rest)
	}
	head, tail := cutAt(rest, "?#")
	head = strings.ReplaceAll(head, `\`, "/")
	if strings.HasPrefix(head, "//") || absolute && scheme != base.Scheme {
		authority, path := cutAt(strings.TrimLeft(head, "/"), "/")
		host, user, err := readAuthority(scheme, authority)
		if err != nil {
			return nil, err
		}
		if path == "" {
			path = "/"
		}
		u, err := url.Parse("https://host" + parsable(path+tail))
		if err != nil {
			return nil, err
		}
		u.Scheme, u.Host = scheme, host
		if user != "" {
			u.User = url.User(user)
		}
		return u, nil
	}
	if strings.HasPrefix(head, "/") || head == "" {
		return base.Parse(parsable(head + tail))
	}
	return base.Parse("./" + parsable(head+tail)) // a colon in it starts no scheme
}

// Origin is the scheme, host and port of an address, without a default port.
// It is "null" for an address that has none.
func Origin(u *url.URL) string {
	scheme := strings.ToLower(u.Scheme)
	port, special := defaultPorts[scheme]
	if !special {
		return "null"
	}
	return scheme + "://" + strings.TrimSuffix(strings.ToLower(u.Host), ":"+port)
}

// elsewhere reads an address without an origin, such as of javascript: or file:.
func elsewhere(scheme, rest string) (*url.URL, error) {
	read := rest
	if scheme == "file" {
		read = strings.ReplaceAll(rest, `\`, "/")
	}
	if authority, ok := strings.CutPrefix(read, "//"); ok {
		authority, _ = cutAt(authority, "/?#")
		if _, _, err := readAuthority(scheme, authority); err != nil {
			return nil, err
		}
	}
	return &url.URL{Scheme: scheme, Opaque: rest}, nil
}

func cutScheme(s string) (scheme, rest string, ok bool) {
	end := strings.IndexByte(s, ':')
	if end < 1 {
		return "", s, false
	}
	for i, c := range []byte(s[:end]) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || !('0' <= c && c <= '9') && c != '+' && c != '-' && c != '.') {
			return "", s, false
		}
	}
	return strings.ToLower(s[:end]), s[end+1:], true
}

func cutAt(s, signs string) (before, after string) {
	if i := strings.IndexAny(s, signs); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// parsable spells a path, query and fragment so that net/url takes them: it is
// stricter than a browser about percent signs and control characters.
func parsable(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c == 0x7f || c == '%' && !isEscape(s, i) {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func isEscape(s string, i int) bool {
	return s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2])
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
