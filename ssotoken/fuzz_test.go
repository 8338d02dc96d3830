package ssotoken_test

import (
	"encoding/json"
	"errors"
	"math"
	"net/mail"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// Whatever Build takes, encoding/json reads back from the token.
func FuzzTheEncoderAgreesWithEncodingJSON(f *testing.F) {
	f.Add("Ada", "bio", "team", "red", int64(1), 0.5, "space-1")
	f.Add("\"\\/<>&'", "\n\r\t\u2028\u2029", "ключ", "🚀\U0010ffff\ufffd", int64(-1<<53), 1e-7, "пространство")
	f.Add("a\x00", "\xff", "sub", "\x7f", int64(math.MaxInt64), math.Inf(1), "")
	f.Fuzz(func(t *testing.T, name, tagline, key, text string, integer int64, number float64, space string) {
		c, err := ada().Name(name).Tagline(tagline).Spaces(spaces.Apply(spaces.Join(space), spaces.Leave("x"))).
			Custom(customfields.Of(
				customfields.Text(key, text), customfields.Array("_a", []string{text, key}), customfields.Integer("_i", integer),
				customfields.Number("_n", number), customfields.Object("_o", customfields.Text(key, text), customfields.Boolean("_b", true)),
			)).Build()
		if err != nil {
			var refused *ssotoken.ClaimsError
			if !errors.As(err, &refused) || !c.IsZero() {
				t.Fatalf("got %v beside %v", c, err)
			}
			return
		}
		raw := payload(t, sign(t, c))
		if !utf8.ValidString(raw) || !json.Valid([]byte(raw)) {
			t.Fatalf("not valid: %q", raw)
		}
		var got map[string]any
		decoder := json.NewDecoder(strings.NewReader(raw))
		decoder.UseNumber()
		if err := decoder.Decode(&got); err != nil {
			t.Fatal(err)
		}
		gotNumber, err := got["_n"].(json.Number).Float64()
		if err != nil || gotNumber != number {
			t.Fatalf("%v came back as %v, %v", number, got["_n"], err)
		}
		changes := []any{map[string]any{"spaceId": space, "role": "MEMBER", "action": "JOIN"}, map[string]any{"spaceId": "x", "role": "MEMBER", "action": "LEAVE"}}
		if strings.TrimSpace(space) == "" {
			changes = changes[1:] // left out
		}
		want := map[string]any{
			"sub": "user-1", "name": strings.Join(strings.Fields(name), " "), "email": "ada@example.com", "iat": json.Number("1795435200"), "exp": json.Number("1795435260"),
			"spaces": changes, "_a": []any{text, key}, "_i": json.Number(strconv.FormatInt(integer, 10)), "_n": got["_n"], "_o": map[string]any{"_b": true},
		}
		if text != "" {
			want[key], want["_o"].(map[string]any)[key] = text, text
		}
		if c.Tagline() != "" {
			want["tagline"] = tagline
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

func FuzzTheSignatureIsGolangJWTs(f *testing.F) {
	f.Add(keyText, "Ada")
	f.Add(times("k", 64)+"x", "")
	f.Add("ключ-ключ-ключ", times("n", 300))
	f.Fuzz(func(t *testing.T, keyText, name string) {
		key, err := ssotoken.NewKey(keyText)
		if err != nil {
			return
		}
		if key.Reveal() != keyText {
			t.Fatal("the key changed")
		}
		c, err := ada().Name(name).Build()
		if err != nil {
			return
		}
		token, err := newSigner(t, func(c *ssotoken.Config) { c.Key = key }).Sign(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		_, err = jwt.Parse(token.JWT(), func(*jwt.Token) (any, error) { return []byte(keyText), nil },
			jwt.WithValidMethods([]string{"HS256"}), jwt.WithTimeFunc(clock), jwt.WithStrictDecoding())
		if err != nil {
			t.Fatal(err)
		}
	})
}

// The quick check of ordinary addresses takes nothing that net/mail and the
// rules around it refuse, and the other way round.
func FuzzTheEmailCheckAgreesWithNetMail(f *testing.F) {
	for _, s := range []string{"ada@example.com", "a.b+c_d-e@x-y.co.uk", "a..b@c", ".a@b", "a@b.", "@", "a@", "a@b@c", "Ada <a@b>", `"a b"@c`, "a@[127.0.0.1]", "дарья@пример.рф", "a@-b", "a b@c", "a@b (c)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		given := s
		s = strings.TrimSpace(s)
		addr, err := mail.ParseAddress(s)
		want := err == nil && addr.Address == s && addr.Name == "" && utf8.ValidString(s) && !strings.ContainsAny(s, " \t\"") &&
			!strings.ContainsFunc(s, unicode.IsControl) && len(utf16.Encode([]rune(s))) <= contract.MaxEmail
		if _, err := ada().VerifiedEmail(given).Build(); (err == nil) != want {
			t.Fatalf("%q: got %v, want taken: %v", given, err, want)
		}
	})
}

// The quick check of ordinary URLs takes nothing that net/url and the rules
// around it refuse, and the other way round, once white space around the URL, its
// scheme and stray percent signs are in order.
func FuzzThePictureCheckAgreesWithNetURL(f *testing.F) {
	for _, s := range []string{"https://cdn.example.com/a/b.png?s=80&d=mp", "http://x", "https://", "https:///a", "https://a@b/c", "https://[::1]:8/a", "https://a:99999/", "https://a b/", `https://a\b`, "https://é/ü", "ftp://x", "//x", "https://a/%zz", "https://a/%%%a%", "http://z%%", "https://a?b", "https://a#b", "https://:80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" {
			return
		}
		given := s
		s = strings.TrimSpace(s)
		u, err := url.Parse(s)
		if err != nil {
			path, rest := s, ""
			if i := strings.IndexAny(s, "?#"); i >= 0 {
				path, rest = s[:i], s[i:]
			}
			for strayPercent.MatchString(path) { // a sign behind a sign is for the next turn
				path = strayPercent.ReplaceAllString(path, "%25$1")
			}
			u, err = url.Parse(path + rest)
		}
		want := err == nil && (u.Scheme == "https" || u.Scheme == "http") && strings.Contains(s, "://") && u.Hostname() != "" && u.User == nil &&
			utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) && !strings.ContainsFunc(s, unicode.IsSpace) && !strings.Contains(s, `\`)
		if want && u.Port() != "" {
			port, err := strconv.Atoi(u.Port())
			want = err == nil && port <= 65535
		}
		if _, err := ada().Picture(given).Build(); (err == nil) != want {
			t.Fatalf("%q: got %v, want taken: %v", given, err, want)
		}
	})
}

var strayPercent = regexp.MustCompile(`%([^0-9A-Fa-f]|[0-9A-Fa-f]?[^0-9A-Fa-f]|[0-9A-Fa-f]?$)`)

func FuzzTheCommunityIsAnOrigin(f *testing.F) {
	for _, s := range []string{"community.example.com", "https://a:443/", "http://localhost:1", "http://a", "https://a@b", "https://a/b", "[::1]:80", "https://a#", "a:b:c", "%41", "http://[::1%25x]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		signer, err := ssotoken.New(ssotoken.Config{Community: s, Key: newKey(t)})
		if err != nil {
			return
		}
		origin := signer.Community().String()
		u, err := url.Parse(origin)
		if err != nil || u.Scheme+"://"+u.Host != origin || u.Host == "" || u.Hostname() == "" {
			t.Fatalf("%q became %q, %v", s, origin, err)
		}
		if again, err := ssotoken.New(ssotoken.Config{Community: origin, Key: newKey(t)}); err != nil || again.Community().String() != origin {
			t.Fatalf("%q does not stay as it is: %v", origin, err)
		}
		if host := u.Hostname(); u.Scheme != "https" && host != "localhost" && !strings.HasSuffix(host, ".localhost") && !strings.HasPrefix(host, "127.") && !strings.Contains(host, ":") {
			t.Fatalf("%q became %q", s, origin)
		}
	})
}
