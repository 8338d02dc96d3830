package ssotoken_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 999_999_999, time.UTC)

func clock() time.Time { return noon }

func newSigner(t *testing.T, change ...func(*ssotoken.Config)) *ssotoken.Signer {
	t.Helper()
	c := ssotoken.Config{Community: "community.example.com", Key: newKey(t), Now: clock}
	for _, f := range change {
		f(&c)
	}
	s, err := ssotoken.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func build(t *testing.T, b *ssotoken.ClaimsBuilder) ssotoken.Claims {
	t.Helper()
	c, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sign(t *testing.T, c ssotoken.Claims) ssotoken.Token {
	t.Helper()
	token, err := newSigner(t).Sign(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// payload is the JSON text of a token's claims.
func payload(t *testing.T, token ssotoken.Token) string {
	t.Helper()
	return payloadOf(t, token.JWT())
}

func payloadOf(t *testing.T, jwt string) string {
	t.Helper()
	b, err := base64.RawURLEncoding.Strict().DecodeString(strings.Split(jwt, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func full() *ssotoken.ClaimsBuilder {
	return ada().Tagline("Mathematician & \"poet\"\n<b>").Picture("https://cdn.example.com/ada.png?s=80&d=mp").
		Spaces(spaces.Apply(spaces.Join("s1"), spaces.Leave("s2"))).
		Custom(customfields.Of(
			customfields.Text("z", "last \u2028 🚀 \\ \t"), customfields.Boolean("active", false), customfields.Integer("seats", -3),
			customfields.Number("score", 0.1), customfields.Number("big", 9007199254740991), customfields.Number("tiny",
				1e-7), customfields.Number("nothing", math.Copysign(0, -1)),
			customfields.Array("tags", []string{"a", "b"}), customfields.Object("address", customfields.Text("city", "Oslo"),
				customfields.Array("floors", []int{1, 2})),
			customfields.Text("empty", ""), customfields.Date("since", noon),
		))
}

func TestTheWireFormIsFixed(t *testing.T) {
	const times = `,"iat":1795435200,"exp":1795435260}`
	tests := []struct {
		name    string
		builder *ssotoken.ClaimsBuilder
		want    string
	}{
		{"required alone", ada(), `{"sub":"user-1","name":"Ada Lovelace","email":"ada@example.com"` + times},
		{"sub is a string always", ada().Subject("42"), `{"sub":"42","name":"Ada Lovelace","email":"ada@example.com"` + times},
		{"spaceIds with ADD", ada().Spaces(spaces.Add("b", "a")),
			`{"sub":"user-1","name":"Ada Lovelace","email":"ada@example.com","spaceIds":["b","a"],"spacesOperation":"ADD"` + times},
		{"spaceIds with REPLACE", ada().Spaces(spaces.Replace("a")),
			`{"sub":"user-1","name":"Ada Lovelace","email":"ada@example.com","spaceIds":["a"],"spacesOperation":"REPLACE"` + times},
		{"spaces has all three keys", ada().Spaces(spaces.Apply(spaces.Join("a"), spaces.Leave("b"))),
			`{"sub":"user-1","name":"Ada Lovelace","email":"ada@example.com","spaces":[` +
				`{"spaceId":"a","role":"MEMBER","action":"JOIN"},{"spaceId":"b","role":"MEMBER","action":"LEAVE"}]` + times},
		{"everything", full(),
			`{"sub":"user-1","name":"Ada Lovelace","email":"ada@example.com","tagline":"Mathematician & \"poet\"\n<b>",` +
				`"picture":"https://cdn.example.com/ada.png?s=80&d=mp","spaces":[{"spaceId":"s1","role":"MEMBER","action":"JOIN"},` +
				`{"spaceId":"s2","role":"MEMBER","action":"LEAVE"}],"active":false,"address":{"city":"Oslo","floors":[1,2]},` +
				`"big":9007199254740991,"nothing":0,"score":0.1,"seats":-3,"since":"2026-11-23","tags":["a","b"],"tiny":1e-7,` +
				`"z":"last ` + "\u2028 🚀 " + `\\ \t"` + times},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := build(t, tt.builder)
			if diff := cmp.Diff(tt.want, payload(t, sign(t, c))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if sign(t, c).JWT() != sign(t, build(t, tt.builder)).JWT() {
				t.Error("the same input gave two tokens")
			}
		})
	}
}

func TestTheHeaderIsAlgAndTypAlone(t *testing.T) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(strings.Split(sign(t, build(t, full())).JWT(), ".")[0])
	if err != nil || string(b) != `{"alg":"HS256","typ":"JWT"}` {
		t.Errorf("got %s, %v", b, err)
	}
}

func TestTheSignatureIsHS256WithTheKeysOwnBytes(t *testing.T) {
	for _, text := range []string{keyText, keyText[:16], "ключ-ключ-ключ-ключ",
		"c2VjcmV0LXNlY3JldC1zZWNyZXQ=", times("ab", 100)} {
		key, err := ssotoken.NewKey(text)
		if err != nil {
			t.Fatal(err)
		}
		token, err := newSigner(t, func(c *ssotoken.Config) { c.Key = key }).Sign(t.Context(), build(t, full()))
		if err != nil {
			t.Fatal(err)
		}
		parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithTimeFunc(clock),
			jwt.WithExpirationRequired(), jwt.WithStrictDecoding())
		if _, err := parser.Parse(token.JWT(), func(*jwt.Token) (any, error) { return []byte(text), nil }); err != nil {
			t.Errorf("golang-jwt: %v", err)
		}
		if _, err := parser.Parse(token.JWT(),
			func(*jwt.Token) (any, error) { return []byte(text + "x"), nil }); !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
			t.Errorf("another key: got %v", err)
		}
	}
}

func TestNbfJtiAudAndIssAreNeverSent(t *testing.T) {
	var claims map[string]any
	if err := json.Unmarshal([]byte(payload(t, sign(t, build(t, full())))), &claims); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"nbf", "jti", "aud", "iss"} {
		if _, ok := claims[name]; ok {
			t.Errorf("%s is sent", name)
		}
	}
}

func TestIatAndExpAreIntegersFromOneReadingOfTheClock(t *testing.T) {
	tests := []struct {
		lifetime, want time.Duration
	}{
		{0, 60 * time.Second},
		{time.Second, time.Second},
		{2 * time.Minute, 2 * time.Minute},
		{time.Hour, time.Hour},
	}
	for _, tt := range tests {
		readings := 0
		s := newSigner(t, func(c *ssotoken.Config) {
			c.Lifetime = tt.lifetime
			c.Now = func() time.Time {
				readings++
				return noon.Add(time.Duration(readings-1) * time.Hour)
			}
		})
		token, err := s.Sign(t.Context(), build(t, ada()))
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`,"iat":%d,"exp":%d}`, noon.Unix(), noon.Unix()+int64(tt.want/time.Second))
		if got := payload(t, token); !strings.HasSuffix(got, want) || readings != 1 {
			t.Errorf("lifetime %v: got %s after %d readings, want %s after one", tt.lifetime, got, readings, want)
		}
		if got := token.ExpiresAt(); got.Unix() != noon.Unix()+int64(tt.want/time.Second) {
			t.Errorf("ExpiresAt is %v", got)
		}
	}
}

func TestTheClockMustShowAUsableTime(t *testing.T) {
	for _, now := range []time.Time{{}, time.Unix(0, 0), time.Unix(-1, 0), time.Unix(1e11-60, 0),
		time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		s := newSigner(t, func(c *ssotoken.Config) { c.Now = func() time.Time { return now } })
		if _, err := s.Sign(t.Context(), build(t, ada())); !errors.Is(err, contract.Clock) {
			t.Errorf("%v: got %v, want the code clock", now, err)
		}
	}
}

func TestNewReportsEveryBadSetting(t *testing.T) {
	key := newKey(t)
	source := func(context.Context) (ssotoken.Key, error) { return key, nil }
	tests := []struct {
		name   string
		config ssotoken.Config
		want   []fault
	}{
		{"least", ssotoken.Config{Community: "community.example.com", Key: key}, nil},
		{"key source", ssotoken.Config{Community: "community.example.com", KeySource: source}, nil},
		{"everything missing", ssotoken.Config{}, []fault{{"Community", contract.MissingValue}, {"Key", contract.KeyMissing}}},
		{"two keys", ssotoken.Config{Community: "a.example", Key: key, KeySource: source}, []fault{{"KeySource", contract.Malformed}}},
		{"shortest lifetime", ssotoken.Config{Community: "a.example", Key: key, Lifetime: time.Second}, nil},
		{"longest lifetime", ssotoken.Config{Community: "a.example", Key: key, Lifetime: time.Hour}, nil},
		{"negative lifetime", ssotoken.Config{Community: "a.example", Key: key, Lifetime: -time.Second}, []fault{{"Lifetime", contract.Range}}},
		{"under a second", ssotoken.Config{Community: "a.example", Key: key, Lifetime: 999 * time.Millisecond},
			[]fault{{"Lifetime", contract.Range}}},
		{"seconds meant, nanoseconds given", ssotoken.Config{Community: "a.example", Key: key, Lifetime: 60},
			[]fault{{"Lifetime", contract.Range}}},
		{"a fraction", ssotoken.Config{Community: "a.example", Key: key, Lifetime: 1500 * time.Millisecond},
			[]fault{{"Lifetime", contract.Range}}},
		{"over an hour", ssotoken.Config{Community: "a.example", Key: key, Lifetime: time.Hour + time.Second},
			[]fault{{"Lifetime", contract.Range}}},
		{"negative MaxURL", ssotoken.Config{Community: "a.example", Key: key, MaxURL: -1}, []fault{{"MaxURL", contract.Range}}},
		{"all together", ssotoken.Config{Community: "http://a.example", Lifetime: -1, MaxURL: -1},
			[]fault{{"Community", contract.Scheme}, {"Key", contract.KeyMissing}, {"Lifetime", contract.Range}, {"MaxURL", contract.Range}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ssotoken.New(tt.config)
			var got []fault
			if err != nil {
				var refused *ssotoken.ConfigError
				if !errors.As(err, &refused) {
					t.Fatalf("got %T, want *ConfigError", err)
				}
				got = faults(refused.Fields)
			}
			if diff := cmp.Diff(tt.want, got, sameErr); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheCommunityIsAHostOrAnHTTPSOrigin(t *testing.T) {
	tests := []struct {
		in, want string
		err      error
	}{
		{"community.example.com", "https://community.example.com", nil},
		{"https://community.example.com", "https://community.example.com", nil},
		{"https://community.example.com/", "https://community.example.com", nil},
		{"HTTPS://Community.Example.COM", "https://community.example.com", nil},
		{"https://community.example.com:443", "https://community.example.com", nil},
		{"community.example.com:8443", "https://community.example.com:8443", nil},
		{"community.example.com:65535", "https://community.example.com:65535", nil},
		{"community.example.com:65536", "", contract.Malformed},
		{"http://notlocalhost", "", contract.Scheme},
		{"xn--e1afmkfd.xn--p1ai", "https://xn--e1afmkfd.xn--p1ai", nil},
		{"http://localhost:8081", "http://localhost:8081", nil},
		{"http://app.localhost", "http://app.localhost", nil},
		{"http://127.0.0.1:80", "http://127.0.0.1", nil},
		{"http://127.9.9.9:8081", "http://127.9.9.9:8081", nil},
		{"http://[::1]:8081", "http://[::1]:8081", nil},
		{"http://[0:0::1]:80", "http://[::1]", nil},
		{"https://127.1", "", contract.Malformed},
		{"https://[2001:db8::1]", "https://[2001:db8::1]", nil},
		{"", "", contract.MissingValue},
		{"http://community.example.com", "", contract.Scheme},
		{"http://localhost.example.com", "", contract.Scheme},
		{"http://127.0.0.1.example.com", "", contract.Scheme},
		{"http://10.0.0.1", "", contract.Scheme},
		{"ftp://community.example.com", "", contract.Scheme},
		{"javascript://community.example.com", "", contract.Scheme},
		{"https://example.com/hub", "https://example.com/hub", nil},
		{"EXAMPLE.com:443/en/Hub_1-a/", "https://example.com/en/Hub_1-a", nil},
		{"http://[::1]:8081/hub", "http://[::1]:8081/hub", nil},
		{"http://example.com/hub", "", contract.Scheme},
		{"https://user@example.com/hub", "", contract.UserInfo},
		{"example.com/hub//", "", contract.Malformed},
		{"example.com//hub", "", contract.Malformed},
		{"example.com//", "", contract.Malformed},
		{"example.com/./hub", "", contract.Malformed},
		{"example.com/hub/..", "", contract.Malformed},
		{"example.com/h%75b", "", contract.Malformed},
		{"example.com/hub%2F", "", contract.Malformed},
		{"example.com/hub;a", "", contract.Malformed},
		{"example.com/hub a", "", contract.Malformed},
		{"example.com/hüb", "", contract.Malformed},
		{"example.com/hub\n", "", contract.Malformed},
		{"example.com/hub?a", "", contract.Malformed},
		{"example.com/hub#", "", contract.Malformed},
		{"example.com/api/auth/sso", "", contract.Malformed},
		{"example.com/hub/api/auth/sso", "", contract.Malformed},
		{"example.com/hub/Auth/logout", "", contract.Malformed},
		{"example.com/Login", "", contract.Malformed},
		{"https:/localhost", "", contract.Malformed},
		{"community.example.com/", "https://community.example.com", nil},
		{"https://community.example.com?", "", contract.Malformed},
		{"https://community.example.com?a=b", "", contract.Malformed},
		{"https://community.example.com#", "", contract.Malformed},
		{"https://user@community.example.com", "", contract.UserInfo},
		{"user:pass@community.example.com", "", contract.UserInfo},
		{"https://", "", contract.Malformed},
		{"https:///path", "", contract.Malformed},
		{"https://.example.com", "", contract.Malformed},
		{"community..example.com", "", contract.Malformed},
		{"community.example.com.", "", contract.Malformed},
		{"community example.com", "", contract.Malformed},
		{" community.example.com", "", contract.Malformed},
		{"community.example.com:99999", "", contract.Malformed},
		{"community.example.com:0", "", contract.Malformed},
		{"community.example.com\\evil", "", contract.Malformed},
		{"пример.рф", "", contract.Malformed},
		{":::", "", contract.Malformed},
		{"::1", "", contract.Malformed},
		{"http://[::ffff:127.0.0.1]:8081", "http://[::ffff:127.0.0.1]:8081", nil},
		{"[fe80::1%25eth0]", "", contract.Malformed},
		{"community.example.com\n", "", contract.ControlCharacter},
	}
	for _, tt := range tests {
		s, err := ssotoken.New(ssotoken.Config{Community: tt.in, Key: newKey(t)})
		if !errors.Is(err, tt.err) {
			t.Errorf("%q: got %v, want %v", tt.in, err, tt.err)
		}
		if err == nil && s.Community().String() != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, s.Community(), tt.want)
		}
	}
}

func returnPath(t *testing.T, s string) ssotoken.ReturnPath {
	t.Helper()
	p, err := ssotoken.ParseReturnPath(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return p
}

func TestTheLoginURLHasOneJWTAndOneRedirectURI(t *testing.T) {
	s, c := newSigner(t), build(t, full())
	token, err := s.Sign(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	const deep = "/search?q=a%20b&tab=posts#top"
	got, err := s.LoginURL(t.Context(), c, returnPath(t, deep))
	want := "https://community.example.com/api/auth/sso?jwt=" + token.JWT() + "&redirect_uri=%2Fsearch%3Fq%3Da%2520b%26tab%3Dposts%23top"
	if err != nil || got != want {
		t.Fatalf("got %v\n%s, want\n%s", err, got, want)
	}
	u, err := url.Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(url.Values{"jwt": {token.JWT()}, "redirect_uri": {deep}}, u.Query()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHomeSendsNoRedirectURI(t *testing.T) {
	s, c := newSigner(t), build(t, ada())
	for _, to := range []ssotoken.ReturnPath{{}, returnPath(t, ""), returnPath(t, "/")} {
		got, err := s.LoginURL(t.Context(), c, to)
		if err != nil || strings.Contains(got, "redirect_uri") {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

func TestEveryDecoderReadsTheSameRedirectURI(t *testing.T) {
	s, c := newSigner(t), build(t, ada())
	for _, want := range []string{"/a b", "/a+b", "/a%20b", "/100%", "/é/🚀", "/a&b=c#d?e", "/~user/'(x)*!", "/a%2Fb", "/a;b,c:d@e$f"} {
		got, err := s.LoginURL(t.Context(), c, returnPath(t, want))
		if err != nil {
			t.Fatal(err)
		}
		_, raw, _ := strings.Cut(got, "&redirect_uri=")
		form, formErr := url.QueryUnescape(raw)
		uri, uriErr := url.PathUnescape(raw)
		if formErr != nil || uriErr != nil || form != want || uri != want {
			t.Errorf("%q: a form decoder reads %q, a URI decoder %q", want, form, uri)
		}
	}
}

func TestALoginURLOverMaxURLNamesTheLargestClaim(t *testing.T) {
	ids := make([]string, 400)
	for i := range ids {
		ids[i] = fmt.Sprintf("space-%06d", i) // 12 characters
	}
	tests := []struct {
		name    string
		builder *ssotoken.ClaimsBuilder
		claim   string
	}{
		{"spaceIds", ada().Spaces(spaces.Add(ids...)), "spaceIds"},
		{"name", ada().Name(times("n", 9000)), "name"},
		{"custom field", ada().Custom(customfields.Of(customfields.Text("essay", times(secret, 1200)))), "essay"},
	}
	for _, tt := range tests {
		_, err := newSigner(t).LoginURL(t.Context(), build(t, tt.builder), ssotoken.ReturnPath{})
		var at *ssotoken.FieldError
		if !errors.Is(err, contract.URLTooLong) || !errors.As(err, &at) || at.Field != tt.claim || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
}

func TestMaxURLIsExactAndHasRoomForTheDocumentedSpaces(t *testing.T) {
	c := build(t, ada())
	login, err := newSigner(t).LoginURL(t.Context(), c, ssotoken.ReturnPath{})
	if err != nil {
		t.Fatal(err)
	}
	for max, want := range map[int]error{len(login): nil, len(login) - 1: contract.URLTooLong} {
		s := newSigner(t, func(c *ssotoken.Config) { c.MaxURL = max })
		if _, err := s.LoginURL(t.Context(), c, ssotoken.ReturnPath{}); !errors.Is(err, want) {
			t.Errorf("MaxURL %d: got %v, want %v", max, err, want)
		}
	}
	var ids []string
	var changes []spaces.Change
	for i := range 350 {
		ids = append(ids, fmt.Sprintf("space-%06d", i))
		changes = append(changes, spaces.Join(ids[i]))
	}
	for _, plan := range []spaces.Plan{spaces.Replace(ids...), spaces.Apply(changes[:70]...)} {
		if _, err := newSigner(t).LoginURL(t.Context(), build(t, ada().Spaces(plan)), ssotoken.ReturnPath{}); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatCanNotBeSignedIsRefused(t *testing.T) {
	done, cancel := context.WithCancel(t.Context())
	cancel()
	broken := errors.New("vault is sealed")
	failing := func(c *ssotoken.Config) {
		c.Key, c.KeySource = ssotoken.Key{}, func(context.Context) (ssotoken.Key, error) { return ssotoken.Key{}, broken }
	}
	empty := func(c *ssotoken.Config) {
		c.Key, c.KeySource = ssotoken.Key{}, func(context.Context) (ssotoken.Key, error) { return ssotoken.Key{}, nil }
	}
	c := build(t, ada())
	tests := []struct {
		name   string
		signer *ssotoken.Signer
		ctx    context.Context
		claims ssotoken.Claims
		want   error
	}{
		{"zero claims", newSigner(t), t.Context(), ssotoken.Claims{}, contract.NoClaims},
		{"context done", newSigner(t), done, c, context.Canceled},
		{"key source fails", newSigner(t, failing), t.Context(), c, broken},
		{"key source fails, by our word", newSigner(t, failing), t.Context(), c, ssotoken.ErrKeySource},
		{"key source returns no key", newSigner(t, empty), t.Context(), c, contract.KeyMissing},
	}
	for _, tt := range tests {
		token, err := tt.signer.Sign(tt.ctx, tt.claims)
		if !errors.Is(err, tt.want) || token.JWT() != "" || !token.ExpiresAt().IsZero() {
			t.Errorf("%s: Sign: got %v, want %v", tt.name, err, tt.want)
		}
		login, err := tt.signer.LoginURL(tt.ctx, tt.claims, ssotoken.ReturnPath{})
		if !errors.Is(err, tt.want) || login != "" {
			t.Errorf("%s: LoginURL: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

// Between two questions the key may change, and a source may be slow.
func TestAKeySourceIsAskedOnceALogin(t *testing.T) {
	key, asked := newKey(t), 0
	s := newSigner(t, func(c *ssotoken.Config) {
		c.Key, c.KeySource = ssotoken.Key{}, func(context.Context) (ssotoken.Key, error) { asked++; return key, nil }
	})
	c, partner := build(t, ada()), newPartner(t, signedIn(t), func(c *ssotoken.LoginConfig) { c.Signer = s })
	tight := newPartner(t, signedIn(t), func(lc *ssotoken.LoginConfig) {
		lc.Signer = newSigner(t, func(c *ssotoken.Config) {
			c.MaxURL, c.Key, c.KeySource = 400, ssotoken.Key{}, func(context.Context) (ssotoken.Key, error) { asked++; return key, nil }
		})
	})
	for name, mint := range map[string]func(){
		"Sign":       func() { s.Sign(t.Context(), c) },
		"LoginURL":   func() { s.LoginURL(t.Context(), c, ssotoken.ReturnPath{}) },
		"Middleware": func() { partner.answer(t, "GET", "/") },
		"Middleware, with a return path that is dropped": func() {
			if res, _ := tight.answer(t, "GET",
				"/?referrer_uri=/"+times("a", 300)); res.StatusCode != 303 || tight.kinds()[0] != ssotoken.ReturnPathDropped {
				t.Errorf("got %s, %v", res.Status, tight.kinds())
			}
		},
		"JSON": func() { askJSON(t, ssotoken.LoginConfig{Signer: s, Identify: signedIn(t)}, "POST", "/") },
	} {
		asked = 0
		if mint(); asked != 1 {
			t.Errorf("%s asked %d times", name, asked)
		}
	}
}

func TestAKeySourceRotatesTheKeyWithoutARestart(t *testing.T) {
	next, err := ssotoken.NewKey("the-next-key-of-this-community!!")
	if err != nil {
		t.Fatal(err)
	}
	current := newKey(t)
	s := newSigner(t, func(c *ssotoken.Config) {
		c.Key, c.KeySource = ssotoken.Key{}, func(context.Context) (ssotoken.Key, error) { return current, nil }
	})
	for _, key := range []ssotoken.Key{current, next} {
		current = key
		token, err := s.Sign(t.Context(), build(t, ada()))
		if err != nil {
			t.Fatal(err)
		}
		_, err = jwt.Parse(token.JWT(), func(*jwt.Token) (any, error) { return []byte(key.Reveal()), nil }, jwt.WithTimeFunc(clock))
		if err != nil {
			t.Error(err)
		}
	}
}

func TestATokenPrintsRedactedUnderEveryVerb(t *testing.T) {
	token := sign(t, build(t, ada()))
	type private struct{ token ssotoken.Token }
	for _, v := range []any{token, &token, []any{token}, private{token}, &private{token}, map[string]ssotoken.Token{"t": token}} {
		out := printed(t, v)
		for _, part := range strings.Split(token.JWT(), ".") {
			for _, form := range forms(part) {
				if strings.Contains(out, form) {
					t.Errorf("%T prints the token:\n%s", v, out)
				}
			}
		}
	}
}
