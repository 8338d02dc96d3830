package useragent

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
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
	scheme, rest, absolute := base.Scheme, ref, false
	if m := schemeForm.FindStringSubmatch(ref); m != nil {
		scheme, rest, absolute = strings.ToLower(m[1]), m[2], true
	}
	if defaultPorts[scheme] == "" { // such as javascript: or file:, which have no origin
		return &url.URL{Scheme: scheme, Opaque: rest}, nil
	}
	head, tail := cutAt(rest, "?#")
	head = strings.ReplaceAll(head, `\`, "/")
	if strings.HasPrefix(head, "//") || absolute && scheme != base.Scheme {
		authority, path := cutAt(strings.TrimLeft(head, "/"), "/")
		host, user, err := readAuthority(scheme, authority)
		if err != nil {
			return nil, err
		}
		u, err := url.Parse("https://host" + parsable(cmp.Or(path, "/")+tail))
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

var schemeForm = regexp.MustCompile(`(?s)^([A-Za-z][A-Za-z0-9+.-]*):(.*)`)

func cutAt(s, signs string) (before, after string) {
	if i := strings.IndexAny(s, signs); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// unparsable are control characters and percent signs, and escapes, which are not.
var unparsable = regexp.MustCompile(`[\x00-\x1f\x7f]|%(?:[0-9A-Fa-f]{2})?`)

// parsable spells a path, query and fragment so that net/url takes them: it is
// stricter than a browser about percent signs and control characters.
func parsable(s string) string {
	return unparsable.ReplaceAllStringFunc(s, func(found string) string {
		if len(found) > 1 {
			return found
		}
		return fmt.Sprintf("%%%02X", found[0])
	})
}

// readAuthority returns the host, with a port that is not the scheme's own, and
// what is before an @.
func readAuthority(scheme, authority string) (host, user string, err error) {
	host = authority
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, host = authority[:at], authority[at+1:]
	}
	port := ""
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexByte(host, ']') {
		host, port = host[:colon], host[colon+1:]
		if n, err := strconv.ParseUint("0"+port, 10, 64); err != nil || n > 65535 {
			return "", "", errInvalid
		}
	}
	if host, err = readHost(host); err != nil || host == "" {
		return "", "", errInvalid
	}
	if port = strings.TrimLeft(port, "0"); port != "" && port != defaultPorts[scheme] {
		host += ":" + port
	}
	return host, user, nil
}

const forbidden = "\x00\t\n\r #/:<>?@[\\]^|"

func readHost(host string) (string, error) {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		address, err := netip.ParseAddr(inner)
		if !ok || err != nil || !address.Is6() || address.Zone() != "" {
			return "", errInvalid
		}
		return "[" + address.String() + "]", nil
	}
	if decoded, err := url.PathUnescape(parsable(host)); err == nil {
		host = decoded
	}
	host = mapHost(host)
	if strings.ContainsAny(host, forbidden+"%\x7f") || strings.ContainsFunc(host, disallowed) {
		return "", errInvalid
	}
	return readIPv4(host)
}

// mapHost writes a host as UTS 46 maps it, for the characters that become
// ASCII or nothing. Others stay: such a name is never one in ASCII.
func mapHost(host string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xff01 && r <= 0xff5e: // full-width forms
			r += '!' - 0xff01
		case r == '\u3002' || r == '\uff61':
			return '.'
		case r == '\u00a0' || r == '\u3000' || r >= 0x2000 && r <= 0x200a || r == '\u202f' || r == '\u205f':
			return ' '
		case r == '\ufe68':
			return '\\'
		case r == '\u00ad' || r == '\u200b' || r == '\u2060' || r == '\u2064' || r == '\ufeff' || r >= 0xfe00 && r <= 0xfe0f:
			return -1
		}
		return unicode.ToLower(r)
	}, host)
}

// disallowed reports a character that no name has: controls, private ones, and
// the leaders that would map to dots.
func disallowed(r rune) bool {
	return r <= ' ' || r >= '\u2024' && r <= '\u2026' || r == utf8.RuneError ||
		r >= utf8.RuneSelf && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp)
}

var ipv4Number = regexp.MustCompile(`^(?:0x[0-9a-f]*|[0-9]+)$`)

// readIPv4 reads a host whose last label is a number, as an address, each part
// decimal, octal or hexadecimal.
func readIPv4(host string) (string, error) {
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	if !ipv4Number.MatchString(parts[len(parts)-1]) {
		return host, nil
	}
	if len(parts) > 4 {
		return "", errInvalid
	}
	var address uint64
	for i, part := range parts {
		if part == "0x" {
			part = "0"
		}
		n, err := strconv.ParseUint(part, 0, 64)
		most, shift := uint64(255), 8*(3-i)
		if i == len(parts)-1 {
			most, shift = 1<<(8*(4-i))-1, 0
		}
		if err != nil || n > most || !ipv4Number.MatchString(part) {
			return "", errInvalid
		}
		address |= n << shift
	}
	return fmt.Sprintf("%d.%d.%d.%d", address>>24, address>>16&255, address>>8&255, address&255), nil
}
