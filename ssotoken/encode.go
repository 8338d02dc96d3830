package ssotoken

import (
	"encoding/base64"
	"math"
	"strconv"
	"sync"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// Only this file knows the wire: the order of the claims, their JSON, and
// the compact form of a JWT (RFC 7515, section 7.1). The claims have been
// checked before; in particular, every string is valid UTF-8.

// encodedHeader is {"alg":"HS256","typ":"JWT"} and the dot behind it.
const encodedHeader = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

// encodeClaims puts the JSON object up to iat and exp into b.bytes, which
// appendToken completes. It refuses a custom field of a kind that it does not
// know.
func (b *buffer) encodeClaims(c *claims) []*FieldError {
	p := b.bytes
	for i := range texts {
		if c.texts[i] != "" {
			p = appendString(append(p, texts[i].asMember...), c.texts[i])
		}
	}
	p = appendSpaces(p, c.spaces)
	for f := range c.custom.Fields {
		with := appendMember(append(p, ','), &f)
		if with == nil {
			b.bytes = p[:cap(p)] // to be cleared
			return []*FieldError{{f.Key(), contract.Reason(contract.CustomKind)}}
		}
		p = with
	}
	b.bytes = p
	return nil
}

// appendToken appends the token of a payload from encodeClaims. The payload's
// JSON is completed in scratch, whose grown form it returns.
func appendToken(dst, scratch, payload []byte, iat, exp int64, method *hs256) (token, grown []byte) {
	start := len(dst)
	dst = append(dst, encodedHeader...)
	scratch = append(scratch, payload...)
	scratch = strconv.AppendInt(append(scratch, `,"`+contract.Iat+`":`...), iat, 10)
	scratch = strconv.AppendInt(append(scratch, `,"`+contract.Exp+`":`...), exp, 10)
	scratch = append(scratch, '}')
	dst = base64.RawURLEncoding.AppendEncode(dst, scratch)
	mac := method.appendMAC(scratch, dst[start:])
	dst = base64.RawURLEncoding.AppendEncode(append(dst, '.'), mac[len(scratch):])
	return dst, mac
}

func appendSpaces(dst []byte, plan spaces.Plan) []byte {
	if plan.IsZero() {
		return dst
	}
	operation := plan.Operation()
	if operation == "" {
		dst = append(dst, `,"`+contract.Spaces+`":[`...)
	} else {
		dst = append(dst, `,"`+contract.SpaceIDs+`":[`...)
	}
	for i := range plan.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		change := plan.At(i)
		if operation != "" {
			dst = appendString(dst, change.SpaceID())
			continue
		}
		dst = appendString(append(dst, `{"`+contract.SpaceID+`":`...), change.SpaceID())
		dst = append(dst, `,"`+contract.Role+`":"`+contract.RoleMember+`","`+contract.Action+`":"`...)
		dst = append(append(dst, change.Action()...), `"}`...)
	}
	dst = append(dst, ']')
	if operation != "" {
		dst = appendString(append(dst, `,"`+contract.SpacesOperation+`":`...), string(operation))
	}
	return dst
}

func appendMember(dst []byte, f *customfields.Field) []byte {
	return appendValue(append(appendString(dst, f.Key()), ':'), f)
}

// appendValue gives nil for a kind that it does not know.
func appendValue(dst []byte, f *customfields.Field) []byte {
	switch f.Kind() {
	case customfields.KindString:
		return appendString(dst, f.Text())
	case customfields.KindTime:
		return append(f.AppendTime(append(dst, '"')), '"')
	case customfields.KindInteger:
		return strconv.AppendInt(dst, f.Int64(), 10)
	case customfields.KindNumber:
		return appendNumber(dst, f.Float64())
	case customfields.KindBoolean:
		return strconv.AppendBool(dst, f.Bool())
	case customfields.KindArray:
		return appendList(dst, '[', ']', f)
	case customfields.KindObject:
		return appendList(dst, '{', '}', f)
	}
	return nil
}

func appendList(dst []byte, open, end byte, f *customfields.Field) []byte {
	dst = append(dst, open)
	first := len(dst)
	var m customfields.Field // in the loop it would be allocated, as its address is passed on
	for i := range f.Len() {
		m = f.At(i)
		if open == '{' && m.IsEmpty() {
			continue
		}
		if len(dst) > first {
			dst = append(dst, ',')
		}
		if open == '{' {
			dst = appendMember(dst, &m)
		} else {
			dst = appendValue(dst, &m)
		}
		if dst == nil {
			return nil
		}
	}
	return append(dst, end)
}

// appendNumber writes a finite number as JavaScript does: in the shortest form
// that reads back as itself, with an exponent only where it is tiny.
func appendNumber(dst []byte, n float64) []byte {
	if n == 0 { // -0 too
		return append(dst, '0')
	}
	if math.Abs(n) >= 1e-6 {
		return strconv.AppendFloat(dst, n, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, n, 'e', -1, 64)
	if last := len(dst) - 1; dst[last-1] == '0' && dst[last-2] == '-' { // e-07
		dst[last-1] = dst[last]
		dst = dst[:last]
	}
	return dst
}

// appendString writes a JSON string. Only what JSON demands is escaped: the
// reader is a JSON parser, never a web page.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	done := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[done:i]...)
		done = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(dst, s[done:]...), '"')
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

// A buffer is working space for one encoding. It holds personal data and
// tokens, so it is cleared before it is used again, and not kept when large.
type buffer struct{ bytes, scratch []byte }

const maxKeptBuffer = 64 << 10

var buffers = sync.Pool{New: func() any {
	return &buffer{make([]byte, 0, 2<<10), make([]byte, 0, 2<<10)}
}}

func takeBuffer() *buffer { return buffers.Get().(*buffer) }

func (b *buffer) release() {
	if cap(b.bytes) > maxKeptBuffer || cap(b.scratch) > maxKeptBuffer {
		return
	}
	b.clear()
	buffers.Put(b)
}

func (b *buffer) clear() {
	clear(b.bytes)
	clear(b.scratch)
	b.bytes, b.scratch = b.bytes[:0], b.scratch[:0]
}
