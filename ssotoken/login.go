package ssotoken

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// LoginConfig configures a [Login].
type LoginConfig struct {
	// Signer mints the tokens. Give either Signer or SignerFor.
	Signer *Signer

	// SignerFor chooses the signer of a request, where each tenant has a
	// community of its own: by the host name, say. It is asked first, for every
	// method and before the sign-in page. It returns [ErrNoTenant] for a request
	// of no tenant, which is answered with 404 (Not Found); any other error fails
	// the login. The signers have a [Config.Tenant].
	SignerFor func(*http.Request) (*Signer, error)

	// Identify says who sent the request, from the session and the records
	// of your site, never from what the request itself claims. It returns
	// [ErrNoSession] when nobody is signed in, and [ErrMayNotEnter], or
	// [ErrEmailUnverified], for a member whom the community must not see; both may
	// be wrapped. Required, except with tenants.
	Identify func(*http.Request) (Claims, error)

	// IdentifyIn is Identify where the signers have tenants, and is handed the
	// one of the request: look for the session and the member among that tenant's,
	// and give [ClaimsBuilder.Tenant] what the member's record says. Claims of
	// another tenant are not signed ([ErrWrongTenant]).
	IdentifyIn func(r *http.Request, tenant string) (Claims, error)

	// TrustedOrigins are the other origins whose pages may ask [Login.JSON]
	// with the visitor's cookies, such as https://app.example.com.
	TrustedOrigins []string

	// OnError answers a request whose login failed, except by [Login.JSON].
	// err is a [*Failure] over the error of Identify, of SignerFor or of the
	// signer, [ErrNotNavigation], [ErrNoCookies] or [ErrLoop]. The browser must
	// not see its text. nil is [AnswerError], on which an OnError of yours can fall
	// back. The headers that keep the answer out of caches are set before.
	OnError func(w http.ResponseWriter, r *http.Request, err error)

	// Observe is told of everything that happens, before the answer is sent;
	// see [SlogObserver]. It must be quick, and safe for concurrent use. If
	// it panics, the stack is logged and the login goes on. nil writes warnings
	// and errors to the default logger of log/slog: see [Event.Level].
	Observe func(context.Context, Event)
}

// A Login is what stands at the community's Authorization URL. It is
// immutable and safe for concurrent use.
type Login struct {
	c              LoginConfig
	cross          *http.CrossOriginProtection
	subjectIsEmail atomic.Bool // was told
}

// NewLogin makes a login, or returns a [*ConfigError].
func NewLogin(c LoginConfig) (*Login, error) {
	var bad []*FieldError
	refuse := func(field string, err error) { bad = append(bad, &FieldError{Field: field, Err: err}) }
	switch {
	case c.Signer == nil && c.SignerFor == nil:
		refuse("Signer", because(contract.MissingValue, "is required: make it with New"))
	case c.Signer != nil && c.SignerFor != nil:
		refuse("SignerFor", because(contract.Malformed, "is set together with Signer: give one of the two"))
	}
	switch tenants := c.SignerFor != nil || c.Signer != nil && c.Signer.tenant != ""; {
	case tenants && c.Identify != nil:
		refuse("Identify", because(contract.Malformed, "is for a site with one community: with tenants, give IdentifyIn, which is handed the tenant"))
	case tenants && c.IdentifyIn == nil:
		refuse("IdentifyIn", because(contract.MissingValue, "is required with tenants: it says who is signed in at the tenant that it is handed"))
	case !tenants && c.IdentifyIn != nil:
		refuse("IdentifyIn", because(contract.Malformed, "is for tenants, of which there are none: give Identify, or the signer a Config.Tenant"))
	case !tenants && c.Identify == nil:
		refuse("Identify", because(contract.MissingValue, "is required: it says who is signed in"))
	}
	cross := http.NewCrossOriginProtection()
	for _, origin := range c.TrustedOrigins {
		if err := cross.AddTrustedOrigin(origin); err != nil {
			refuse("TrustedOrigins", because(contract.Malformed, "has an entry that is no origin: write it like https://app.example.com"))
		}
	}
	if bad != nil {
		return nil, &ConfigError{bad}
	}
	if c.SignerFor != nil {
		c.SignerFor = ofTenants(c.SignerFor)
	} else {
		c.SignerFor = func(*http.Request) (*Signer, error) { return c.Signer, nil }
	}
	if c.IdentifyIn == nil {
		c.IdentifyIn = func(r *http.Request, _ string) (Claims, error) { return c.Identify(r) }
	}
	if c.OnError == nil {
		c.OnError = AnswerError
	}
	c.Observe = guarded(c.Observe)
	return &Login{c: c, cross: cross}, nil
}

// Middleware sends a signed-in visitor on to the community, logged in, and
// shows next to everybody else: your sign-in page, at this same address, so
// that the community's referrer_uri stays in the query. When the form posts
// to its own address, next handles the POST, signs the visitor in, and calls
// [Login.Resume] or [Login.Redirect].
//
// A token is minted for a person who navigates: only on GET, not for a
// prefetch, and only where Sec-Fetch-Dest, if the browser sends it, is
// document, iframe or frame. A page's htmx or Turbo, which would load this address
// by a script, is made to load it for real.
//
// The cookie sso_trips, of 15 seconds, breaks a login loop ([ErrLoop]). By
// sso_asked, of 10 minutes, a session cookie with SameSite=Strict is found
// ([ErrSessionNotSeen]). Every answer, that of next too, gets Cache-Control:
// no-store and Referrer-Policy: no-referrer.
//
// It panics where next is nil, as [http.Handle] does.
func (l *Login) Middleware(next http.Handler) http.Handler {
	if f, ok := next.(http.HandlerFunc); next == nil || ok && f == nil {
		panic("ssotoken: Login.Middleware needs a handler: your sign-in page")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keepPrivate(w)
		signer := l.signer(w, r)
		if signer == nil {
			return
		}
		if r.Method != http.MethodGet {
			l.tellStrict(w, r, signer)
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), behind{}, l)))
			return
		}
		claims, err := l.c.IdentifyIn(r, signer.tenant)
		switch {
		case errors.Is(err, ErrNoSession) && !lostCookies(r):
			l.c.Observe(r.Context(), eventOf(NotSignedIn, signer, nil))
			l.tellUnkept(r, signer)
			rememberAsked(w, r)
			next.ServeHTTP(w, r)
		case l.leftToPage(w, r, signer, nil):
		case errors.Is(err, ErrNoSession):
			l.fail(w, r, signer, ErrNoCookies)
		case err != nil:
			l.fail(w, r, signer, err)
		default:
			l.redirect(w, r, signer, claims, l.returnPath(r, signer))
		}
	})
}

// Redirect sends a visitor who just signed in, signed up or saved a profile to
// the community, logged in with these claims, by 303 (See Other): to the page
// that referrer_uri in the request's query names, else to the home page, as
// from the Account Settings URL, which gets none. A bad referrer_uri is
// dropped and reported to Observe.
//
// What the member cleared in a saved profile stays in the community, where an empty
// value does not count: give a value that stands for it, such as a dash; see
// package customfields.
//
// Like [Login.Middleware], it mints nothing on HEAD or where nobody navigates:
// for fetch in a script use [Login.JSON]. A form that htmx or Turbo sends ends in
// the community if it posts to an address of [Login.Middleware], which then goes on
// with the claims of Identify, so the session must have started. At another
// address, such as that of a profile, such a form gets [ErrNotNavigation]: redirect
// it to your Authorization URL by http.Redirect instead, or let the browser send it
// (hx-boost="false", data-turbo="false"). Nothing may have been written to w;
// nothing may be written after.
func (l *Login) Redirect(w http.ResponseWriter, r *http.Request, c Claims) {
	if signer := l.signer(w, r); signer != nil && !l.leftToPage(w, r, signer, nil) {
		l.redirect(w, r, signer, c, l.returnPath(r, signer))
	}
}

// RedirectTo is [Login.Redirect] to a given page: one that your site kept in
// its session while the visitor signed in elsewhere, or chose itself.
func (l *Login) RedirectTo(w http.ResponseWriter, r *http.Request, c Claims, path ReturnPath) {
	if signer := l.signer(w, r); signer != nil && !l.leftToPage(w, r, signer, &path) {
		l.redirect(w, r, signer, c, path)
	}
}

// Fail reports an error to Observe and answers it by OnError, as [Login.Middleware]
// does with one of Identify: where the claims for [Login.Redirect] or
// [Login.RedirectTo] can't be made, such as in the callback of an identity provider.
// Nothing may have been written to w; nothing may be written after.
func (l *Login) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if signer := l.signer(w, r); signer != nil {
		l.fail(w, r, signer, err)
	}
}

// signer gives nil where it has answered with an error.
func (l *Login) signer(w http.ResponseWriter, r *http.Request) *Signer {
	signer, err := l.c.SignerFor(r)
	if err != nil && !l.leftToPage(w, r, nil, nil) {
		l.fail(w, r, nil, err)
	}
	return signer
}

func (l *Login) redirect(w http.ResponseWriter, r *http.Request, signer *Signer, c Claims, path ReturnPath) {
	keepPrivate(w)
	err := l.Check(r.Method, r.Header.Get)
	var location string
	if err == nil {
		location, _, err = l.issue(w, r, signer, c, path)
	}
	if err != nil {
		l.fail(w, r, signer, err)
		return
	}
	w.Header().Set("Location", location) // http.Redirect would repeat it in a body
	w.WriteHeader(http.StatusSeeOther)
}

// fail reports and answers. signer is nil where none was chosen yet.
func (l *Login) fail(w http.ResponseWriter, r *http.Request, signer *Signer, err error) {
	keepPrivate(w)
	f := newFailure(signer, err)
	e := f.event(r.Context())
	if e.Code == contract.NotNavigation && r.Method == http.MethodPost {
		e.Kind = Refused // the site took a form that a script sent
	}
	l.c.Observe(r.Context(), e)
	l.c.OnError(w, r, f)
}

// keepPrivate keeps an answer out of caches and its address out of Referer
// headers.
func keepPrivate(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}
