package ssotest

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/internal/loopback"
)

// turnAway says why a request is not answered, or "". It keeps out other
// machines, and names of the internet that resolve to this one (DNS
// rebinding): with those, any page that a browser visits could read here.
func (h *Handler) turnAway(r *http.Request) string {
	host := hostname(r.Host)
	switch {
	case h.allowRemote && !isPrivate(host):
		return "This fake community is called by an IP address, or a name without a dot or under localhost, local, internal or test."
	case !h.allowRemote && (!isFromHere(r) || !loopback.Is(host)):
		return "This fake community answers only its own machine, by the name localhost or a loopback address."
	}
	return ""
}

func isFromHere(r *http.Request) bool {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && remote.Addr().Unmap().IsLoopback()
}

// hostname is a Host header without port and brackets.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.Trim(host, "[]")
}

// isPrivate reports whether no site of the internet has the host as its name.
func isPrivate(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	top := host[strings.LastIndexByte(host, '.')+1:]
	switch top {
	case "localhost", "local", "internal", "test":
		return true
	}
	return top == host && host != ""
}

// isOfAnotherSite reports whether a page of another origin sent the request:
// the JSON is for programs, and for nobody's pages but our own.
func isOfAnotherSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
	default:
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || u.Host != r.Host
}
