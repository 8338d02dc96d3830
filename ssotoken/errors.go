package ssotoken

import (
	"context"
	"errors"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// Errors that a caller may want to tell apart by [errors.Is]. Every other reason is a
// [contract.Code], for errors.Is too, and [CodeOf] returns it.
var (
	// ErrNoSession is what [LoginConfig.Identify] returns when nobody is signed in.
	ErrNoSession error = contract.NoSession

	// ErrMayNotEnter is what [LoginConfig.Identify] returns for a member who is signed
	// in and must not enter the community, such as one who is banned.
	ErrMayNotEnter error = contract.MayNotEnter

	// ErrEmailUnverified says that nobody has verified the email address.
	ErrEmailUnverified error = contract.EmailUnverified

	// ErrNoTenant is what [LoginConfig.SignerFor] returns for a request of no tenant.
	ErrNoTenant error = contract.NoTenant

	// ErrWrongTenant says that claims were to be signed for the community of another
	// tenant than their member's: see [ClaimsBuilder.Tenant].
	ErrWrongTenant error = contract.WrongTenant

	// ErrNotNavigation is the error of [CheckNavigation].
	ErrNotNavigation error = contract.NotNavigation

	// ErrLoop says that a browser came back for a login too often without a click:
	// the community refuses the tokens and sends it here again.
	ErrLoop error = contract.Loop

	// ErrKeySource says that a [KeySource] returned no key.
	ErrKeySource error = contract.KeySource

	// ErrReturnPath is the error of [ParseReturnPath].
	ErrReturnPath error = contract.ReturnPath

	// ErrNormalized says that a field was sent, put in order where that was needed;
	// see [Claims.Notes].
	ErrNormalized error = contract.Normalized
)

// CodeOf returns the stable code of an error of this module, for programs, logs
// and dashboards; CODES.md lists them. Where package inspect has a rule for the
// same mistake in a token, the code is the same. Of an error that lists several
// fields it is [contract.ClaimsRefused] or [contract.SettingsRefused], and each
// [FieldError] has its own. An error from elsewhere is [contract.Other], and nil
// has none.
func CodeOf(err error) contract.Code {
	if err == nil {
		return ""
	}
	var code contract.Code
	switch {
	case errors.As(err, &code):
		return code
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return contract.Cancelled
	}
	return contract.Other
}

// A FieldError says what is wrong with one field: a claim, a setting, or a field
// of a Go struct. Its text never holds the value.
type FieldError = contract.FieldError

// A ClaimsError lists every field that [ClaimsBuilder.Build] refused, in the
// order of the token. errors.Is and errors.As look into each.
type ClaimsError struct {
	Fields []*FieldError

	subject func() string // sub as it was given, or nil; printers don't look into a func
}

func (e *ClaimsError) Error() string {
	return "claims refused: " + strings.Join(errorTexts(e.Fields), "; ")
}

func (e *ClaimsError) Unwrap() []error { return codeAndFields(contract.ClaimsRefused, e.Fields) }

// A memberError is about a member whose sub is known.
type memberError struct {
	error
	subject func() string
}

func (e *memberError) Unwrap() error { return e.error }

// A ConfigError lists every setting that [New], [NewLogin] or another
// constructor refused.
type ConfigError struct{ Fields []*FieldError }

func (e *ConfigError) Error() string {
	return "settings refused: " + strings.Join(errorTexts(e.Fields), "; ")
}

func (e *ConfigError) Unwrap() []error { return codeAndFields(contract.SettingsRefused, e.Fields) }

// refuse adds a bad setting.
func (e *ConfigError) refuse(field string, err error) {
	e.Fields = append(e.Fields, &FieldError{Field: field, Err: err})
}

// orNil is the error, if a setting is bad.
func (e *ConfigError) orNil() error {
	if e.Fields == nil {
		return nil
	}
	return e
}

// normalized makes an error an [ErrNormalized] too.
type normalized struct{ error }

func (n normalized) Unwrap() []error { return []error{n.error, ErrNormalized} }

func errorTexts(fields []*FieldError) []string {
	texts := make([]string, len(fields))
	for i, f := range fields {
		texts[i] = f.Error()
	}
	return texts
}

func namesOf(fields []*FieldError) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Field
	}
	return names
}

func codeAndFields(code contract.Code, fields []*FieldError) []error {
	errs := []error{code}
	for _, f := range fields {
		errs = append(errs, f)
	}
	return errs
}
