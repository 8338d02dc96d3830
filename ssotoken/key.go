package ssotoken

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A Key is the community's SSO private key, from Administration > Authentication > JWT
// SSO. It is the secret of an HMAC: whoever has it can log in as any member. Its bytes
// are used as they are, without base64 decoding.
//
// A Key prints as a placeholder under every fmt verb, in log/slog and in
// encoding/json; only [Key.Reveal] returns its text. The zero Key signs nothing. A Key
// is safe for concurrent use; compare two with [Key.Equal].
type Key struct {
	redacted[Key]
	secret *secret
}

// secret is reached through a pointer and keeps its bytes behind a func: fmt
// prints unexported fields without asking their methods.
type secret struct {
	reveal      func() string
	fingerprint string
	mac         *hs256
}

// A KeySource returns the key to sign with now, where it changes while the program
// runs. It is asked at every mint, so it should answer from memory; returning the same
// [Key] again costs nothing.
type KeySource func(context.Context) (Key, error)

// NewKey takes the key as the admin page shows it. It refuses what can't be that
// key, with one of these codes: key-missing, encoding (not UTF-8), key-reference
// (the address of a secret in a store or a file), key-placeholder (a template that
// was not filled in, or a documentation sample), key-wrapped (a variable's name,
// "Bearer" or a comment around it), key-quoted (a quote at an end), key-space (white
// space or an invisible character anywhere), key-too-short (under 16 bytes) and
// key-too-long (over 4,096). The vendor documents no length, so a key under 32 bytes
// is accepted and reported by [Key.Weak].
func NewKey(s string) (Key, error) {
	switch {
	case s == "":
		return Key{}, contract.KeyMissing.Errorf("the key is empty: " + whereKeysAre)
	case len(s) > contract.MaxKey:
		return Key{}, contract.KeyTooLong.Errorf("the key is over %d bytes: copy the admin page's text only", contract.MaxKey)
	case !utf8.ValidString(s):
		return Key{}, contract.Encoding.Errorf("the key is not valid UTF-8: copy it as text")
	}
	for _, n := range notKeys {
		if n.form.MatchString(s) {
			return Key{}, n.code.Errorf("%s", n.mend)
		}
	}
	switch {
	case isSample(s):
		return Key{}, contract.KeyPlaceholder.Errorf(notFilledIn)
	case len(s) < contract.MinKey:
		return Key{}, contract.KeyTooShort.Errorf("the key is under %d bytes: check that it was copied whole", contract.MinKey)
	}
	sum := sha256.Sum256([]byte("bettermode-go/sso key fingerprint\x00" + s))
	return Key{secret: &secret{func() string { return s }, hex.EncodeToString(sum[:6]), newHS256([]byte(s))}}, nil
}

const (
	whereKeysAre = "copy the key from Administration > Authentication > JWT SSO"
	notFilledIn  = "the key is a sample from a page, or a template that was not filled in: put the community's own in its place"
)

// KeyFromEnv reads the key from an environment variable. Its errors are those of
// [NewKey]. They name the variable if it is set, or if its name can only be that of a
// variable: KeyFromEnv(os.Getenv("KEY")) would otherwise write the key into a log.
func KeyFromEnv(name string) (Key, error) {
	text, isSet := os.LookupEnv(name)
	switch {
	case isSet:
		return readKey("environment variable "+name, text)
	case name == "":
		return Key{}, contract.KeyMissing.Errorf("the environment variable's name is empty: pass the name, not its value")
	case variableName.MatchString(name):
		return Key{}, contract.KeyMissing.Errorf("environment variable %s is not set: %s", name, whereKeysAre)
	}
	return Key{}, contract.KeyMissing.Errorf(
		"no environment variable has this name, which is not repeated: it could be the key. Pass the name, not its value")
}

// variableName is the name of a variable for a key. A key matches only if it is made
// of capitals, hardly a digit, and one of these words between two underscores.
var variableName = regexp.MustCompile(`^([A-Z]+[0-9]?_)*(KEY|SECRET|TOKEN|SSO|JWT)(_([A-Z]+[0-9]?|[0-9]{1,2}))*$`)

// readKey is NewKey; its errors name where the text is from.
func readKey(where, text string) (Key, error) {
	if text == "" {
		return Key{}, contract.KeyMissing.Errorf("%s is empty: %s", where, whereKeysAre)
	}
	k, err := NewKey(text)
	if err != nil {
		err = fmt.Errorf("%s: %w", where, err)
	}
	return k, err
}

// KeyFromFile reads the key from a file, such as a mounted secret. One line ending
// at the end belongs to the file and is not part of the key. Its errors are the file
// system's, such as [fs.ErrNotExist], or those of [NewKey]. They repeat only the part
// of the path that exists, since what was passed could be the key. No more is read than a
// key can be long; a pipe or a device may block.
func KeyFromFile(path string) (Key, error) {
	if path == "" {
		return Key{}, contract.KeyMissing.Errorf("the key file's path is empty")
	}
	b, err := readSome(path, contract.MaxKey+len("\r\n"))
	if pathError, ok := err.(*fs.PathError); ok {
		err = pathError.Err // without the path
	}
	where := "key file" + existing(path)
	if err != nil {
		return Key{}, fmt.Errorf("%s: %w", where, err)
	}
	return readKey(where, strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r"))
}

// readSome reads a file up to one byte more than limit.
func readSome(path string, limit int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, int64(limit)+1))
}

// existing is the part of a path that exists, for an error: what is not on the disk
// could be the key.
func existing(path string) string {
	dir := filepath.Dir(path)
	if _, err := os.Lstat(path); err == nil {
		return " " + path
	} else if _, err := os.Lstat(dir); err == nil && dir != "." {
		return " (a path in " + dir + ", not repeated: it could be the key)"
	}
	return " (its path is not repeated: it could be the key)"
}

// Fingerprint returns 12 hexadecimal digits that tell keys apart and don't reveal
// them: log it at the start to see which key a server has. It is empty for the zero
// Key.
func (k Key) Fingerprint() string {
	if k.IsZero() {
		return ""
	}
	return k.secret.fingerprint
}

// Weak reports whether the key is under the 32 bytes that RFC 7518, section 3.2,
// requires for HS256. The community takes such a key, and so does Go's FIPS 140-3
// mode; a strict reader such as go-jose does not.
func (k Key) Weak() bool { return len(k.Reveal()) < contract.StrongKey }

// Reveal returns the key's text, for a library that needs it: keep it out of logs.
// It is empty for the zero Key.
func (k Key) Reveal() string {
	if k.IsZero() {
		return ""
	}
	return k.secret.reveal()
}

// IsZero reports whether k is no key.
func (k Key) IsZero() bool { return k.secret == nil }

// Equal reports whether both are the same key, in a time that does not depend
// on where they differ.
func (k Key) Equal(other Key) bool {
	return k.IsZero() == other.IsZero() && hmac.Equal([]byte(k.Reveal()), []byte(other.Reveal()))
}

// notKeys are what people put where the key belongs, the more exact first.
// TestARandomKeyIsNotRefused measures that they don't look like a random key.
var notKeys = []struct {
	code contract.Code
	mend string
	form *regexp.Regexp
}{
	{contract.KeyReference, "the key is the address of a secret in a store, a file or a variable: " +
		"let the platform or your program fetch the secret itself; a file is read by KeyFromFile", anyOf(
		`[a-z][a-z0-9+.-]+://.*`, `(?-i:[a-z][a-z0-9+._-]+:[\w.:#@=~-]*/[\w.:#@=~/-]*)`,
		`(arn|vault|ssm|secretsmanager|azurekeyvault|keyvault|akv|kms|awskms|gcpkms|sops|env|file|secrets?|secretref|`+
			`ref|op|sm|gsm|asm|awssm|parameter|doppler|infisical|conjur|k8s|secure|encrypted):.+`,
		`@microsoft\..*`, `@\w+(\.\w+)*\(.*\)`, `@[./~][\w./-]+`, `(vault|secret|ssm|kms)\(.*\)`, `![a-z]+ .*`,
		`(//[\w.]+/)?projects/[^/]+/(secrets|locations)/.*`,
		`(ENC[\[(]|\{[a-z0-9]{3,12}\}|\$ANSIBLE_VAULT|age-encryption|AGE-SECRET-KEY-).+`,
		`.*(keyref|valuefrom:|process\.env|import\.meta\.env|os\.environ|getenv\(|getenvironmentvariable\(|^env[\[(]).*`,
		`\.?(secrets|env|vars?|local|data|module|values|config|settings)\.[\w.]+`,
		`(~|\.\.?|[a-z]:)[/\\][\w./\\ -]+`,
		`/(run|etc|var|mnt|opt|home|root|usr|srv|tmp|app|vault|secrets?|data|config|private|keys|users|proc|dev)/.*`,
		`(?-i:[a-z0-9._-]*(/[a-z0-9._-]+){2,})`, `(?-i:[A-Z]?[a-z0-9_]+(\.[a-z0-9_]+){2,})`, `\\\\[\w.-]+\\.*`,
		`[\w./\\-]+\.(pem|key|txt|json|ya?ml|env|secret|enc)`)},
	{contract.KeyWrapped, "the key has text around it, such as a variable's name, Bearer or a comment: remove that", anyOf(
		`(bearer|basic|token|authorization|digest|jwt)[ :=]+\S.*`, `bearer.+`,
		`(export|set|setx|let|const|var|env) .*`,
		`(?-i:[A-Z][A-Z_]{3,}=[^=].*)`,
		`[\w.$:-]*(key|secret|sso|token|jwt|password|hmac)[\w.-]*\s*(=>|:=|=|:)\s*[^=\s].*`,
		`--[a-z-]+=.*`, `(data:.*)?(base64|b64|hex|utf8|raw|plain|text|literal|string|str|value|(hs|sha)(256|384|512))[:,].*`,
		`.*\s(#|//|--|;|/\*|<!--).*`,
		`[\[{]\s*".*[\]}]`, `[\w.\[\]]+\(["'].*["']\)`, `<\w+>.*</\w+>`, `-----BEGIN.*`, `[\w-]{16,}[,;\\]`,
		`(%2[27]|&(quot|#\d+);).*`, `.*(%0[ad]|%2[027]|&(quot|#\d+);|\\n)`)},
	{contract.KeyPlaceholder, notFilledIn, anyOf(
		`\$[({\[].*[)}\]]`, `.*[$#@!]\{[\w.: -]{3,}\}.*`, `.*\{\{.*\}\}.*`,
		`(?-i:\\?\$+([A-Z_][A-Z0-9_]*|[a-z_][a-z0-9_]*))`, `\$(env:)?[a-z_]*(key|secret|token|sso|jwt)[a-z_]*`,
		`(?-i:[%@#]([A-Z0-9_.]+|[a-z0-9_.]+)[%@#])`, `%\w*(key|secret|token|sso|jwt)\w*%`, `%\w*[({].*[)}][\w%]?`,
		`(__|##|@@|%%|\[\[|<<|\{%|<%).*(__|##|@@|%%|\]\]|>>|%\}|%>)`,
		`[\[{<(][\w .,:'/$-]+[\]}>)]`,
		`(?-i:[A-Z]+(_[A-Z]+)+)`)},
	{contract.KeyQuoted, "the key has quotes around it: they are not part of it, remove them",
		anyOf(quote+".*", ".*"+quote)},
	{contract.KeySpace, "the key has white space, a line ending or an invisible character: copy it without",
		anyOf(`.*[\s\pZ\p{Cc}\p{Cf}].*`)},
}

const quote = "[\"'`“”‘’«»„‚‹›「」『』＂＇]"

// anyOf is a whole text in one of the forms, in upper or lower case.
func anyOf(forms ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?is)^(?:` + strings.Join(forms, "|") + `)$`)
}

// samples are the words, without anything between them, that pages put where a key
// belongs.
var (
	notLetters = regexp.MustCompile(`\PL+`)
	samples    = regexp.MustCompile(`(?i)change(me|it|this)|replace(me|with|this)|placeholder|` +
		`your\w*(secret|key|token|password)|privatekey|supersecret|keyhere|secrethere|redacted|stringsecretthatis|` +
		`astringsecretatleast|djangoinsecure`)
)

func isSample(s string) bool {
	isOneCharacter := strings.Trim(s, string([]rune(s)[0])+"-") == ""
	return isOneCharacter || samples.MatchString(notLetters.ReplaceAllString(s, ""))
}
