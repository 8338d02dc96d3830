package ssotoken

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// An EventKind says what happened at a login or logout.
type EventKind string

const (
	Minted            EventKind = "minted"              // a token was minted, and its member sent to the community
	NotSignedIn       EventKind = "not-signed-in"       // nobody was signed in
	MayNotEnter       EventKind = "may-not-enter"       // a member who is banned, or whose email is unverified: see Event.Code
	UnknownTenant     EventKind = "unknown-tenant"      // SignerFor knows no tenant for the request
	TurnedAway        EventKind = "turned-away"         // no login, but what any client can send, such as a prefetch, an image or a wrong method: see Event.Code
	ClaimsRefused     EventKind = "claims-refused"      // Identify gave a *ClaimsError: see Event.Fields
	KeySourceFailed   EventKind = "key-source-failed"   // no key to sign with
	LoopBroken        EventKind = "loop-broken"         // the browser came back too often: see ErrLoop
	Refused           EventKind = "refused"             // no token, or no logout, for another reason: see Event.Err
	ReturnPathDropped EventKind = "return-path-dropped" // a bad referrer_uri: the member goes to the home page
	SentByScript      EventKind = "sent-by-script"      // htmx or Turbo asked, and was told to load the page itself: Event.Err names it
	SessionNotSeen    EventKind = "session-not-seen"    // see ErrSessionNotSeen; the login goes on
	SubjectIsEmail    EventKind = "subject-is-email"    // members have their email as subject: told once a Login
	LoggedOut         EventKind = "logged-out"          // the Logout URL was visited, with or without a session
)

// An Event is told to [LoginConfig.Observe] and [LogoutConfig.Observe]. It
// never holds a token, the key or the value of a claim.
type Event struct {
	Kind EventKind

	// Err is why, for all kinds but Minted, NotSignedIn and LoggedOut. Where
	// it is Identify's or End's own error, its text is theirs.
	Err error

	// Code is [CodeOf] Err.
	Code contract.Code

	// Fields are the refused claims, by JSON path, for ClaimsRefused.
	Fields []string

	// Notes are what was put in order or left out of the claims, for Minted: see
	// [Claims.Notes].
	Notes []*FieldError

	// Community is the community's origin; empty where no signer was chosen.
	Community string

	// Reference is the code that a visitor was given for support, where the
	// answer was an error.
	Reference string

	// Subject tells members apart without naming them, for Minted: 16
	// hexadecimal digits of a hash of sub, keyed with the community's key.
	Subject string
}

// Level is Info for what goes as it should and for what any client can cause, Warn
// for ReturnPathDropped, SubjectIsEmail and SessionNotSeen, and Error for all that
// is yours to look at.
func (e Event) Level() slog.Level {
	switch e.Kind {
	case Minted, NotSignedIn, MayNotEnter, UnknownTenant, TurnedAway, SentByScript, LoggedOut:
		return slog.LevelInfo
	case ReturnPathDropped, SubjectIsEmail, SessionNotSeen:
		return slog.LevelWarn
	}
	return slog.LevelError
}

// event is told with the context of the request.
func (f *Failure) event(ctx context.Context) Event {
	err := f.Err
	e := Event{Kind: Refused, Err: err, Code: CodeOf(err), Reference: f.Reference, Community: f.community.String()}
	var claims *ClaimsError
	switch {
	case errors.As(err, &claims):
		e.Kind = ClaimsRefused
		for _, f := range claims.Fields {
			e.Fields = append(e.Fields, f.Field)
		}
	case errors.Is(err, ErrKeySource):
		e.Kind = KeySourceFailed
	case errors.Is(err, ErrLoop):
		e.Kind = LoopBroken
	case errors.Is(err, ErrWrongTenant): // a mistake of the site, whatever else it is
	case mayNotEnter(err):
		e.Kind = MayNotEnter
	case errors.Is(err, ErrNoTenant):
		e.Kind = UnknownTenant
	case errors.Is(err, ErrNotNavigation), errors.Is(err, ErrMethod), errors.Is(err, ErrCrossOrigin), errors.Is(err, ErrNoCookies),
		errors.Is(err, context.Canceled) && ctx.Err() != nil: // the visitor left
		e.Kind = TurnedAway
	}
	return e
}

// mayNotEnter reports whether a member is signed in, and has no business at this
// community.
func mayNotEnter(err error) bool {
	return errors.Is(err, ErrMayNotEnter) || errors.Is(err, ErrEmailUnverified) || errors.Is(err, ErrWrongTenant)
}

// eventOf makes an event. signer is nil where none was chosen.
func eventOf(kind EventKind, signer *Signer, err error) Event {
	e := Event{Kind: kind, Err: err, Code: CodeOf(err)}
	if signer != nil {
		e.Community = signer.community.String()
	}
	return e
}

// guarded makes an observer safe to call: without one, what is to be looked at goes
// to the default logger, and one that panics costs nobody a login. What it panicked
// with may hold anything, so only the stack is logged.
func guarded(observe func(context.Context, Event)) func(context.Context, Event) {
	if observe == nil {
		return func(ctx context.Context, e Event) {
			if e.Level() > slog.LevelInfo {
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
