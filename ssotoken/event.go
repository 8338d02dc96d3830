package ssotoken

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// An EventKind says what happened at a login or logout.
type EventKind string

const (
	Minted            EventKind = "minted"              // a token was minted, and its member sent to the community
	NotSignedIn       EventKind = "not-signed-in"       // nobody was signed in
	MayNotEnter       EventKind = "may-not-enter"       // a member who is banned, or whose email is unverified: see Code
	TurnedAway        EventKind = "turned-away"         // what any client can send, such as a prefetch: see Code
	Refused           EventKind = "refused"             // no token, or no logout, for a reason of the site: see Code
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

	// Notes are those of the claims, and what the mint left out, for Minted.
	Notes []*FieldError

	// Community is the community's origin; empty at a logout, and where no signer was
	// chosen.
	Community string

	// Reference is the code for support on the error's page, if one was shown.
	Reference string

	// Subject is the member, as [LoginConfig.LogSubject] writes sub; empty where
	// nobody is known.
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
	return e
}

// An outcome is what an error means: its event, its status, and its page.
type outcome struct {
	err         error
	kind        EventKind
	status      int
	title, text string
	canRetry    bool // the page offers to try again
}

// outcomes are ordered: the first that fits counts. A wrong tenant is a mistake of the
// site, whatever else it is.
var outcomes = []outcome{
	{ErrWrongTenant, Refused, http.StatusForbidden, noAccess, askSupport, false},
	{contract.ClaimsRefused, Refused, http.StatusUnprocessableEntity, notLoggedIn, badProfile, false},
	{contract.URLTooLong, Refused, http.StatusInternalServerError, notLoggedIn, badProfile, false},
	{ErrKeySource, Refused, http.StatusServiceUnavailable, notLoggedIn, inAMinute, true},
	{ErrLoop, Refused, http.StatusLoopDetected, notLoggedIn,
		"Sorry, the community sent you back here several times without logging you in, so this site stopped. Try again. " +
			"If that fails, tell this site's support.", true},
	{ErrEmailUnverified, MayNotEnter, http.StatusForbidden, "Confirm your email address first",
		"You are signed in, but the community needs an email address that you have confirmed. Confirm it on this site, then try again.", true},
	{ErrMayNotEnter, MayNotEnter, http.StatusForbidden, noAccess, askSupport, false},
	{ErrNotNavigation, TurnedAway, http.StatusForbidden, openInWindow,
		"This address was loaded in the background, by a script, or as a part of another page. Open it in the browser's window.", true},
	{contract.CrossOrigin, TurnedAway, http.StatusForbidden, openInWindow, formOrPage, true},
	{contract.Method, TurnedAway, http.StatusMethodNotAllowed, openInWindow, formOrPage, true},
	{ErrNoTenant, TurnedAway, http.StatusNotFound, "There is no community here",
		"No community belongs to this address. Check that it is spelled right.", false},
	{nil, Refused, http.StatusInternalServerError, notLoggedIn, inAMinute, true},
}

const (
	notLoggedIn = "We couldn't log you in"
	inAMinute   = "Sorry, something went wrong on this site. Try again in a minute, or tell this site's support."
	badProfile  = "Sorry, something in your profile on this site keeps you out of the community, such as a missing name. " +
		"Trying again will not help: correct your profile, or tell this site's support."
	noAccess   = "You have no access to the community"
	askSupport = "We're sorry. You are signed in, but your account may not enter the community. " +
		"If you think that it should, tell this site's support."
	openInWindow = "Open this page in a window"
	formOrPage   = "This address is for a browser that opens it, or sends a form to it."
)

func outcomeOf(err error) outcome {
	i := slices.IndexFunc(outcomes, func(o outcome) bool { return o.err == nil || errors.Is(err, o.err) })
	return outcomes[i]
}

// kindOf is the event of a request that failed.
func kindOf(r *http.Request, err error) EventKind {
	switch o := outcomeOf(err); {
	case o.err == ErrNotNavigation && r.Method == http.MethodPost: // the site took a form that a script sent
		return Refused
	case o.err == nil && errors.Is(err, context.Canceled) && r.Context().Err() != nil: // the visitor left
		return TurnedAway
	default:
		return o.kind
	}
}

// HashSubjects returns a function for [LoginConfig.LogSubject] that tells members
// apart without naming them: 16 hexadecimal digits of an HMAC-SHA256 of sub. With
// a separate secret, a member keeps the name when the community's key changes. Call
// the function to find a member's events by their id.
//
// It panics where the secret has under 16 bytes ([contract.MinKey]): who guesses it
// can guess ids.
func HashSubjects(secret []byte) func(sub string) string {
	if len(secret) < contract.MinKey {
		panic("ssotoken: HashSubjects needs a secret of 16 bytes or more")
	}
	mac := newHS256(bytes.Clone(secret))
	return func(sub string) string { return hashSubject(mac, sub) }
}

// hashSubject is never a signature: no signing input has a NUL.
func hashSubject(mac *hs256, sub string) string {
	return hex.EncodeToString(mac.append(nil, []byte("subject\x00"+sub))[:8])
}

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
		add := func(key string, value any, given bool) {
			if given {
				attrs = append(attrs, slog.Any(key, value))
			}
		}
		add("code", string(e.Code), e.Code != "")
		add("error", fmt.Sprint(e.Err), e.Err != nil)
		var claims *ClaimsError
		if errors.As(e.Err, &claims) {
			add("fields", namesOf(claims.Fields), true)
		}
		add("subject", e.Subject, e.Subject != "")
		add("notes", errorTexts(e.Notes), e.Notes != nil)
		add("community", e.Community, e.Community != "")
		add("reference", e.Reference, e.Reference != "")
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
	Status      int
	Title, Text string
	Links       []pageLink // the first is the primary one
	Reference   string
	Reload      bool // by Turbo, which put the page in place of another
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
// [contract.Method], 422 for [contract.ClaimsRefused], 503 for [ErrKeySource], 508
// (Loop Detected) for [ErrLoop], else 500.
func AnswerError(w http.ResponseWriter, _ *http.Request, err error) {
	f := &Failure{Err: err}
	errors.As(err, &f)
	o := outcomeOf(err)
	p := page{Status: o.status, Title: o.title, Text: o.text, Reference: f.Reference, Links: []pageLink{linkSite}}
	switch {
	case o.err == ErrLoop && f.community != (Community{}):
		p.Links = []pageLink{linkAgain, {f.community.String() + "/", "Go to the home page of the community"},
			{f.community.String() + contract.DirectLoginPath, "For administrators: the community's own login form"}}
	case o.canRetry:
		p.Links = []pageLink{linkAgain, linkSite}
	}
	if f.logout && o.err == nil {
		p.Title = "We couldn't sign you out"
	}
	p.write(w)
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
