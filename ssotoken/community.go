package ssotoken

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/internal/localpath"
	"github.com/bettermode-go/sso/ssotoken/internal/loopback"
)

// A Community is the address of a community: all that can be said of one
// without its key. A [Signer] is a Community with a key. The zero Community is
// none.
type Community struct{ origin, folder string }

// ParseCommunity reads a host, community.example.com, or an origin,
// https://community.example.com, and the folder that the community has there, if it
// is under a path: https://example.com/hub. A folder has letters, digits, hyphens
// and underscores. There is no query and no user info, and http only on loopback,
// for development.
func ParseCommunity(address string) (Community, error) { return parseCommunity(address, loopback.Is) }

func parseCommunity(address string, mayBeHTTP func(host string) bool) (Community, error) {
	_, rest, hasScheme := strings.Cut(address, "://")
	if !hasScheme {
		rest = address
	}
	_, path, _ := strings.Cut(rest, "/")
	site := strings.TrimSuffix(address, "/"+path)
	folder := strings.TrimSuffix(address[len(site):], "/")
	origin, err := parseOrigin(site, mayBeHTTP)
	if err != nil {
		return Community{}, err
	}
	isEndpoint := func(segment string) bool { return slices.Contains(endpoints, strings.ToLower(segment)) }
	if !localpath.IsFolder(folder) || slices.ContainsFunc(strings.Split(folder, "/"), isEndpoint) {
		return Community{}, contract.Malformed.Errorf("is more than a host and the path that a community is under: write it like " +
			"community.example.com or https://example.com/hub, with letters, digits, hyphens and underscores")
	}
	return Community{origin, folder}, nil
}

var endpoints = contract.Endpoints()

func anyHost(string) bool { return true }

// String returns the community's address, such as https://community.example.com or
// https://example.com/hub: the host in lower case, without a default port or a slash at
// the end.
func (c Community) String() string { return c.origin + c.folder }

// FrameSrc returns the Content-Security-Policy directive that a page with a frame
// of the community needs: its own site, where the frame starts, and the
// community, where it goes. Your login handler's answers must be allowed in a
// frame of your site too (frame-ancestors 'self', or X-Frame-Options:
// SAMEORIGIN). The community is named by its origin, also under a path: browsers
// ignore the path of a source after a redirect.
func (c Community) FrameSrc() string { return "frame-src 'self' " + c.origin }

// FormAction returns the Content-Security-Policy directive that a sign-in page
// needs, framed or not: browsers apply form-action to the redirects after a form too,
// so that only 'self' would stop the member on the way to the community.
func (c Community) FormAction() string { return "form-action 'self' " + c.origin }

func parseOrigin(s string, mayBeHTTP func(host string) bool) (string, error) {
	if s == "" {
		return "", contract.MissingValue.Errorf("is required: give the community's host, such as community.example.com")
	}
	if err := checkText(s); err != nil {
		return "", err
	}
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Opaque != "" || !isHost(u.Hostname()) || strings.Contains(u.Hostname(), ":") && u.Host[0] != '[',
		strings.HasSuffix(u.Host, ":"):
		return "", contract.Malformed.Errorf(
			"is not a host or an origin: write it like community.example.com (an international name in its xn-- form)")
	case u.User != nil:
		return "", contract.UserInfo.Errorf("contains user info: give only the host")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#"):
		return "", contract.Malformed.Errorf("contains a path, a query or a fragment: give only the host")
	case u.Scheme != "https" && u.Scheme != "http":
		return "", contract.Scheme.Errorf("must be https")
	case u.Scheme == "http" && !mayBeHTTP(u.Hostname()):
		return "", contract.Scheme.Errorf(
			"must be https: http sends members' tokens in the clear, and is only for loopback, or with Config.DevelopmentHTTP")
	}
	origin := u.Scheme + "://" + strings.ToLower(u.Hostname())
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && ip.Is6() {
		origin = u.Scheme + "://[" + ip.String() + "]"
	}
	if u.Port() == "" {
		return origin, nil
	}
	port, err := strconv.Atoi(u.Port())
	switch {
	case err != nil || port < 1 || port > 65535:
		return "", contract.Malformed.Errorf("has a port outside 1 to 65535")
	case u.Scheme == "https" && port == 443, u.Scheme == "http" && port == 80:
		return origin, nil
	}
	return origin + ":" + strconv.Itoa(port), nil
}

var (
	hostName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

	// endsInNumber is an IPv4 address to browsers (WHATWG URL Standard, "ends in a
	// number"), which they write in another form.
	endsInNumber = regexp.MustCompile(`(^|\.)([0-9]+|0[xX][0-9A-Fa-f]*)$`)
)

// isHost takes names of letters, digits, hyphens and dots, and IP addresses.
func isHost(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Zone() == ""
	}
	return hostName.MatchString(host) && !endsInNumber.MatchString(host)
}
