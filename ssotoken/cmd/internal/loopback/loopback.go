// Package loopback tells which hosts are this machine.
package loopback

import (
	"net/netip"
	"strings"
)

// Is reports whether a host is this machine: localhost and the names under it (RFC 6761, section 6.3), with or
// without a dot at the end, and the addresses of the loopback. An IPv6 address has no brackets.
func Is(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
