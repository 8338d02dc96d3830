package ssotoken

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// Only this file knows the wire: the order of the claims, their JSON, the compact
// form of a JWT (RFC 7515, section 7.1) and the login URL. The claims have been
// checked before; in particular, every string is valid UTF-8.

// encodedHeader is {"alg":"HS256","typ":"JWT"} and the dot after it.
const encodedHeader = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

// encodeClaims returns the JSON object up to iat and exp, which appendToken
// completes.
func encodeClaims(d *draft) []byte {
	p := append(make([]byte, 0, 1024), '{') // on the stack
	for i := range texts {
		if d.texts[i] != "" {
			p = contract.AppendString(append(contract.AppendString(p, texts[i].name), ':'), d.texts[i])
			p = append(p, ',')
		}
	}
	if !d.spaces.IsZero() {
		p = append(d.spaces.AppendJSON(p), ',')
	}
	for f := range d.custom.Fields {
		p = append(f.AppendJSON(p), ',')
	}
	return bytes.Clone(p)
}

// A term is what a token needs besides its claims.
type term struct {
	key      Key
	iat, exp int64
}

// A member is one claim of a payload: its name, and its JSON with the comma after it.
type member struct {
	name string
	json []byte
}

// membersOf takes a payload of encodeClaims apart.
func membersOf(payload []byte) []member {
	var members []member
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.UseNumber()
	dec.Token() // no error: the payload is valid
	for start := dec.InputOffset(); int(start) < len(payload); {
		name, _ := dec.Token()
		var value json.RawMessage
		dec.Decode(&value)
		end := dec.InputOffset() + int64(len(","))
		members = append(members, member{name.(string), payload[start:end]})
		start = end
	}
	return members
}

// bySize returns the members with the largest first.
func bySize(members []member) []member {
	return slices.SortedStableFunc(slices.Values(members), func(a, b member) int { return len(b.json) - len(a.json) })
}

// fit returns the payload of a login URL to the home page of at most maxURL bytes: of
// lenient claims it leaves out the largest optional ones.
func fit(c *claims, origin string, maxURL int) (payload []byte, notes []*FieldError) {
	size, notes := len(c.payload), slices.Clone(c.notes)
	if !c.lenient || urlLen(origin, size) <= maxURL {
		return c.payload, notes
	}
	members, leaveOut := membersOf(c.payload), map[string]bool{}
	for _, m := range bySize(members) {
		if urlLen(origin, size) <= maxURL {
			break
		}
		if isOptional(m.name) {
			size -= len(m.json)
			leaveOut[m.name] = true
			notes = append(notes, &FieldError{Field: m.name, Err: errLeftOut})
		}
	}
	payload = []byte{'{'}
	for _, m := range members {
		if !leaveOut[m.name] {
			payload = append(payload, m.json...)
		}
	}
	return payload, notes
}

var errLeftOut = contract.URLTooLong.Errorf("left out: with it the login URL would be too long")

// isOptional reports whether a login does without a claim.
func isOptional(name string) bool {
	return name == contract.Tagline || name == contract.Picture || !contract.ClaimOf(name).Status.Reserved()
}

const (
	urlStart = contract.SSOPath + "?" + contract.JWT + "="
	pathKey  = "&" + contract.RedirectURI + "="

	maxTimes = len(`"":,"":}`) + len(contract.Iat) + len(contract.Exp) + 2*len("99999999999") // contract.LastSecond
)

// tokenLen is the length of the token of a payload with n bytes; times with fewer
// digits than they may have make it shorter.
func tokenLen(n int) int {
	size := base64.RawURLEncoding.EncodedLen
	return len(encodedHeader) + size(n+maxTimes) + len(".") + size(sha256.Size)
}

// urlLen is the length of a login URL to the home page.
func urlLen(origin string, n int) int { return len(origin) + len(urlStart) + tokenLen(n) }

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
	signature := t.key.secret.method.appendMAC(mac[:0], dst[start:])
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
