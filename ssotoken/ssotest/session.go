package ssotest

import (
	"crypto/rand"
	"crypto/sha256"
	"maps"
	"net/http"
)

const (
	sessionCookie = "fake_community_session"
	maxSessions   = 10_000
)

// sessions knows who is logged in. It keeps hashes of the IDs, so that a state
// that was saved logs nobody in. The caller holds the lock.
type sessions struct {
	member map[digest]string // session to member ID
	order  []digest          // the oldest first
}

// A digest is the SHA-256 of a credential.
type digest [sha256.Size]byte

func digestOf(credential string) digest { return sha256.Sum256([]byte(credential)) }

func newSessions() sessions { return sessions{member: map[digest]string{}} }

func (s *sessions) start(memberID string) (id string) {
	for len(s.order) >= maxSessions {
		delete(s.member, s.order[0])
		s.order = s.order[1:]
	}
	id = rand.Text()
	s.member[digestOf(id)] = memberID
	s.order = append(s.order, digestOf(id))
	return id
}

// end leaves the session in the order: it is forgotten there in its turn.
func (s *sessions) end(id string) { delete(s.member, digestOf(id)) }

// endAll ends the sessions of a member who is no more.
func (s *sessions) endAll(memberID string) {
	maps.DeleteFunc(s.member, func(_ digest, m string) bool { return m == memberID })
}

// visitor gives the member who is logged in, or nil.
func (h *Handler) visitor(r *http.Request) *Member {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.members.byID[h.sessions.member[digestOf(c.Value)]]
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
		h.sessions.end(c.Value)
	}
	id := h.sessions.start(memberID)
	h.touch()
	h.mu.Unlock()
	setSessionCookie(w, r, id, 0)
}

func (h *Handler) endSession(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(sessionCookie); err == nil {
		h.mu.Lock()
		h.sessions.end(c.Value)
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
