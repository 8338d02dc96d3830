package ssotoken_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// expectNone looks for a secret in every form in which it could be printed.
func expectNone(t *testing.T, what, out string, secrets ...string) {
	t.Helper()
	for _, s := range secrets {
		for _, form := range forms(s) {
			if strings.Contains(out, form) {
				t.Errorf("%s gives away a secret", what)
			}
		}
	}
}

// Everything of the public API that holds a key or a token, printed in every
// way, alone and inside other values.
func TestNoValueOfTheAPIPrintsAKeyOrAToken(t *testing.T) {
	key := newKey(t)
	signer := newSigner(t)
	claims := build(t, ada())
	token, err := signer.Sign(t.Context(), claims)
	if err != nil {
		t.Fatal(err)
	}
	source, err := ssotoken.ReloadingKey(func(context.Context) (ssotoken.Key, error) { return key, nil }, ssotoken.ReloadConfig{})
	if err != nil {
		t.Fatal(err)
	}
	loginConfig := ssotoken.LoginConfig{Signer: signer, Identify: signedIn(t)}
	login, err := ssotoken.NewLogin(loginConfig)
	if err != nil {
		t.Fatal(err)
	}
	settings := ssotest.Settings{Key: key}
	fake, err := ssotest.NewHandler(ssotest.Config{Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	values := []any{
		key, token, signer, login, loginConfig, source,
		ssotoken.Config{Key: key, KeySource: source}, settings, ssotest.Config{Settings: settings}, fake,
		inspect.Options{Key: key}, inspect.Token(token.JWT(), inspect.Options{Key: key, Now: clock()}).Err(),
	}
	signature := token.JWT()[strings.LastIndexByte(token.JWT(), '.')+1:]
	for _, v := range values {
		if v == nil {
			continue
		}
		type private struct{ v any }
		type public struct{ V any }
		for _, held := range []any{v, &v, private{v}, &private{v}, public{v}, []any{v}, map[string]any{"v": v}} {
			expectNone(t, fmt.Sprintf("%T", v), printed(t, held), keyText, signature)
		}
	}
}

func TestASecretPrintsAsItsPlaceholder(t *testing.T) {
	for want, v := range map[string]any{"ssotoken.Key(redacted)": newKey(t), "ssotoken.Token(redacted)": sign(t, build(t, ada()))} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if got := fmt.Sprintf(verb, v); got != want {
				t.Errorf("%s: got %s, want %s", verb, got, want)
			}
		}
		var text, lines bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("x", "v", v, "list", []any{v})
		slog.New(slog.NewJSONHandler(&lines, nil)).Info("x", "v", v, "list", []any{v})
		if strings.Count(text.String(), want) != 2 || strings.Count(lines.String(), `"`+want+`"`) != 2 {
			t.Errorf("log/slog writes %s%s", &text, &lines)
		}
	}
}

// Everything that holds a member's data, printed in every way, alone and inside other
// values: it prints as what it is.
func TestNoValueOfTheAPIPrintsPersonalData(t *testing.T) {
	const datum = "datum-of-a-member-7f3e"
	field := customfields.Text("company", datum)
	nested := customfields.Object("o", field, customfields.Array("a", []string{datum}))
	set := customfields.Of(field, nested)
	plan := spaces.Add(datum)
	builder := ada().Subject(datum).Name(datum).VerifiedEmail(datum + "@example.com").Tagline(datum).
		Picture("https://example.com/" + datum).Tenant(datum).Spaces(plan).Custom(set)
	claims := build(t, builder)
	_, refused := ada().Subject(datum).Name("").VerifiedEmail(datum).Picture(datum).Build()
	for want, v := range map[string]any{
		"ssotoken.Claims(redacted)":        claims,
		"ssotoken.ClaimsBuilder(redacted)": builder,
		"customfields.Set(redacted)":       set,
		"customfields.Field(redacted)":     nested,
		"spaces.Plan(redacted)":            plan,
		"spaces.Change(redacted)":          spaces.Leave(datum),
		"claims-refused":                   refused,
	} {
		type private struct{ v any }
		type public struct{ V any }
		for _, held := range []any{v, &v, private{v}, &private{v}, public{v}, []any{v}, map[string]any{"v": v}} {
			expectNone(t, fmt.Sprintf("%T", held), printed(t, held), datum)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if got := fmt.Sprintf(verb, v); got != want && want != "claims-refused" {
				t.Errorf("%s: got %s, want %s", verb, got, want)
			}
		}
	}
	// as fields of a type's own, which printers can't ask
	type member struct {
		claims  ssotoken.Claims
		builder *ssotoken.ClaimsBuilder
		copied  ssotoken.ClaimsBuilder
		set     customfields.Set
		field   customfields.Field
		plan    spaces.Plan
		change  spaces.Change
	}
	m := member{claims, builder, *builder, set, field, plan, spaces.Join(datum)}
	expectNone(t, "a struct", printed(t, m)+printed(t, &m)+printed(t, []member{m})+printed(t, map[string]*member{"m": &m}), datum)
	for _, v := range []any{claims, builder} {
		if text, err := json.Marshal(v); err != nil || !strings.Contains(string(text), "(redacted)") {
			t.Errorf("JSON: got %s, %v", text, err)
		}
	}
}

// A report shows claims, but never enough to log in with.
func TestAReportHoldsNoUsableToken(t *testing.T) {
	token := sign(t, build(t, ada()))
	signature := token.JWT()[strings.LastIndexByte(token.JWT(), '.')+1:]
	report := inspect.Token(token.JWT(), inspect.Options{Key: newKey(t), Now: clock()})
	expectNone(t, "a report", printed(t, report)+printed(t, *report), keyText, signature)
}

func TestAPanicInAHandlerLogsNoSecret(t *testing.T) {
	token := sign(t, build(t, ada()))
	boom := func() { panic(fmt.Sprintf("%v %+v %v", newKey(t), token, errors.Join(contract.NoClaims))) }
	configs := map[string]ssotoken.LoginConfig{
		"Identify":  {Identify: func(*http.Request) (ssotoken.Claims, error) { boom(); return ssotoken.Claims{}, nil }},
		"SignerFor": {IdentifyIn: memberOf("a"), SignerFor: func(*http.Request) (*ssotoken.Signer, error) { boom(); return nil, nil }},
		"OnError": {Identify: func(*http.Request) (ssotoken.Claims, error) { return ssotoken.Claims{}, nil },
			OnError: func(http.ResponseWriter, *http.Request, error) { boom() }},
	}
	for name, c := range configs {
		if c.SignerFor == nil {
			c.Signer = newSigner(t)
		}
		login, err := ssotoken.NewLogin(c)
		if err != nil {
			t.Fatal(err)
		}
		var out lockedBuffer
		server := httptest.NewUnstartedServer(login.Middleware(http.NotFoundHandler()))
		server.Config.ErrorLog = log.New(&out, "", 0)
		server.Start()
		res, err := http.DefaultTransport.RoundTrip(httptest.NewRequest("GET", server.URL, nil))
		if err == nil {
			res.Body.Close()
			t.Errorf("%s: got %s after a panic", name, res.Status)
		}
		server.Close()
		if !strings.Contains(out.String(), "panic") {
			t.Errorf("%s: no panic in %q", name, out.String())
		}
		expectNone(t, name, out.String(), keyText, token.JWT())
		if strings.Contains(out.String(), "eyJ") {
			t.Errorf("%s: a token in the log", name)
		}
	}
}

func TestAPanicInObserveCostsNobodyALogin(t *testing.T) {
	var out lockedBuffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
	defer slog.SetDefault(before)
	p := newPartner(t, signedIn(t), func(c *ssotoken.LoginConfig) {
		c.Observe = func(context.Context, ssotoken.Event) { panic(keyText) }
	})
	res, _ := p.answer(t, "GET", "/community/login?referrer_uri=//evil.example")
	if res.StatusCode != http.StatusSeeOther {
		t.Errorf("got %s", res.Status)
	}
	if strings.Count(out.String(), "Observe panicked") != 2 || !strings.Contains(out.String(), "secrets_test.go") {
		t.Errorf("not reported with its stack: %s", out.String())
	}
	expectNone(t, "the report of a panic", out.String(), keyText)
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestNoEventHoldsAClaimAKeyOrAToken(t *testing.T) {
	var out bytes.Buffer
	identify := map[string]func(*http.Request) (ssotoken.Claims, error){
		"minted": func(*http.Request) (ssotoken.Claims, error) { return ada().Name(secret + " minted").Build() },
		"refused": func(*http.Request) (ssotoken.Claims, error) {
			return ada().Name(secret + "\x00").VerifiedEmail(secret).Build()
		},
	}
	for name, f := range identify {
		login, err := ssotoken.NewLogin(ssotoken.LoginConfig{
			Signer: newSigner(t), Identify: f,
			Observe: func(ctx context.Context, e ssotoken.Event) {
				out.WriteString(printed(t, e))
				ssotoken.SlogObserver(slog.New(slog.NewJSONHandler(&out, nil)))(ctx, e)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		login.Middleware(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/?referrer_uri=//"+secret, nil))
		if name == "minted" && w.Code != http.StatusSeeOther {
			t.Fatalf("got %d", w.Code)
		}
	}
	if out.Len() == 0 || strings.Contains(out.String(), secret) || strings.Contains(out.String(), "eyJ") {
		t.Errorf("an event gives away a value: %s", &out)
	}
	expectNone(t, "an event", out.String(), keyText)
}
