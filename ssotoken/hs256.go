package ssotoken

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"hash"
	"sync"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// hs256 is a [jwt.SigningMethod] for one key. It keeps keyed HMAC states:
// keying one takes two of the five SHA-256 blocks that a small token needs,
// and its Reset brings the keyed state back without allocating.
type hs256 struct {
	states sync.Pool // of *keyedState
}

type keyedState struct {
	mac hash.Hash
	sum [sha256.Size]byte
}

var _ jwt.SigningMethod = (*hs256)(nil)

func newHS256(key []byte) *hs256 {
	return &hs256{states: sync.Pool{New: func() any {
		return &keyedState{mac: hmac.New(sha256.New, key)}
	}}}
}

func (m *hs256) Alg() string { return contract.Alg }

// appendMAC appends the signature of input to dst.
func (m *hs256) appendMAC(dst, input []byte) []byte {
	s := m.states.Get().(*keyedState)
	s.mac.Reset()
	s.mac.Write(input)
	dst = append(dst, s.mac.Sum(s.sum[:0])...)
	m.states.Put(s)
	return dst
}

// Sign ignores its second argument: the method has its key.
func (m *hs256) Sign(signingInput string, _ any) ([]byte, error) {
	return m.appendMAC(make([]byte, 0, sha256.Size), []byte(signingInput)), nil
}

// Verify ignores its third argument: the method has its key.
func (m *hs256) Verify(signingInput string, sig []byte, _ any) error {
	var want [sha256.Size]byte
	if subtle.ConstantTimeCompare(m.appendMAC(want[:0], []byte(signingInput)), sig) != 1 {
		return jwt.ErrTokenSignatureInvalid
	}
	return nil
}
