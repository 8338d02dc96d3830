package ssotoken

import (
	"context"
	"errors"
	"net/http"
)

// An issuer is what a redirect and [Login.JSON] share.
type issuer struct {
	signerFor func(*http.Request) (*Signer, error)
	identify  func(*http.Request, string) (Claims, error)

	onError    func(http.ResponseWriter, *http.Request, error)
	observe    func(context.Context, Event)
	logSubject func(sub string) string // or nil
}

// An attempt is one request for a login.
type attempt struct {
	*issuer
	r      *http.Request
	signer *Signer // nil until one is chosen
	sub    string  // of the member, once known
	key    Key     // that signed, once there is one

	dropped error // why referrer_uri was not taken
}

// attempt chooses the signer. The attempt can report the error.
func (i *issuer) attempt(r *http.Request) (*attempt, error) {
	signer, err := i.signerFor(r)
	return &attempt{issuer: i, r: r, signer: signer}, err
}

func (a *attempt) member() (Claims, error) {
	c, err := a.identify(a.r, a.signer.tenant)
	a.rememberSubject(c, err)
	return c, err
}

// rememberSubject takes sub from the claims, or from the error in place of them.
func (a *attempt) rememberSubject(c Claims, err error) {
	if a.sub = c.Subject(); a.sub != "" || err == nil {
		return
	}
	var refused *ClaimsError
	if errors.As(err, &refused) && refused.subject != nil {
		a.sub = refused.subject()
	}
	var member *memberError
	if errors.As(err, &member) {
		a.sub = member.subject()
	}
}

// returnPath is where the visitor was; home where that is bad.
func (a *attempt) returnPath() ReturnPath {
	path, err := a.signer.community.ReturnPathOf(a.r)
	a.dropped = err
	return path
}

// issue mints a login URL and reports it. A return path with which the URL is too long
// is dropped.
func (a *attempt) issue(c Claims, path ReturnPath) (url string, exp int64, err error) {
	m, err := a.signer.mint(a.r.Context(), c, path)
	if err != nil {
		return "", 0, err
	}
	a.key = m.key
	if m.dropped != nil {
		a.dropped = m.dropped
	}
	if a.dropped != nil {
		a.report(ReturnPathDropped, a.dropped)
	}
	e := a.event(Minted, nil)
	e.Notes = m.notes
	a.observe(a.r.Context(), e)
	return m.url, m.exp, nil
}

func (a *attempt) report(kind EventKind, err error) { a.observe(a.r.Context(), a.event(kind, err)) }

func (a *attempt) event(kind EventKind, err error) Event {
	e := newEvent(kind, a.signer, err)
	switch {
	case a.sub == "":
	case a.logSubject != nil:
		e.Subject = a.logSubject(a.sub)
	case a.signer != nil && !errors.Is(err, ErrKeySource):
		e.Subject = a.hashSubject()
	}
	return e
}

// hashSubject is [HashSubjects] with the community's key; empty without one.
func (a *attempt) hashSubject() string {
	if a.key.IsZero() {
		a.key, _ = a.signer.source(a.r.Context())
	}
	if a.key.IsZero() {
		return ""
	}
	return hashSubject(a.key.secret.mac, a.sub)
}

// fail reports an error and answers it.
func (a *attempt) fail(w http.ResponseWriter, err error) {
	keepPrivate(w)
	f := newFailure(a.signer, err)
	e := a.event(kindOf(a.r, err), err)
	e.Reference = f.Reference
	a.observe(a.r.Context(), e)
	a.onError(w, a.r, f)
}

// keepPrivate keeps an answer out of caches and its address out of Referer headers.
func keepPrivate(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}
