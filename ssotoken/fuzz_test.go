package ssotoken_test

import (
	"encoding/json"
	"errors"
	"math"
	"net/url"
	"path"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// Whatever Build takes, encoding/json reads back from the token.
func FuzzTheEncoderAgreesWithEncodingJSON(f *testing.F) {
	f.Add("Ada", "bio", "team", "red", int64(1), 0.5, "space-1")
	f.Add("\"\\/<>&'", "\n\r\t\u2028\u2029", "ключ", "🚀\U0010ffff\ufffd", int64(-1<<53), 1e-7, "пространство")
	f.Add("Ada\u2066", ".\t\u2028\u202e", "k", "t", int64(0), 0.0, "s")
	f.Add("a\x00", "\xff", "sub", "\x7f", int64(math.MaxInt64), math.Inf(1), "")
	f.Fuzz(func(t *testing.T, name, tagline, key, text string, integer int64, number float64, space string) {
		c, err := ada().Name(name).Tagline(tagline).Spaces(spaces.Apply(spaces.Join(space), spaces.Leave("x"))).
			Custom(customfields.Of(
				customfields.Text(key, text), customfields.Array("_a", []string{text, key}), customfields.Integer("_i", integer),
				customfields.Number("_n", number), customfields.Object("_o", customfields.Text(key, text),
					customfields.Boolean("_b", true)),
			)).Build()
		if err != nil {
			var refused *ssotoken.ClaimsError
			if !errors.As(err, &refused) || c.Subject() != "" {
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
		changes := []any{map[string]any{"spaceId": space, "role": "MEMBER", "action": "JOIN"},
			map[string]any{"spaceId": "x", "role": "MEMBER", "action": "LEAVE"}}
		if strings.TrimSpace(space) == "" {
			changes = changes[1:] // left out
		}
		want := map[string]any{
			"sub": "user-1", "name": strings.Join(strings.Fields(withoutBidi(name)), " "), "email": "ada@example.com",
			"iat": json.Number("1795435200"), "exp": json.Number("1795435260"), "spaces": changes, "_a": []any{text, key},
			"_i": json.Number(strconv.FormatInt(integer, 10)), "_n": got["_n"], "_o": map[string]any{"_b": true},
		}
		if text != "" {
			want[key], want["_o"].(map[string]any)[key] = text, text
		}
		if claimIn(t, c, "tagline") != "" {
			want["tagline"] = withoutBidi(tagline)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

// withoutBidi leaves out what turns the direction of text past its own end.
func withoutBidi(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, s)
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

// What the builder refuses, the judge finds in a token that has it as it is, and in
// what the builder sends the judge finds nothing: what it would find is put in order.
func FuzzTheBuilderAndTheJudgeAgree(f *testing.F) {
	claims := []string{contract.Sub, contract.Name, contract.Email, contract.Tagline, contract.Picture}
	for which, rows := range map[byte][]verdict{1: names, 2: addresses, 4: pictures} {
		for _, row := range rows {
			for value := range strings.FieldsSeq(row.values) {
				f.Add(which, value)
			}
		}
	}
	for _, no := range contract.NoIDs() {
		f.Add(byte(0), no.Text)
	}
	for _, s := range []string{"Ada \u202eLovelace", "\u2066", "علی" + "\u200c" + "رضا", " Ada ", "a\tb\x00",
		"\u200b", "https://a/%zz", "https://a/%%%a%", "http://z%%", " HTTPS://a ", "a@b ", "-1 ", "\u2028", "0\u200b"} {
		for which := range byte(5) {
			f.Add(which, s)
		}
	}
	f.Fuzz(func(t *testing.T, which byte, s string) {
		claim := claims[int(which)%len(claims)]
		if !utf8.ValidString(s) || s == "" || len(s) > 1000 || claim == contract.Sub && strings.TrimSpace(s) != s {
			return // is no JSON, is left out, fills the token, or is what no token shows to be a mistake
		}
		b := ada()
		switch claim {
		case contract.Sub:
			b.Subject(s)
		case contract.Name:
			b.Name(s)
		case contract.Email:
			b.VerifiedEmail(s)
		case contract.Tagline:
			b.Tagline(s)
		case contract.Picture:
			b.Picture(s)
		}
		built, err := b.Build()
		if found := mistakes(judged(t, map[string]string{claim: s})); err != nil && found == nil {
			t.Fatalf("%s %+q: refused for %v, and the judge finds nothing", claim, s, err)
		}
		if err != nil {
			return
		}
		sent := map[string]string{contract.Sub: built.Subject(), contract.Name: claimIn(t, built, "name"),
			contract.Email: claimIn(t, built, "email"), contract.Tagline: claimIn(t, built, "tagline")}
		if claimIn(t, built, "picture") != "" {
			sent[contract.Picture] = claimIn(t, built, "picture")
		}
		if found := mistakes(judged(t, sent)); found != nil {
			t.Fatalf("%s %+q: sent as %+q, of which the judge says %v", claim, s, sent[claim], found)
		}
	})
}

// mistakes are the findings, other than those that are sent and reported.
func mistakes(r *inspect.Report) (codes []contract.Code) {
	for _, f := range r.Findings {
		if f.Code != contract.SubIsEmail && f.Code != contract.NameIsEmail {
			codes = append(codes, f.Code)
		}
	}
	return codes
}

func FuzzTheCommunityIsAnOriginAndAFolder(f *testing.F) {
	for _, s := range []string{"community.example.com", "https://a:443/", "http://localhost:1", "http://a",
		"https://a@b", "https://a/b", "a/b/C/", "https:/a", "[::1]:80", "https://a#", "a:b:c", "%41", "http://[::1%25x]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		signer, err := ssotoken.New(ssotoken.Config{Community: s, Key: newKey(t)})
		if err != nil {
			return
		}
		origin := signer.Community().String()
		u, err := url.Parse(origin)
		if err != nil || u.Scheme+"://"+u.Host+u.EscapedPath() != origin || path.Clean("/"+u.Path+"/") != "/"+strings.Trim(u.Path, "/") ||
			u.Host == "" || u.Hostname() == "" {
			t.Fatalf("%q became %q, %v", s, origin, err)
		}
		if again, err := ssotoken.New(ssotoken.Config{Community: origin, Key: newKey(t)}); err != nil ||
			again.Community().String() != origin {
			t.Fatalf("%q does not stay as it is: %v", origin, err)
		}
		if host := u.Hostname(); u.Scheme != "https" && host != "localhost" && !strings.HasSuffix(host,
			".localhost") && !strings.HasPrefix(host, "127.") && !strings.Contains(host, ":") {
			t.Fatalf("%q became %q", s, origin)
		}
	})
}
