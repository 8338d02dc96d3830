package main

import (
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"golang.org/x/oauth2"

	"github.com/bettermode-go/sso/examples/internal/servers"
	"github.com/bettermode-go/sso/examples/internal/sessions"
	"github.com/bettermode-go/sso/ssotoken"
)

//go:embed pages
var files embed.FS

var pages = template.Must(template.ParseFS(files, "pages/*.html"))

// A site is the partner's web application. It has no passwords: its members sign in
// at the provider.
type site struct {
	http.Handler

	origin    string
	signIn    *signIn
	sessions  *scs.SessionManager
	login     *ssotoken.Login
	community ssotoken.Community
	log       *slog.Logger
}

// A siteConfig is what the site knows of itself and of its provider.
type siteConfig struct {
	origin                 string // the site's
	issuer                 string // the provider's
	clientID, clientSecret string // the site's, at the provider
}

func newSite(c siteConfig, signer *ssotoken.Signer, log *slog.Logger) (*site, error) {
	manager := scs.New()
	manager.Lifetime = sessions.Lifetime
	manager.Cookie.Secure = strings.HasPrefix(c.origin, "https:")
	manager.Cookie.Name = sessions.Name("partner_session", manager.Cookie.Secure)
	// SameSite stays Lax: with Strict the browser would not send the cookie when it
	// comes back from the provider.
	s := &site{origin: c.origin, sessions: manager, log: log, signIn: &signIn{
		issuer: c.issuer, sessions: manager, client: &http.Client{Timeout: 10 * time.Second},
		oauth: oauth2.Config{
			ClientID:     c.clientID,
			ClientSecret: c.clientSecret,
			RedirectURL:  c.origin + callbackPath,
			Scopes:       []string{"openid", "profile", "email"},
		},
	}}
	manager.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, err error) {
		log.Error("session", "error", err)
		http.Error(w, "Something went wrong on this site. Please try again in a minute.", http.StatusInternalServerError)
	}
	mux := http.NewServeMux()
	if err := s.sso(mux, signer); err != nil {
		return nil, err
	}
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("/", servers.NotFound)
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "pages/style.css")
	})
	own := sessions.OnlyOne(manager.Cookie.Name, manager.LoadAndSave(mux))
	s.Handler = secure(http.MaxBytesHandler(http.NewCrossOriginProtection().Handler(own), 64<<10), c.issuer)
	return s, nil
}

// secure says what a page may load, and who may frame it. The form for signing out
// ends at the provider, so its policy has to name that too.
func secure(next http.Handler, issuer string) http.Handler {
	policy := "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self' " + issuer +
		"; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

func (s *site) member(r *http.Request) (ssotoken.OIDCClaims, bool) {
	member, ok := s.sessions.Get(r.Context(), memberKey).(ssotoken.OIDCClaims)
	return member, ok
}

func (s *site) home(w http.ResponseWriter, r *http.Request) {
	member, signedIn := s.member(r)
	s.render(w, http.StatusOK, "home.html", map[string]any{
		"Name": member.Name, "SignedIn": signedIn, "Community": s.community.String(),
	})
}

func (s *site) render(w http.ResponseWriter, status int, page string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer") // the address has the provider's code
	w.WriteHeader(status)
	if err := pages.ExecuteTemplate(w, page, data); err != nil {
		s.log.Error("page not written", "page", page, "error", err)
	}
}
