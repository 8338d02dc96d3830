package contract

import (
	"fmt"
	"strconv"
)

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

// Errorf returns an error with a text for people, in which errors.Is and
// errors.As find the code.
func (c Code) Errorf(format string, args ...any) error {
	return &codedError{c, fmt.Sprintf(format, args...)}
}

type codedError struct {
	code Code
	text string
}

func (e *codedError) Error() string { return e.text }

func (e *codedError) Unwrap() error { return e.code }
