package customfields

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxInteger is the largest magnitude of a number: beyond it JavaScript,
// which reads the token, no longer tells neighbours apart.
const MaxInteger = 1<<53 - 1

// MaxDepth is how deep arrays and objects may stand in each other.
const MaxDepth = 16

// The reasons for which a field is refused.
var (
	ErrEmptyKey     = errors.New("empty or blank key")
	ErrMalformedKey = errors.New("key with white space at an end, a control character or invalid UTF-8")
	ErrReserved     = errors.New("reserved key: the community or JWT gives it a meaning of its own; choose another external key")
	ErrDuplicate    = errors.New("the same key twice")
	ErrValue        = errors.New("value that the community can't read")
)

// A KeyError says which field is wrong, by its key; a member of an object by
// its path ("address.city"). Its text does not hold the value.
type KeyError struct {
	Key string
	Err error
}

func (e *KeyError) Error() string { return fmt.Sprintf("custom field %q: %v", e.Key, e.Err) }

func (e *KeyError) Unwrap() error { return e.Err }

// Reserved reports whether key can't be a custom field: a claim with a meaning
// in the protocol, a registered claim of RFC 7519, section 4.1, or a name that
// changes an object in JavaScript.
func Reserved(key string) bool {
	switch key {
	case "sub", "name", "email", "tagline", "picture", "spaceIds", "spaces", "spacesOperation",
		"iss", "aud", "exp", "nbf", "iat", "jti",
		"__proto__", "constructor", "prototype":
		return true
	}
	return false
}

// Validate reports every bad field at once, sorted by key, as joined
// [*KeyError] values; the result's Unwrap() []error gives them one by one.
// Keys are checked whether or not their value is empty, so that a mistake
// does not wait for the first member who has one.
func (s Set) Validate() error {
	_, err := s.Valid()
	return err
}

// Valid returns the set without its bad fields, and what [Set.Validate] says
// of those. Of fields with the same key the first is kept.
func (s Set) Valid() (Set, error) {
	var errs []error
	var kept []Field // once there is an error
	for i := range s.fields {
		f := &s.fields[i]
		faults := f.appendFaults(s.keyFault(i), f.key, 1)
		if faults != nil && errs == nil {
			kept = slices.Clone(s.fields[:i])
		} else if faults == nil && errs != nil {
			kept = append(kept, *f)
		}
		errs = append(errs, faults...)
	}
	if errs == nil {
		return s, nil
	}
	return Set{kept}, errors.Join(errs...)
}

// keyFault says what is wrong with the key of field i.
func (s Set) keyFault(i int) []error {
	key := s.fields[i].key
	err := checkKey(key)
	if err == nil && Reserved(key) {
		err = ErrReserved
	}
	if err == nil && i > 0 && s.fields[i-1].key == key {
		err = ErrDuplicate
	}
	if err != nil {
		return []error{&KeyError{key, err}}
	}
	return nil
}

// appendFaults reports what is wrong with the value of the field at path.
func (f *Field) appendFaults(errs []error, path string, depth int) []error {
	if reason := f.fault(depth); reason != "" {
		return append(errs, &KeyError{path, valueError(reason)})
	}
	var seen map[string]bool
	for i := range f.members {
		m := &f.members[i]
		if f.kind == KindArray {
			errs = m.appendFaults(errs, fmt.Sprintf("%s[%d]", path, i), depth+1)
			continue
		}
		at := path + "." + m.key
		if err := checkKey(m.key); err != nil {
			errs = append(errs, &KeyError{at, err})
		} else if m.key == "__proto__" {
			errs = append(errs, &KeyError{at, ErrReserved})
		} else if seen[m.key] {
			errs = append(errs, &KeyError{at, ErrDuplicate})
		}
		if seen == nil {
			seen = make(map[string]bool, len(f.members))
		}
		seen[m.key] = true
		errs = m.appendFaults(errs, at, depth+1)
	}
	return errs
}

// fault says why a value can't be sent, or nothing.
func (f *Field) fault(depth int) string {
	switch {
	case f.bad:
		return "a year outside 0 to 9999 has no RFC 3339 form"
	case depth > MaxDepth:
		return fmt.Sprintf("arrays and objects stand more than %d deep in each other", MaxDepth)
	}
	switch f.kind {
	case KindString:
		if isPlain(f.text) {
			return ""
		}
		if !utf8.ValidString(f.text) {
			return "not valid UTF-8"
		}
		if strings.IndexFunc(f.text, isForbiddenControl) >= 0 {
			return "a control character other than tab and line endings"
		}
	case KindInteger:
		if n := f.Int64(); n < -MaxInteger || n > MaxInteger {
			return "an integer beyond ±(2^53−1), which JavaScript can't hold"
		}
	case KindNumber:
		if n := f.Float64(); math.IsNaN(n) || n < -MaxInteger || n > MaxInteger {
			return "not a number from −(2^53−1) to 2^53−1"
		}
	}
	return ""
}

func checkKey(key string) error {
	switch {
	case isPlain(key):
		return nil
	case strings.TrimSpace(key) == "":
		return ErrEmptyKey
	case !utf8.ValidString(key) || strings.TrimSpace(key) != key || strings.IndexFunc(key, unicode.IsControl) >= 0:
		return ErrMalformedKey
	}
	return nil
}

// isPlain knows printable ASCII without spaces, which needs no closer look.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return s != ""
}

func isForbiddenControl(r rune) bool {
	return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r'
}

// valueError is an ErrValue with its reason.
type valueError string

func (e valueError) Error() string { return string(e) }

func (e valueError) Is(target error) bool { return target == ErrValue }
