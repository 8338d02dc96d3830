package ssotoken

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// isOrdinaryPicture knows the common form without parsing.
func isOrdinaryPicture(s string) bool {
	rest, ok := cutWebScheme(s)
	return ok && len(s) <= contract.MaxPicture && isOrdinaryHostAndPath(rest)
}

func cutWebScheme(s string) (rest string, ok bool) {
	if rest, ok = strings.CutPrefix(s, "https://"); !ok {
		rest, ok = strings.CutPrefix(s, "http://")
	}
	return rest, ok
}

// checkPictureForm takes an absolute http or https URL with a host and
// without user info, of the characters of a URL and letters beyond ASCII.
func checkPictureForm(s string) error {
	if _, ok := cutWebScheme(s); !ok {
		return because(contract.PictureNotHTTP, "must be a full URL that starts with https:// or http://", ErrScheme)
	}
	if len(s) > contract.MaxPicture {
		return because(contract.PictureTooLong, fmt.Sprintf("has %d bytes, over the limit of %d: give the picture's address, not the picture", len(s), contract.MaxPicture), ErrTooLong)
	}
	if strings.IndexFunc(s, unicode.IsSpace) >= 0 || strings.ContainsAny(s, contract.NotInURL) {
		return because(contract.PictureCharacter, "contains white space or one of "+contract.NotInURL+", which a URL never has: percent-encode it", ErrMalformed)
	}
	if hasInvisible(s) {
		return because(contract.PictureCharacter, "contains an invisible character: percent-encode it", ErrMalformed)
	}
	u, err := url.Parse(s)
	if err != nil {
		return because(contract.PictureNotHTTP, "is not a valid URL: check its host and its percent signs", ErrMalformed)
	}
	if u.User != nil {
		return because(contract.PictureUserInfo, "contains user info before the host: a picture's address is public, remove it", ErrUserInfo)
	}
	if port, err := strconv.Atoi(u.Port()); u.Port() != "" && (err != nil || port > 65535) {
		return because(contract.PictureNotHTTP, "has a port over 65535", ErrMalformed)
	}
	if u.Hostname() == "" {
		return because(contract.PictureNotHTTP, "has no host: write the full address", ErrMalformed)
	}
	if fault := pictureHostFault(u); fault != "" {
		return because(contract.PictureHost, "is on a host that "+fault+": write the host as browsers look it up", ErrMalformed)
	}
	return nil
}

// pictureHostFault says why browsers can't look up a host, or nothing. A name
// may end with the dot of the root; one that ends with a number is an address.
func pictureHostFault(u *url.URL) string {
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		if ip, err := netip.ParseAddr(host); err != nil || !ip.Is6() || ip.Zone() != "" {
			return "is no IPv6 address"
		}
		return ""
	}
	host = strings.TrimSuffix(host, ".")
	if last := host[strings.LastIndexByte(host, '.')+1:]; isNumber(last) {
		if ip, err := netip.ParseAddr(host); err != nil || !ip.Is4() {
			return "ends with a number, and is no IPv4 address"
		}
		return ""
	}
	if hasInvisible(host) { // that was percent-encoded
		return "has an invisible character"
	}
	return hostFault(host, true)
}

// isNumber reports whether browsers read the last label of a host as a number
// (URL Standard, "ends in a number").
func isNumber(label string) bool {
	digits, isHex := strings.CutPrefix(strings.ToLower(label), "0x")
	return label != "" && !strings.ContainsFunc(digits, func(r rune) bool {
		return !('0' <= r && r <= '9' || isHex && 'a' <= r && r <= 'f')
	})
}

// isOrdinaryHostAndPath knows the common form without parsing: a host name,
// then a path of letters, digits, slashes and /._~-, and a query of those and
// ?=&.
func isOrdinaryHostAndPath(s string) bool {
	host := strings.IndexByte(s, '/')
	if host < 0 {
		host = len(s)
	}
	if !isOrdinaryHost(s[:host]) {
		return false
	}
	for i := host; i < len(s); i++ {
		if classes[s[i]]&(alphanumeric|hyphen|inPath) == 0 {
			return false
		}
	}
	return true
}
