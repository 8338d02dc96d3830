package ssotoken_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

const keyText = "Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&" // 32 bytes

var sharedKey = sync.OnceValues(func() (ssotoken.Key, error) { return ssotoken.NewKey(keyText) })

func newKey(t *testing.T) ssotoken.Key {
	t.Helper()
	k, err := sharedKey()
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
		{"4,096 bytes", times("k7Zq", contract.MaxKey/4), nil},
		{"unicode", "ключ-ключ-ключ", nil},
		{"base64", "c2VjcmV0LXNlY3JldC1zZWNyZXQ=", nil},
		{"base64 with the word key", "abcdefghijkeyopqrstuvw==", nil},
		{"base64 that starts with a slash", "/Kd9Rf3Wh6/Yc0LjEapGx4Qm8Zt1Vb==", nil},
		{"a dollar sign first", "$Kd9Rf3Wh6Yc0LjEapGx4Qm8Zt1Vb7Ns", nil},
		{"a brace at one end", "{Kd9Rf3Wh6Yc0LjEapGx4Qm8Zt1Vb7Ns", nil},
		{"a UUID", "0b5e6c3e-6f0f-4a63-9b1c-0f5a52d9a3c1", nil},
		{"empty", "", contract.KeyMissing},
		{"15 bytes", keyText[:15], contract.KeyTooShort},
		{"4,097 bytes", times("k", contract.MaxKey+1), contract.KeyTooLong},
		{"the vendor's sample", "{Your Private Key}", contract.KeyPlaceholder},
		{"angle brackets", "<the-sso-private-key>", contract.KeyPlaceholder},
		{"changeme", "changeme", contract.KeyPlaceholder},
		{"change-me, long", "change-me-change-me-change-me", contract.KeyPlaceholder},
		{"your-private-key", "your-private-key-here", contract.KeyPlaceholder},
		{"the sample of jwt.io", "your-256-bit-secret", contract.KeyPlaceholder},
		{"the longer sample of jwt.io", "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
			contract.KeyPlaceholder},
		{"what a printed Key says", "ssotoken.Key(redacted)", contract.KeyPlaceholder},
		{"one character in groups", "xxxx-xxxx-xxxx-xxxx", contract.KeyPlaceholder},
		{"the new sample of jwt.io", "a-string-secret-at-least-256-bits-long", contract.KeyPlaceholder},
		{"one character", times("x", 32), contract.KeyPlaceholder},
		{"double quotes", `"` + keyText + `"`, contract.KeyQuoted},
		{"single quotes", `'` + keyText + `'`, contract.KeyQuoted},
		{"single angle quotes", "‹" + keyText + "›", contract.KeyQuoted},
		{"full-width quotes", "＂" + keyText + "＂", contract.KeyQuoted},
		{"one quote", keyText + `"`, contract.KeyQuoted},
		{"typographic quotes", "“" + keyText + "”", contract.KeyQuoted},
		{"newline", keyText + "\n", contract.KeySpace},
		{"carriage return", keyText + "\r\n", contract.KeySpace},
		{"space before", " " + keyText, contract.KeySpace},
		{"space inside", "correct horse battery", contract.KeySpace},
		{"no-break space inside", keyText + "\u00a0" + keyText, contract.KeySpace},
		{"no-break space after", keyText + "\u00a0", contract.KeySpace},
		{"blank", "  ", contract.KeySpace},
		{"line inside", keyText[:16] + "\n" + keyText[16:], contract.KeySpace},
		{"NUL", keyText + "\x00", contract.KeySpace},
		{"zero width space inside", keyText[:16] + "\u200b" + keyText[16:], contract.KeySpace},
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
			if err != nil && len(tt.key) > 6 && strings.Contains(err.Error(), tt.key[2:len(tt.key)-2]) {
				t.Errorf("the error holds the key: %v", err)
			}
		})
	}
}

func TestNewKeyRefusesWhatStandsForTheKey(t *testing.T) {
	kinds := map[contract.Code][]string{
		contract.KeyReference: {
			"@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/sso)", "op://vault/item/field",
			"arn:aws:secretsmanager:eu-west-1:123456789012:secret:sso-AbCdEf", "vault:secret/data/x#key", "sm://project/sso-key",
			"gcp://projects/x/secrets/y", "projects/x/secrets/y/versions/latest", "ssm:/prod/sso-key", "file:///run/secrets/x",
			"https://vault.example.com/v1/secret", "/run/secrets/x", "/run/secrets/BETTERMODE_KEY", "/srv-7/keys/sso.v1", "./sso.key",
			"../secrets/sso", "~/sso-key", `C:\secrets\sso-key`, "config/sso.pem", "ENC[AES256_GCM,data:abc,iv:def]", "ENC(abcdef==)",
			"{cipher}0123456789abcdef", "!vault |", "!Ref SSOKey", "secretKeyRef: sso", "process.env.SSO_KEY", "os.environ['SSO_KEY']",
			"secrets.BETTERMODE_SSO_KEY", "secretref:sso-key", "keyvault:sso", "env:SSO_KEY", "ref+vault://secret/sso",
			"gcp:secretmanager:projects/p/secrets/s", "ssm-secure:/sso/private", "secret/data/bettermode/sso", "@/run/secrets/sso-key",
			"{vault}secret/sso", "{noop}abcdefghijklm", "vault(secret/sso#key)", "aws_ssm_parameter.sso.value", `\\server\share\sso-key`,
			`Environment.GetEnvironmentVariable("SSO_KEY")`, "//secretmanager.googleapis.com/projects/p/secrets/s",
		},
		contract.KeyPlaceholder: {
			"$NAME", "${NAME}", "$BETTERMODE_SSO_KEY", "$ssoKey", "${SSO_KEY:-none}", "$(SSO_KEY)", "$(cat key.txt)", "$env:SSO_KEY", "$$SSO_KEY",
			"prefix-${SSO_KEY}", "%NAME%", "%SsoKey%", "%env(SSO_KEY)%", "%(sso)s", "__NAME__", "{{ .Values.ssoKey }}", "${{ secrets.KEY }}",
			"{{resolve:secretsmanager:sso}}", "<%= ENV %>", "#{sso.key}", "#{SSO_KEY}#", "@SSO_KEY@", "@@key@@", "[[sso]]", "<<sso>>", "{sso_key}",
			"[SSO KEY]", "BETTERMODE_SSO_KEY",
		},
		contract.KeyWrapped: {
			keyText + " # production", keyText + " // production", "NAME=" + keyText, "SSO_KEY=" + keyText, "ssoKey: " + keyText,
			"sso-key=" + keyText, "BETTERMODE_SSO_KEY='" + keyText + "'", "export SSO=" + keyText, "Bearer " + keyText, "bearer: " + keyText,
			"Authorization: Bearer " + keyText, "--key=" + keyText, "pGx4Qm8Zt1Vb7Ns2Kd9Rf3Wh;", "pGx4Qm8Zt1Vb7Ns2Kd9Rf3Wh,",
			"pGx4Qm8Zt1Vb7Ns2Kd9Rf3Wh\\", "base64:" + keyText, `{"key":"` + keyText + `"}`, "<key>" + keyText + "</key>",
			"-----BEGIN PRIVATE KEY-----\n" + keyText, "Bearer" + keyText, "hmac=" + keyText, "HS256:" + keyText,
			"$env:SSO_KEY=" + keyText, "data:text/plain;base64," + keyText, `["` + keyText + `"]`, `[]byte("` + keyText + `")`,
			"&quot;" + keyText + "&quot;", "%22" + keyText + "%22", keyText + `\n`, keyText + "%0A",
		},
	}
	for want, keys := range kinds {
		for _, key := range keys {
			_, err := ssotoken.NewKey(key)
			if !errors.Is(err, want) {
				t.Errorf("%s: got %v, want %s", key, err, want)
			}
			if err != nil && (strings.Contains(err.Error(), key) || strings.Contains(err.Error(), keyText)) {
				t.Errorf("the error holds what was passed: %v", err)
			}
		}
	}
}

// A quote at an end is always refused, so none is in these alphabets.
func TestARandomKeyIsNotRefused(t *testing.T) {
	const keys = 3_000 // of each alphabet
	alnum := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	random := rand.New(rand.NewPCG(1, 2))
	for _, tt := range []struct {
		name, alphabet string
		refused        int // at most
	}{
		{"hex", "0123456789abcdef", 0},
		{"HEX", "0123456789ABCDEF", 0},
		{"base32", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 0},
		{"alphanumeric", alnum, 0},
		{"base64", alnum + "+/", 0},
		{"base64url", alnum + "-_", 0},
		{"unreserved in a URL", alnum + "-._~", 0},
		{"of a password manager", alnum + "!@#$%^&*-_", 0},
		{"printable", alnum + `!#$%&()*+,-./:;<=>?@[\]^_{|}~`, keys / 1000},
	} {
		refused, last := 0, error(nil)
		for range keys {
			key := make([]byte, contract.MinKey+random.IntN(49))
			for i := range key {
				key[i] = tt.alphabet[random.IntN(len(tt.alphabet))]
			}
			if _, err := ssotoken.NewKey(string(key)); err != nil {
				refused, last = refused+1, err
			}
		}
		if refused > tt.refused {
			t.Errorf("%s: %d of %d refused, the last one with: %v", tt.name, refused, keys, last)
		}
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
		if !verifies(token.JWT(), k) {
			t.Errorf("%d bytes: the token does not verify", n)
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
	if _, err := ssotoken.KeyFromEnv(name); !errors.Is(err, contract.KeyTooShort) || !strings.Contains(err.Error(), name) {
		t.Errorf("got %v", err)
	}
}

func TestAKeyThatIsEmptyIsToldFromOneThatIsNotThere(t *testing.T) {
	const variable = "SSOTOKEN_TEST_KEY"
	file := writeKeyFile(t, "\n")
	t.Setenv(variable, "")
	_, empty := ssotoken.KeyFromEnv(variable)
	if err := os.Unsetenv(variable); err != nil {
		t.Fatal(err)
	}
	_, unset := ssotoken.KeyFromEnv(variable)
	_, emptyFile := ssotoken.KeyFromFile(file)
	_, unnamed := ssotoken.KeyFromEnv("")
	_, noPath := ssotoken.KeyFromFile("")
	for want, err := range map[string]error{
		variable + " is empty:": empty, variable + " is not set:": unset, file + " is empty:": emptyFile,
		"the environment variable's name is empty:": unnamed, "path is empty": noPath,
	} {
		if !errors.Is(err, contract.KeyMissing) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// KeyFromEnv(os.Getenv("KEY")) and KeyFromFile(key) are common slips.
func TestAKeyPassedAsANameOrAPathIsNotRepeated(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink("Kd9Rf3Wh6Yc0LjEa", link); err != nil {
		t.Fatal(err)
	}
	keys := []string{
		keyText, "Kd9Rf3Wh6Yc0LjEapGx4Qm8Zt1Vb7N", "A1B2C3D4E5F60718A1B2C3D4E5F60718", "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U", "0123456789abcdef",
		"CORRECT_HORSE_BATTERY_STAPLE", "/Kd9Rf3Wh6Yc0LjEapGx4Qm8Zt1Vb==", "Kd9Rf3/Wh6Yc0Lj/EapGx4Qm8Zt1Vb", "short", "a key with spaces in it",
		times("Kd9R", 2000), "Kd9Rf3Wh6Yc0LjEa\x00Gx4Qm8Zt1Vb7N", "../../Kd9Rf3Wh6Yc0LjEa",
	}
	for _, key := range keys {
		_, env := ssotoken.KeyFromEnv(key)
		_, file := ssotoken.KeyFromFile(key)
		_, inDir := ssotoken.KeyFromFile(dir + "/" + key)
		_, below := ssotoken.KeyFromFile(link + "/" + key)
		_, source := ssotoken.FileKeySource(key, ssotoken.ReloadConfig{})
		for _, err := range []error{env, file, inDir, below, source} {
			var pathError *fs.PathError
			if err == nil || strings.Contains(err.Error(), strings.Trim(key, "./")) || errors.As(err, &pathError) {
				t.Errorf("got %v", err)
			}
		}
		if !strings.Contains(key, "/") && !strings.Contains(inDir.Error(), dir) {
			t.Errorf("the folder is missing: %v", inDir)
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
		{"two newlines", keyText + "\n\n", contract.KeySpace},
		{"space", keyText + " \n", contract.KeySpace},
		{"empty", "\n", contract.KeyMissing},
		{"byte order mark", "\ufeff" + keyText, contract.KeySpace},
		{"a megabyte", times("k", 1<<20), contract.KeyTooLong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := writeKeyFile(t, tt.text)
			k, err := ssotoken.KeyFromFile(path)
			if !errors.Is(err, tt.want) || err == nil && !k.Equal(newKey(t)) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if err != nil && !strings.Contains(err.Error(), path) {
				t.Errorf("the error does not name the file: %v", err)
			}
		})
	}
	if k, err := ssotoken.KeyFromFile(writeKeyFile(t, times("k7Zq", contract.MaxKey/4)+"\r\n")); err != nil || k.IsZero() {
		t.Errorf("the longest key: %v", err)
	}
	if _, err := ssotoken.KeyFromFile(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

func TestADeviceThatNeverEndsIsNoKeyFile(t *testing.T) {
	for _, path := range []string{"/dev/zero", "/dev/urandom"} {
		if _, err := os.Stat(path); err != nil {
			t.Skipf("no %s here", path)
		}
		if _, err := ssotoken.KeyFromFile(path); !errors.Is(err, contract.KeyTooLong) {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func writeKeyFile(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
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
