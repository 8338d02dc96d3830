package main

import (
	"crypto/rand"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"slices"

	"github.com/bettermode-go/sso/examples/internal/servers"
	"github.com/bettermode-go/sso/examples/internal/sessions"
	"github.com/bettermode-go/sso/ssotoken"
)

// The paths that each community's settings point at, at its own tenant's host.
const (
	loginPath  = "/community/login"
	logoutPath = "/community/logout"
)

//go:embed pages/*.html
var files embed.FS

var pages = template.Must(template.ParseFS(files, "pages/*.html"))

// A site serves every tenant, each at its own host name.
type site struct {
	http.Handler
	tenants *tenants
	log     *slog.Logger
}

func newSite(tenants *tenants, log *slog.Logger) (*site, error) {
	s := &site{tenants: tenants, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("/", servers.NotFound)
	if err := s.openDoors(mux, log); err != nil {
		return nil, err
	}
	s.Handler = http.MaxBytesHandler(http.NewCrossOriginProtection().Handler(mux), 64<<10)
	return s, nil
}

// signInPage is a form that posts to its own address. A real one asks for a
// password; this one lists the tenant's members.
func (s *site) signInPage(resume http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, err := s.tenants.at(r.Context(), r.Host)
		members, listErr := s.tenants.members(r.Context(), t.ID)
		if err := errors.Join(err, listErr); err != nil {
			s.fail(w, err)
			return
		}
		if r.Method != http.MethodPost {
			s.render(w, "signin.html", map[string]any{"Tenant": t, "Members": members})
			return
		}
		id, newSession := r.PostFormValue("member"), rand.Text()
		if !slices.ContainsFunc(members, func(m member) bool { return m.ID == id }) {
			http.Error(w, "There is no such member.", http.StatusBadRequest)
			return
		}
		endErr := s.tenants.endSession(r.Context(), session(r)) // that of before
		startErr := s.tenants.startSession(r.Context(), t.ID, id, newSession)
		if err := errors.Join(endErr, startErr); err != nil {
			s.fail(w, err)
			return
		}
		cookie.Set(w, r, newSession)
		resume(w, r)
	})
}

func (s *site) home(w http.ResponseWriter, r *http.Request) {
	t, err := s.tenants.at(r.Context(), r.Host)
	if errors.Is(err, ssotoken.ErrNoTenant) {
		servers.NotFound(w, r)
		return
	}
	m, signedInErr := s.tenants.signedIn(r.Context(), t.ID, session(r))
	if signedInErr != nil && !errors.Is(signedInErr, errNobody) {
		err = errors.Join(err, signedInErr)
	}
	if err != nil {
		s.fail(w, err)
		return
	}
	s.render(w, "home.html", map[string]any{"Tenant": t, "Member": m, "SignedIn": signedInErr == nil})
}

// cookie has no Domain, so that a browser sends it to this tenant's host alone.
const cookie = sessions.Cookie("session")

// session is the session id of a request, or empty, which is none.
func session(r *http.Request) string { return cookie.Value(r) }

func (s *site) signOut(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.tenants.at(r.Context(), r.Host); err != nil {
		return err
	}
	cookie.Set(w, r, "")
	return s.tenants.endSession(r.Context(), session(r))
}

func (s *site) fail(w http.ResponseWriter, err error) {
	s.log.Error("page not shown", "error", err)
	http.Error(w, "Something went wrong on this site.", http.StatusInternalServerError)
}

func (s *site) render(w http.ResponseWriter, page string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
	if err := pages.ExecuteTemplate(w, page, data); err != nil {
		s.log.Error("page not written", "page", page, "error", err)
	}
}
