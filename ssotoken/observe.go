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
	ClaimsRefused     EventKind = "claims-refused"      // Identify gave a *ClaimsError: see Event.Fields
	KeySourceFailed   EventKind = "key-source-failed"   // no key to sign with
	LoopBroken        EventKind = "loop-broken"         // the browser came back too often: see ErrLoop
	Refused           EventKind = "refused"             // no token, or no logout, for another reason: see Event.Err
	ReturnPathDropped EventKind = "return-path-dropped" // a bad referrer_uri: the member goes to the home page
	SentByScript      EventKind = "sent-by-script"      // htmx or Turbo asked, and was told to load the page itself: Event.Err names it
	SessionNotSeen    EventKind = "session-not-seen"    // see ErrSessionNotSeen; the login goes on
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

	// Community is the community's origin, once it is known.
	Community string

	// Reference is the code that a visitor was given for support, where the
	// answer was an error.
	Reference string

	// Subject tells members apart without naming them, for Minted: 16
	// hexadecimal digits of a hash of sub, keyed with the community's key.
	Subject string
}

func (f *Failure) event() Event {
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
	}
	return e
}

func dropped(err error) Event { return Event{Kind: ReturnPathDropped, Err: err, Code: CodeOf(err)} }

// guarded makes an observer safe to call: without one, what went wrong goes to
// the default logger, and one that panics costs nobody a login. What it panicked
// with may hold anything, so only the stack is logged.
func guarded(observe func(context.Context, Event)) func(context.Context, Event) {
	if observe == nil {
		return func(ctx context.Context, e Event) {
			if e.Err != nil {
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

// SlogObserver writes events to a logger: Minted, NotSignedIn, SentByScript
// and LoggedOut as Info, ReturnPathDropped and SessionNotSeen as Warn, the others as Error. The attributes are
// event and, where they are not empty, code, error, fields, subject, notes,
// community and reference.
func SlogObserver(logger *slog.Logger) func(context.Context, Event) {
	return func(ctx context.Context, e Event) {
		level := slog.LevelError
		switch e.Kind {
		case Minted, NotSignedIn, LoggedOut, SentByScript:
			level = slog.LevelInfo
		case ReturnPathDropped, SessionNotSeen:
			level = slog.LevelWarn
		}
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
		logger.LogAttrs(ctx, level, "community sso", attrs...)
	}
}
