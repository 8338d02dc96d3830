package ssotoken

import (
	"fmt"
	"reflect"
)

// redacted makes a T that embeds it print as a placeholder, under every fmt verb and in
// encoding/json, log/slog and others.
type redacted[T any] struct{}

func (redacted[T]) placeholder() string { return reflect.TypeFor[T]().String() + "(redacted)" }

func (r redacted[T]) Format(f fmt.State, _ rune) { fmt.Fprint(f, r.placeholder()) }

func (r redacted[T]) MarshalText() ([]byte, error) { return []byte(r.placeholder()), nil }
