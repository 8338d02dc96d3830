package ssotoken_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// ofTenant is a signer for the community of a tenant.
func ofTenant(t *testing.T, tenant string) *ssotoken.Signer {
	t.Helper()
	key, err := ssotoken.NewKey(times(tenant+"!", 16))
	if err != nil {
		t.Fatal(err)
	}
	return newSigner(t, func(c *ssotoken.Config) {
		c.Tenant, c.Community, c.Key = tenant, tenant+".community.example", key
	})
}

// tenants chooses the signer of a or b by the host, such as a.example.com.
func tenants(t *testing.T) func(*http.Request) (*ssotoken.Signer, error) {
	signers := map[string]*ssotoken.Signer{"a.example.com": ofTenant(t, "a"), "b.example.com": ofTenant(t, "b")}
	return func(r *http.Request) (*ssotoken.Signer, error) {
		if signer, ok := signers[r.Host]; ok {
			return signer, nil
		}
		return nil, ssotoken.ErrNoTenant
	}
}

// memberOf says that a member of a tenant is signed in, wherever the request goes.
func memberOf(tenant string) func(*http.Request, string) (ssotoken.Claims, error) {
	return func(*http.Request, string) (ssotoken.Claims, error) { return ada().Tenant(tenant).Build() }
}

// newTenantLogin returns a login, its middleware in front of a sign-in page, and the
// events that follow.
func newTenantLogin(t *testing.T, c ssotoken.LoginConfig) (*ssotoken.Login, http.Handler, *[]ssotoken.Event) {
	t.Helper()
	events := &[]ssotoken.Event{}
	c.Observe = func(_ context.Context, e ssotoken.Event) { *events = append(*events, e) }
	login, err := ssotoken.NewLogin(c)
	if err != nil {
		t.Fatal(err)
	}
	return login, login.Middleware(http.HandlerFunc(func(w http.ResponseWriter,
		_ *http.Request) {
		io.WriteString(w, "sign in here")
	})), events
}

func TestASignerSignsOnlyClaimsOfItsOwnTenant(t *testing.T) {
	tests := []struct {
		name, signer, claims string
		signs                bool
	}{
		{"one community", "", "", true},
		{"the same tenant", "acme", "acme", true},
		{"claims without a tenant", "acme", "", false},
		{"a signer without a tenant", "", "acme", false},
		{"another tenant", "acme", "initech", false},
		{"another spelling", "acme", "Acme", false},
		{"a longer name", "acme", "acme-2", false},
	}
	type row struct {
		ID     string `sso:"sub"`
		Name   string `sso:"name"`
		Email  string `sso:"email,verified"`
		Tenant string `sso:"tenant"`
	}
	for _, tt := range tests {
		signer := newSigner(t, func(c *ssotoken.Config) { c.Tenant = tt.signer })
		ofStruct, err := ssotoken.FromStruct(row{"user-1", "Ada", "ada@example.com", tt.claims})
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range []*ssotoken.ClaimsBuilder{ada().Tenant(tt.claims), ofStruct} {
			claims := build(t, b)
			for way, sign := range waysToSign(t, signer, tt.signer, claims) {
				secret, err := sign()
				if tt.signs != (err == nil) || tt.signs != strings.Contains(secret, "eyJ") || !tt.signs && !errors.Is(err, ssotoken.ErrWrongTenant) {
					t.Errorf("%s, %s: got %q, %v", tt.name, way, secret, err)
				}
				if err != nil && (strings.Contains(err.Error(), "acme") || strings.Contains(err.Error(), "initech") ||
					ssotoken.CodeOf(err) != "wrong-tenant") {
					t.Errorf("%s, %s: the error is %v, with code %q", tt.name, way, err, ssotoken.CodeOf(err))
				}
			}
		}
	}
}

// waysToSign are all that give a token or a URL with one.
func waysToSign(t *testing.T, signer *ssotoken.Signer, tenant string, claims ssotoken.Claims) map[string]func() (string, error) {
	t.Helper()
	var told error
	c := ssotoken.LoginConfig{Signer: signer, OnError: func(_ http.ResponseWriter, _ *http.Request, err error) { told = err }}
	if tenant == "" {
		c.Identify = func(*http.Request) (ssotoken.Claims, error) { return claims, nil }
	} else {
		c.IdentifyIn = func(*http.Request, string) (ssotoken.Claims, error) { return claims, nil }
	}
	login, middleware, events := newTenantLogin(t, c)
	answered := func(h http.Handler, method string) func() (string, error) {
		return func() (string, error) {
			told = nil
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(method, "/", nil))
			if told == nil {
				told = (*events)[len(*events)-1].Err // as JSON tells it
			}
			return w.Header().Get("Location") + w.Body.String(), told
		}
	}
	return map[string]func() (string, error){
		"Sign": func() (string, error) {
			token, err := signer.Sign(t.Context(), claims)
			return token.JWT(), err
		},
		"LoginURL":   func() (string, error) { return signer.LoginURL(t.Context(), claims, ssotoken.ReturnPath{}) },
		"Middleware": answered(middleware, "GET"),
		"Redirect":   answered(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { login.Redirect(w, r, claims) }), "POST"),
		"RedirectTo": answered(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			login.RedirectTo(w, r, claims, ssotoken.ReturnPath{})
		}), "GET"),
		"JSON": answered(login.JSON(), "POST"),
	}
}

func TestATokenSaysNothingOfTenants(t *testing.T) {
	signer := newSigner(t, func(c *ssotoken.Config) { c.Tenant = "acme" })
	token, err := signer.Sign(t.Context(), build(t, ada().Tenant("acme")))
	if text := payload(t, token); err != nil || strings.Contains(text, "enant") || strings.Contains(text, "acme") {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestEachTenantHasItsOwnCommunityAndKey(t *testing.T) {
	login, middleware, events := newTenantLogin(t, ssotoken.LoginConfig{
		SignerFor:  tenants(t),
		IdentifyIn: func(_ *http.Request, tenant string) (ssotoken.Claims, error) { return ada().Tenant(tenant).Build() },
	})
	for _, tenant := range []string{"a", "b"} {
		community := "https://" + tenant + ".community.example"
		want, err := ofTenant(t, tenant).LoginURL(t.Context(), build(t, ada().Tenant(tenant)), returnPath(t, "/a"))
		if err != nil {
			t.Fatal(err)
		}
		for door, h := range map[string]http.Handler{"GET": middleware, "POST": login.JSON()} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, sends(door, "http://"+tenant+".example.com/login?referrer_uri="+community+"/a"))
			if !strings.Contains(w.Header().Get("Location")+w.Body.String(), want) {
				t.Errorf("%s %s: went to another community or has another key", door, tenant)
			}
			if e := (*events)[len(*events)-1]; e.Kind != ssotoken.Minted || e.Community != community {
				t.Errorf("%s %s: event %+v", door, tenant, e)
			}
		}
	}
}

// The wrong way: the session says who is signed in, and nobody asks at which tenant.
func TestAMemberOfOneTenantIsNotLoggedInAtAnother(t *testing.T) {
	login, middleware, events := newTenantLogin(t, ssotoken.LoginConfig{SignerFor: tenants(t), IdentifyIn: memberOf("a")})
	for door, h := range map[string]http.Handler{"GET": middleware, "POST": login.JSON()} {
		*events = nil
		w := httptest.NewRecorder()
		h.ServeHTTP(w, sends(door, "http://b.example.com/login"))
		expectPrivate(t, w)
		if w.Code != http.StatusForbidden || w.Header().Get("Location") != "" || strings.Contains(w.Body.String(), "jwt") ||
			len(w.Result().Cookies()) > 1 {
			t.Errorf("%s: got %d, to %q", door, w.Code, w.Header().Get("Location"))
		}
		if len(*events) != 1 || (*events)[0].Kind != ssotoken.Refused || (*events)[0].Code != "wrong-tenant" ||
			(*events)[0].Community != "https://b.community.example" {
			t.Errorf("%s: events %+v", door, *events)
		}
	}
}

// A library shows no error page of 404, so it is made to load the page for real.
func TestALibraryAtAnUnknownTenantLoadsThePageForReal(t *testing.T) {
	_, middleware, events := newTenantLogin(t, ssotoken.LoginConfig{SignerFor: tenants(t), IdentifyIn: memberOf("a")})
	w := httptest.NewRecorder()
	middleware.ServeHTTP(w, sends("GET", "http://c.example.com/login?referrer_uri=/a", "HX-Request: true"))
	if w.Code != http.StatusOK || w.Header().Get("HX-Redirect") != "/login?referrer_uri=/a" ||
		strings.Contains(w.Body.String(), "sign in here") {
		t.Errorf("got %d, %v, %s", w.Code, w.Header(), w.Body)
	}
	if len(*events) != 1 || (*events)[0].Kind != ssotoken.TurnedAway {
		t.Errorf("events %+v", *events)
	}
}

func TestAnUnknownTenantSeesNoSignInPage(t *testing.T) {
	login, middleware, events := newTenantLogin(t, ssotoken.LoginConfig{
		SignerFor:  tenants(t),
		IdentifyIn: func(*http.Request, string) (ssotoken.Claims, error) { panic("nobody is asked for") },
	})
	claims := build(t, ada().Tenant("a"))
	redirect := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { login.Redirect(w, r, claims) })
	tests := []struct {
		name, method string
		handler      http.Handler
		body         string
	}{
		{"Middleware", "GET", middleware, "There is no community here"},
		{"Middleware", "HEAD", middleware, ""},
		{"Middleware", "POST", middleware, "There is no community here"},
		{"Middleware", "PUT", middleware, "There is no community here"},
		{"Redirect", "POST", redirect, "There is no community here"},
		{"JSON", "POST", login.JSON(), `{"error":"no-tenant"}`},
	}
	for _, tt := range tests {
		*events = nil
		w := httptest.NewRecorder()
		tt.handler.ServeHTTP(w, sends(tt.method, "http://c.example.com/login"))
		expectPrivate(t, w)
		if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), tt.body) || strings.Contains(w.Body.String(), "sign in here") {
			t.Errorf("%s %s: got %d %s", tt.name, tt.method, w.Code, w.Body)
		}
		if len(*events) != 1 || (*events)[0].Kind != ssotoken.TurnedAway || (*events)[0].Code != "no-tenant" {
			t.Errorf("%s %s: events %+v", tt.name, tt.method, *events)
		}
	}
}

func TestASignerForThatFailsIsReported(t *testing.T) {
	broken := errors.New("the database is down")
	tests := []struct {
		name   string
		signer *ssotoken.Signer
		err    error
		code   string
	}{
		{"an error", nil, broken, "other"},
		{"nothing", nil, nil, "other"},
		{"a signer without a tenant", newSigner(t), nil, "required"},
	}
	for _, tt := range tests {
		_, middleware, events := newTenantLogin(t, ssotoken.LoginConfig{
			SignerFor: func(*http.Request) (*ssotoken.Signer, error) { return tt.signer, tt.err }, IdentifyIn: memberOf(""),
		})
		for _, method := range []string{"GET", "POST"} {
			*events = nil
			w := httptest.NewRecorder()
			middleware.ServeHTTP(w, sends(method, "/"))
			if w.Code != http.StatusInternalServerError || w.Header().Get("Location") != "" || strings.Contains(w.Body.String(), "sign in here") {
				t.Errorf("%s, %s: got %d %s", tt.name, method, w.Code, w.Body)
			}
			if len(*events) != 1 || (*events)[0].Kind != ssotoken.Refused || string((*events)[0].Code) != tt.code ||
				tt.err != nil && !errors.Is((*events)[0].Err, tt.err) {
				t.Errorf("%s, %s: events %+v", tt.name, method, *events)
			}
		}
	}
}

func TestAnEventNamesTheCommunityOnceItIsChosen(t *testing.T) {
	gives := func(c ssotoken.Claims, err error) func(*http.Request, string) (ssotoken.Claims, error) {
		return func(*http.Request, string) (ssotoken.Claims, error) { return c, err }
	}
	claims := build(t, ada().Tenant("a"))
	tests := []struct {
		kind     ssotoken.EventKind
		identify func(*http.Request, string) (ssotoken.Claims, error)
		headers  []string
	}{
		{ssotoken.NotSignedIn, gives(ssotoken.Claims{}, ssotoken.ErrNoSession), nil},
		{ssotoken.MayNotEnter, gives(ssotoken.Claims{}, ssotoken.ErrMayNotEnter), nil},
		{ssotoken.Refused, gives(ada().Name("").Build()), nil},
		{ssotoken.Refused, gives(ssotoken.Claims{}, errors.New("x")), nil},
		{ssotoken.TurnedAway, gives(claims, nil), []string{"Sec-Purpose: prefetch"}},
		{ssotoken.Refused, gives(claims, nil), []string{looping()}},
		{ssotoken.Minted, gives(claims, nil), nil},
	}
	for _, tt := range tests {
		login, middleware, events := newTenantLogin(t, ssotoken.LoginConfig{SignerFor: tenants(t), IdentifyIn: tt.identify})
		handlers := map[string]http.Handler{"GET": middleware, "POST": login.JSON()}
		if tt.headers != nil {
			delete(handlers, "POST") // a script may ask, and its visits are not counted
		}
		for method, h := range handlers {
			*events = nil
			h.ServeHTTP(httptest.NewRecorder(), sends(method, "http://a.example.com/?referrer_uri=//evil.example", tt.headers...))
			if len(*events) == 0 || (*events)[len(*events)-1].Kind != tt.kind {
				t.Fatalf("%s %s: events %+v", tt.kind, method, *events)
			}
			for _, e := range *events {
				if e.Community != "https://a.community.example" {
					t.Errorf("%s %s: the community of %s is %q", tt.kind, method, e.Kind, e.Community)
				}
			}
		}
	}
}

func TestALogoutAtNoTenantIsNotFound(t *testing.T) {
	choose, ended := tenants(t), 0
	var events []ssotoken.Event
	h := logout(t, &ended, func(c *ssotoken.LogoutConfig) {
		c.End = func(_ http.ResponseWriter, r *http.Request) error { _, err := choose(r); return err }
		c.Observe = func(_ context.Context, e ssotoken.Event) { events = append(events, e) }
	})
	for host, want := range map[string]int{"a.example.com": http.StatusSeeOther, "c.example.com": http.StatusNotFound} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, sends("GET", "http://"+host+"/logout"))
		if kind := events[len(events)-1].Kind; w.Code != want || (kind == ssotoken.TurnedAway) != (want == http.StatusNotFound) {
			t.Errorf("%s: got %d, %s", host, w.Code, kind)
		}
	}
}

func TestWhatDoesNotGoTogetherIsRefusedInClearWords(t *testing.T) {
	one, ofA := newSigner(t), ofTenant(t, "a")
	identify, identifyIn, signerFor := signedIn(t), memberOf("a"), tenants(t)
	newLogin := func(c ssotoken.LoginConfig) error { _, err := ssotoken.NewLogin(c); return err }
	tests := []struct {
		name string
		err  error
		want []fault
	}{
		{"one community", newLogin(ssotoken.LoginConfig{Signer: one, Identify: identify}), nil},
		{"tenants", newLogin(ssotoken.LoginConfig{SignerFor: signerFor, IdentifyIn: identifyIn}), nil},
		{"one tenant", newLogin(ssotoken.LoginConfig{Signer: ofA, IdentifyIn: identifyIn}), nil},
		{"Identify with tenants", newLogin(ssotoken.LoginConfig{SignerFor: signerFor, Identify: identify}),
			[]fault{{"Identify", contract.Malformed}}},
		{"Identify beside IdentifyIn", newLogin(ssotoken.LoginConfig{SignerFor: signerFor, Identify: identify,
			IdentifyIn: identifyIn}), []fault{{"Identify", contract.Malformed}}},
		{"Identify with one tenant", newLogin(ssotoken.LoginConfig{Signer: ofA, Identify: identify}), []fault{{"Identify", contract.Malformed}}},
		{"IdentifyIn without tenants", newLogin(ssotoken.LoginConfig{Signer: one, IdentifyIn: identifyIn}),
			[]fault{{"IdentifyIn", contract.Malformed}}},
		{"nobody says who is signed in", newLogin(ssotoken.LoginConfig{SignerFor: signerFor}), []fault{{"IdentifyIn", contract.MissingValue}}},
		{"two signers", newLogin(ssotoken.LoginConfig{Signer: one, SignerFor: signerFor, IdentifyIn: identifyIn}),
			[]fault{{"SignerFor", contract.Malformed}}},
	}
	for _, tt := range tests {
		var got []fault
		var refused *ssotoken.ConfigError
		if errors.As(tt.err, &refused) {
			got = faults(refused.Fields)
		}
		if diff := cmp.Diff(tt.want, got, sameErr); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestAHookThatIsMissingIsMissedWhenTheHandlerIsMade(t *testing.T) {
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: nobody})
	if err != nil {
		t.Fatal(err)
	}
	var function http.HandlerFunc
	for name, make := range map[string]func(){
		"sign-in page": func() { login.Middleware(nil) },
		"your sign-in": func() { login.Middleware(function) },
		"a logger":     func() { ssotoken.SlogObserver(nil) },
	} {
		func() {
			defer func() {
				if text, ok := recover().(string); !ok || !strings.Contains(text, name) {
					t.Errorf("%s: panicked with %q", name, text)
				}
			}()
			make()
		}()
	}
}
