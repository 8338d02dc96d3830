package ssotoken

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// LoginConfig configures a [Login].
type LoginConfig struct {
	// Signer mints the tokens. Set either Signer or SignerFor.
	Signer *Signer

	// SignerFor chooses the signer of a request, where each tenant has its
	// own community: by the host name, say. It is called first, for every
	// method and before the sign-in page. It returns [ErrNoTenant] for a request
	// of no tenant, which is answered with 404 (Not Found); any other error fails
	// the login. The signers have a [Config.Tenant].
	SignerFor func(*http.Request) (*Signer, error)

	// Identify says who sent the request, from the session and the records of your
	// site, never from what the request itself claims. It returns [ErrNoSession] when
	// nobody is signed in, and [ErrMayNotEnter] or [ErrEmailUnverified] for a member whom
	// the community must not see. With any error but ErrNoSession it may return claims
	// too: the event then names the member. Required, except with tenants.
	Identify func(*http.Request) (Claims, error)

	// IdentifyIn is Identify where the signers have tenants, and is handed the
	// one of the request: look for the session and the member among that tenant's,
	// and give [ClaimsBuilder.Tenant] what the member's record says. Claims of
	// another tenant are not signed ([ErrWrongTenant]).
	IdentifyIn func(r *http.Request, tenant string) (Claims, error)

	// TrustedOrigins are the other origins whose pages may ask [Login.JSON]
	// with the visitor's cookies, such as https://app.example.com.
	TrustedOrigins []string

	// OnError answers a request whose login failed, except by [Login.JSON]. err is a
	// [*Failure]; the browser must not see its text. nil is [AnswerError], on which an
	// OnError of yours can fall back. The headers that keep the answer out of caches
	// are set before.
	OnError func(w http.ResponseWriter, r *http.Request, err error)

	// Observe is called with everything that happens, before the answer is sent;
	// see [SlogObserver]. It must be quick, and safe for concurrent use. If
	// it panics, the stack is logged and the login goes on. nil writes warnings,
	// errors and every event with a reference to the default logger of log/slog:
	// see [Event.Level].
	Observe func(context.Context, Event)

	// LogSubject writes a member's sub for [Event.Subject]: [HashSubjects] with a
	// secret of your own, or, where your logs may hold ids, a function that returns
	// sub itself. nil is HashSubjects with the community's key. It must be safe for
	// concurrent use.
	LogSubject func(sub string) string
}

// A Login handles the community's Authorization URL. It is immutable and safe for
// concurrent use.
type Login struct {
	issuer
	cross *http.CrossOriginProtection
}

// NewLogin makes a login, or returns a [*ConfigError].
func NewLogin(c LoginConfig) (*Login, error) {
	var bad ConfigError
	switch {
	case c.Signer == nil && c.SignerFor == nil:
		bad.refuse("Signer", contract.MissingValue.Errorf("is required: make it with New"))
	case c.Signer != nil && c.SignerFor != nil:
		bad.refuse("SignerFor", contract.Malformed.Errorf("is set together with Signer: give one of the two"))
	}
	switch tenants := c.SignerFor != nil || c.Signer != nil && c.Signer.tenant != ""; {
	case tenants && c.Identify != nil:
		bad.refuse("Identify", contract.Malformed.Errorf("is for a site with one community: with tenants, give IdentifyIn"))
	case tenants && c.IdentifyIn == nil:
		bad.refuse("IdentifyIn", contract.MissingValue.Errorf("is required with tenants: it says who is signed in at a tenant"))
	case !tenants && c.IdentifyIn != nil:
		bad.refuse("IdentifyIn", contract.Malformed.Errorf("is for tenants: give Identify, or the signer a Config.Tenant"))
	case !tenants && c.Identify == nil:
		bad.refuse("Identify", contract.MissingValue.Errorf("is required: it says who is signed in"))
	}
	cross := http.NewCrossOriginProtection()
	for _, trusted := range c.TrustedOrigins {
		origin, err := browserOrigin(trusted)
		if err == nil {
			err = cross.AddTrustedOrigin(origin)
		}
		if err != nil {
			bad.refuse("TrustedOrigins", contract.Malformed.Errorf("has an entry that is no origin: "+
				"write it like https://app.example.com, an international name in its xn-- form"))
		}
	}
	if err := bad.orNil(); err != nil {
		return nil, err
	}
	l := &Login{cross: cross, issuer: issuer{
		signerFor: func(*http.Request) (*Signer, error) { return c.Signer, nil }, identify: c.IdentifyIn,
		onError: c.OnError, observe: guarded(c.Observe), logSubject: c.LogSubject,
	}}
	if c.SignerFor != nil {
		l.signerFor = ofTenants(c.SignerFor)
	}
	if c.Identify != nil {
		l.identify = func(r *http.Request, _ string) (Claims, error) { return c.Identify(r) }
	}
	if c.OnError == nil {
		l.onError = AnswerError
	}
	return l, nil
}

// browserOrigin writes an origin as browsers do in the header Origin.
func browserOrigin(s string) (string, error) {
	scheme, _, found := strings.Cut(strings.ToLower(s), "://")
	switch {
	case !found, scheme == "ws", scheme == "wss", strings.Contains(s, "*"):
		return "", contract.Malformed
	case scheme != "https" && scheme != "http": // an app's or an extension's, such as capacitor://localhost
		return strings.ToLower(s), nil
	}
	return parseOrigin(s, anyHost)
}

// ofTenants checks what a site's own SignerFor returns.
func ofTenants(choose func(*http.Request) (*Signer, error)) func(*http.Request) (*Signer, error) {
	return func(r *http.Request) (*Signer, error) {
		signer, err := choose(r)
		switch {
		case err != nil:
			return nil, err
		case signer == nil:
			return nil, errors.New("SignerFor returned neither a signer nor an error")
		case signer.tenant == "":
			return nil, contract.MissingValue.Errorf("SignerFor returned a signer without a tenant: set Config.Tenant")
		}
		return signer, nil
	}
}

// Middleware sends a signed-in visitor on to the community, logged in, and
// shows next to everybody else: your sign-in page at this same address, so
// that the community's referrer_uri stays in the query, or [SignInAt]. Where the
// form posts to its own address, next handles the POST, signs the visitor in, and
// calls [Login.Resume] or [Login.Redirect].
//
// A token is minted only on GET, and only where [CheckNavigation] finds no fault, which
// is before Identify: what cannot navigate does not learn whether somebody is signed in.
// The cookie sso_trips, of 15 seconds, breaks a login loop ([ErrLoop]). Every answer
// gets Cache-Control: no-store, and nothing else is added to those of next.
//
// It panics where next is nil, as [http.Handle] does.
func (l *Login) Middleware(next http.Handler) http.Handler {
	if f, ok := next.(http.HandlerFunc); next == nil || ok && f == nil {
		panic("ssotoken: Login.Middleware needs a handler: your sign-in page")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		a, err := l.attempt(r)
		switch library := ownLibrary(r); {
		case library != nil && r.Method == http.MethodGet:
			a.report(TurnedAway, CheckNavigation(r))
			library.answer(w, r, "")
		case err != nil:
			a.fail(w, err)
		case r.Method != http.MethodGet:
			next.ServeHTTP(w, r)
		default:
			a.logIn(w, next)
		}
	})
}

func (a *attempt) logIn(w http.ResponseWriter, next http.Handler) {
	if err := CheckNavigation(a.r); err != nil {
		a.fail(w, err)
		return
	}
	switch c, err := a.member(); {
	case errors.Is(err, ErrNoSession):
		a.report(NotSignedIn, nil)
		next.ServeHTTP(w, a.r)
	case err != nil:
		a.fail(w, err)
	default:
		a.redirect(w, c, a.returnPath())
	}
}

// SignInAt is for [Login.Middleware], on a site whose sign-in page is at another
// address: it redirects there by 303, with the address that was asked for, the
// community's referrer_uri included, in a query parameter. Your sign-in page
// redirects back to that address once somebody is signed in.
//
//	login.Middleware(ssotoken.SignInAt("/signin", "next"))
//
// The page is a path as the browser sees it; it may have a query. The parameter's
// value is always a path of this site, and has a prefix that [http.StripPrefix] took
// off, but not one that a proxy took off. Anybody can link to your sign-in page with
// another value: redirect only to one that is the path of your Authorization
// URL, or begins with that path and a question mark, and else to a page of your own.
//
// It panics where the page is no path or the parameter is empty.
func SignInAt(page, parameter string) http.Handler {
	if !isOwnPath(page) || parameter == "" {
		panic("ssotoken: SignInAt needs the path of your sign-in page and the name of a parameter, such as /signin and next")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seeOther(w, withQuery(page, url.QueryEscape(parameter)+"="+url.QueryEscape(ownAddress(r))))
	})
}

// Resume sends a visitor who just signed in back to the address that was asked for, by
// 303 (See Other), where [Login.Middleware] then finds the session: call it where your
// sign-in form, which posts to its own address, has started the session. It redirects
// to the request's query, with the community's referrer_uri, so that the browser keeps
// its path: r.URL.RequestURI() is a wrong address under [http.StripPrefix], in a mounted
// router, and behind a proxy that takes a prefix off.
func (l *Login) Resume(w http.ResponseWriter, r *http.Request) { resume(w, r.URL.RawQuery) }

func resume(w http.ResponseWriter, query string) {
	w.Header().Set("Cache-Control", "no-store")
	seeOther(w, "?"+query)
}

// Redirect sends a visitor who just signed in, signed up or saved a profile to
// the community, logged in with these claims, by 303 (See Other): to the page
// that referrer_uri in the request's query names, else to the home page, as
// from the Account Settings URL, which gets none. A bad referrer_uri is
// dropped and reported to Observe.
//
// What the member cleared in a saved profile stays in the community, where an empty
// value does not count: send a value that means it, such as a dash; see
// package customfields.
//
// Like [Login.Middleware], it mints nothing where [CheckNavigation] finds a fault:
// for fetch in a script use [Login.JSON]. A form that htmx, Inertia or Turbo sends is
// redirected to its own address, as by [Login.Resume]: the package's comment says what
// to do about forms at other addresses. Nothing may have been written to w; nothing may
// be written after.
func (l *Login) Redirect(w http.ResponseWriter, r *http.Request, c Claims) {
	l.send(w, r, c, nil)
}

// RedirectTo is [Login.Redirect] to a given page: one that your site kept in
// its session while the visitor signed in elsewhere, or chose itself.
func (l *Login) RedirectTo(w http.ResponseWriter, r *http.Request, c Claims, path ReturnPath) {
	l.send(w, r, c, &path)
}

// send is RedirectTo; without a path, to the page of referrer_uri.
func (l *Login) send(w http.ResponseWriter, r *http.Request, c Claims, path *ReturnPath) {
	a, err := l.attempt(r)
	a.rememberSubject(c, nil)
	if err == nil {
		err = CheckNavigation(r)
	}
	switch library := ownLibrary(r); {
	case library != nil && r.Method != http.MethodHead:
		a.report(TurnedAway, CheckNavigation(r))
		library.answer(w, r, queryFor(r, path))
	case err != nil:
		a.fail(w, err)
	case path == nil:
		a.redirect(w, c, a.returnPath())
	default:
		a.redirect(w, c, *path)
	}
}

// answer answers what a library's script sent: a GET with what makes the library load
// the page itself, a form with a redirect to its own address, with this query.
func (l *pageLibrary) answer(w http.ResponseWriter, r *http.Request, query string) {
	if r.Method != http.MethodGet {
		resume(w, query)
		return
	}
	if l.location != "" {
		w.Header().Set(l.location, ownAddress(r))
	}
	page{
		Status: l.status, Title: "One moment", Text: "The browser loads this page again.",
		Links: []pageLink{{"", "Go on"}}, Reload: true,
	}.write(w)
}

// queryFor is the query of a request with another page to return to, if any.
func queryFor(r *http.Request, path *ReturnPath) string {
	if path == nil {
		return r.URL.RawQuery
	}
	values := r.URL.Query()
	values.Set(contract.ReferrerURI, path.path)
	return values.Encode()
}

// Fail reports an error to Observe and answers it by OnError, as [Login.Middleware]
// does with one of Identify: where the claims for [Login.Redirect] can't be made, such
// as in the callback of an identity provider.
func (l *Login) Fail(w http.ResponseWriter, r *http.Request, err error) {
	a, noSigner := l.attempt(r)
	if noSigner != nil {
		err = noSigner
	}
	a.rememberSubject(Claims{}, err)
	a.fail(w, err)
}

func (a *attempt) redirect(w http.ResponseWriter, c Claims, path ReturnPath) {
	trip, err := countVisit(a.r, a.signer.community, a.signer.now())
	location := ""
	if err == nil {
		location, _, err = a.issue(c, path)
	}
	if err != nil {
		a.fail(w, err)
		return
	}
	if trip != nil {
		http.SetCookie(w, trip)
	}
	keepPrivate(w)
	seeOther(w, location)
}

// seeOther redirects without the body that http.Redirect writes, which repeats the
// address.
func seeOther(w http.ResponseWriter, location string) {
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusSeeOther)
}
