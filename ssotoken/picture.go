package ssotoken

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// checkPictureForm takes an absolute http or https URL with a host and
// without user info. The scheme must be in lower case, as the vendor's page
// writes it.
func checkPictureForm(s string) error {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(s, "http://")
	}
	if !ok {
		return because(contract.PictureNotHTTP, "must be a full URL that starts with https:// or http://", ErrScheme)
	}
	if isOrdinaryHostAndPath(rest) {
		return nil
	}
	if strings.IndexFunc(s, unicode.IsSpace) >= 0 || strings.ContainsRune(s, '\\') {
		return because(contract.PictureNotHTTP, "contains white space or a backslash: percent-encode it", ErrMalformed)
	}
	u, err := url.Parse(s)
	if err != nil {
		return because(contract.PictureNotHTTP, "is not a URL that a browser could load", ErrMalformed)
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
	host := len(s)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '/' && i < host {
			host = i
		}
		switch {
		case isAlphanumeric(c), c == '-', c == '.':
		case i >= host && (c == '/' || c == '_' || c == '~' || c == '?' || c == '=' || c == '&'):
		default:
			return false
		}
	}
	return host > 0
}
