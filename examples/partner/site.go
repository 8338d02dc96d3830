package main

import (
	"bytes"
	"database/sql"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/bettermode-go/sso/examples/internal/servers"
	"github.com/bettermode-go/sso/examples/internal/sessions"
	"github.com/bettermode-go/sso/ssotoken"
)

//go:embed pages
var files embed.FS

var pages = template.Must(template.ParseFS(files, "pages/*.html"))

// A siteConfig says what a site is made of.
type siteConfig struct {
	DB           *sql.DB
	Signer       *ssotoken.Signer
	Origin       string // this site's, without a path
	PremiumSpace string // id of the community's space for the premium plan
	ClientHeader string // see site.client
	Log          *slog.Logger
	Mail         mailer
	PasswordCost int              // bcrypt's
	Now          func() time.Time // of links and limits
}

// A site is the partner's web application.
type site struct {
	http.Handler

	members      members
	sessions     *scs.SessionManager
	passwords    passwords
	mail         mailer
	log          *slog.Logger
	origin       string
	clientHeader string

	perClient, perAccount limiter

	signer       *ssotoken.Signer
	login        *ssotoken.Login
	premiumSpace string
}

func newSite(c siteConfig) (*site, error) {
	passwords, err := newPasswords(c.PasswordCost)
	if err != nil {
		return nil, err
	}
	secure := strings.HasPrefix(c.Origin, "https://")
	s := &site{
		members: members{c.DB, c.Now}, sessions: newSessions(c.DB, secure), passwords: passwords,
		mail: c.Mail, log: c.Log, origin: c.Origin, clientHeader: c.ClientHeader,
		perClient: limiter{c.DB, c.Now, 3 * time.Second, 30}, perAccount: limiter{c.DB, c.Now, time.Minute, 10},
		signer: c.Signer, premiumSpace: c.PremiumSpace,
	}
	s.sessions.ErrorFunc = s.fail
	app := http.NewServeMux()
	if err := s.openDoors(app); err != nil {
		return nil, err
	}
	app.HandleFunc("GET /{$}", s.home)
	app.HandleFunc("/", servers.NotFound)
	app.HandleFunc(verifyPath, s.verify)
	app.HandleFunc(accountPath, s.account)
	app.HandleFunc("POST "+emailPath, s.changeEmail)
	app.HandleFunc("POST "+endPath, s.endAccount)

	mux := http.NewServeMux()
	mux.Handle("/", sessions.OnlyOne(s.sessions.Cookie.Name, s.sessions.LoadAndSave(app)))
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "pages/style.css")
	})
	safe := http.MaxBytesHandler(http.NewCrossOriginProtection().Handler(mux), 64<<10)
	s.Handler = s.logged(secured(safe, secure, c.Signer.Community().FormAction()))
	return s, nil
}

// secured says what a page may load, where its forms may end, and that nobody may
// frame it: a sign-in page in a foreign frame invites clicks that its visitor does
// not mean.
func secured(next http.Handler, secure bool, formAction string) http.Handler {
	policy := "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; " + formAction +
		"; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer") // the address of a verification is a secret
		if secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// home is the front page.
func (s *site) home(w http.ResponseWriter, r *http.Request) {
	m, err := s.signedIn(r)
	if err != nil && !errors.Is(err, errNobody) {
		s.fail(w, r, err)
		return
	}
	s.show(w, r, http.StatusOK, "home.html", m)
}

// health is for who decides whether this process gets requests.
func (s *site) health(w http.ResponseWriter, r *http.Request) {
	var n int
	if err := s.members.db.QueryRowContext(r.Context(), `SELECT count(*) FROM migrations`).Scan(&n); err != nil {
		s.log.ErrorContext(r.Context(), "unhealthy", "error", err)
		http.Error(w, "no database", http.StatusServiceUnavailable)
		return
	}
	w.Write([]byte("ok\n"))
}

type message struct{ Title, Text string }

// show answers with a page.
func (s *site) show(w http.ResponseWriter, r *http.Request, status int, page string, data any) {
	var body bytes.Buffer
	err := pages.ExecuteTemplate(&body, page, map[string]any{
		"Data": data, "Community": s.signer.Community().String(), "Premium": premium, "Free": free,
	})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(body.Bytes())
}

// fail answers where the fault is this site's. The log has the error.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	http.Error(w, "Something went wrong on this site. Please try again in a minute.", http.StatusInternalServerError)
}

// tooMany shows the form again, or a message where there is none.
func (s *site) tooMany(w http.ResponseWriter, r *http.Request, wait time.Duration, f *form) {
	const text = "That were many tries. Wait a minute, then try again."
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	if f == nil {
		s.show(w, r, http.StatusTooManyRequests, "message.html", message{"Too many tries", text})
		return
	}
	f.Problem = text
	s.show(w, r, http.StatusTooManyRequests, "form.html", *f)
}
