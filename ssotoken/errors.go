package ssotoken

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The reasons for which something is refused, for use with [errors.Is].
// Which field it was is in a [FieldError].
var (
	ErrRequired  = errors.New("required, but empty or blank")
	ErrTooLong   = errors.New("too long")
	ErrMalformed = errors.New("malformed")
	ErrEncoding  = errors.New("not valid UTF-8")
	ErrControl   = errors.New("contains a control character")
	ErrScheme    = errors.New("scheme not allowed")
	ErrUserInfo  = errors.New("contains user info")
	ErrRange     = errors.New("out of range")

	ErrKeyMissing     = errors.New("no key")
	ErrKeyPlaceholder = errors.New("placeholder instead of a key")
	ErrKeyQuoted      = errors.New("key in quotes")
	ErrKeySpace       = errors.New("white space around the key")
	ErrKeyTooShort    = errors.New("key too short")

	// ErrKeySource says that a [KeySource] gave no key.
	ErrKeySource = errors.New("key source failed")

	// ErrNoClaims says that the zero [Claims] was to be signed.
	ErrNoClaims = errors.New("ssotoken: no claims: use those that Build returned without an error")

	// ErrClock says that the clock shows no usable time.
	ErrClock = errors.New("ssotoken: the clock shows a time before 1970 or after 5138")

	// ErrURLTooLong says that a login URL is over [Config.MaxURL]; see
	// [URLTooLongError].
	ErrURLTooLong = errors.New("login URL too long")

	// ErrReturnPath says that a return path would, or could, lead away from
	// the community's pages.
	ErrReturnPath = errors.New("not a path of the community's pages")

	// ErrNoSession is what [LoginConfig.Identify] returns when nobody is
	// signed in.
	ErrNoSession = errors.New("ssotoken: no session")

	// ErrNotNavigation says that a browser asked for a login or a logout
	// where no person was on the way to a page: a prefetch, an image, a
	// script.
	ErrNotNavigation = errors.New("ssotoken: the request is no navigation to a page")

	// ErrLoop says that a browser came back for a login too often in a short
	// time: the community refuses the tokens and sends it here again.
	ErrLoop = errors.New("ssotoken: the community keeps sending the browser back: it refuses the login")
)

// A FieldError says what is wrong with one field: a claim by its path in the
// token's JSON ("email", "spaces[1].spaceId", a custom field's key), or a
// setting by its name. Its text never holds the value, which is personal data
// or a secret.
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

// A ClaimsError lists every field that [ClaimsBuilder.Build] refused, in the
// order of the token. errors.Is and errors.As look into each.
type ClaimsError struct{ Fields []*FieldError }

func (e *ClaimsError) Error() string { return "ssotoken: claims refused: " + joinFields(e.Fields) }

func (e *ClaimsError) Unwrap() []error { return asErrors(e.Fields) }

// A ConfigError lists every setting that [New], [NewLogin] or another
// constructor refused.
type ConfigError struct{ Fields []*FieldError }

func (e *ConfigError) Error() string { return "ssotoken: settings refused: " + joinFields(e.Fields) }

func (e *ConfigError) Unwrap() []error { return asErrors(e.Fields) }

// A URLTooLongError says how long a login URL came out and which claim takes
// most of it. It is an [ErrURLTooLong].
type URLTooLongError struct {
	Length int    // of the URL, in bytes
	Max    int    // Config.MaxURL
	Claim  string // the largest claim, by its JSON name
}

func (e *URLTooLongError) Error() string {
	return fmt.Sprintf("ssotoken: the login URL has %d bytes, over the limit of %d: shorten the claim %q, its largest",
		e.Length, e.Max, e.Claim)
}

func (e *URLTooLongError) Unwrap() error { return ErrURLTooLong }

// A keySourceError is an ErrKeySource and what the source said.
type keySourceError struct{ err error }

func (e *keySourceError) Error() string { return "ssotoken: key source: " + e.err.Error() }

func (e *keySourceError) Unwrap() []error { return []error{ErrKeySource, e.err} }

// because gives a sentinel a text for people.
func because(sentinel error, text string) error { return &reason{sentinel, text} }

type reason struct {
	sentinel error
	text     string
}

func (r *reason) Error() string { return r.text }

func (r *reason) Unwrap() error { return r.sentinel }

func joinFields(fields []*FieldError) string {
	var b strings.Builder
	for i, f := range fields {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(f.Error())
	}
	return b.String()
}

func asErrors(fields []*FieldError) []error {
	errs := make([]error, len(fields))
	for i, f := range fields {
		errs[i] = f
	}
	return errs
}
