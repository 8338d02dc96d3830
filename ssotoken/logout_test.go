package ssotoken_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// logout is a handler that counts the sessions it ended.
func logout(t *testing.T, ended *int, change ...func(*ssotoken.LogoutConfig)) http.Handler {
	t.Helper()
	c := ssotoken.LogoutConfig{
		To: "/goodbye?from=community",
		End: func(w http.ResponseWriter, r *http.Request) error {
			*ended++
			http.SetCookie(w, &http.Cookie{Name: "session", MaxAge: -1})
			return nil
		},
	}
	for _, f := range change {
		f(&c)
	}
	h, err := ssotoken.NewLogout(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestLogoutEndsTheSessionAndGoesToAFixedPlace(t *testing.T) {
	for _, target := range []string{"/logout", "/logout?redirect=//evil.example&to=https://evil.example&referrer_uri=//evil.example"} {
		for _, method := range []string{"GET", "POST"} {
			ended := 0
			h := logout(t, &ended)
			for again := range 2 { // idempotent
				r := sends(method, target, "Sec-Fetch-Dest: document", "Sec-Fetch-Site: cross-site", "X-Forwarded-Host: evil.example")
				if again == 0 {
					r.AddCookie(&http.Cookie{Name: "session", Value: "x"})
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				expectPrivate(t, w)
				if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/goodbye?from=community" || w.Body.Len() > 0 {
					t.Errorf("%s %s: got %d to %q", method, target, w.Code, w.Header().Get("Location"))
				}
				if cookies := w.Result().Cookies(); len(cookies) != 1 || w.Header().Get("Clear-Site-Data") != "" {
					t.Errorf("clears what is not its own: %v", w.Header())
				}
			}
			if ended != 2 {
				t.Errorf("End was called %d times", ended)
			}
		}
	}
}

func TestAForeignPageCanNotSignOutByAnImageAScriptOrAFrame(t *testing.T) {
	tests := []struct {
		name    string
		headers []string
		ends    bool
	}{
		{"the community's redirect", []string{"Sec-Fetch-Dest: document", "Sec-Fetch-Site: cross-site"}, true},
		{"own button", []string{"Sec-Fetch-Dest: document", "Sec-Fetch-Site: same-origin"}, true},
		{"older browser", nil, true},
		{"frame of the own site", []string{"Sec-Fetch-Dest: iframe", "Sec-Fetch-Site: same-origin"}, true},
		{"frame of a sibling site", []string{"Sec-Fetch-Dest: iframe", "Sec-Fetch-Site: same-site"}, true},
		{"image", []string{"Sec-Fetch-Dest: image", "Sec-Fetch-Site: cross-site"}, false},
		{"image on the own site", []string{"Sec-Fetch-Dest: image", "Sec-Fetch-Site: same-origin"}, false},
		{"script", []string{"Sec-Fetch-Dest: script", "Sec-Fetch-Site: cross-site"}, false},
		{"fetch", []string{"Sec-Fetch-Dest: empty", "Sec-Fetch-Site: cross-site"}, false},
		{"foreign frame", []string{"Sec-Fetch-Dest: iframe", "Sec-Fetch-Site: cross-site"}, false},
		{"prefetch", []string{"Sec-Fetch-Dest: document", "Sec-Purpose: prefetch"}, false},
	}
	for _, tt := range tests {
		ended := 0
		w := httptest.NewRecorder()
		logout(t, &ended).ServeHTTP(w, sends("GET", "/logout", tt.headers...))
		expectPrivate(t, w)
		if (ended == 1) != tt.ends || (w.Code == http.StatusSeeOther) != tt.ends || !tt.ends && w.Code != http.StatusForbidden {
			t.Errorf("%s: got %d, ended %d", tt.name, w.Code, ended)
		}
	}
}

func TestLogoutTakesGETAndPOSTAlone(t *testing.T) {
	for method, want := range map[string]int{"HEAD": http.StatusMethodNotAllowed, "PUT": http.StatusMethodNotAllowed,
		"DELETE": http.StatusMethodNotAllowed, "OPTIONS": http.StatusMethodNotAllowed} {
		ended := 0
		w := httptest.NewRecorder()
		logout(t, &ended).ServeHTTP(w, sends(method, "/logout"))
		if w.Code != want || ended != 0 {
			t.Errorf("%s: got %d, ended %d", method, w.Code, ended)
		}
	}
}

func TestAFailedLogoutIsReportedAndShowsNothing(t *testing.T) {
	broken := errors.New("store " + secret)
	var events []ssotoken.Event
	var ended int
	h := logout(t, &ended, func(c *ssotoken.LogoutConfig) {
		c.End = func(http.ResponseWriter, *http.Request) error { return broken }
		c.Observe = func(_ context.Context, e ssotoken.Event) { events = append(events, e) }
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, sends("GET", "/logout"))
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), secret) || w.Header().Get("Location") != "" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if len(events) != 1 || events[0].Kind != ssotoken.Refused || !errors.Is(events[0].Err, broken) {
		t.Errorf("events %v", events)
	}
	var told error
	h = logout(t, &ended, func(c *ssotoken.LogoutConfig) {
		c.OnError = func(w http.ResponseWriter, _ *http.Request, err error) { told = err; w.WriteHeader(http.StatusTeapot) }
	})
	w = httptest.NewRecorder()
	h.ServeHTTP(w, sends("GET", "/logout", "Sec-Fetch-Dest: image"))
	if w.Code != http.StatusTeapot || !errors.Is(told, ssotoken.ErrNotNavigation) {
		t.Errorf("got %d, told %v", w.Code, told)
	}
}

func TestNewLogoutChecksWhereItLeads(t *testing.T) {
	end := func(http.ResponseWriter, *http.Request) error { return nil }
	tests := []struct {
		to   string
		want []fault
	}{
		{"", nil},
		{"/", nil},
		{"/login", nil},
		{"/signed-out?x=y#z", nil},
		{"https://www.example.com/goodbye", nil},
		{"http://localhost:8080/", nil},
		{"//evil.example", []fault{{"To", contract.Malformed}}},
		{"goodbye", []fault{{"To", contract.Malformed}}},
		{"https:///goodbye", []fault{{"To", contract.Malformed}}},
		{"https://user@example.com/", []fault{{"To", contract.Malformed}}},
		{"http://www.example.com/", []fault{{"To", contract.Scheme}}},
		{"ftp://www.example.com/", []fault{{"To", contract.Scheme}}},
		{"/a\r\nX: y", []fault{{"To", contract.ControlCharacter}}},
	}
	for _, tt := range tests {
		_, err := ssotoken.NewLogout(ssotoken.LogoutConfig{End: end, To: tt.to})
		var got []fault
		var refused *ssotoken.ConfigError
		if errors.As(err, &refused) {
			got = faults(refused.Fields)
		}
		if diff := cmp.Diff(tt.want, got, sameErr); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.to, diff)
		}
	}
	if _, err := ssotoken.NewLogout(ssotoken.LogoutConfig{}); !errors.Is(err, contract.MissingValue) {
		t.Errorf("no End: got %v", err)
	}
}
