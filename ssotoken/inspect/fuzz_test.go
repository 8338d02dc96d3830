package inspect_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

var fuzzNow = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const fuzzKey = "Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&"

func fuzzOptions(t testing.TB) inspect.Options {
	t.Helper()
	key, err := ssotoken.NewKey(fuzzKey)
	if err != nil {
		t.Fatal(err)
	}
	return inspect.Options{Key: key, Now: fuzzNow}
}

// signed makes a token of any header and payload, with the right signature.
func signed(t testing.TB, header, payload string) string {
	t.Helper()
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	mac, err := jwt.SigningMethodHS256.Sign(input, []byte(fuzzKey))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(mac)
}

const goodHeader = `{"alg":"HS256","typ":"JWT"}`

// golang-jwt verifies every token that is accepted, and it has the three claims
// that a community needs. A report can always be written as JSON.
func FuzzAnAcceptedTokenIsOneThatGolangJWTVerifies(f *testing.F) {
	for _, payload := range []string{
		`{"sub":"1","name":"Ada","email":"ada@example.com","iat":1795435200,"exp":1795435260}`,
		`{"sub":"1","name":"Ada","email":"ada@example.com","exp":1795435260.0}`,
		`{"sub":"1","sub":"2","name":"Ada","email":"a@b","exp":1795435260}`,
		`{"sub":"1","name":"Ada","email":"a@b","exp":1795435260,"spaces":[{"spaceId":"x","role":"MEMBER","action":"JOIN"}],"x":{"y":[1,null]}}`,
		`[]`, `{}`, `{"exp":-1}`, `{"exp":1e9}`, `{"sub":"\ud800"}`, "\xff",
	} {
		f.Add(goodHeader, payload)
	}
	f.Add(`{"alg":"none"}`, `{}`)
	f.Add(`{"alg":"HS256","crit":["x"]}`, `{}`)
	f.Fuzz(func(t *testing.T, header, payload string) {
		token := signed(t, header, payload)
		report := inspect.Token(token, fuzzOptions(t))
		if _, err := json.Marshal(report); err != nil {
			t.Fatalf("the report can't be written: %v", err)
		}
		if (report.Err() == nil) != report.Accepted() {
			t.Fatal("Err and Accepted differ")
		}
		if !report.Accepted() {
			return
		}
		claims := jwt.MapClaims{}
		_, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return []byte(fuzzKey), nil },
			jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired(), jwt.WithStrictDecoding(),
			jwt.WithTimeFunc(func() time.Time { return fuzzNow }))
		if err != nil {
			t.Fatalf("accepted, but golang-jwt says %v: %s", err, payload)
		}
		for _, name := range []string{"sub", "name", "email"} {
			if text, ok := claims[name].(string); !ok || text == "" {
				t.Fatalf("accepted without %s: %s", name, payload)
			}
		}
	})
}

// Only a text with the token that was signed is accepted.
func FuzzALoginURLIsJudged(f *testing.F) {
	good := signed(f, goodHeader, `{"sub":"1","name":"Ada","email":"ada@example.com","iat":1795435200,"exp":1795435260}`)
	for _, s := range []string{good, "", "https://community.example.com/api/auth/sso?jwt=" + good,
		"https://community.example.com/api/auth/sso?jwt=" + good + "&redirect_uri=%2Fa",
		"https://c/api/auth/sso?jwt=" + good + "&jwt=" + good, "http://c/?ssoToken=" + good, "https://[::1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		report := inspect.LoginURL(s, fuzzOptions(t))
		if _, err := json.Marshal(report); err != nil {
			t.Fatalf("the report can't be written: %v", err)
		}
		if decoded, err := url.QueryUnescape(s); report.Accepted() && (err != nil || !strings.Contains(decoded, good)) {
			t.Fatalf("%q is accepted", s)
		}
	})
}
