package main

import (
	"crypto/rand"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"strings"

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
// the pages that the community's settings point at.
type site struct {
	http.Handler

	members   members
	sessions  sessions
	login     *ssotoken.Login
	community string // origin
	log       *slog.Logger
}

func newSite(signer *ssotoken.Signer, sample []member, log *slog.Logger) (*site, error) {
	s := &site{members: members{list: sample}, community: signer.Community().String(), log: log}
	var err error
	s.login, err = ssotoken.NewLogin(ssotoken.LoginConfig{
		Signer:   signer,
		Identify: s.identify,
		Observe:  ssotoken.SlogObserver(log),
	})
	if err != nil {
		return nil, err
	}
	logout, err := ssotoken.NewLogout(ssotoken.LogoutConfig{End: s.sessions.end, Observe: ssotoken.SlogObserver(log)})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(loginPath, s.login.Middleware(http.HandlerFunc(s.signIn)))
	mux.Handle(signUpPath, s.login.Middleware(http.HandlerFunc(s.signUp)))
	mux.Handle(logoutPath, logout)
	mux.HandleFunc(settingsPath, s.settings)
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /avatar.svg", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "pages/avatar.svg")
	})
	s.Handler = http.NewCrossOriginProtection().Handler(mux)
	return s, nil
}

// identify is the only function that a login needs from a site. It says who is
// signed in, as claims.
func (s *site) identify(r *http.Request) (ssotoken.Claims, error) {
	m, ok := s.signedIn(r)
	if !ok {
		return ssotoken.Claims{}, ssotoken.ErrNoSession
	}
	return m.claims()
}

// signIn is the page at the Authorization URL. Its form posts to the same
// address, with referrer_uri still in the query. The answer redirects there
// again, now with a session.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	page := map[string]any{"Members": s.members.all()}
	if r.Method != http.MethodPost {
		s.render(w, http.StatusOK, "signin.html", page)
		return
	}
	m, ok := s.members.byID(r.PostFormValue("user"))
	if !ok {
		page["Problem"] = "There is no such member. Choose one of these."
		s.render(w, http.StatusBadRequest, "signin.html", page)
		return
	}
	s.sessions.start(w, r, m.ID)
	s.login.Resume(w, r)
}

// signUp is the page at the Sign Up URL. A real site verifies the email
// address before it lets the new member in: the community trusts it.
func (s *site) signUp(w http.ResponseWriter, r *http.Request) {
	s.profileForm(w, r, "Sign up", member{ID: "u-" + rand.Text(), About: "signed up here"}, func(m member, _ ssotoken.Claims) {
		s.members.add(m)
		s.sessions.start(w, r, m.ID)
		s.login.Resume(w, r)
	})
}

// settings is the page at the Account Settings URL. A saved profile goes to
// the community at once, by a fresh token.
func (s *site) settings(w http.ResponseWriter, r *http.Request) {
	m, ok := s.signedIn(r)
	if !ok {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.profileForm(w, r, "Account settings", m, func(m member, claims ssotoken.Claims) {
		s.members.update(m)
		s.login.Redirect(w, r, claims)
	})
}

// profileForm shows a form for m. It gives a posted profile to save if the
// community would take it.
func (s *site) profileForm(w http.ResponseWriter, r *http.Request, title string, m member, save func(member, ssotoken.Claims)) {
	if r.Method != http.MethodPost {
		s.profilePage(w, http.StatusOK, title, m, "")
		return
	}
	m.Name, m.Email = strings.TrimSpace(r.PostFormValue("name")), strings.TrimSpace(r.PostFormValue("email"))
	claims, err := m.claims()
	switch {
	case err != nil:
		s.profilePage(w, http.StatusBadRequest, title, m, "Please give a name and one plain email address.")
	case s.members.taken(m):
		s.profilePage(w, http.StatusBadRequest, title, m, "Another member has this email address.")
	default:
		save(m, claims)
	}
}

func (s *site) profilePage(w http.ResponseWriter, status int, title string, m member, problem string) {
	s.render(w, status, "profile.html", map[string]any{"Title": title, "Member": m, "Problem": problem})
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
	return s.members.byID(id)
}
