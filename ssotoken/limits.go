package ssotoken

import "time"

// The limits of a login, each in this one place. Where the vendor's page
// gives a number it is that number; the others are decisions of this package.
const (
	// MaxSubject is the longest sub, in UTF-16 code units: the vendor's page
	// says 50 characters, and its server counts as JavaScript does.
	MaxSubject = 50

	// MaxEmail is the longest email, in UTF-16 code units (vendor's page: 200
	// characters).
	MaxEmail = 200

	// DefaultLifetime is the time between iat and exp that the vendor's page
	// advises. MinLifetime and MaxLifetime bound [Config.Lifetime]: a login
	// URL is a credential, and a redirect takes seconds.
	DefaultLifetime = 60 * time.Second
	MinLifetime     = time.Second
	MaxLifetime     = time.Hour

	// DefaultMaxURL is the longest login URL, in bytes: servers and proxies
	// commonly stop reading a request line at 8 KiB.
	DefaultMaxURL = 8000

	// MaxReturnPath is the longest return path, in bytes. A longer one is
	// dropped, so that it can't push a login URL over its limit.
	MaxReturnPath = 2000

	// MinKey is the shortest key that is accepted and StrongKey the length
	// from which it is not called weak, in bytes (RFC 7518, section 3.2: as
	// long as the hash).
	MinKey    = 16
	StrongKey = 32
)
