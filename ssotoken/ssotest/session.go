package ssotest

import (
	"crypto/rand"
	"net/http"
)

const (
	sessionCookie = "fake_community_session"
	maxSessions   = 10_000
)

// sessions knows who is logged in. The caller holds the lock.
type sessions struct {
	member map[string]string // session ID to member ID
	order  []string          // session IDs, the oldest first
}

func newSessions() sessions { return sessions{member: map[string]string{}} }

func (s *sessions) start(memberID string) (id string) {
	for len(s.order) >= maxSessions {
		delete(s.member, s.order[0])
		s.order = s.order[1:]
	}
	id = rand.Text()
	s.member[id] = memberID
	s.order = append(s.order, id)
	return id
}

// end leaves the ID in the order: it is forgotten there in its turn.
func (s *sessions) end(id string) { delete(s.member, id) }

// visitor gives the member who is logged in, or nil.
func (h *Handler) visitor(r *http.Request) *Member {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.members.byID[h.sessions.member[c.Value]]
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
	h.mu.Unlock()
	setSessionCookie(w, r, id, 0)
}

func (h *Handler) endSession(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(sessionCookie); err == nil {
		h.mu.Lock()
		h.sessions.end(c.Value)
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
