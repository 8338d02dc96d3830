package contract

import "time"

// Limits of the claims. The reader is JavaScript, so lengths of texts count
// UTF-16 code units.
const (
	MaxSub   = 50  // length of sub (vendor's page)
	MaxEmail = 200 // length of email (vendor's page)

	// MaxInteger is the largest magnitude of a number, 2^53−1: JavaScript
	// rounds larger ones (a decision of this project).
	MaxInteger = 1<<53 - 1

	// MaxDepth is how deep arrays and objects of a custom field may be nested
	// (a decision of this project).
	MaxDepth = 16
)

// Limits of time. The vendor's page advises 60 seconds; the others are
// decisions of this project.
const (
	DefaultLifetime = 60 * time.Second // from iat to exp
	MinLifetime     = time.Second
	MaxLifetime     = time.Hour

	// Skew is how far the clocks of partner and community may differ before
	// iat counts as in the future or exp as too far away. It does not make an
	// expired token valid.
	Skew = 5 * time.Second

	// LastSecond is the last Unix time that counts as seconds, in the year
	// 5138. A larger number counts as milliseconds.
	LastSecond = 1e11 - 1

	// DefaultReload is how often a key that may change is loaded, and ConfirmReload
	// how soon a changed one is loaded again, to see that it was not half-written.
	DefaultReload = 30 * time.Second
	ConfirmReload = time.Second
)

// Limits of length, in bytes. They are decisions of this project.
const (
	// DefaultMaxURL is the longest login URL: servers and proxies commonly
	// stop reading a request line at 8 KiB.
	DefaultMaxURL = 8000

	// MaxReturnPath is the longest redirect_uri: a longer one could push a
	// login URL over its limit.
	MaxReturnPath = 2000

	// MaxPicture is the longest picture: a longer one is often the picture itself,
	// and would fill the login URL.
	MaxPicture = 2048

	// MaxToken is the longest token that a judge reads.
	MaxToken = 16 << 10

	// MinKey is the shortest key that is accepted. A key under StrongKey is
	// weak: RFC 7518, section 3.2, asks for the length of the hash.
	MinKey    = 16
	StrongKey = 32

	// MaxKey is the longest key: what is longer, such as a PEM file or a device, is
	// read no further.
	MaxKey = 4096
)
