package ssotoken

import (
	"context"
	"errors"
	"net/http"
	"strings"

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

	// OnError answers a request whose login failed: with the error of
	// Identify, of SignerFor or of the signer, [ErrNotNavigation] or
	// [ErrLoop]. The browser must not see err. nil answers with a sentence
	// for the visitor, and for a loop with the community's direct login. The
	// headers that keep the answer out of caches are set before.
	OnError func(w http.ResponseWriter, r *http.Request, err error)

	// Observe is told of everything that happens, before the answer is sent;
	// see [SlogObserver]. It must be quick, and safe for concurrent use. If
	// it panics, the stack is logged and the login goes on. nil writes what
	// went wrong to the default logger of log/slog.
	Observe func(context.Context, Event)
}

// A Login is what stands at the community's Authorization URL. It is
// immutable and safe for concurrent use.
type Login struct{ c LoginConfig }

// NewLogin makes a login, or returns a [*ConfigError].
func NewLogin(c LoginConfig) (*Login, error) {
	var bad []*FieldError
	switch {
	case c.Signer == nil && c.SignerFor == nil:
		bad = append(bad, &FieldError{"Signer", because(contract.MissingValue, "is required: make it with New")})
	case c.Signer != nil && c.SignerFor != nil:
		bad = append(bad, &FieldError{"SignerFor", because(contract.Malformed, "is set together with Signer: give one of the two")})
	case c.Signer != nil:
		c.SignerFor = func(*http.Request) (*Signer, error) { return c.Signer, nil }
	}
	if c.Identify == nil {
		bad = append(bad, &FieldError{"Identify", because(contract.MissingValue, "is required: it says who is signed in")})
	}
	if bad != nil {
		return nil, &ConfigError{bad}
	}
	c.Observe = guarded(c.Observe)
	return &Login{c}, nil
}

// Middleware sends a signed-in visitor on to the community, logged in, and
// shows next to everybody else: your sign-in page, at this same address, so
// that the community's referrer_uri stays in the query. When the form posts
// to its own address, next handles the POST, signs the visitor in, and
// redirects to r.URL.RequestURI(), or calls [Login.Redirect].
//
// A token is minted for a person who navigates: only on GET, not for a
// prefetch, and only where Sec-Fetch-Dest, if the browser sends it, is
// document, iframe or frame. The cookie sso_trips counts how often the browser
// was sent on, for 15 seconds, to break a loop ([ErrLoop]). Every answer, that
// of next too, gets Cache-Control: no-store and Referrer-Policy: no-referrer.
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
// Like [Login.Middleware], it mints nothing on HEAD or where nobody navigates,
// such as for fetch in a script. Nothing may have been written to w; nothing
// may be written after.
func (l *Login) Redirect(w http.ResponseWriter, r *http.Request, c Claims) {
	signer, err := l.signer(r)
	if err != nil {
		l.fail(w, r, nil, err)
		return
	}
	path, err := signer.community.ReturnPathOf(r)
	if err != nil {
		l.c.Observe(r.Context(), dropped(err))
	}
	l.redirect(w, r, signer, c, path)
}

// RedirectTo is [Login.Redirect] to a given page: one that your site kept in
// its session while the visitor signed in elsewhere, or chose itself.
func (l *Login) RedirectTo(w http.ResponseWriter, r *http.Request, c Claims, path ReturnPath) {
	signer, err := l.signer(r)
	if err != nil {
		l.fail(w, r, nil, err)
		return
	}
	l.redirect(w, r, signer, c, path)
}

func (l *Login) signer(r *http.Request) (*Signer, error) {
	signer, err := l.c.SignerFor(r)
	if err == nil && signer == nil {
		err = errNoSigner
	}
	return signer, err
}

var errNoSigner = errors.New("SignerFor gave neither a signer nor an error")

func (l *Login) redirect(w http.ResponseWriter, r *http.Request, signer *Signer, c Claims, path ReturnPath) {
	keepPrivate(w)
	if err := l.Check(r.Method, r.Header.Get); err != nil {
		l.fail(w, r, signer, err)
		return
	}
	if err := countTrip(w, r, signer.now(), path); err != nil {
		l.fail(w, r, signer, err)
		return
	}
	b := takeBuffer()
	defer b.release()
	m, err := signer.mintURL(r.Context(), b, c, path)
	if errors.Is(err, ErrURLTooLong) && !path.IsHome() {
		l.c.Observe(r.Context(), dropped(err))
		b.clear()
		m, err = signer.mintURL(r.Context(), b, c, ReturnPath{})
	}
	if err != nil {
		l.fail(w, r, signer, err)
		return
	}
	l.c.Observe(r.Context(), Event{Kind: Minted, Subject: m.subjectHash(c)})
	w.Header().Set("Location", string(b.bytes)) // http.Redirect would repeat it in a body
	w.WriteHeader(http.StatusSeeOther)
}

// fail reports and answers. signer is nil where none was chosen yet.
func (l *Login) fail(w http.ResponseWriter, r *http.Request, signer *Signer, err error) {
	keepPrivate(w)
	l.c.Observe(r.Context(), failed(err))
	switch {
	case l.c.OnError != nil:
		l.c.OnError(w, r, err)
	case errors.Is(err, ErrNotNavigation):
		http.Error(w, "Open this address in the browser's window.", http.StatusForbidden)
	case errors.Is(err, ErrLoop):
		showLoop(w, signer)
	default:
		http.Error(w, "You could not be logged in to the community. Please try again later.", http.StatusInternalServerError)
	}
}

// keepPrivate keeps an answer out of caches and its address out of Referer
// headers.
func keepPrivate(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}

// Check decides whether a request may be given a token, by its method and its
// headers, for frameworks without net/http; the handlers of this package ask it
// themselves. It fails with [ErrNotNavigation] unless a person's browser is on
// its way to a page, as far as it says so, by the headers of the Fetch standard
// and of prefetching. Older browsers and other clients send none of them.
func (l *Login) Check(method string, header func(name string) string) error {
	return checkNavigation(method, header)
}

func checkNavigation(method string, header func(name string) string) error {
	if method == http.MethodHead {
		return ErrNotNavigation
	}
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		if strings.Contains(strings.ToLower(header(name)), "pre") { // prefetch, prerender, preview
			return ErrNotNavigation
		}
	}
	switch header("Sec-Fetch-Dest") {
	case "", "document", "iframe", "frame":
		return nil
	}
	return ErrNotNavigation
}
