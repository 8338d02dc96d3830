package ssotoken

import (
	"bytes"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
)

// A Failure is the error of one request, as OnError gets it.
type Failure struct {
	// Reference is a code for the visitor to give to support. The event has it
	// too.
	Reference string

	Err error

	community Community // zero where none was chosen yet
	logout    bool
}

func newFailure(signer *Signer, err error) *Failure {
	f := &Failure{Reference: rand.Text()[:8], Err: err}
	if signer != nil {
		f.community = signer.community
	}
	return f
}

func (f *Failure) Error() string { return f.Err.Error() }

func (f *Failure) Unwrap() error { return f.Err }

// An answer is a page for a visitor. It says nothing of the server, and repeats
// nothing of the request.
type answer struct {
	Status    int
	Title     string
	Text      []string
	Links     []answerLink
	Reference string
	Reload    bool // by a library that put the page in place of another
}

type answerLink struct{ Href, Text string }

//go:embed pages/answer.html
var answerHTML string

var answerPage = template.Must(template.New("answer").Parse(answerHTML))

var (
	linkAgain = answerLink{"", "Try again"} // an empty address is this page's own
	linkSite  = answerLink{"/", "Go to the home page of this site"}
)

// AnswerError is the answer to a login or logout that failed where there is no
// OnError, for an OnError of yours to fall back on: a page for the visitor with
// the right status, a way back, and the reference of a [*Failure]. It shows
// nothing of the error's text.
//
// The status is 403 (Forbidden) for [ErrMayNotEnter], [ErrEmailUnverified],
// [ErrWrongTenant], [ErrNotNavigation] and [ErrNoCookies], 404 for [ErrNoTenant], 405
// for [ErrMethod], 508 (Loop Detected) for [ErrLoop], else 500.
func AnswerError(w http.ResponseWriter, _ *http.Request, err error) {
	answerTo(err).write(w)
}

func (a answer) write(w http.ResponseWriter) {
	var body bytes.Buffer
	answerPage.Execute(&body, a) // a template of this package, with its own data
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(a.Status)
	w.Write(body.Bytes())
}

func answerTo(err error) answer {
	var f *Failure
	if !errors.As(err, &f) {
		f = &Failure{Err: err}
	}
	a := answer{Reference: f.Reference, Links: []answerLink{linkAgain, linkSite}}
	var loop *loopError
	switch {
	case errors.Is(err, ErrNotNavigation):
		a.Status, a.Title = http.StatusForbidden, "Open this page in a window"
		a.Text = []string{"This address was loaded in the background, by a script, or as a part of another page. Open it in the browser's window."}
	case errors.Is(err, ErrMethod):
		a.Status, a.Title = http.StatusMethodNotAllowed, "Open this page in a window"
		a.Text = []string{"This address is for a browser that opens it, or sends a form to it."}
	case errors.Is(err, ErrNoTenant):
		a.Status, a.Title = http.StatusNotFound, "There is no community here"
		a.Text = []string{"No community belongs to this address. Check that it is spelled right."}
		a.Links = []answerLink{linkSite}
	case errors.Is(err, ErrEmailUnverified):
		a.Status, a.Title = http.StatusForbidden, "Confirm your email address first"
		a.Text = []string{"You are signed in, but the community needs an email address that you have confirmed. Confirm it on this site, then try again."}
	case mayNotEnter(err):
		a.Status, a.Title = http.StatusForbidden, "You have no access to the community"
		a.Text = []string{"You are signed in, but your account may not enter the community. If you think that it should, tell this site's support."}
		a.Links = []answerLink{linkSite}
	case errors.Is(err, ErrNoCookies):
		a.Status, a.Title = http.StatusForbidden, "Your browser keeps no cookies"
		a.Text = []string{"You signed in, but your browser did not keep the cookie that shows it. Allow cookies for this site, then sign in again."}
	case errors.As(err, &loop):
		a.Status, a.Title = http.StatusLoopDetected, "The login goes round in circles"
		a.Text = []string{
			fmt.Sprintf("You came here %d times within %d s, without a click. The community probably did not accept the login, so this site stopped here.", loop.visits, loop.seconds()),
			"Try again in a minute. If it happens again, tell this site's support.",
		}
		if !f.community.IsZero() {
			a.Links = []answerLink{linkAgain, {f.community.String() + "/", "Go to the home page of the community"},
				{f.community.DirectLogin(), "For administrators: the community's own login form"}}
		}
	case f.logout:
		a.Status, a.Title = http.StatusInternalServerError, "You could not be signed out"
		a.Text = []string{"Something went wrong on this site. Please try again."}
	default:
		a.Status, a.Title = http.StatusInternalServerError, "You could not be logged in to the community"
		a.Text = []string{"Something went wrong on this site. Please try again in a minute."}
	}
	return a
}
