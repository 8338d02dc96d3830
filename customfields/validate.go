package customfields

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// The reasons why a field is refused.
var (
	ErrEmptyKey     error = contract.Reason(contract.CustomKeyEmpty)
	ErrMalformedKey error = contract.Reason(contract.CustomKeyMalformed)
	ErrReserved     error = contract.Reason(contract.ClaimReserved)
	ErrDuplicate    error = contract.Reason(contract.DuplicateName)
	ErrValue        error = contract.Reason(contract.CustomValue)
)

// A KeyError says which field is wrong. Key is its key, or the path to a value
// in it ("address.city", "tags[1]"). The text does not hold the value.
type KeyError struct {
	Key string
	Err error
}

func (e *KeyError) Error() string { return fmt.Sprintf("custom field %q: %v", e.Key, e.Err) }

func (e *KeyError) Unwrap() error { return e.Err }

// Validate reports every bad field at once, sorted by key. A key is checked
// even where its value is empty, so that a mistake shows before the first
// member who has a value. A key is reserved if the contract gives it another
// meaning: a claim, a registered claim of RFC 7519, section 4.1, or a name that
// changes an object in JavaScript.
func (s Set) Validate() []*KeyError {
	_, errs := s.Valid()
	return errs
}

// Valid returns the set without its bad fields, and the errors of
// [Set.Validate]. If fields have the same key, the first is kept.
func (s Set) Valid() (Set, []*KeyError) {
	var errs []*KeyError
	var kept []Field // used only after an error
	for i := range s.fields {
		f := &s.fields[i]
		faults := s.keyFault(i)
		if !f.isFine(1) {
			faults = f.appendFaults(faults, f.key, 1)
		}
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
	return Set{kept}, errs
}

var reserved = func() map[string]bool {
	names := map[string]bool{}
	for _, c := range contract.Claims() {
		names[c.Name] = c.Status.Reserved()
	}
	return names
}()

// keyFault says what is wrong with the key of field i.
func (s Set) keyFault(i int) []*KeyError {
	key := s.fields[i].key
	err := checkKey(key)
	if err == nil && reserved[key] {
		err = ErrReserved
	}
	if err == nil && i > 0 && s.fields[i-1].key == key {
		err = ErrDuplicate
	}
	if err != nil {
		return []*KeyError{{key, err}}
	}
	return nil
}

// The first second of the year 0 and the last of 9999, between which RFC 3339 has a
// form for a time.
const (
	year0    = -62_167_219_200
	year9999 = 253_402_300_799
)

// isFine reports whether a value and all in it can be sent, without the paths
// that appendFaults makes.
func (f *Field) isFine(depth int) bool {
	if f.fault(depth) != "" {
		return false
	}
	for i := range f.members {
		m := &f.members[i]
		if f.kind == KindObject {
			if checkKey(m.key) != nil || m.key == "__proto__" || i > manyFields {
				return false
			}
			for k := range i {
				if f.members[k].key == m.key {
					return false
				}
			}
		}
		if !m.isFine(depth + 1) {
			return false
		}
	}
	return true
}

// appendFaults reports what is wrong with the value of the field at path.
func (f *Field) appendFaults(errs []*KeyError, path string, depth int) []*KeyError {
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
	case f.kind == KindTime && (int64(f.bits) < year0 || int64(f.bits) > year9999):
		return "a year outside 0 to 9999 has no RFC 3339 form"
	case depth > contract.MaxDepth:
		return fmt.Sprintf("arrays and objects are nested more than %d deep", contract.MaxDepth)
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
		if n := f.Int64(); n < -contract.MaxInteger || n > contract.MaxInteger {
			return "an integer beyond ±(2^53−1), which JavaScript can't hold"
		}
	case KindNumber:
		if n := f.Float64(); math.IsNaN(n) || n < -contract.MaxInteger || n > contract.MaxInteger {
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

// isPlain spares printable ASCII without spaces the check of each rune.
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

func (e valueError) Unwrap() error { return ErrValue }
