// Package provider is an OpenID provider for development: zitadel/oidc does the
// protocol, this package has the accounts, who is signed in, and the pages. Anybody
// can sign in as anybody, and all is forgotten when the program ends. It is
// to copy, not to import.
package provider

import (
	"crypto/rand"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/bettermode-go/sso/examples/internal/sessions"
)

// Config describes a provider, the accounts that people have there, and the one
// site that they sign in to.
type Config struct {
	Issuer   string // the provider's origin
	Client   Client
	Accounts []Account
	Log      *slog.Logger // what was refused
}

// A Client is the site, as the provider knows it.
type Client struct {
	ID, Secret         string
	RedirectURI        string // where a sign-in ends
	PostLogoutRedirect string // where a log-out ends
}

// An Account is one that a person has at the provider.
type Account struct {
	ID, Name, Email string
	EmailVerified   bool
}

//go:embed pages.html
var pagesHTML embed.FS

var pages = template.Must(template.ParseFS(pagesHTML, "pages.html"))

type provider struct {
	*storage
	op   *op.Provider
	site string // where to go when a sign-in can't go on
	log  *slog.Logger
}

// New makes a provider.
func New(c Config) (http.Handler, error) {
	s, err := newStorage(c)
	if err != nil {
		return nil, err
	}
	config := &op.Config{
		CodeMethodS256:  true,
		SupportedScopes: []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail},
	}
	rand.Read(config.CryptoKey[:])
	p := &provider{storage: s, site: c.Client.PostLogoutRedirect, log: c.Log}
	options := []op.Option{
		op.WithLogger(c.Log),
		op.WithCORSOptions(nil),
		op.WithIDTokenHintVerifierOpts(op.WithSupportedIDTokenHintSigningAlgorithms(string(signing))),
	}
	if strings.HasPrefix(c.Issuer, "http:") {
		options = append(options, op.WithAllowInsecure())
	}
	if p.op, err = op.NewProvider(config, s, op.StaticIssuer(c.Issuer), options...); err != nil {
		return nil, err
	}
	people := http.NewServeMux()
	people.HandleFunc("GET "+loginPath, p.login)
	people.HandleFunc("POST "+loginPath, p.choose)
	people.HandleFunc("GET /{$}", p.account)
	people.HandleFunc("POST /verify", p.verify)
	mux := http.NewServeMux()
	mux.Handle("/", p.op)
	for _, page := range []string{loginPath, "/{$}", "/verify"} {
		mux.Handle(page, http.NewCrossOriginProtection().Handler(people))
	}
	return mux, nil
}

const (
	loginPath     = "/login"
	sessionCookie = sessions.Cookie("provider_session")
)

// login signs a visitor who is signed in here in to the site immediately, unless the
// site wants to be asked about. It is where zitadel/oidc sends each sign-in.
func (p *provider) login(w http.ResponseWriter, r *http.Request) {
	request, ok := p.request(r.FormValue("id"))
	if !ok {
		p.render(w, http.StatusBadRequest, "expired", p.site)
		return
	}
	ask := slices.Contains(request.prompt, oidc.PromptLogin) || slices.Contains(request.prompt, oidc.PromptSelectAccount)
	if account, ok := p.signedIn(r); ok && !ask {
		p.finish(w, r, request, account)
		return
	}
	p.render(w, http.StatusOK, "login", map[string]any{"ID": request.id, "Accounts": p.list()})
}

// choose takes an account, where a real provider takes a password.
func (p *provider) choose(w http.ResponseWriter, r *http.Request) {
	request, ok := p.request(r.FormValue("id"))
	if !ok {
		p.render(w, http.StatusBadRequest, "expired", p.site)
		return
	}
	if r.FormValue("cancel") != "" {
		p.forget(request.id)
		op.AuthRequestError(w, r, request, oidc.ErrAccessDenied(), p.op)
		return
	}
	account, ok := p.byID(r.FormValue("account"))
	if !ok {
		http.Error(w, "There is no such account.", http.StatusBadRequest)
		return
	}
	id := rand.Text()
	p.startSession(id, account.ID)
	sessionCookie.Set(w, r, id)
	p.finish(w, r, request, account)
}

func (p *provider) finish(w http.ResponseWriter, r *http.Request, request *authRequest, account Account) {
	p.grant(request.id, account.ID, time.Now())
	ctx := op.ContextWithIssuer(r.Context(), p.op.IssuerFromRequest(r))
	http.Redirect(w, r, op.AuthCallbackURL(p.op)(ctx, request.id), http.StatusSeeOther)
}

// account shows who is signed in here.
func (p *provider) account(w http.ResponseWriter, r *http.Request) {
	account, ok := p.signedIn(r)
	p.render(w, http.StatusOK, "account", map[string]any{"Account": account, "SignedIn": ok, "Site": p.site})
}

// verify takes the place of the link in an email.
func (p *provider) verify(w http.ResponseWriter, r *http.Request) {
	if account, ok := p.signedIn(r); ok {
		p.setVerified(account.ID)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (p *provider) signedIn(r *http.Request) (Account, bool) {
	return p.bySession(sessionCookie.Value(r))
}

// render has a policy without form-action: a form here ends at the site's
// community, which the provider does not know.
func (p *provider) render(w http.ResponseWriter, status int, page string, data any) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set(
		"Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
	)
	h.Set("Referrer-Policy", "same-origin")
	w.WriteHeader(status)
	if err := pages.ExecuteTemplate(w, page, data); err != nil {
		p.log.Error("page not written", "page", page, "error", err)
	}
}
