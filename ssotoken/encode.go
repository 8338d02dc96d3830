package ssotoken

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// Only this file knows the wire: the order of the claims, their JSON, the compact
// form of a JWT (RFC 7515, section 7.1) and the login URL. The claims have been
// checked before; in particular, every string is valid UTF-8.

// encodedHeader is {"alg":"HS256","typ":"JWT"} and the dot after it.
const encodedHeader = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

// encodeClaims returns the JSON object up to iat and exp, which appendToken completes,
// without some of the optional claims.
func encodeClaims(c *claims, leftOut map[string]bool) []byte {
	p := append(make([]byte, 0, 1024), '{') // on the stack
	for i := range textCount {
		if c.texts[i] != "" && !leftOut[i.name()] {
			p = append(appendText(p, i, c.texts[i]), ',')
		}
	}
	if !c.spaces.IsZero() {
		p = append(c.spaces.AppendJSON(p), ',')
	}
	for f := range c.custom.Fields {
		if !leftOut[f.Key()] {
			p = append(f.AppendJSON(p), ',')
		}
	}
	return bytes.Clone(p)
}

func appendText(dst []byte, i textClaim, text string) []byte {
	return contract.AppendString(append(contract.AppendString(dst, i.name()), ':'), text)
}

// A term is what a token needs besides its claims.
type term struct {
	key      Key
	iat, exp int64
}

// A part is what a claim takes of a payload, in bytes.
type part struct {
	name     string
	size     int
	optional bool
}

// bySize lists the parts of a payload, the largest first.
func bySize(c *claims) (parts []part) {
	add := func(name string, json []byte, optional bool) {
		parts = append(parts, part{name, len(json) + len(","), optional})
	}
	for i := range textCount {
		if c.texts[i] != "" {
			add(i.name(), appendText(nil, i, c.texts[i]), !i.isRequired())
		}
	}
	if json := c.spaces.AppendJSON(nil); json != nil {
		name, _, _ := bytes.Cut(json[1:], []byte{'"'})
		add(string(name), json, false)
	}
	for f := range c.custom.Fields {
		add(f.Key(), f.AppendJSON(nil), true)
	}
	slices.SortStableFunc(parts, func(a, b part) int { return b.size - a.size })
	return parts
}

// fit returns the payload of a login URL to the home page of at most maxURL bytes. Of
// lenient claims it leaves out the largest optional ones.
func fit(c *claims, origin string, maxURL int) (payload []byte, leftOut []string) {
	size := len(c.payload)
	if !c.lenient || urlLen(origin, size) <= maxURL {
		return c.payload, nil
	}
	without := map[string]bool{}
	for _, p := range bySize(c) {
		if p.optional && urlLen(origin, size) > maxURL {
			size -= p.size
			leftOut, without[p.name] = append(leftOut, p.name), true
		}
	}
	return encodeClaims(c, without), leftOut
}

const (
	urlStart = contract.SSOPath + "?" + contract.JWT + "="
	pathKey  = "&" + contract.RedirectURI + "="

	maxTimes = len(`"":,"":}`) + len(contract.Iat) + len(contract.Exp) + 2*len("99999999999") // contract.LastSecond
)

// maxTokenLen is the length of the token of a payload with n bytes, whose times have as
// many digits as they may have.
func maxTokenLen(n int) int {
	size := base64.RawURLEncoding.EncodedLen
	return len(encodedHeader) + size(n+maxTimes) + len(".") + size(sha256.Size)
}

// urlLen is the greatest length of a login URL to the home page.
func urlLen(origin string, n int) int { return len(origin) + len(urlStart) + maxTokenLen(n) }

// encodeURL returns a login URL; path is empty for the home page. The first home bytes
// of it are the URL to the home page.
func encodeURL(origin, path string, payload []byte, t term) (url []byte, home int) {
	url = make([]byte, 0, urlLen(origin, len(payload))+len(pathKey)+3*len(path))
	url = appendToken(append(append(url, origin...), urlStart...), payload, t)
	home = len(url)
	if path != "" {
		url = appendQueryValue(append(url, pathKey...), path)
	}
	return url, home
}

// appendToken appends the token of a payload from encodeClaims.
func appendToken(dst, payload []byte, t term) []byte {
	start := len(dst)
	dst = append(dst, encodedHeader...)
	whole := len(payload) - len(payload)%3 // base64 of it is followed by that of the rest
	dst = base64.RawURLEncoding.AppendEncode(dst, payload[:whole])
	var buf [2 + maxTimes]byte
	end := append(buf[:0], payload[whole:]...)
	end = strconv.AppendInt(append(end, `"`+contract.Iat+`":`...), t.iat, 10)
	end = strconv.AppendInt(append(end, `,"`+contract.Exp+`":`...), t.exp, 10)
	dst = base64.RawURLEncoding.AppendEncode(dst, append(end, '}'))
	var mac [sha256.Size]byte
	signature := t.key.secret.mac.append(mac[:0], dst[start:])
	return base64.RawURLEncoding.AppendEncode(append(dst, '.'), signature)
}

// appendQueryValue percent-encodes all but the unreserved characters of RFC
// 3986, so that a form decoder and a URI decoder read the same: a space is
// %20, since + is a space to only one of them.
func appendQueryValue(dst []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		c := s[i]
		if isAlphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~' {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}

func isAlphanumeric(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' }
