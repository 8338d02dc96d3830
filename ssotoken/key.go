package ssotoken

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A Key is the community's SSO private key, from Administration >
// Authentication > JWT SSO. It is the secret of an HMAC: whoever has it can
// log in as any member.
//
// The bytes of the string are used as they are, without base64 decoding.
// A Key prints as a placeholder under every fmt verb, in log/slog and in
// encoding/json; only [Key.Reveal] gives it away. Its zero value is no key
// and signs nothing. A Key is safe for concurrent use; compare two with
// [Key.Equal].
type Key struct {
	secret *secret
}

// secret is reached through a pointer and keeps its bytes behind a func: fmt
// prints unexported fields without asking their String methods.
type secret struct {
	reveal      func() string
	fingerprint string
	method      *hs256
}

// A KeySource gives the key to sign with now. It is asked at every mint, so
// it should answer from memory; the same [Key] value given again costs
// nothing. Use it where a key changes while the program runs.
type KeySource func(context.Context) (Key, error)

// NewKey takes the key as the admin page shows it. It refuses what can't be
// the real one: an empty string ([ErrKeyMissing]), a documentation sample
// ([ErrKeyPlaceholder]), quotes ([ErrKeyQuoted]) or white space
// ([ErrKeySpace]) around it or an invisible character in it, invalid UTF-8
// ([contract.Encoding]) and fewer than 16 bytes ([ErrKeyTooShort]). The vendor
// documents no length, so a key under 32 bytes is accepted and reported by
// [Key.Weak].
func NewKey(s string) (Key, error) {
	switch {
	case s == "":
		return Key{}, because(contract.KeyMissing, "the key is empty: "+whereKeyStands)
	case !utf8.ValidString(s):
		return Key{}, because(contract.Encoding, "the key is not valid UTF-8: copy it as text")
	case strings.TrimSpace(s) != s || strings.ContainsFunc(s, isInvisible):
		return Key{}, because(contract.KeySpace, "the key has white space or a line ending at an end, or an invisible character: copy it without")
	case isQuoted(s):
		return Key{}, because(contract.KeyQuoted, "the key has quotes around it: they are not part of it, remove them")
	case isPlaceholder(s):
		return Key{}, because(contract.KeyPlaceholder, "the key is a sample from a page or a template: put the community's own in its place")
	case len(s) < contract.MinKey:
		return Key{}, because(contract.KeyTooShort, fmt.Sprintf("the key is under %d bytes: check that it was copied whole", contract.MinKey))
	}
	sum := sha256.Sum256([]byte("bettermode-go/sso key fingerprint\x00" + s))
	return Key{&secret{
		reveal:      func() string { return s },
		fingerprint: hex.EncodeToString(sum[:6]),
		method:      newHS256([]byte(s)),
	}}, nil
}

// KeyFromEnv reads the key from an environment variable; an error names the
// variable, says whether it is empty or not set at all ([ErrKeyMissing]), or is
// another of [NewKey]'s.
func KeyFromEnv(name string) (Key, error) {
	text, isSet := os.LookupEnv(name)
	if !isSet {
		return Key{}, because(contract.KeyMissing, "environment variable "+name+" is not set: "+whereKeyStands)
	}
	return readKey("environment variable "+name, text)
}

const whereKeyStands = "copy the key from Administration > Authentication > JWT SSO"

// readKey is NewKey for a text that stands somewhere, which an error names.
func readKey(where, text string) (Key, error) {
	if text == "" {
		return Key{}, because(contract.KeyMissing, where+" is empty: "+whereKeyStands)
	}
	k, err := NewKey(text)
	if err != nil {
		return Key{}, fmt.Errorf("%s: %w", where, err)
	}
	return k, nil
}

// KeyFromFile reads the key from a file, such as a mounted secret. One line
// ending at the end belongs to the file and is not part of the key. An error
// names the path; it is the file system's or one of [NewKey]'s.
func KeyFromFile(path string) (Key, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("key file: %w", err)
	}
	return readKey("key file "+path, strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r"))
}

// Fingerprint is 12 hexadecimal digits that tell one key from another
// without giving it away: log it at start to see which key a server has.
// It is empty for the zero Key.
func (k Key) Fingerprint() string {
	if k.secret == nil {
		return ""
	}
	return k.secret.fingerprint
}

// Weak reports whether the key is shorter than 32 bytes, which RFC 7518
// requires for HS256. Such a key works with the community; ask for a longer
// one if its admin page gives the choice.
//
// It works in Go's FIPS 140-3 mode too (GODEBUG=fips140=only), where HMAC refuses
// only keys under 112 bits: [NewKey] takes none so short. A strict reader can't
// use it: go-jose, for one, verifies HS256 with no key under 32 bytes.
func (k Key) Weak() bool { return len(k.Reveal()) < contract.StrongKey }

// Reveal gives the key itself, for a library that needs the bytes: keep it
// out of logs. It is empty for the zero Key.
func (k Key) Reveal() string {
	if k.secret == nil {
		return ""
	}
	return k.secret.reveal()
}

// IsZero reports whether k is no key.
func (k Key) IsZero() bool { return k.secret == nil }

// Equal reports whether both are the same key, in a time that does not depend
// on where they differ.
func (k Key) Equal(other Key) bool {
	return k.IsZero() == other.IsZero() &&
		subtle.ConstantTimeCompare([]byte(k.Reveal()), []byte(other.Reveal())) == 1
}

const redactedKey = "ssotoken.Key(redacted)"

// Format writes a placeholder, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, redactedKey) }

// String returns a placeholder.
func (k Key) String() string { return redactedKey }

// LogValue returns a placeholder.
func (k Key) LogValue() slog.Value { return slog.StringValue(redactedKey) }

// MarshalText returns a placeholder, for encoding/json among others.
func (k Key) MarshalText() ([]byte, error) { return []byte(redactedKey), nil }

func isInvisible(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }

func isQuoted(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	const quotes = "\"'`“”‘’«»"
	return strings.ContainsRune(quotes, first) || strings.ContainsRune(quotes, last)
}

// isPlaceholder knows braces as in the vendor's sample, and the words that
// templates put where a secret belongs.
func isPlaceholder(s string) bool {
	if first, last := s[0], s[len(s)-1]; first == '{' || last == '}' || first == '<' && last == '>' {
		return true
	}
	if strings.Count(s, s[:1]) == len(s) {
		return true
	}
	letters := strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
	for _, word := range []string{"changeme", "yourprivatekey", "yourssokey", "yoursecret", "yourkey", "privatekey", "placeholder", "replaceme"} {
		if strings.Contains(letters, word) {
			return true
		}
	}
	return false
}
