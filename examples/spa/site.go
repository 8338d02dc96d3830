package main

import (
	"embed"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/bettermode-go/sso/examples/internal/servers"
	"github.com/bettermode-go/sso/examples/internal/sessions"
	"github.com/bettermode-go/sso/ssotoken"
)

const (
	loginPath   = "/community"        // the Authorization URL: the frontend's page
	logoutPath  = "/community/logout" // the Logout URL
	jsonPath    = "/community/login-url"
	sessionPath = "/api/session"
)

//go:embed pages
var pages embed.FS

// A site is the partner's server: it serves the frontend, keeps the sessions, and
// returns the login URL.
type site struct {
	http.Handler

	sessions sessions.Store // of members' ids
}

func newSite(signer *ssotoken.Signer, log *slog.Logger) (*site, error) {
	s := &site{sessions: sessions.Store{Cookie: "spa_session"}}
	observe := ssotoken.SlogObserver(log)
	login, loginErr := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Identify: s.identify, Observe: observe})
	logout, logoutErr := ssotoken.NewLogout(ssotoken.LogoutConfig{End: s.sessions.End, Observe: observe})
	if err := errors.Join(loginErr, logoutErr); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(loginPath, login.Middleware(page("index.html")))
	mux.Handle(logoutPath, logout)
	mux.Handle(jsonPath, login.JSON())
	mux.HandleFunc("GET "+sessionPath, s.who)
	mux.HandleFunc("POST "+sessionPath, s.signIn)
	mux.HandleFunc("DELETE "+sessionPath, s.signOut)
	mux.Handle("GET /{$}", page("index.html"))
	mux.HandleFunc("/", servers.NotFound)
	mux.Handle("GET /app.js", page("app.js"))
	mux.Handle("GET /style.css", page("style.css"))
	s.Handler = http.NewCrossOriginProtection().Handler(mux) // no sign-in by a foreign page
	return s, nil
}

// page serves a file of the frontend. The policy lets in only the files of this
// site: a foreign script could ask for a login URL as the page does.
func page(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy",
			"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "+
				"frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		http.ServeFileFS(w, r, pages, "pages/"+name)
	})
}

// A member is a row of the partner's database.
type member struct {
	ID, Name, Email string
	Verified        bool // the member has followed the link in our email
}

// The last two show what a visitor reads who can't be logged in.
var members = map[string]member{
	"u-1001": {"u-1001", "Ada Lovelace", "ada@partner.example", true},
	"u-1002": {"u-1002", "Grace Hopper", "grace@partner.example", false},
	"u-1003": {"u-1003", "", "alan@partner.example", true},
}

// identify is the one function that a site writes for the SDK: who is signed in,
// as claims.
func (s *site) identify(r *http.Request) (ssotoken.Claims, error) {
	m, ok := s.signedIn(r)
	switch {
	case !ok:
		return ssotoken.Claims{}, ssotoken.ErrNoSession
	case !m.Verified:
		return ssotoken.Claims{}, ssotoken.ErrEmailUnverified
	}
	return ssotoken.NewClaims().Subject(m.ID).Name(m.Name).VerifiedEmail(m.Email).Build()
}

func (s *site) signedIn(r *http.Request) (member, bool) {
	id, _ := s.sessions.User(r)
	m, ok := members[id]
	return m, ok
}

// who tells the frontend who is signed in, without a login URL: the page asks here as
// it loads.
func (s *site) who(w http.ResponseWriter, r *http.Request) {
	m, ok := s.signedIn(r)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(map[string]any{"signedIn": ok, "name": m.Name})
}

// signIn takes a member's id, where a real site takes a password.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	var form struct{ Member string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&form); err != nil || members[form.Member].ID == "" {
		http.Error(w, "There is no such member.", http.StatusBadRequest)
		return
	}
	s.sessions.Start(w, r, form.Member)
	w.WriteHeader(http.StatusNoContent)
}

func (s *site) signOut(w http.ResponseWriter, r *http.Request) {
	s.sessions.End(w, r)
	w.WriteHeader(http.StatusNoContent)
}
