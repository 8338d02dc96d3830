package ssotoken_test

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// idToken is the JSON of a verified Jane with more claims, which replace none.
func idToken(more string) string {
	return `{"sub":"1","name":"Jane","email":"j@example.com","email_verified":true` + more + `}`
}

func TestOIDCClaimsNeedAVerifiedEmail(t *testing.T) {
	const who = `{"sub":"1","name":"J","email":"j@example.com"`
	for name, token := range map[string]string{
		"not verified": who + `,"email_verified":false}`, "not verified as text": who +
			`,"email_verified":"false"}`, "a number": who + `,"email_verified":1}`,
		"null": who + `,"email_verified":null}`, "not said": who + `}`, "a list": who +
			`,"email_verified":[true]}`, "an object": who + `,"email_verified":{"true":true}}`,
		"another text": who + `,"email_verified":"True "}`, "in capitals": who +
			`,"EMAIL_VERIFIED":true}`, "in other letters": who + `,"email_veriﬁed":true}`,
		"capitals after it": who + `,"email_verified":false,"Email_Verified":true}`,
	} {
		var c ssotoken.OIDCClaims
		if err := json.Unmarshal([]byte(token), &c); err != nil {
			t.Fatal(err)
		}
		_, err := c.Builder()
		var field *ssotoken.FieldError
		if !errors.Is(err, ssotoken.ErrEmailUnverified) || !errors.As(err, &field) || field.Field != "email" ||
			strings.Contains(err.Error(), "example") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAnIDTokenIsReadByExactNames(t *testing.T) {
	for name, more := range map[string]string{
		"another case": `,"Sub":"2","NAME":"Eve","Email":"eve@example.com","Picture":"https://example.com/eve.png"`,
		"a long s":     `,"\u017fub":"2"`,
		"a Kelvin k":   `,"nic\u212aname":"Eve"`,
		"an object":    `,"address":{"sub":"2","email":"eve@example.com"}`,
	} {
		var c ssotoken.OIDCClaims
		if err := json.Unmarshal([]byte(idToken(more)), &c); err != nil {
			t.Fatal(err)
		}
		if c.Subject != "1" || c.Name != "Jane" || c.Email != "j@example.com" || c.Picture != "" {
			t.Errorf("%s: got %+v", name, c)
		}
	}
	for name, token := range map[string]string{
		"sub twice": idToken(`,"sub":"2"`), "sub twice, once as an escape": idToken(`,"\u0073ub":"2"`),
		"email twice":          idToken(`,"email":"eve@example.com"`),
		"email_verified twice": idToken(`,"email_verified":true`), "a list": `["sub"]`, "a text": `"sub"`,
		"half a surrogate pair, which many would share": `{"sub":"\ud800","email":"a@b"}`,
		"another half": `{"sub":"1","email":"\udc00@b"}`, "not UTF-8": "{\"sub\":\"\xff\"}",
	} {
		c := ssotoken.OIDCClaims{Subject: "before"}
		if err := json.Unmarshal([]byte(token), &c); err == nil || strings.Contains(err.Error(), "eve") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestClaimsOfRealProvidersAreRead(t *testing.T) {
	const ok = `,"email":"j@example.com","email_verified":true`
	tests := []struct{ name, token, want string }{
		{"a whole one", `{"sub":"248289761001","name":"Jane Doe","picture":"https://example.com/jane.jpg"` + ok + `}`,
			"248289761001, Jane Doe, j@example.com, https://example.com/jane.jpg"},
		{"verified as text", `{"sub":"1","name":"J","email":"j@example.com","email_verified":"true"}`, "1, J, j@example.com, "},
		{"names in parts", `{"sub":"1","given_name":"Jane","family_name":"Doe"` + ok + `}`, "1, Jane Doe, j@example.com, "},
		{"a user name", `{"sub":"1","preferred_username":"jd"` + ok + `}`, "1, jd, j@example.com, "},
		{"a nickname", `{"sub":"1","nickname":"jd"` + ok + `}`, "1, jd, j@example.com, "},
		{"a name that can't be sent", `{"sub":"1","name":"J\u0000","nickname":"jd"` + ok + `}`, "1, jd, j@example.com, "},
		{"a name of other types", `{"sub":"1","name":7,"given_name":["Jane"],"family_name":{"a":1},"nickname":"jd"` + ok + `}`,
			"1, jd, j@example.com, "},
		{"a picture that is an object", `{"sub":"1","name":"J","picture":{"data":{"url":"https://example.com"}}` + ok + `}`,
			"1, J, j@example.com, "},
		{"a picture that is false", `{"sub":"1","name":"J","picture":false` + ok + `}`, "1, J, j@example.com, "},
		{"a picture that is a list", `{"sub":"1","name":"J","picture":["https://example.com"]` + ok + `}`, "1, J, j@example.com, "},
		{"null for what is not there", `{"sub":"1","name":"J","picture":null,"nickname":null` + ok + `}`, "1, J, j@example.com, "},
		{"a name that was cut in an emoji", `{"sub":"1","name":"J","picture":"\ud83d","nickname":"\ud83d"` + ok + `}`,
			"1, J, j@example.com, "},
		{"a sub that is a number", `{"sub":1234567890123456789,"name":"J"` + ok + `}`, "1234567890123456789, J, j@example.com, "},
		{"a long sub", `{"sub":"` + times("a", 51) + `","name":"J"` + ok + `}`, "sha256-" + subjectOf51 + ", J, j@example.com, "},
	}
	for _, tt := range tests {
		var token ssotoken.OIDCClaims
		if err := json.Unmarshal([]byte(tt.token), &token); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		b, err := token.Builder()
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		c, err := b.BuildLenient()
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		got := strings.Join([]string{c.Subject(), claimIn(t, c, "name"), claimIn(t, c, "email"), claimIn(t, c, "picture")}, ", ")
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestASubOrAnEmailThatIsNoTextIsAnErrorOfItsField(t *testing.T) {
	for field, tokens := range map[string][]string{
		"sub":   {`{"sub":1.0}`, `{"sub":1e3}`, `{"sub":true}`, `{"sub":["1"]}`, `{"sub":{"id":1}}`},
		"email": {`{"sub":"1","email":["secret@example.com"]}`, `{"sub":"1","email":7}`, `{"sub":"1","email":{"value":"secret"}}`},
	} {
		for _, token := range tokens {
			var refused *ssotoken.FieldError
			err := json.Unmarshal([]byte(token), new(ssotoken.OIDCClaims))
			if !errors.As(err, &refused) || refused.Field != field || !errors.Is(err, contract.ClaimNotString) ||
				strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: got %v", token, err)
			}
		}
	}
}

// Names are public, and some providers send the email as name.
func TestANameIsNeverTheProvidersEmail(t *testing.T) {
	for _, tt := range []struct{ name, names, want string }{ // want is empty for none
		{"the email as name", `"name":"jane@example.com","given_name":"Jane"`, "Jane"},
		{"in capitals, with white space", `"name":" JANE@example.com ","nickname":"jd"`, "jd"},
		{"another address", `"name":"jane@other.example","family_name":"Doe"`, "Doe"},
		{"a user name that is an address", `"preferred_username":"jane@example.com","nickname":"jane"`, "jane"},
		{"the address beside a name", `"name":"Jane <Jane@example.com>","nickname":"jd"`, "jd"},
		{"the address behind a mark of direction", `"name":"\u202ajane@other.example\u202c","nickname":"jd"`, "jd"},
		{"a name that nobody sees", `"name":"\u3164","nickname":"jane"`, "jane"},
		{"only addresses", `"name":"jane@example.com","nickname":"jane@example.com"`, ""},
		{"none, as of Apple", `"name":""`, ""},
	} {
		var claims ssotoken.OIDCClaims
		if err := json.Unmarshal([]byte(`{"sub":"1","email":"jane@example.com","email_verified":true,`+tt.names+`}`), &claims); err != nil {
			t.Fatal(err)
		}
		if claims.Name == "" {
			claims.Name = "jane@example.com" // as a site might set it
		}
		b, err := claims.Builder()
		if err != nil {
			t.Fatal(err)
		}
		c, err := b.Build()
		if tt.want != "" && (err != nil || claimIn(t, c, "name") != tt.want) {
			t.Errorf("%s: got %v, %v", tt.name, c, err)
		}
		if tt.want == "" && !errors.Is(err, contract.NameMissing) {
			t.Errorf("%s: got %v", tt.name, err)
		}
		if c, err := b.Name("Jane D.").Build(); err != nil || claimIn(t, c, "name") != "Jane D." {
			t.Errorf("%s: the site's own name: got %v", tt.name, err)
		}
	}
}

// What a site keeps in its session, it reads again.
func TestALongSubOfAProviderIsShortenedInTheTokenAndInEvents(t *testing.T) {
	token := ssotoken.OIDCClaims{Subject: times("9", 200), Name: "Jane", Email: "j@example.com"}
	login, _, events := newTenantLogin(t, ssotoken.LoginConfig{Signer: newSigner(t), Identify: nobody,
		LogSubject: func(sub string) string { return sub }})
	_, unverified := token.Builder()
	login.Fail(httptest.NewRecorder(), sends("GET", "/callback"), unverified)
	token.EmailVerified = true
	b, err := token.Builder()
	if err != nil {
		t.Fatal(err)
	}
	want := ssotoken.SubjectFrom(token.Subject)
	if got, told := build(t, b).Subject(), (*events)[0].Subject; want == token.Subject || got != want || told != want {
		t.Errorf("sub is %q, the event has %q, want %q", got, told, want)
	}
}

func TestOIDCClaimsComeBackFromTheirJSON(t *testing.T) {
	want := ssotoken.OIDCClaims{"1", "Jane", "j@example.com", true, "https://example.com/j.png"}
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got ssotoken.OIDCClaims
	if err := json.Unmarshal(data, &got); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
}
