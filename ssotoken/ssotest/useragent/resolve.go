package useragent

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file reads addresses as browsers do (WHATWG URL Standard, section 4.4), as
// far as it matters for where they lead.

var errInvalid = errors.New("not a URL that a browser takes")

// defaultPorts are of the schemes that the standard calls special: their
// addresses have a host, and a backslash in them is a slash.
var defaultPorts = map[string]string{"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}

// ignored are characters that a browser drops, wherever they are.
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

// readAuthority returns the host, with a port that is not the scheme's own, and
// what is before an @.
func readAuthority(scheme, authority string) (host, user string, err error) {
	port, special := defaultPorts[scheme]
	host = authority
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		if scheme == "file" {
			return "", "", errInvalid
		}
		user, host = authority[:at], authority[at+1:]
		if host == "" {
			return "", "", errInvalid
		}
	}
	given := ""
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexByte(host, ']') && scheme != "file" {
		host, given = host[:colon], host[colon+1:]
		if n, err := strconv.ParseUint("0"+given, 10, 64); err != nil || n > 65535 || host == "" {
			return "", "", errInvalid
		}
	}
	host, err = readHost(host, special || scheme == "file")
	if err != nil || host == "" && special {
		return "", "", errInvalid
	}
	if given = strings.TrimLeft(given, "0"); given != "" && given != port {
		host += ":" + given
	}
	return host, user, nil
}

const forbidden = "\x00\t\n\r #/:<>?@[\\]^|"

func readHost(host string, special bool) (string, error) {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		address, err := netip.ParseAddr(inner)
		if !ok || err != nil || !address.Is6() || address.Zone() != "" {
			return "", errInvalid
		}
		return "[" + address.String() + "]", nil
	}
	if !special {
		if strings.ContainsAny(host, forbidden) {
			return "", errInvalid
		}
		return host, nil
	}
	if decoded, err := url.PathUnescape(parsable(host)); err == nil {
		host = decoded
	}
	named := host != ""
	host = mapHost(host)
	if named && host == "" || !utf8.ValidString(host) || strings.ContainsAny(host, forbidden+"%\x7f") ||
		strings.ContainsFunc(host, disallowed) {
		return "", errInvalid
	}
	return readIPv4(host)
}

// mapHost writes a host as UTS 46 maps it, for the characters that become
// ASCII or nothing. Others stay: such a name is never one in ASCII.
func mapHost(host string) string {
	var b strings.Builder
	for _, r := range host {
		switch {
		case r < utf8.RuneSelf:
			b.WriteRune(unicode.ToLower(r))
		case r >= 0xff01 && r <= 0xff5e: // full-width forms
			b.WriteRune(unicode.ToLower(r - 0xff01 + '!'))
		case r == '\u3002' || r == '\uff61':
			b.WriteByte('.')
		case r == '\u00a0' || r == '\u3000' || r >= 0x2000 && r <= 0x200a || r == '\u202f' || r == '\u205f':
			b.WriteByte(' ')
		case r == '\ufe68':
			b.WriteByte('\\')
		case r == '\u00ad' || r == '\u200b' || r == '\u2060' || r == '\u2064' || r == '\ufeff' || r >= 0xfe00 && r <= 0xfe0f:
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// disallowed reports a character that no name has: controls, private ones, and
// the leaders that would map to dots.
func disallowed(r rune) bool {
	return r <= ' ' || r >= '\u2024' && r <= '\u2026' || r == utf8.RuneError ||
		r >= utf8.RuneSelf && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp)
}

// readIPv4 reads a host whose last label is a number, as an address, each part
// decimal, octal or hexadecimal.
func readIPv4(host string) (string, error) {
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	if last := parts[len(parts)-1]; last == "" || strings.Trim(last, "0123456789") != "" && !isHexNumber(last) {
		return host, nil
	}
	if len(parts) > 4 {
		return "", errInvalid
	}
	var address uint64
	for i, part := range parts {
		base := 10
		switch {
		case strings.HasPrefix(part, "0x"):
			part, base = "0"+part[2:], 16
		case len(part) > 1 && part[0] == '0':
			base = 8
		}
		n, err := strconv.ParseUint(part, base, 64)
		most, shift := uint64(255), 8*(3-i)
		if i == len(parts)-1 {
			most, shift = 1<<(8*(4-i))-1, 0
		}
		if err != nil || n > most {
			return "", errInvalid
		}
		address |= n << shift
	}
	return fmt.Sprintf("%d.%d.%d.%d", address>>24, address>>16&255, address>>8&255, address&255), nil
}

func isHexNumber(s string) bool {
	digits, ok := strings.CutPrefix(s, "0x")
	return ok && strings.Trim(digits, "0123456789abcdef") == ""
}
