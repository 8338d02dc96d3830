// Package punycode tells how long a label of a domain name is in the DNS.
package punycode

import "unicode/utf8"

// Length is the number of bytes of a label: of its A-label (RFC 5890) where it has
// a character beyond ASCII, which is "xn--" and the encoding of RFC 3492.
func Length(label string) int {
	runes := []rune(label)
	basic := 0
	for _, r := range runes {
		if r < utf8.RuneSelf {
			basic++
		}
	}
	if basic == len(runes) {
		return basic
	}
	length := len("xn--") + basic
	if basic > 0 {
		length++ // the delimiter
	}
	// The names are those of RFC 3492, section 6.3.
	n, delta, bias := rune(0x80), 0, 72
	for handled := basic; handled < len(runes); {
		next := rune(utf8.MaxRune)
		for _, r := range runes {
			if r >= n {
				next = min(next, r)
			}
		}
		delta += int(next-n) * (handled + 1)
		n = next
		for _, r := range runes {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			length += digits(delta, bias)
			bias = adapt(delta, handled+1, handled == basic)
			delta = 0
			handled++
		}
		delta++
		n++
	}
	return length
}

const base, tMin, tMax = 36, 1, 26

// digits is how many digits a delta has.
func digits(delta, bias int) int {
	count := 1
	for k := base; ; k += base {
		t := min(max(k-bias, tMin), tMax)
		if delta < t {
			return count
		}
		delta = (delta - t) / (base - t)
		count++
	}
}

func adapt(delta, points int, first bool) int {
	if first {
		delta /= 700
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for ; delta > (base-tMin)*tMax/2; k += base {
		delta /= base - tMin
	}
	return k + (base-tMin+1)*delta/(delta+38)
}
