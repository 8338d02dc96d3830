package main

import (
	"sync"

	"golang.org/x/crypto/bcrypt"
)

// The length of a password, in bytes. bcrypt reads no more than 72.
const (
	minPassword = 12
	maxPassword = 72
)

// passwords hashes by bcrypt.
type passwords struct {
	cost int

	// nobody is the hash for addresses that have no member: an answer must not
	// come sooner for them.
	nobody func() string
}

func newPasswords(cost int) passwords {
	p := passwords{cost: cost}
	p.nobody = sync.OnceValue(func() string {
		hash, _ := p.hash("a password of nobody") // fails only for one that is too long
		return hash
	})
	return p
}

func (p passwords) hash(password string) (string, error) {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), p.cost)
	return string(hash), err
}

// match is false for nobody, the zero member.
func (p passwords) match(m member, password string) bool {
	hash := m.password
	if m.ID == "" {
		hash = p.nobody()
	}
	return bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil && m.ID != ""
}
