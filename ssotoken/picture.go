package ssotoken

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// isOrdinaryPicture knows the common form without parsing.
func isOrdinaryPicture(s string) bool {
	rest, ok := cutWebScheme(s)
	return ok && isOrdinaryHostAndPath(rest)
}

func cutWebScheme(s string) (rest string, ok bool) {
	if rest, ok = strings.CutPrefix(s, "https://"); !ok {
		rest, ok = strings.CutPrefix(s, "http://")
	}
	return rest, ok
}

// checkPictureForm takes an absolute http or https URL with a host and
// without user info.
func checkPictureForm(s string) error {
	if _, ok := cutWebScheme(s); !ok {
		return because(contract.PictureNotHTTP, "must be a full URL that starts with https:// or http://", ErrScheme)
	}
	if strings.IndexFunc(s, unicode.IsSpace) >= 0 || strings.ContainsRune(s, '\\') {
		return because(contract.PictureNotHTTP, "contains white space or a backslash: percent-encode it", ErrMalformed)
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
	return nil
}

// isOrdinaryHostAndPath knows the common form without parsing: a host name,
// then a path of letters, digits, slashes and /._~-, and a query of those and
// ?=&.
func isOrdinaryHostAndPath(s string) bool {
	host := 0
	for host < len(s) && (classes[s[host]]&(alphanumeric|hyphen) != 0 || s[host] == '.') {
		host++
	}
	if host == 0 || host < len(s) && s[host] != '/' {
		return false
	}
	for i := host; i < len(s); i++ {
		if classes[s[i]]&(alphanumeric|hyphen|inPath) == 0 {
			return false
		}
	}
	return true
}
