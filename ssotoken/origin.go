package ssotoken

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// parseOrigin reads a host or an origin and returns the origin in lower case,
// without a default port.
func parseOrigin(s string) (string, error) {
	if s == "" {
		return "", because(ErrRequired, "is required: give the community's host, such as community.example.com")
	}
	if err := checkText(s, "", 0); err != nil {
		return "", err
	}
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Opaque != "" || !isHost(u.Hostname()) || strings.Contains(u.Hostname(), ":") && u.Host[0] != '[':
		return "", because(ErrMalformed, "is not a host or an origin: write it like community.example.com (an international name in its xn-- form)")
	case u.User != nil:
		return "", because(ErrUserInfo, "contains user info: give the host alone")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#"):
		return "", because(ErrMalformed, "contains a path, a query or a fragment: give the host alone")
	case u.Scheme != "https" && u.Scheme != "http":
		return "", because(ErrScheme, "must be https")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return "", because(ErrScheme, "must be https: http sends members' tokens in the clear, and is for loopback alone")
	}
	host := strings.ToLower(u.Host)
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return "", because(ErrMalformed, "has a port outside 1 to 65535")
		}
	}
	host = strings.TrimSuffix(host, map[string]string{"https": ":443", "http": ":80"}[u.Scheme])
	return u.Scheme + "://" + strings.TrimSuffix(host, ":"), nil
}

// isHost takes names of letters, digits, hyphens and dots, and IP addresses.
func isHost(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Zone() == ""
	}
	return len(host) <= 253 && isDotAtom(host, "-_")
}

func isLoopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
