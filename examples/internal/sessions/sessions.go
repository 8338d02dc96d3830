// Package sessions has the session cookie of the examples, and a store in memory for
// those without a database.
package sessions

import (
	"crypto/rand"
	"maps"
	"net/http"
	"sync"
	"time"
)

// Lifetime is how long a session lasts.
const Lifetime = 12 * time.Hour

// A Cookie is a session cookie by its name. Over https the name begins with __Host-,
// so that only this host can set it: any other host of the domain could otherwise
// exchange the session by a cookie of this name. A site behind a proxy that ends TLS
// can't see https here: it takes the prefix from its settings.
type Cookie string

// Name is the name of a session cookie on a site that is on https or not.
func Name(name string, https bool) string {
	if https {
		return "__Host-" + name
	}
	return name
}

// With returns the cookie with a value, for a site on https or not. Without a value,
// it deletes the cookie.
func (c Cookie) With(value string, https bool) *http.Cookie {
	with := &http.Cookie{Name: Name(string(c), https), Value: value, Path: "/"}
	with.HttpOnly, with.SameSite, with.Secure = true, http.SameSiteLaxMode, https
	if value == "" {
		with.MaxAge = -1
	}
	return with
}

// Set sends the cookie to the browser.
func (c Cookie) Set(w http.ResponseWriter, r *http.Request, value string) {
	http.SetCookie(w, c.With(value, r.TLS != nil))
}

// Value returns the cookie of a request, or "".
func (c Cookie) Value(r *http.Request) string { return Value(r, Name(string(c), r.TLS != nil)) }

// Value returns the cookie of a request by its whole name. Two of one name are none:
// one of them is not this site's, and nothing tells which.
func Value(r *http.Request, name string) string {
	if found := r.CookiesNamed(name); len(found) == 1 {
		return found[0].Value
	}
	return ""
}

// OnlyOne is for a session manager that reads the cookie itself: it drops a cookie
// that comes twice.
func OnlyOne(name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.CookiesNamed(name)) > 1 {
			r = r.Clone(r.Context())
			cookies := r.Cookies()
			r.Header.Del("Cookie")
			for _, c := range cookies {
				if c.Name != name {
					r.AddCookie(c)
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// A Store keeps who is signed in.
type Store struct {
	Cookie Cookie

	mu       sync.Mutex
	sessions map[string]session // by the cookie's value
}

type session struct {
	user string
	ends time.Time
}

// Start signs a user in, and ends the session that the request has. Its id is new: one
// that was planted before is worth nothing.
func (s *Store) Start(w http.ResponseWriter, r *http.Request, user string) {
	id := s.Add(user)
	s.forget(r)
	s.Cookie.Set(w, r, id)
}

// Add makes a session, and returns its id.
func (s *Store) Add(user string) (id string) {
	id = rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(s.sessions, func(_ string, old session) bool { return !now.Before(old.ends) })
	if s.sessions == nil {
		s.sessions = map[string]session{}
	}
	s.sessions[id] = session{user, now.Add(Lifetime)}
	return id
}

// User returns whose session a request has.
func (s *Store) User(r *http.Request) (user string, ok bool) { return s.Of(s.Cookie.Value(r)) }

// Of returns whose session an id is.
func (s *Store) Of(id string) (user string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.sessions[id]
	if !ok || !time.Now().Before(found.ends) {
		return "", false
	}
	return found.user, true
}

// End signs out. It does no harm without a session: it may be the End of a Logout URL.
func (s *Store) End(w http.ResponseWriter, r *http.Request) error {
	s.forget(r)
	s.Cookie.Set(w, r, "")
	return nil
}

func (s *Store) forget(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, s.Cookie.Value(r))
}
