package main

import (
	"crypto/rand"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"sync"

	"github.com/bettermode-go/sso/ssotoken"
)

// The paths of the partner site that the community's settings point at.
const (
	loginPath    = "/community/login"
	signUpPath   = "/community/sign-up"
	logoutPath   = "/community/logout"
	settingsPath = "/account"
)

//go:embed pages/*.html pages/avatar.svg
var files embed.FS

var pages = template.Must(template.ParseFS(files, "pages/*.html"))

// A site is the partner's web application: its members, their sessions, and
// the login to the community.
type site struct {
	http.Handler

	members   []member
	sessions  sessions
	login     *ssotoken.Login
	community string // origin
	log       *slog.Logger
}

func newSite(signer *ssotoken.Signer, members []member, log *slog.Logger) (*site, error) {
	s := &site{members: members, community: signer.Community(), log: log}
	var err error
	s.login, err = ssotoken.NewLogin(ssotoken.LoginConfig{
		Signer:   signer,
		Identify: s.identify,
		Observe:  ssotoken.SlogObserver(log),
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	signIn := s.login.Middleware(http.HandlerFunc(s.signIn))
	mux.Handle(loginPath, signIn)
	mux.Handle(signUpPath, signIn)
	mux.HandleFunc(logoutPath, s.signOut)
	mux.HandleFunc("GET "+settingsPath, s.home)
	mux.HandleFunc("GET /{$}", s.home)
	mux.Handle("GET /avatar.svg", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "pages/avatar.svg")
	}))
	s.Handler = http.NewCrossOriginProtection().Handler(mux)
	return s, nil
}

// identify is the one function that a site writes for the SDK: who is signed
// in, as claims.
func (s *site) identify(r *http.Request) (ssotoken.Claims, error) {
	m, ok := s.signedIn(r)
	if !ok {
		return ssotoken.Claims{}, ssotoken.ErrNoSession
	}
	claims, dropped, err := m.claims()
	for _, field := range dropped { // a bad avatar keeps nobody out
		s.log.WarnContext(r.Context(), "profile field left out", "error", field)
	}
	return claims, err
}

// signIn is the page at the Authorization URL. Its form posts to the same
// address, which still has referrer_uri in its query, and the answer leads
// back there, now with a session.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		s.render(w, http.StatusOK, "signin.html", map[string]any{"Members": s.members, "SignUp": r.URL.Path == signUpPath})
	case http.MethodPost:
		m, ok := s.member(r.PostFormValue("user"))
		if !ok {
			s.render(w, http.StatusBadRequest, "signin.html", map[string]any{"Members": s.members, "Unknown": true})
			return
		}
		s.sessions.start(w, r, m.ID)
		http.Redirect(w, r, r.URL.RequestURI(), http.StatusSeeOther)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "Use GET or POST.", http.StatusMethodNotAllowed)
	}
}

func (s *site) signOut(w http.ResponseWriter, r *http.Request) {
	s.sessions.end(w, r)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *site) home(w http.ResponseWriter, r *http.Request) {
	m, ok := s.signedIn(r)
	s.render(w, http.StatusOK, "home.html", map[string]any{"Member": m, "SignedIn": ok, "Community": s.community})
}

func (s *site) render(w http.ResponseWriter, status int, page string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := pages.ExecuteTemplate(w, page, data); err != nil {
		s.log.Error("page not written", "page", page, "error", err)
	}
}

func (s *site) signedIn(r *http.Request) (member, bool) {
	id, ok := s.sessions.user(r)
	if !ok {
		return member{}, false
	}
	return s.member(id)
}

func (s *site) member(id string) (member, bool) {
	for _, m := range s.members {
		if m.ID == id {
			return m, true
		}
	}
	return member{}, false
}

const sessionCookie = "partner_session"

// sessions maps session ids to users. The id is random, and a new one at each
// sign-in, so that an id planted before is worth nothing.
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

func (s *sessions) end(w http.ResponseWriter, r *http.Request) {
	s.forget(r)
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1})
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
