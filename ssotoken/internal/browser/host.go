package browser

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// readAuthority gives the host, with a port that is not the scheme's own, and
// what stands before an @.
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
	if named && host == "" || !utf8.ValidString(host) || strings.ContainsAny(host, forbidden+"%\x7f") || strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || disallowed(r) }) {
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

// disallowed reports a character that no name has: controls of text, private
// ones, and the leaders that would map to dots.
func disallowed(r rune) bool {
	return r >= utf8.RuneSelf && (r >= '\u2024' && r <= '\u2026' || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp) || r == utf8.RuneError)
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
