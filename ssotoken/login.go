package ssotoken

import (
	"context"
	"errors"
	"net/http"
)

// LoginConfig configures a [Login].
type LoginConfig struct {
	// Signer mints the tokens. Required.
	Signer *Signer

	// Identify says who sent the request, from the session and the records
	// of your site, never from what the request itself claims. It returns
	// [ErrNoSession] when nobody is signed in. Required.
	Identify func(*http.Request) (Claims, error)

	// OnError answers a request whose login failed: Identify's error, or one
	// of the signer's. The browser must not see err. nil answers with status
	// 500 and a sentence for the visitor. The headers that keep the answer
	// out of caches are set before.
	OnError func(w http.ResponseWriter, r *http.Request, err error)

	// Observe, if not nil, is told of everything that happens, after it
	// happened and before the answer is sent. It must be quick, and safe for
	// concurrent use.
	Observe func(context.Context, Event)
}

// A Login is what stands at the community's Authorization URL. It is
// immutable and safe for concurrent use.
type Login struct{ c LoginConfig }

// NewLogin makes a login, or returns a [*ConfigError].
func NewLogin(c LoginConfig) (*Login, error) {
	var bad []*FieldError
	if c.Signer == nil {
		bad = append(bad, &FieldError{"Signer", because(ErrRequired, "is required: make it with New")})
	}
	if c.Identify == nil {
		bad = append(bad, &FieldError{"Identify", because(ErrRequired, "is required: it says who is signed in")})
	}
	if bad != nil {
		return nil, &ConfigError{bad}
	}
	if c.OnError == nil {
		c.OnError = answerGenerically
	}
	if c.Observe == nil {
		c.Observe = func(context.Context, Event) {}
	}
	return &Login{c}, nil
}

// Middleware sends a signed-in visitor on to the community, logged in, and
// shows next to everybody else: your sign-in page, at this same address, so
// that the community's referrer_uri stays in the query. When the form posts
// to its own address, next handles the POST, signs the visitor in, and
// redirects to r.URL.RequestURI(), or calls [Login.Redirect].
//
// A token is minted on GET alone. Every answer, that of next too, gets
// Cache-Control: no-store and Referrer-Policy: no-referrer.
func (l *Login) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keepPrivate(w)
		if r.Method != http.MethodGet {
			next.ServeHTTP(w, r)
			return
		}
		claims, err := l.c.Identify(r)
		switch {
		case errors.Is(err, ErrNoSession):
			l.c.Observe(r.Context(), Event{Kind: NotSignedIn})
			next.ServeHTTP(w, r)
		case err != nil:
			l.fail(w, r, err)
		default:
			l.Redirect(w, r, claims)
		}
	})
}

// Redirect sends a visitor who just signed in, signed up or saved a profile to
// the community, logged in with these claims, by 303 (See Other): to the page
// that referrer_uri in the request's query names, else to the home page. A
// bad referrer_uri is dropped and reported to Observe. On HEAD it mints
// nothing.
//
// Nothing may have been written to w; nothing may be written after.
func (l *Login) Redirect(w http.ResponseWriter, r *http.Request, c Claims) {
	keepPrivate(w)
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	location, err := l.location(r, c)
	if err != nil {
		l.fail(w, r, err)
		return
	}
	l.c.Observe(r.Context(), Event{Kind: Minted})
	w.Header().Set("Location", location) // http.Redirect would repeat it in a body
	w.WriteHeader(http.StatusSeeOther)
}

// location is where the visitor goes: to the page asked for if that is
// possible, else home.
func (l *Login) location(r *http.Request, c Claims) (string, error) {
	to, err := l.c.Signer.ReferrerPath(r)
	if err != nil {
		l.c.Observe(r.Context(), Event{Kind: ReferrerDropped, Err: err})
	}
	location, err := l.c.Signer.LoginURL(r.Context(), c, to)
	if errors.Is(err, ErrURLTooLong) && !to.IsHome() {
		l.c.Observe(r.Context(), Event{Kind: ReferrerDropped, Err: err})
		location, err = l.c.Signer.LoginURL(r.Context(), c, ReturnPath{})
	}
	return location, err
}

func (l *Login) fail(w http.ResponseWriter, r *http.Request, err error) {
	l.c.Observe(r.Context(), Event{Kind: Refused, Err: err})
	l.c.OnError(w, r, err)
}

func answerGenerically(w http.ResponseWriter, _ *http.Request, _ error) {
	http.Error(w, "You could not be logged in to the community. Please try again later.", http.StatusInternalServerError)
}

// keepPrivate keeps an answer out of caches and its address out of Referer
// headers.
func keepPrivate(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}
