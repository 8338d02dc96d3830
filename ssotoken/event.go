package ssotoken

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// An EventKind says what happened at a login or logout.
type EventKind string

const (
	Minted            EventKind = "minted"              // a token was minted, and its member sent to the community
	NotSignedIn       EventKind = "not-signed-in"       // nobody was signed in
	MayNotEnter       EventKind = "may-not-enter"       // a member who is banned, or whose email is unverified: see Code
	TurnedAway        EventKind = "turned-away"         // what any client can send, such as a prefetch: see Code
	ClaimsRefused     EventKind = "claims-refused"      // Identify returned a *ClaimsError: see Event.Fields
	KeySourceFailed   EventKind = "key-source-failed"   // no key to sign with
	LoopBroken        EventKind = "loop-broken"         // the browser came back too often: see ErrLoop
	Refused           EventKind = "refused"             // no token, or no logout, for another reason: see Event.Err
	ReturnPathDropped EventKind = "return-path-dropped" // a bad referrer_uri: the member goes to the home page
	LoggedOut         EventKind = "logged-out"          // the Logout URL was visited, with or without a session
)

// An Event is reported to [LoginConfig.Observe] and [LogoutConfig.Observe]. It
// never holds a token, the key or the value of a claim; of sub only where
// [LoginConfig.LogSubject] says so.
type Event struct {
	Kind EventKind

	// Err is the reason, for all kinds but Minted, NotSignedIn and LoggedOut. Where
	// it is Identify's or End's own error, its text is theirs.
	Err error

	// Code is [CodeOf] Err.
	Code contract.Code

	// Fields are the refused claims, by JSON path, for ClaimsRefused.
	Fields []string

	// Notes are what was normalized or left out of the claims, for Minted: see
	// [Claims.Notes].
	Notes []*FieldError

	// Community is the community's origin; empty where no signer was chosen.
	Community string

	// Reference is the code that the visitor was shown for support, where the
	// answer was a page with an error.
	Reference string

	// Subject is the member, as [LoginConfig.LogSubject] writes sub. It is empty
	// where nobody is known: see there.
	Subject string
}

// Level is Info for what goes as it should and for what any client can cause, Warn
// for ReturnPathDropped, and Error for failures that need attention.
func (e Event) Level() slog.Level {
	switch e.Kind {
	case Minted, NotSignedIn, MayNotEnter, TurnedAway, LoggedOut:
		return slog.LevelInfo
	case ReturnPathDropped:
		return slog.LevelWarn
	}
	return slog.LevelError
}

// newEvent makes an event. signer is nil where none was chosen.
func newEvent(kind EventKind, signer *Signer, err error) Event {
	e := Event{Kind: kind, Err: err, Code: CodeOf(err)}
	if signer != nil {
		e.Community = signer.community.String()
	}
	if err == nil {
		return e
	}
	var claims *ClaimsError
	if errors.As(err, &claims) {
		for _, f := range claims.Fields {
			e.Fields = append(e.Fields, f.Field)
		}
	}
	return e
}

// failureKind is the kind of event that a request's error is.
func failureKind(r *http.Request, err error) EventKind {
	var claims *ClaimsError
	switch {
	case errors.As(err, &claims):
		return ClaimsRefused
	case errors.Is(err, ErrKeySource):
		return KeySourceFailed
	case errors.Is(err, ErrLoop):
		return LoopBroken
	case errors.Is(err, ErrWrongTenant): // a mistake of the site, whatever else it is
		return Refused
	case mayNotEnter(err):
		return MayNotEnter
	case errors.Is(err, ErrNotNavigation) && r.Method == http.MethodPost: // the site took a form that a script sent
		return Refused
	case errors.Is(err, ErrNotNavigation), errors.Is(err, ErrMethod), errors.Is(err, ErrCrossOrigin),
		errors.Is(err, ErrNoTenant),
		errors.Is(err, context.Canceled) && r.Context().Err() != nil: // the visitor left
		return TurnedAway
	}
	return Refused
}

// mayNotEnter reports whether a member is signed in, and has no business at this
// community.
func mayNotEnter(err error) bool {
	return errors.Is(err, ErrMayNotEnter) || errors.Is(err, ErrEmailUnverified) || errors.Is(err, ErrWrongTenant)
}

// HashSubjects returns a function for [LoginConfig.LogSubject] that tells members
// apart without naming them: 16 hexadecimal digits of an HMAC-SHA256 of sub. With
// a secret of its own, of 16 random bytes or more, a member keeps the name when the
// community's key changes. Call the function to find a member's events by their id.
//
// It panics where the secret is empty.
func HashSubjects(secret []byte) func(sub string) string {
	if len(secret) == 0 {
		panic("ssotoken: HashSubjects needs a secret")
	}
	secret = bytes.Clone(secret)
	return func(sub string) string {
		mac := hmac.New(sha256.New, secret)
		mac.Write(subjectInput(sub))
		return subjectDigits(mac.Sum(nil))
	}
}

// subjectInput is what is hashed. A signing input has no NUL, so that the hash is
// never a signature, whatever the secret.
func subjectInput(sub string) []byte { return []byte("subject\x00" + sub) }

func subjectDigits(mac []byte) string { return hex.EncodeToString(mac[:8]) }

// guarded recovers an observer's panics, which must cost nobody a login; what it
// panicked with may hold anything, so only the stack is logged. If observe is nil,
// it logs warnings, errors and everything with a reference.
func guarded(observe func(context.Context, Event)) func(context.Context, Event) {
	if observe == nil {
		return func(ctx context.Context, e Event) {
			if e.Level() > slog.LevelInfo || e.Reference != "" {
				SlogObserver(slog.Default())(ctx, e)
			}
		}
	}
	return func(ctx context.Context, e Event) {
		defer func() {
			if recover() != nil {
				slog.ErrorContext(ctx, "Observe panicked", "event", string(e.Kind), "stack", string(debug.Stack()))
			}
		}()
		observe(ctx, e)
	}
}

// SlogObserver writes events to a logger, each at its [Event.Level]. The
// attributes are event and, where they are not empty, code, error, fields, subject,
// notes, community and reference. It panics where the logger is nil.
func SlogObserver(logger *slog.Logger) func(context.Context, Event) {
	if logger == nil {
		panic("ssotoken: SlogObserver needs a logger")
	}
	return func(ctx context.Context, e Event) {
		attrs := []slog.Attr{slog.String("event", string(e.Kind))}
		if e.Err != nil {
			attrs = append(attrs, slog.String("code", string(e.Code)), slog.String("error", e.Err.Error()))
		}
		if e.Fields != nil {
			attrs = append(attrs, slog.Any("fields", e.Fields))
		}
		if e.Subject != "" {
			attrs = append(attrs, slog.String("subject", e.Subject))
		}
		if e.Notes != nil {
			notes := make([]string, len(e.Notes))
			for i, n := range e.Notes {
				notes[i] = n.Error()
			}
			attrs = append(attrs, slog.Any("notes", notes))
		}
		if e.Community != "" {
			attrs = append(attrs, slog.String("community", e.Community))
		}
		if e.Reference != "" {
			attrs = append(attrs, slog.String("reference", e.Reference))
		}
		logger.LogAttrs(ctx, e.Level(), "community sso", attrs...)
	}
}

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

// A page is shown to a visitor. It says nothing about the server, and repeats
// nothing of the request.
type page struct {
	Status    int
	Title     string
	Text      []string
	Links     []pageLink // the first is the primary one
	Reference string
	Reload    bool // by Turbo, which put the page in place of another
}

type pageLink struct{ Href, Text string }

//go:embed pages/answer.html
var pageHTML string

var pageTemplate = template.Must(template.New("answer").Parse(pageHTML))

var (
	linkAgain = pageLink{"", "Try again"} // an empty address is this page's own
	linkSite  = pageLink{"/", "Go to the home page of this site"}
)

// AnswerError is the answer to a login or logout that failed where there is no
// OnError, for an OnError of yours to fall back on: a page for the visitor with
// the right status, a way back, and the reference of a [*Failure]. It shows
// nothing of the error's text.
//
// The status is 403 (Forbidden) for [ErrMayNotEnter], [ErrEmailUnverified],
// [ErrWrongTenant] and [ErrNotNavigation], 404 for [ErrNoTenant], 405 for
// [ErrMethod], 508 (Loop Detected) for [ErrLoop], else 500.
func AnswerError(w http.ResponseWriter, _ *http.Request, err error) {
	errorPage(err).write(w)
}

func (p page) write(w http.ResponseWriter) {
	var body bytes.Buffer
	pageTemplate.Execute(&body, p) // a template of this package, with its own data
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	w.Write(body.Bytes())
}

// loadForReal answers a GET that a library's script sent with what makes the library
// load the page itself.
func (l *pageLibrary) loadForReal(w http.ResponseWriter, r *http.Request) {
	if l.location != "" {
		w.Header().Set(l.location, ownAddress(r))
	}
	page{
		Status: l.status, Title: "One moment", Text: []string{"The browser loads this page again."},
		Links: []pageLink{{"", "Go on"}}, Reload: true,
	}.write(w)
}

func errorPage(err error) page {
	f := &Failure{Err: err}
	errors.As(err, &f)
	p := page{Reference: f.Reference, Links: []pageLink{linkAgain, linkSite}}
	var claims *ClaimsError
	switch {
	case errors.Is(err, ErrNotNavigation):
		p.Status, p.Title = http.StatusForbidden, "Open this page in a window"
		p.Text = []string{"This address was loaded in the background, by a script, or as a part of another page. " +
			"Open it in the browser's window."}
	case errors.Is(err, ErrMethod):
		p.Status, p.Title = http.StatusMethodNotAllowed, "Open this page in a window"
		p.Text = []string{"This address is for a browser that opens it, or sends a form to it."}
	case errors.Is(err, ErrNoTenant):
		p.Status, p.Title = http.StatusNotFound, "There is no community here"
		p.Text = []string{"No community belongs to this address. Check that it is spelled right."}
		p.Links = []pageLink{linkSite}
	case errors.Is(err, ErrEmailUnverified):
		p.Status, p.Title = http.StatusForbidden, "Confirm your email address first"
		p.Text = []string{"You are signed in, but the community needs an email address that you have confirmed. " +
			"Confirm it on this site, then try again."}
	case mayNotEnter(err):
		p.Status, p.Title = http.StatusForbidden, "You have no access to the community"
		p.Text = []string{"You are signed in, but your account may not enter the community. " +
			"If you think that it should, tell this site's support."}
		p.Links = []pageLink{linkSite}
	case errors.Is(err, ErrLoop):
		p.Status, p.Title = http.StatusLoopDetected, "We couldn't log you in"
		p.Text = []string{
			"The community sent you back here several times without logging you in, so this site stopped.",
			"Try again. If it happens again, tell this site's support.",
		}
		if !f.community.IsZero() {
			p.Links = []pageLink{linkAgain, {f.community.String() + "/", "Go to the home page of the community"},
				{f.community.String() + contract.DirectLoginPath, "For administrators: the community's own login form"}}
		}
	case errors.As(err, &claims), errors.Is(err, contract.URLTooLong):
		p.Status, p.Title = http.StatusInternalServerError, "We couldn't log you in"
		p.Text = []string{"Something in your profile on this site keeps you out of the community, such as a missing name. " +
			"Trying again will not help: correct your profile, or tell this site's support."}
		p.Links = []pageLink{linkSite}
	case f.logout:
		p.Status, p.Title = http.StatusInternalServerError, "We couldn't sign you out"
		p.Text = []string{"Something went wrong on this site. Please try again."}
	default:
		p.Status, p.Title = http.StatusInternalServerError, "We couldn't log you in"
		p.Text = []string{"Something went wrong on this site. Please try again in a minute."}
	}
	return p
}
