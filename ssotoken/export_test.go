package ssotoken

import "context"

// NewHS256 signs with keys that are no text, such as that of RFC 7515, A.1.
var NewHS256 = newHS256

// TextClaims names the claims that are one text, in the order of the token.
func TextClaims() []string {
	var names []string
	for _, c := range texts {
		names = append(names, c.name)
	}
	return names
}

// ReleaseBuffer releases a buffer with the given capacities that is full of
// something, and tells what is left in both of its parts, and whether the pool
// keeps it.
func ReleaseBuffer(bytes, scratch int) (left int, kept bool) {
	b := &buffer{make([]byte, bytes), make([]byte, scratch)}
	parts := [][]byte{b.bytes, b.scratch}
	for _, part := range parts {
		for i := range part {
			part[i] = 'x'
		}
	}
	b.release()
	for _, part := range parts {
		for _, c := range part {
			if c != 0 {
				left++
			}
		}
	}
	return left, len(b.bytes) == 0
}

// DropReturnPath makes a login URL whose return path is too long for it, and tells
// how many bytes of the path are left in the buffer.
func (s *Signer) DropReturnPath(c Claims, path ReturnPath) (left int) {
	b := &buffer{bytes: make([]byte, 0, 64<<10)}
	if _, err := s.mintURL(context.Background(), b, c); err != nil {
		panic(err)
	}
	if err := s.appendReturnPath(b, c, path); err == nil {
		panic("the return path fits")
	}
	for _, c := range b.bytes[len(b.bytes):cap(b.bytes)] {
		if c != 0 {
			left++
		}
	}
	return left
}
