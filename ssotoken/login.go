package ssotoken

import (
	"context"
	"errors"
	"net/http"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// LoginConfig configures a [Login].
type LoginConfig struct {
	// Signer mints the tokens. Give either Signer or SignerFor.
	Signer *Signer

	// SignerFor chooses the signer of a request, where each tenant has a
	// community of its own. A key never meets another community's address,
	// since a signer holds both. An error fails the login.
	SignerFor func(*http.Request) (*Signer, error)

	// Identify says who sent the request, from the session and the records
	// of your site, never from what the request itself claims. It returns
	// [ErrNoSession] when nobody is signed in. Required.
	Identify func(*http.Request) (Claims, error)

	// TrustedOrigins are the other origins whose pages may ask [Login.JSON]
	// with the visitor's cookies, such as https://app.example.com.
	TrustedOrigins []string

	// OnError answers a request whose login failed, except by [Login.JSON].
	// err is a [*Failure] over the error of Identify, of SignerFor or of the
	// signer, [ErrNotNavigation], [ErrNoCookies] or [ErrLoop]. The browser must
	// not see its text. nil is [AnswerError]. The headers that keep the answer
	// out of caches are set before.
	OnError func(w http.ResponseWriter, r *http.Request, err error)

	// Observe is told of everything that happens, before the answer is sent;
	// see [SlogObserver]. It must be quick, and safe for concurrent use. If
	// it panics, the stack is logged and the login goes on. nil writes what
	// went wrong to the default logger of log/slog.
	Observe func(context.Context, Event)
}

// A Login is what stands at the community's Authorization URL. It is
// immutable and safe for concurrent use.
type Login struct {
	c     LoginConfig
	cross *http.CrossOriginProtection
}

// NewLogin makes a login, or returns a [*ConfigError].
func NewLogin(c LoginConfig) (*Login, error) {
	var bad []*FieldError
	refuse := func(field string, err error) { bad = append(bad, &FieldError{field, err}) }
	switch {
	case c.Signer == nil && c.SignerFor == nil:
		refuse("Signer", because(contract.MissingValue, "is required: make it with New"))
	case c.Signer != nil && c.SignerFor != nil:
		refuse("SignerFor", because(contract.Malformed, "is set together with Signer: give one of the two"))
	case c.Signer != nil:
		c.SignerFor = func(*http.Request) (*Signer, error) { return c.Signer, nil }
	}
	if c.Identify == nil {
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
	if c.OnError == nil {
		c.OnError = AnswerError
	}
	c.Observe = guarded(c.Observe)
	return &Login{c, cross}, nil
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
func (l *Login) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keepPrivate(w)
		if r.Method != http.MethodGet {
			l.tellStrict(w, r)
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), behind{}, l)))
			return
		}
		claims, err := l.c.Identify(r)
		switch {
		case errors.Is(err, ErrNoSession) && !lostCookies(r):
			l.c.Observe(r.Context(), Event{Kind: NotSignedIn})
			l.tellUnkept(r)
			rememberAsked(w, r)
			next.ServeHTTP(w, r)
		case l.leftToPage(w, r, nil):
		case errors.Is(err, ErrNoSession):
			l.fail(w, r, nil, ErrNoCookies)
		case err != nil:
			l.fail(w, r, nil, err)
		default:
			l.Redirect(w, r, claims)
		}
	})
}

// Redirect sends a visitor who just signed in, signed up or saved a profile to
// the community, logged in with these claims, by 303 (See Other): to the page
// that referrer_uri in the request's query names, else to the home page, as
// from the Account Settings URL, which gets none. A bad referrer_uri is
// dropped and reported to Observe.
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
	if l.leftToPage(w, r, nil) {
		return
	}
	if signer := l.signer(w, r); signer != nil {
		l.redirect(w, r, signer, c, l.returnPath(r, signer))
	}
}

// RedirectTo is [Login.Redirect] to a given page: one that your site kept in
// its session while the visitor signed in elsewhere, or chose itself.
func (l *Login) RedirectTo(w http.ResponseWriter, r *http.Request, c Claims, path ReturnPath) {
	if l.leftToPage(w, r, &path) {
		return
	}
	if signer := l.signer(w, r); signer != nil {
		l.redirect(w, r, signer, c, path)
	}
}

// signer gives nil where it has answered with an error.
func (l *Login) signer(w http.ResponseWriter, r *http.Request) *Signer {
	signer, err := l.chooseSigner(r)
	if err != nil {
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
	l.c.Observe(r.Context(), f.event())
	l.c.OnError(w, r, f)
}

// keepPrivate keeps an answer out of caches and its address out of Referer
// headers.
func keepPrivate(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}
