// Package loopback tells which hosts mean this machine.
package loopback

import (
	"net/netip"
	"strings"
)

// Is reports whether a host name or an IP address without brackets means this
// machine: localhost and the names under it (RFC 6761, section 6.3), with or
// without the dot of the root, and the addresses of the loopback.
func Is(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
