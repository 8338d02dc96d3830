package main

import (
	"crypto/rand"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"

	"github.com/bettermode-go/sso/examples/internal/servers"
	"github.com/bettermode-go/sso/examples/internal/sessions"
	"github.com/bettermode-go/sso/ssotoken"
)

// The paths of the partner site that the community's settings point at.
const (
	loginPath    = "/community/login"
	signUpPath   = "/community/sign-up"
	logoutPath   = "/community/logout"
	settingsPath = "/account"
)

const sessionCookie = "partner_session"

//go:embed pages/*.html pages/*.svg pages/style.css
var files embed.FS

var pages = template.Must(template.ParseFS(files, "pages/*.html"))

// A site is the partner's web application: its members, their sessions, and
// the pages that the community's settings point at.
type site struct {
	http.Handler

	members   members
	sessions  sessions.Store // of members' ids
	login     *ssotoken.Login
	community string // origin
	log       *slog.Logger
}

func newSite(signer *ssotoken.Signer, sample []member, log *slog.Logger) (*site, error) {
	s := &site{
		members:   members{list: sample},
		sessions:  sessions.Store{Cookie: sessionCookie},
		community: signer.Community().String(),
		log:       log,
	}
	observe := ssotoken.SlogObserver(log)
	login, loginErr := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Identify: s.identify, Observe: observe})
	logout, logoutErr := ssotoken.NewLogout(ssotoken.LogoutConfig{End: s.sessions.End, Observe: observe})
	if err := errors.Join(loginErr, logoutErr); err != nil {
		return nil, err
	}
	s.login = login
	mux := http.NewServeMux()
	mux.Handle(loginPath, s.login.Middleware(http.HandlerFunc(s.signIn)))
	mux.Handle(signUpPath, s.login.Middleware(http.HandlerFunc(s.signUp)))
	mux.Handle(logoutPath, logout)
	mux.HandleFunc(settingsPath, s.settings)
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("/", servers.NotFound)
	for _, name := range []string{"avatar.svg", "favicon.svg", "style.css"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, files, "pages/"+name)
		})
	}
	s.Handler = secure(
		http.MaxBytesHandler(http.NewCrossOriginProtection().Handler(mux), 64<<10),
		signer.Community().FormAction(),
	)
	return s, nil
}

// secure says what a page may load and who may frame it: nobody, since a
// sign-in page in a foreign frame invites clicks that its visitor does not
// mean. A form ends at the community, so its policy has to name that too.
func secure(next http.Handler, formAction string) http.Handler {
	policy := "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; " + formAction +
		"; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
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
	s.signInForm(w, r, "You then go on to the community, to the page you came from.")
}

func (s *site) signInForm(w http.ResponseWriter, r *http.Request, then string) {
	page := map[string]any{"Members": s.members.all(), "Then": then}
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
	s.sessions.Start(w, r, m.ID)
	s.login.Resume(w, r)
}

// signUp is the page at the Sign Up URL. A real site verifies the email
// address before it lets the new member in: the community trusts it.
func (s *site) signUp(w http.ResponseWriter, r *http.Request) {
	m := member{ID: "u-" + rand.Text(), About: "signed up here"}
	s.profileForm(w, r, "Sign up", m, func(ssotoken.Claims) {
		s.sessions.Start(w, r, m.ID)
		s.login.Resume(w, r)
	})
}

// settings is the page at the Account Settings URL. A visitor without a
// session signs in first, on this very page, and is then at the settings. A
// saved profile goes to the community immediately, with a new token.
func (s *site) settings(w http.ResponseWriter, r *http.Request) {
	m, ok := s.signedIn(r)
	if !ok {
		s.signInForm(w, r, "You then go on to your account settings.")
		return
	}
	s.profileForm(w, r, "Account settings", m, func(claims ssotoken.Claims) {
		s.login.Redirect(w, r, claims)
	})
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
	id, ok := s.sessions.User(r)
	if !ok {
		return member{}, false
	}
	return s.members.byID(id)
}
