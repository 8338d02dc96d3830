package ssotoken

import (
	"context"
	"errors"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
)

// A codeRow gives an error its code. A row for a field stands before that for
// any field.
type codeRow struct {
	code  string
	field string // JSON path up to a bracket; empty for any
	err   error
}

// codeRows is the one table of codes. Where package inspect has a rule for
// the same mistake in a token, the code is the same.
var codeRows = []codeRow{
	{"sub-missing", "sub", ErrRequired},
	{"sub-too-long", "sub", ErrTooLong},
	{"name-missing", "name", ErrRequired},
	{"email-missing", "email", ErrRequired},
	{"email-too-long", "email", ErrTooLong},
	{"email-malformed", "email", ErrMalformed},
	{"picture-not-http", "picture", ErrScheme},
	{"picture-not-http", "picture", ErrMalformed},
	{"picture-userinfo", "picture", ErrUserInfo},
	{"space-ids-malformed", "spaceIds", spaces.ErrEmptyID},
	{"space-ids-malformed", "spaceIds", spaces.ErrMalformedID},
	{"spaces-malformed", "spaces", spaces.ErrEmptyID},
	{"spaces-malformed", "spaces", spaces.ErrMalformedID},
	{"spaces-repeated", "", spaces.ErrDuplicateID},
	{"spaces-join-and-leave", "", spaces.ErrContradiction},
	{"spaces-replace-nothing", "", spaces.ErrReplaceNothing},
	{"claim-reserved", "", customfields.ErrReserved},
	{"duplicate-name", "", customfields.ErrDuplicate},
	{"custom-key-malformed", "", customfields.ErrEmptyKey},
	{"custom-key-malformed", "", customfields.ErrMalformedKey},
	{"custom-value", "", customfields.ErrValue},

	{"control-character", "", ErrControl},
	{"required", "", ErrRequired},
	{"too-long", "", ErrTooLong},
	{"malformed", "", ErrMalformed},
	{"encoding", "", ErrEncoding},
	{"scheme", "", ErrScheme},
	{"user-info", "", ErrUserInfo},
	{"range", "", ErrRange},

	{"key-source", "", ErrKeySource},
	{"key-missing", "", ErrKeyMissing},
	{"key-placeholder", "", ErrKeyPlaceholder},
	{"key-quoted", "", ErrKeyQuoted},
	{"key-space", "", ErrKeySpace},
	{"key-too-short", "", ErrKeyTooShort},

	{"no-claims", "", ErrNoClaims},
	{"no-session", "", ErrNoSession},
	{"clock", "", ErrClock},
	{"url-too-long", "", ErrURLTooLong},
	{"return-path", "", ErrReturnPath},
	{"not-navigation", "", ErrNotNavigation},
	{"loop", "", ErrLoop},
	{"cancelled", "", context.Canceled},
	{"cancelled", "", context.DeadlineExceeded},
}

// Code gives the stable code of an error of this module, for programs, logs
// and dashboards; CODES.md lists them. Of an error that lists several fields
// it is claims-refused or settings-refused, and each [FieldError] has its own.
// An error from elsewhere has the code "other", and nil has none.
func Code(err error) string {
	if err == nil {
		return ""
	}
	var claims *ClaimsError
	var config *ConfigError
	switch {
	case errors.As(err, &claims):
		return "claims-refused"
	case errors.As(err, &config):
		return "settings-refused"
	}
	var field *FieldError
	name := ""
	if errors.As(err, &field) {
		name = claimOf(field.Field)
	}
	for _, row := range codeRows {
		if (row.field == "" || row.field == name) && errors.Is(err, row.err) {
			return row.code
		}
	}
	return "other"
}

// claimOf is the claim that a path starts in: spaces for spaces[1].spaceId.
func claimOf(path string) string {
	for i := range len(path) {
		if path[i] == '[' || path[i] == '.' {
			return path[:i]
		}
	}
	return path
}
