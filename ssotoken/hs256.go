package ssotoken

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"
)

// hs256 signs by HMAC SHA-256 with one key. It keeps keyed states: keying one
// takes two of the five SHA-256 blocks that a small token needs, and its Reset
// brings the keyed state back without allocating.
type hs256 struct {
	states sync.Pool // of *keyedState
}

type keyedState struct {
	mac hash.Hash
	sum [sha256.Size]byte // for Sum, which would allocate
}

func newHS256(key []byte) *hs256 {
	return &hs256{states: sync.Pool{New: func() any {
		return &keyedState{mac: hmac.New(sha256.New, key)}
	}}}
}

// append appends the signature of input to dst.
func (m *hs256) append(dst, input []byte) []byte {
	s := m.states.Get().(*keyedState)
	s.mac.Reset()
	s.mac.Write(input)
	dst = append(dst, s.mac.Sum(s.sum[:0])...)
	m.states.Put(s)
	return dst
}
