package ssotoken

import (
	"context"
	"log/slog"
	"runtime/debug"
)

// A Kind says what happened at a login or logout.
type Kind string

const (
	Minted          Kind = "minted"           // a token was minted, and its member sent to the community
	NotSignedIn     Kind = "not_signed_in"    // nobody was signed in
	Refused         Kind = "refused"          // no token: see Event.Err
	ReferrerDropped Kind = "referrer_dropped" // a bad referrer_uri: the member goes to the home page
	LoggedOut       Kind = "logged_out"       // the Logout URL was visited, with or without a session
)

// An Event is told to [LoginConfig.Observe] and [LogoutConfig.Observe]. It never holds a token, the key
// or the value of a claim.
type Event struct {
	Kind Kind
	Err  error // why, for Refused and ReferrerDropped
}

// guarded makes an observer safe to call: nil does nothing, and one that
// panics costs nobody a login. What it panicked with may hold anything, so only
// the stack is logged.
func guarded(observe func(context.Context, Event)) func(context.Context, Event) {
	if observe == nil {
		return func(context.Context, Event) {}
	}
	return func(ctx context.Context, e Event) {
		defer func() {
			if recover() != nil {
				slog.ErrorContext(ctx, "ssotoken: Observe panicked", "event", string(e.Kind), "stack", string(debug.Stack()))
			}
		}()
		observe(ctx, e)
	}
}

// SlogObserver writes events to a logger: Minted, NotSignedIn and LoggedOut as Info,
// ReferrerDropped as Warn, Refused as Error, with the attributes event and
// error.
func SlogObserver(logger *slog.Logger) func(context.Context, Event) {
	levels := map[Kind]slog.Level{ReferrerDropped: slog.LevelWarn, Refused: slog.LevelError}
	return func(ctx context.Context, e Event) {
		attrs := []slog.Attr{slog.String("event", string(e.Kind))}
		if e.Err != nil {
			attrs = append(attrs, slog.String("error", e.Err.Error()))
		}
		logger.LogAttrs(ctx, levels[e.Kind], "community sso", attrs...)
	}
}
