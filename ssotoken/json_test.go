package ssotoken_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// askJSON sends a request to the JSON door of a login, as headers say.
func askJSON(t *testing.T, c ssotoken.LoginConfig, method, target string, headers ...string) (*http.Response, string, []ssotoken.Event) {
	t.Helper()
	var events []ssotoken.Event
	c.Observe = func(_ context.Context, e ssotoken.Event) { events = append(events, e) }
	if c.Signer == nil {
		c.Signer = newSigner(t)
	}
	login, err := ssotoken.NewLogin(c)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(login.JSON())
	defer server.Close()
	r, err := http.NewRequest(method, server.URL+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, strings.ReplaceAll(value, "SELF", server.URL))
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body), events
}

func TestTheJSONDoorGivesTheLoginURLAndItsExpiry(t *testing.T) {
	res, body, events := askJSON(t, ssotoken.LoginConfig{Identify: signedIn(t)}, "POST",
		"/?referrer_uri=%2Fspaces%3Ftab%3Dposts", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Dest: empty")
	var got struct {
		URL       string
		ExpiresAt time.Time
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("got %s %s, %v", res.Status, body, err)
	}
	report := inspect.LoginURL(got.URL, inspect.Options{Key: newKey(t), Now: noon})
	if err := report.Err(); err != nil || report.URL.Location != "/spaces?tab=posts" || !report.Expires.Equal(got.ExpiresAt) {
		t.Errorf("%v, lands at %s, expires %v and %v", err, report.URL.Location, report.Expires, got.ExpiresAt)
	}
	want := http.Header{"Cache-Control": {"no-store"}, "Referrer-Policy": {"no-referrer"},
		"Content-Type": {"application/json"}, "X-Content-Type-Options": {"nosniff"}}
	for name := range want {
		if diff := cmp.Diff(want[name], res.Header[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if len(events) != 1 || events[0].Kind != ssotoken.Minted {
		t.Errorf("events %+v", events)
	}
}

func TestTheJSONDoorSaysWhatIsWrongByACodeAndAStatus(t *testing.T) {
	fails := func(err error) ssotoken.LoginConfig {
		return ssotoken.LoginConfig{Identify: func(*http.Request) (ssotoken.Claims, error) { return ssotoken.Claims{}, err }}
	}
	refused := ssotoken.LoginConfig{Identify: func(*http.Request) (ssotoken.Claims, error) { return ada().Name("").Tagline(secret).Build() }}
	noKey := ssotoken.LoginConfig{Identify: signedIn(t), Signer: newSigner(t, func(c *ssotoken.Config) {
		c.Key, c.KeySource = ssotoken.Key{}, func(context.Context) (ssotoken.Key, error) { return ssotoken.Key{}, errors.New(secret) }
	})}
	tests := []struct {
		name   string
		config ssotoken.LoginConfig
		method string
		status int
		code   string
		kind   ssotoken.EventKind
	}{
		{"nobody signed in", fails(ssotoken.ErrNoSession), "POST", http.StatusUnauthorized, "no-session", ssotoken.NotSignedIn},
		{"refused claims", refused, "POST", http.StatusUnprocessableEntity, "claims-refused", ssotoken.Refused},
		{"an unverified email", fails(ssotoken.ErrEmailUnverified), "POST", http.StatusForbidden, "email-unverified", ssotoken.MayNotEnter},
		{"a banned member", fails(fmt.Errorf(secret+": %w", ssotoken.ErrMayNotEnter)), "POST", http.StatusForbidden,
			"may-not-enter", ssotoken.MayNotEnter},
		{"no key", noKey, "POST", http.StatusServiceUnavailable, "key-source", ssotoken.Refused},
		{"an error of the site", fails(errors.New(secret)), "POST", http.StatusInternalServerError, "other", ssotoken.Refused},
		{"GET", ssotoken.LoginConfig{Identify: signedIn(t)}, "GET", http.StatusMethodNotAllowed, "method", ssotoken.TurnedAway},
		{"PUT", ssotoken.LoginConfig{Identify: signedIn(t)}, "PUT", http.StatusMethodNotAllowed, "method", ssotoken.TurnedAway},
		{"OPTIONS", ssotoken.LoginConfig{Identify: signedIn(t)}, "OPTIONS", http.StatusMethodNotAllowed, "method", ssotoken.TurnedAway},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, body, events := askJSON(t, tt.config, tt.method, "/")
			if res.StatusCode != tt.status || body != `{"error":"`+tt.code+`"}`+"\n" || res.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("got %s %s", res.Status, body)
			}
			if len(events) != 1 || events[0].Kind != tt.kind {
				t.Errorf("events %+v", events)
			}
			if tt.status == http.StatusMethodNotAllowed && res.Header.Get("Allow") != "POST" {
				t.Errorf("Allow is %q", res.Header.Get("Allow"))
			}
		})
	}
}

// A page of another origin can make a browser send a POST with the visitor's
// cookies: it gets nothing.
func TestTheJSONDoorMintsForNoForeignPage(t *testing.T) {
	const form, text, multipart = "Content-Type: application/x-www-form-urlencoded", "Content-Type: text/plain",
		"Content-Type: multipart/form-data; boundary=x"
	const evil = "Origin: https://evil.example"
	tests := []struct {
		name    string
		headers []string
		mints   bool
	}{
		{"the site's own page", []string{"Sec-Fetch-Site: same-origin", "Origin: SELF"}, true},
		{"the site's own page, an older browser", []string{"Origin: SELF"}, true},
		{"a program", nil, true},
		{"a program with a bearer token", []string{"Authorization: Bearer abc"}, true},
		{"a foreign page with a bearer token", []string{"Sec-Fetch-Site: cross-site", evil, "Authorization: bearer abc"}, true},
		{"a trusted origin", []string{"Sec-Fetch-Site: cross-site", "Origin: https://app.example.com"}, true},
		{"a trusted origin of the same site", []string{"Sec-Fetch-Site: same-site", "Origin: https://app.example.com"}, true},
		{"a foreign page", []string{"Sec-Fetch-Site: cross-site", evil}, false},
		{"a foreign page of the same site", []string{"Sec-Fetch-Site: same-site", "Origin: https://blog.example.com"}, false},
		{"a foreign form", []string{"Sec-Fetch-Site: cross-site", evil, form, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, false},
		{"a foreign form of text", []string{"Sec-Fetch-Site: cross-site", evil, text}, false},
		{"a foreign form of parts", []string{"Sec-Fetch-Site: cross-site", evil, multipart}, false},
		{"a foreign page, an older browser", []string{evil}, false},
		{"a sandboxed frame, an older browser", []string{"Origin: null"}, false},
		{"a foreign page with a password of HTTP", []string{"Sec-Fetch-Site: cross-site", evil, "Authorization: Basic YTpi"}, false},
		{"a foreign page with an empty bearer token", []string{"Sec-Fetch-Site: cross-site", evil, "Authorization: Bearer "}, false},
		{"another origin's scheme", []string{"Sec-Fetch-Site: cross-site", "Origin: http://app.example.com"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, body, events := askJSON(t, ssotoken.LoginConfig{Identify: signedIn(t),
				TrustedOrigins: []string{"https://app.example.com"}}, "POST", "/", tt.headers...)
			if minted := strings.Contains(body, "jwt="); minted != tt.mints || (res.StatusCode == http.StatusForbidden) == tt.mints {
				t.Errorf("got %s %s", res.Status, body)
			}
			if !tt.mints && (body != `{"error":"cross-origin"}`+"\n" || !errors.Is(events[0].Err, contract.CrossOrigin)) {
				t.Errorf("got %s, %+v", body, events)
			}
			if got := res.Header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("allows the origin %q", got)
			}
		})
	}
	_, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: signedIn(t), TrustedOrigins: []string{"app.example.com"}})
	var config *ssotoken.ConfigError
	if !errors.As(err, &config) || config.Fields[0].Field != "TrustedOrigins" {
		t.Errorf("a host as a trusted origin: got %v", err)
	}
}

func TestTheJSONDoorChecksTheReturnPathAndCountsNoVisit(t *testing.T) {
	_, body, events := askJSON(t, ssotoken.LoginConfig{Identify: signedIn(t)}, "POST", "/?referrer_uri=//evil.example")
	if strings.Contains(body, "evil") || strings.Contains(body, "redirect_uri") || len(events) != 2 ||
		events[0].Kind != ssotoken.ReturnPathDropped {
		t.Errorf("got %s, %+v", body, events)
	}
	res, body, events := askJSON(t, ssotoken.LoginConfig{Identify: signedIn(t)}, "POST", "/", looping())
	if res.StatusCode != http.StatusOK || events[0].Kind != ssotoken.Minted || len(res.Cookies()) > 0 {
		t.Errorf("got %s %s, %+v", res.Status, body, events)
	}
}
