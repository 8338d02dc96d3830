package main

import (
	"crypto/rand"
	"net/http"
	"sync"
)

const sessionCookie = "partner_session"

// sessions maps session ids to users. Each sign-in makes a new random id, so
// that an id planted before is worth nothing.
type sessions struct {
	mu    sync.Mutex
	users map[string]string
}

func (s *sessions) start(w http.ResponseWriter, r *http.Request, user string) {
	s.forget(r)
	id := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == nil {
		s.users = make(map[string]string)
	}
	s.users[id] = user
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil})
}

// end is the End of the Logout URL. It does no harm without a session.
func (s *sessions) end(w http.ResponseWriter, r *http.Request) error {
	s.forget(r)
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1})
	return nil
}

func (s *sessions) forget(r *http.Request) {
	if c, err := r.Cookie(sessionCookie); err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.users, c.Value)
	}
}

func (s *sessions) user(r *http.Request) (string, bool) {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return "", false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	user, ok := s.users[c.Value]
	return user, ok
}
