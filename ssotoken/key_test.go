package ssotoken_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

const keyText = "Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&" // 32 bytes

func newKey(t *testing.T) ssotoken.Key {
	t.Helper()
	k, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestNewKeyRefusesWhatCanNotBeTheKey(t *testing.T) {
	tests := []struct {
		name, key string
		want      error
	}{
		{"32 bytes", keyText, nil},
		{"16 bytes", keyText[:16], nil},
		{"30 letters", "abcdefghijklmnopqrstuvwxyz1234", nil},
		{"unicode", "ключ-ключ-ключ", nil},
		{"space inside", "correct horse battery", nil},
		{"base64", "c2VjcmV0LXNlY3JldC1zZWNyZXQ=", nil},
		{"empty", "", ssotoken.ErrKeyMissing},
		{"15 bytes", keyText[:15], ssotoken.ErrKeyTooShort},
		{"the vendor's sample", "{Your Private Key}", ssotoken.ErrKeyPlaceholder},
		{"braces", "{{ .Values.ssoKey }}", ssotoken.ErrKeyPlaceholder},
		{"angle brackets", "<the-sso-private-key>", ssotoken.ErrKeyPlaceholder},
		{"changeme", "changeme", ssotoken.ErrKeyPlaceholder},
		{"change-me, long", "change-me-change-me-change-me", ssotoken.ErrKeyPlaceholder},
		{"your-private-key", "your-private-key-here", ssotoken.ErrKeyPlaceholder},
		{"one character", times("x", 32), ssotoken.ErrKeyPlaceholder},
		{"double quotes", `"` + keyText + `"`, ssotoken.ErrKeyQuoted},
		{"single quotes", `'` + keyText + `'`, ssotoken.ErrKeyQuoted},
		{"one quote", keyText + `"`, ssotoken.ErrKeyQuoted},
		{"typographic quotes", "“" + keyText + "”", ssotoken.ErrKeyQuoted},
		{"newline", keyText + "\n", ssotoken.ErrKeySpace},
		{"carriage return", keyText + "\r\n", ssotoken.ErrKeySpace},
		{"space before", " " + keyText, ssotoken.ErrKeySpace},
		{"no-break space after", keyText + "\u00a0", ssotoken.ErrKeySpace},
		{"blank", "  ", ssotoken.ErrKeySpace},
		{"line inside", keyText[:16] + "\n" + keyText[16:], ssotoken.ErrKeySpace},
		{"NUL", keyText + "\x00", ssotoken.ErrKeySpace},
		{"zero width space inside", keyText[:16] + "\u200b" + keyText[16:], ssotoken.ErrKeySpace},
		{"invalid UTF-8", keyText + "\xff", contract.Encoding},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k, err := ssotoken.NewKey(tt.key)
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if got, want := k.IsZero(), tt.want != nil; got != want {
				t.Errorf("IsZero: got %v, want %v", got, want)
			}
			if err == nil && k.Reveal() != tt.key {
				t.Error("the key's bytes changed")
			}
			if err != nil && tt.key != "" && len(tt.key) > 6 && strings.Contains(err.Error(), tt.key[2:len(tt.key)-2]) {
				t.Errorf("the error holds the key: %v", err)
			}
		})
	}
}

func TestAKeyUnder32BytesIsWeak(t *testing.T) {
	for n, want := range map[int]bool{16: true, 31: true, 32: false} {
		k, err := ssotoken.NewKey(keyText[:n])
		if err != nil || k.Weak() != want {
			t.Errorf("%d bytes: got %v, %v, want %v", n, k.Weak(), err, want)
		}
	}
	if !(ssotoken.Key{}).Weak() {
		t.Error("the zero key is not weak")
	}
}

// FIPS mode refuses an HMAC key under 112 bits. Run this with GODEBUG=fips140=only.
func TestEveryKeyThatNewKeyTakesSignsInFIPSMode(t *testing.T) {
	for n := contract.MinKey; n <= len(keyText); n++ {
		k, err := ssotoken.NewKey(keyText[:n])
		if err != nil {
			t.Fatal(err)
		}
		signer := newSigner(t, func(c *ssotoken.Config) { c.Key = k })
		token, err := signer.Sign(t.Context(), build(t, ada()))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := jwt.Parse(token.JWT(), func(*jwt.Token) (any, error) { return []byte(keyText[:n]), nil }, jwt.WithTimeFunc(clock)); err != nil {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestAFingerprintTellsKeysApart(t *testing.T) {
	same, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ssotoken.NewKey(keyText[1:])
	if err != nil {
		t.Fatal(err)
	}
	k := newKey(t)
	if k.Fingerprint() != same.Fingerprint() || k.Fingerprint() == other.Fingerprint() || len(k.Fingerprint()) != 12 {
		t.Errorf("got %q, %q, %q", k.Fingerprint(), same.Fingerprint(), other.Fingerprint())
	}
	if !k.Equal(same) || k.Equal(other) || k.Equal(ssotoken.Key{}) || !(ssotoken.Key{}).Equal(ssotoken.Key{}) {
		t.Error("Equal is wrong")
	}
	if got := (ssotoken.Key{}).Fingerprint() + (ssotoken.Key{}).Reveal(); got != "" {
		t.Errorf("the zero key has %q", got)
	}
}

func TestKeyFromEnvNamesTheVariable(t *testing.T) {
	const name = "SSOTOKEN_TEST_KEY"
	t.Setenv(name, keyText)
	if k, err := ssotoken.KeyFromEnv(name); err != nil || !k.Equal(newKey(t)) {
		t.Errorf("got %v", err)
	}
	t.Setenv(name, "short")
	if _, err := ssotoken.KeyFromEnv(name); !errors.Is(err, ssotoken.ErrKeyTooShort) || !strings.Contains(err.Error(), name) {
		t.Errorf("got %v", err)
	}
}

func TestAKeyThatIsEmptyIsToldFromOneThatIsNotThere(t *testing.T) {
	const variable = "SSOTOKEN_TEST_KEY"
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(variable, "")
	_, empty := ssotoken.KeyFromEnv(variable)
	if err := os.Unsetenv(variable); err != nil {
		t.Fatal(err)
	}
	_, unset := ssotoken.KeyFromEnv(variable)
	_, emptyFile := ssotoken.KeyFromFile(file)
	for want, err := range map[string]error{variable + " is empty:": empty, variable + " is not set:": unset, file + " is empty:": emptyFile} {
		if !errors.Is(err, ssotoken.ErrKeyMissing) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestKeyFromFileTakesOneLineEndingAsTheFiles(t *testing.T) {
	tests := []struct {
		name, text string
		want       error
	}{
		{"as it is", keyText, nil},
		{"newline", keyText + "\n", nil},
		{"carriage return", keyText + "\r\n", nil},
		{"two newlines", keyText + "\n\n", ssotoken.ErrKeySpace},
		{"space", keyText + " \n", ssotoken.ErrKeySpace},
		{"empty", "\n", ssotoken.ErrKeyMissing},
		{"byte order mark", "\ufeff" + keyText, ssotoken.ErrKeySpace},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			k, err := ssotoken.KeyFromFile(path)
			if !errors.Is(err, tt.want) || err == nil && !k.Equal(newKey(t)) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if err != nil && !strings.Contains(err.Error(), path) {
				t.Errorf("the error does not name the file: %v", err)
			}
		})
	}
	if _, err := ssotoken.KeyFromFile(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

// printed is every way in which a program prints a value by accident.
func printed(t *testing.T, v any) string {
	t.Helper()
	var out bytes.Buffer
	for _, verb := range "vsqxXdtobcUeEfFgGpTw" {
		for _, flags := range []string{"", "+", "#", " ", "0", "-20"} {
			fmt.Fprintf(&out, "%"+flags+string(verb)+"\n", v)
		}
	}
	fmt.Fprintln(&out, v, errors.Join(fmt.Errorf("%v %+v %#v", v, v, v)))
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	if b, err := json.Marshal(v); err == nil {
		out.Write(b)
	}
	return out.String()
}

func TestAKeyPrintsRedactedUnderEveryVerb(t *testing.T) {
	k := newKey(t)
	type private struct{ key ssotoken.Key }
	type public struct{ Key ssotoken.Key }
	for _, v := range []any{k, &k, []any{k}, private{k}, &private{k}, public{k}, map[string]ssotoken.Key{"k": k}, ssotoken.Config{Key: k}} {
		out := printed(t, v)
		for _, form := range forms(keyText) {
			if strings.Contains(out, form) {
				t.Errorf("%T prints the key:\n%s", v, out)
			}
		}
	}
	if got := fmt.Sprintf("%v %s", k, k); got != "ssotoken.Key(redacted) ssotoken.Key(redacted)" {
		t.Errorf("got %q", got)
	}
}

// forms are the ways in which fmt may write a string: as it is, in hex, and
// as a list of bytes.
func forms(s string) []string {
	part := s[4:20]
	return []string{part, fmt.Sprintf("%x", part), fmt.Sprintf("%X", part), strings.Trim(fmt.Sprint([]byte(part)), "[]")}
}
