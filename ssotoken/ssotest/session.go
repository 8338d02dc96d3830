package ssotest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
)

const (
	sessionCookie = "fake_community_session"
	maxSessions   = 10_000
	maxTokens     = 10_000 // that are remembered, to tell a replay
)

// A digest is the SHA-256 of a credential.
type digest [sha256.Size]byte

func digestOf(credential string) digest { return sha256.Sum256([]byte(credential)) }

// MarshalText gives hexadecimal digits.
func (d digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

// UnmarshalText reads them.
func (d *digest) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != len(d) {
		return errors.New("no SHA-256 in hexadecimal digits")
	}
	copy(d[:], b)
	return nil
}

// recent remembers something of credentials by their hash, so that a state that
// was saved logs nobody in. It forgets the oldest beyond its size. The caller
// holds the lock.
type recent[V any] struct {
	size  int
	value map[digest]V
	order []digest // the oldest first
}

func newRecent[V any](size int) recent[V] { return recent[V]{size: size, value: map[digest]V{}} }

func (r *recent[V]) put(hash digest, v V) {
	if len(r.order) >= r.size {
		delete(r.value, r.order[0])
		r.order = r.order[1:]
	}
	r.value[hash] = v
	r.order = append(r.order, hash)
}

// visitor gives the member who is logged in, or nil.
func (h *Handler) visitor(r *http.Request) *Member {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.members.byID[h.sessions.value[digestOf(c.Value)]]
	if m == nil {
		return nil
	}
	copied := m.clone()
	return &copied
}

// startSession logs a member in under a new session ID, so that one that was
// planted before the login is worth nothing.
func (h *Handler) startSession(w http.ResponseWriter, r *http.Request, memberID string) {
	h.mu.Lock()
	if c, err := r.Cookie(sessionCookie); err == nil {
		delete(h.sessions.value, digestOf(c.Value))
	}
	id := rand.Text()
	h.sessions.put(digestOf(id), memberID)
	h.touch()
	h.mu.Unlock()
	setSessionCookie(w, r, id, 0)
}

func (h *Handler) endSession(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(sessionCookie); err == nil {
		h.mu.Lock()
		delete(h.sessions.value, digestOf(c.Value))
		h.touch()
		h.mu.Unlock()
	}
	setSessionCookie(w, r, "", -1)
}

func setSessionCookie(w http.ResponseWriter, r *http.Request, id string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: id, Path: "/", MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	})
}
