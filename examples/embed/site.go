package main

import (
	_ "embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/bettermode-go/sso/examples/internal/servers"
	"github.com/bettermode-go/sso/examples/internal/sessions"
	"github.com/bettermode-go/sso/ssotoken"
)

const (
	loginPath  = "/community/login"
	logoutPath = "/community/logout"
)

//go:embed pages.html
var source string

var pages = template.Must(template.New("").Parse(source))

// A site is the partner's site: a page with a frame, and the login at which the
// frame starts.
type site struct {
	http.Handler

	signer *ssotoken.Signer
	login  *ssotoken.Login
	log    *slog.Logger

	sessions sessions.Store // of members' names
}

func newSite(signer *ssotoken.Signer, oneSite bool, log *slog.Logger) (*site, error) {
	s := &site{signer: signer, log: log, sessions: sessions.Store{Cookie: "embed_session"}}
	observe := ssotoken.SlogObserver(log)
	login, loginErr := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Identify: s.identify, Observe: observe})
	logout, logoutErr := ssotoken.NewLogout(ssotoken.LogoutConfig{End: s.sessions.End, Observe: observe})
	// The token is minted when the frame loads, so this can be made once.
	space := ssotoken.Embed{Space: "news", Query: url.Values{"header": {"false"}}}
	frame, frameErr := space.Frame(loginPath, "News from the community")
	if err := errors.Join(loginErr, logoutErr, frameErr); err != nil {
		return nil, err
	}
	s.login = login
	mux := http.NewServeMux()
	mux.Handle(loginPath, s.login.Middleware(http.HandlerFunc(s.signIn)))
	mux.Handle(logoutPath, logout)
	mux.HandleFunc("/", servers.NotFound)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", strict+"; frame-ancestors 'none'; form-action 'self'; "+signer.Community().FrameSrc())
		name, _ := s.sessions.User(r)
		s.render(w, "home", map[string]any{"Frame": frame, "Name": name, "OneSite": oneSite, "Community": signer.Community().String()})
	})
	s.Handler = http.MaxBytesHandler(http.NewCrossOriginProtection().Handler(mux), 64<<10)
	return s, nil
}

// strict is the part of the Content-Security-Policy that all pages share.
const strict = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"

func (s *site) identify(r *http.Request) (ssotoken.Claims, error) {
	name, ok := s.sessions.User(r)
	if !ok {
		return ssotoken.Claims{}, ssotoken.ErrNoSession
	}
	m := members[name]
	return ssotoken.NewClaims().Subject(m.id).Name(name).VerifiedEmail(m.email).Build()
}

var members = map[string]struct{ id, email string }{
	"Ada Lovelace": {"u-1001", "ada@partner.example"},
	"Grace Hopper": {"u-1002", "grace@partner.example"},
}

// signIn is the page that the frame shows to a visitor without a session. Its
// form stays in the frame: it posts to the same address, which redirects to
// itself and then to the community.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	// Only this site may frame the page, against clickjacking. Browsers apply
	// form-action to the redirects after the form too.
	w.Header().Set("Content-Security-Policy", strict+"; frame-ancestors 'self'; "+s.signer.Community().FormAction())
	if r.Method != http.MethodPost {
		s.render(w, "sign-in", members)
		return
	}
	name := r.PostFormValue("member")
	if _, ok := members[name]; !ok {
		http.Error(w, "There is no such member.", http.StatusBadRequest)
		return
	}
	s.sessions.Start(w, r, name)
	s.login.Resume(w, r)
}

func (s *site) render(w http.ResponseWriter, page string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err := pages.ExecuteTemplate(w, page, data); err != nil {
		s.log.Error("page not written", "page", page, "error", err)
	}
}
