package inspect_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

const keyText = "pGx4Qm8Zt1Vb7Ns2Kd9Rf3Wh6Yc0LjEa"

// now is the second at which every test judges; iat and exp are 60 s apart.
var now = time.Unix(1_700_000_000, 0)

const (
	plainHeader = `{"alg":"HS256","typ":"JWT"}`
	who         = `"sub":"u-7","name":"Ada Lovelace","email":"ada@example.com"`
	times       = `"iat":1700000000,"exp":1700000060`
	plain       = `{` + who + `,` + times + `}`
)

func key(t testing.TB) ssotoken.Key {
	t.Helper()
	k, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// sign makes a token by hand: golang-jwt would refuse or repair some of them.
func sign(header, payload string) string { return signInput(encode(header) + "." + encode(payload)) }

func signInput(input string) string {
	mac := hmac.New(sha256.New, []byte(keyText))
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// claims is a payload in order, with more claims after it.
func claims(more string) string { return `{` + who + `,` + times + `,` + more + `}` }

func judge(t testing.TB, token string) *inspect.Report {
	t.Helper()
	return inspect.Token(token, inspect.Options{Key: key(t), Now: now})
}

// found lists the findings as "code at path".
func found(r *inspect.Report) []string {
	list := []string{}
	for _, f := range r.Findings {
		list = append(list, strings.TrimSuffix(string(f.Code)+" at "+f.Path, " at "))
	}
	return list
}

// A row is a token and its findings, in order.
type row struct {
	name  string
	token string
	want  []string
}

func check(t *testing.T, rows []row) {
	t.Helper()
	for _, tt := range rows {
		t.Run(tt.name, func(t *testing.T) {
			r := judge(t, tt.token)
			if diff := cmp.Diff(tt.want, found(r)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			agree(t, r)
		})
	}
}

// agree checks that the views of one report say the same.
func agree(t *testing.T, r *inspect.Report) {
	t.Helper()
	refused := false
	for _, f := range r.Findings {
		rule := inspect.RuleOf(f.Code)
		if rule != f.Rule {
			t.Errorf("%s: the finding does not carry its rule", f.Code)
		}
		if !r.Has(f.Code) {
			t.Errorf("%s: Has does not see it", f.Code)
		}
		fails := f.Verdict == inspect.Fail
		refused = refused || fails
		if errors.Is(r.Err(), f.Code) != fails {
			t.Errorf("%s: errors.Is(Err()) = %v, want %v", f.Code, !fails, fails)
		}
	}
	if r.Accepted() == refused {
		t.Errorf("Accepted() = %v with a broken rule: %v", r.Accepted(), refused)
	}
	if (len(r.Effects) > 0) == refused {
		t.Errorf("effects %q, though refused is %v", r.Effects, refused)
	}
}

func TestATokenInOrderHasNoFinding(t *testing.T) {
	full := claims(`"tagline":"Weaves","picture":"https://img.example.com/a.png"` +
		`,"spaceIds":["s1","s2"],"spacesOperation":"REPLACE","company":"Engines","seats":3`)
	check(t, []row{
		{"plain", sign(plainHeader, plain), []string{}},
		{"every claim", sign(plainHeader, full), []string{}},
		{"no typ", sign(`{"alg":"HS256"}`, plain), []string{}},
		{"spaces", sign(plainHeader, claims(`"spaces":[{"spaceId":"s1","role":"MEMBER","action":"JOIN"},`+
			`{"spaceId":"s2","role":"MEMBER","action":"LEAVE"}]`)), []string{}},
		{"white space in the JSON", sign(plainHeader, " {\n"+who+" , "+times+"}\n"), []string{}},
	})
}

func TestReportTakesTheTokenApartInTheOrderOfTheWire(t *testing.T) {
	token := sign(plainHeader, `{"name":"Ada","email":"ada@example.com","sub":"u-7","tagline":7,`+
		`"exp":1700000060,"iat":1700000000,"Ünïcode":[1, 2]}`)
	got := judge(t, token)
	want := &inspect.Report{
		Now: now, Size: len(token), Largest: "email",
		Header: []inspect.Entry{
			{Name: "alg", Value: json.RawMessage(`"HS256"`), Size: 13, Rule: inspect.RuleOf(inspect.AlgNotHS256), Verdict: "pass"},
			{Name: "typ", Value: json.RawMessage(`"JWT"`), Size: 11, Rule: inspect.RuleOf(inspect.TypNotJWT), Verdict: "pass"},
		},
		Claims: []inspect.Entry{
			{Name: "name", Value: json.RawMessage(`"Ada"`), Size: 12, Status: "required",
				Rule: inspect.RuleOf(contract.NameMissing), Verdict: "pass"},
			{Name: "email", Value: json.RawMessage(`"ada@example.com"`), Size: 25, Status: "required",
				Rule: inspect.RuleOf(contract.EmailTooLong), Verdict: "pass"},
			{Name: "sub", Value: json.RawMessage(`"u-7"`), Size: 11, Status: "required", Rule: inspect.RuleOf(contract.SubTooLong),
				Verdict: "pass"},
			{Name: "tagline", Value: json.RawMessage(`7`), Size: 11, Status: "optional",
				Rule: inspect.RuleOf(contract.ClaimNotString), Verdict: "fail", Message: "is not a string"},
			{Name: "exp", Value: json.RawMessage(`1700000060`), Size: 16, Status: "required",
				Rule: inspect.RuleOf(inspect.ExpMissing), Verdict: "pass"},
			{Name: "iat", Value: json.RawMessage(`1700000000`), Size: 16, Status: "optional",
				Rule: inspect.RuleOf(inspect.IatMissing), Verdict: "pass"},
			{Name: "Ünïcode", Value: json.RawMessage(`[1, 2]`), Size: 18, Status: "custom",
				Rule: inspect.RuleOf(inspect.CustomField), Verdict: "pass"},
		},
		Signature: inspect.Signature{State: inspect.Verified, Start: token[strings.LastIndex(token, ".")+1:][:6]},
		IssuedAt:  time.Unix(1_700_000_000, 0).UTC(), Expires: time.Unix(1_700_000_060, 0).UTC(), Left: time.Minute,
		Findings: []inspect.Finding{{Rule: inspect.RuleOf(contract.ClaimNotString), Part: "payload", Path: "tagline",
			Message: "is not a string"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if custom := got.CustomFields(); len(custom) != 1 || custom[0].Name != "Ünïcode" {
		t.Errorf("custom-field candidates %v", custom)
	}
}

func TestEffectsSayWhatTheCommunityWouldDo(t *testing.T) {
	tests := []struct{ name, more, want string }{
		{"replace", `"spaceIds":["a","b"],"spacesOperation":"REPLACE"`,
			"REPLACE: removes the member from every other space, and joins 2 spaces"},
		{"add", `"spaceIds":["a"]`, "joins 1 space, and keeps the others"},
		{"leave", `"spaces":[{"spaceId":"a","role":"MEMBER","action":"LEAVE"}]`, "leaves 1 space"},
		{"custom", `"company":"x"`, "offers 1 claim to the custom fields, by their external keys"},
		{"tagline", `"tagline":"x"`, "updates tagline"},
		{"no picture", `"tagline":"x"`, "leaves picture as it is"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := judge(t, sign(plainHeader, claims(tt.more))).Effects
			if !strings.Contains(strings.Join(got, "\n")+"\n", tt.want+"\n") {
				t.Errorf("effects %q lack %q", got, tt.want)
			}
		})
	}
}

func TestErrorsNameTheRuleAndTheFirstComesFirst(t *testing.T) {
	err := judge(t, sign(plainHeader, `{"sub":"u-7","name":" ","email":"ada@example.com","iat":1700000000}`)).Err()
	var refused *inspect.RefusedError
	if !errors.As(err, &refused) || len(refused.Broken) != 2 {
		t.Fatalf("error %v, want a RefusedError with two rules", err)
	}
	var first *inspect.RuleError
	if !errors.As(err, &first) || first.Code != inspect.ExpMissing || first.Part != inspect.PartPayload || first.Path != "exp" {
		t.Errorf("first rule %+v, want %s", first, inspect.ExpMissing)
	}
	if !errors.Is(err, contract.NameMissing) || errors.Is(err, contract.SubMissing) {
		t.Errorf("errors.Is sees the wrong rules in %v", err)
	}
	want := "login refused: payload exp: is missing [exp-missing: exp is always set: without it, the token " +
		"is valid forever.]; " +
		"payload name: has nothing to see [name-missing: " + inspect.RuleOf(contract.NameMissing).Sentence + "]"
	if err.Error() != want {
		t.Errorf("error\n%s\nwant\n%s", err, want)
	}
}

func TestMessagesNeverHoldAValueTheTokenOrTheKey(t *testing.T) {
	var tokens []string
	for _, rows := range allRows {
		for _, r := range rows {
			tokens = append(tokens, r.token)
		}
	}
	canary := strings.NewReplacer("u-7", "canary-value", "Ada Lovelace", "canary-value", "ada@example.com", "canary-value@example.com")
	for _, payload := range payloads {
		tokens = append(tokens, sign(plainHeader, canary.Replace(payload)))
	}
	for _, token := range tokens {
		r := judge(t, token)
		text := ""
		if err := r.Err(); err != nil {
			text = err.Error() + fmt.Sprintf("%+v", err)
		}
		for _, f := range r.Findings {
			text += f.Message
		}
		for _, secret := range []string{"canary", "Lovelace", "ada@", keyText} {
			if strings.Contains(strings.ReplaceAll(text, "such as ada@example.com", ""), secret) {
				t.Errorf("a message holds %q: %s", secret, text)
			}
		}
		out, err := json.Marshal(r)
		if err != nil {
			t.Errorf("the report as JSON: %v", err)
		}
		if signature := token[strings.LastIndexByte(token, '.')+1:]; len(signature) > 10 && strings.Contains(string(out), signature) {
			t.Error("the report as JSON holds the whole signature")
		}
	}
}

func TestWithoutAKeyTheReportSaysThatTheSignatureIsUnchecked(t *testing.T) {
	r := inspect.Token(sign(plainHeader, plain), inspect.Options{Now: now})
	if r.Signature.State != inspect.NotChecked {
		t.Errorf("signature %s", r.Signature.State)
	}
	if diff := cmp.Diff([]string{"signature-unchecked"}, found(r)); diff != "" || !r.Accepted() {
		t.Errorf("accepted %v, findings (-want +got):\n%s", r.Accepted(), diff)
	}
}

func TestTheDefaultClockIsTheSystems(t *testing.T) {
	exp := time.Now().Add(time.Minute).Unix()
	r := inspect.Token(sign(plainHeader, fmt.Sprintf(`{%s,"iat":%d,"exp":%d}`, who, exp-60, exp)), inspect.Options{Key: key(t)})
	if !r.Accepted() {
		t.Errorf("refused: %v", r.Err())
	}
}

func TestEveryRuleIsBrokenBySomeRow(t *testing.T) {
	broken := map[string]bool{"signature-unchecked": true} // shown above
	for _, rows := range allRows {
		for _, r := range rows {
			for _, w := range r.want {
				code, _, _ := strings.Cut(w, " at ")
				broken[code] = true
			}
		}
	}
	for _, r := range urlRows {
		for _, w := range r.want {
			code, _, _ := strings.Cut(w, " at ")
			broken[code] = true
		}
	}
	for _, rule := range inspect.Rules() {
		if judged := rule.Area == inspect.AreaURL || rule.Area == inspect.AreaToken; judged && rule.Verdict != inspect.Pass &&
			!broken[string(rule.Code)] {
			t.Errorf("no row breaks %s", rule.Code)
		}
	}
}

// Every claim of the contract is judged: a form that it never has is found.
func TestEveryClaimThatIsSentIsJudged(t *testing.T) {
	for _, claim := range contract.Claims() {
		if !claim.Status.Sent() {
			continue
		}
		payload := map[string]any{"sub": "u-7", "name": "Ada", "email": "ada@example.com", "iat": now.Unix(), "exp": now.Unix() + 60}
		payload[claim.Name] = map[string]any{"a": true}
		text, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		r := judge(t, sign(plainHeader, string(text)))
		if e, ok := r.Claim(claim.Name); !ok || e.Verdict != inspect.Fail {
			t.Errorf("%s as an object: %+v", claim.Name, e)
		}
		payload[claim.Name] = nil
		if text, err = json.Marshal(payload); err != nil {
			t.Fatal(err)
		}
		want := inspect.Fail
		if claim.Status == contract.Optional && claim.Name != "iat" {
			want = inspect.Warn
		}
		if e, _ := judge(t, sign(plainHeader, string(text))).Claim(claim.Name); e.Verdict != want {
			t.Errorf("%s as null: got %q, want %q", claim.Name, e.Verdict, want)
		}
	}
}

// A claim of the profile is updated where it is sent, and else left as it is; null
// is not sent.
func TestEveryOptionalClaimOfTheProfileHasAnEffect(t *testing.T) {
	for _, claim := range contract.Claims() {
		if claim.Status != contract.Optional || !claim.IsText {
			continue
		}
		for payload, want := range map[string]string{
			claims(`"` + claim.Name + `":"https://img.example.com/a.png"`): "updates " + claim.Name,
			claims(`"` + claim.Name + `":null`):                            "leaves " + claim.Name + " as it is",
			plain:                                                          "leaves " + claim.Name + " as it is",
		} {
			if got := judge(t, sign(plainHeader, payload)).Effects; !slices.Contains(got, want) {
				t.Errorf("%s: effects %q lack %q", payload, got, want)
			}
		}
	}
}

func TestEveryClaimThatIsSentIsExplained(t *testing.T) {
	for _, claim := range contract.Claims() {
		if claim.Status.Sent() != (inspect.AboutClaim(claim.Name) != "") {
			t.Errorf("%s is sent: %v, and is about %q", claim.Name, claim.Status.Sent(), inspect.AboutClaim(claim.Name))
		}
	}
}

// words are what other systems call the claims.
var words = map[string]string{
	"sub":             "userid uid externalid subject",
	"name":            "fullname displayname",
	"email":           "emailaddress mail",
	"picture":         "avatar avatarurl pictureurl profilepicture photo",
	"spaceIds":        "joinspaces spaceid",
	"spacesOperation": "operation",
	"iat":             "issuedat",
	"exp":             "expires expiresat expiresin expiry expiration",
}

func TestAnotherSystemsWordForAClaimIsUnderstood(t *testing.T) {
	for claim, list := range words {
		for _, word := range strings.Fields(list) {
			for _, name := range []string{word, strings.ToUpper(word), word[:2] + "_" + word[2:], word[:2] + "-" + word[2:]} {
				if meant, _ := inspect.Misspelled(name); meant != claim {
					t.Errorf("%s is taken for %q, want %s", name, meant, claim)
				}
			}
		}
	}
}

func FuzzToken(f *testing.F) {
	for _, rows := range allRows {
		for _, r := range rows {
			f.Add(r.token)
		}
	}
	k := key(f)
	f.Fuzz(func(t *testing.T, token string) {
		r := inspect.Token(token, inspect.Options{Key: k, Now: now})
		for _, e := range append(r.Header, r.Claims...) {
			if !json.Valid(e.Value) {
				t.Fatalf("entry %q has no JSON value", e.Name)
			}
		}
		if !r.Accepted() {
			return
		}
		if strings.Count(token, ".") != 2 || signInput(token[:strings.LastIndexByte(token, '.')]) != token {
			t.Fatal("accepted a token that the key did not sign")
		}
		for _, name := range []string{"sub", "name", "email", "exp"} {
			if _, ok := r.Claim(name); !ok {
				t.Fatalf("accepted without %s", name)
			}
		}
	})
}

func TestNoListOfAReportIsNullInJSON(t *testing.T) {
	for _, token := range []string{"", "x.y.z", "e30.e30."} {
		data, err := json.Marshal(inspect.Token(token, inspect.Options{}))
		if err != nil || strings.Contains(string(data), "null") {
			t.Errorf("%q: %v, %s", token, err, data)
		}
	}
}
