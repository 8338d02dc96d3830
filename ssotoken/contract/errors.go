package contract

import (
	"fmt"
	"strconv"
)

// A Code is the stable name of a rule of package inspect, which programs may compare.
// It is an error too, so that errors.Is finds it in the errors of this module.
type Code string

func (c Code) Error() string { return string(c) }

// A FieldError says what is wrong with one field: a claim by its path in the
// token's JSON ("email", "spaces[1].spaceId", a custom field's key), a setting
// by its name, or a field of a Go struct ("Member.Address.City"). Its text never
// holds the value, which is personal data or a secret.
type FieldError struct {
	Field string
	Err   error
}

func (e *FieldError) Error() string {
	field := e.Field
	if quoted := strconv.Quote(field); field == "" || quoted != `"`+field+`"` {
		field = quoted // a key from outside may hold anything
	}
	return field + ": " + e.Err.Error()
}

func (e *FieldError) Unwrap() error { return e.Err }

// Errorf is [fmt.Errorf]. In its error, errors.Is and errors.As find the code, before
// what the text wraps by %w.
func (c Code) Errorf(format string, args ...any) error {
	return &codedError{c, fmt.Errorf(format, args...)}
}

type codedError struct {
	code Code
	error
}

func (e *codedError) Unwrap() []error { return []error{e.code, e.error} }
