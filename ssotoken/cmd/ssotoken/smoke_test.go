package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/cmd/smoke"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// answering is a community that answers the login in a given way, and has a
// cookie for guests.
func answering(t *testing.T, login http.HandlerFunc) string {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch {
		case r.URL.Path == contract.SSOPath:
			login(w, r)
			return
		case r.URL.Path == "/sorry":
			fmt.Fprint(w, "<!doctype html><title>Something  went wrong</title>")
			return
		case r.URL.Path == "/spaces/welcome":
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if _, err := r.Cookie("guest"); err != nil {
			http.SetCookie(w, &http.Cookie{Name: "guest", Value: "1", Path: "/"})
		}
		fmt.Fprint(w, "<title>Home</title>")
	})
}

func redirected(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
}

func withSession(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "SECRET", Path: "/", HttpOnly: true, Secure: false,
			SameSite: http.SameSiteLaxMode})
		next(w, r)
	}
}

func TestSmokeSaysWhatCameBack(t *testing.T) {
	const other = "another-key-of-thirty-two-bytes!"
	member := func(m ssotest.Member) func(*ssotest.Config) {
		return func(c *ssotest.Config) { c.Members = []ssotest.Member{m} }
	}
	stuck := make(chan struct{})
	t.Cleanup(func() { close(stuck) })
	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(untrusted.Close)
	untrusted.Config.ErrorLog = nil
	late := answering(t, withSession(redirected("/")))
	tests := []struct {
		name, community string
		more            []string
		loggedIn        smoke.Outcome
		codes           []contract.Code
		words           []string
	}{
		{"accepted", fake(t, keyText, nil), nil, smoke.LoggedIn, nil, []string{`"landed": "/spaces/tips?tab=a%20b"`,
			`"name": "fake_community_session"`, `"HttpOnly"`, `"SameSite=Lax"`, `"clockSeconds": 0`}},
		{"a new members' home page", fake(t, keyText, func(c *ssotest.Config) { c.Settings.NewUsersHomepage = "/welcome" }),
			nil, smoke.LoggedIn, []contract.Code{smoke.LoginPage},
			[]string{"redirected to /welcome instead of /spaces/tips?tab=a%20b", "New users homepage"}},
		{"401", fake(t, other, nil), nil, smoke.NotLoggedIn, []contract.Code{smoke.LoginRefused},
			[]string{"HTTP 401: the signature, or the times", `Login refused`, "Compare the key"}},
		{"409", fake(t, keyText, member(ssotest.Member{ExternalID: "user-8", Email: "ada@example.com", Name: "Ada"})), nil,
			smoke.NotLoggedIn, []contract.Code{inspect.ExternalIDConflict}, []string{"HTTP 409: another member has this email"}},
		{"500", answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }),
			nil, smoke.NotLoggedIn, []contract.Code{smoke.LoginServerError}, []string{"HTTP 500", "This token has sub, name and email"}},
		{"404", answering(t, http.NotFound), nil, smoke.NotLoggedIn, []contract.Code{smoke.LoginRefused}, []string{"no JWT SSO at this address"}},
		{"429", answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }), nil,
			smoke.NotLoggedIn, []contract.Code{smoke.LoginRefused}, []string{"HTTP 429"}},
		{"a loop to the login", answering(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.RequestURI,
				http.StatusFound)
		}), nil, smoke.NotLoggedIn, []contract.Code{contract.Loop}, []string{"After 1 request it went round"}},
		{"a loop of pages", answering(t, redirected(contract.SSOPath)), nil, smoke.NotLoggedIn,
			[]contract.Code{contract.Loop}, []string{"too many redirects"}},
		{"back to the login page", fake(t, other, func(c *ssotest.Config) { c.Settings.RetryRefusedLogins = true }), nil,
			smoke.NotLoggedIn, []contract.Code{smoke.LoginPage}, []string{"where members log in: it was refused"}},
		{"back to the partner", fake(t, other, func(c *ssotest.Config) {
			c.Settings.RetryRefusedLogins, c.Settings.OtherLoginMethods = true, false
			c.Settings.AuthorizationURL = "https://www.example.com/login?jwt=eyJhbGciOiJIUzI1NiJ9.e30.x"
		}), nil, smoke.NotLoggedIn, []contract.Code{smoke.LoginElsewhere},
			[]string{"sent on to https://www.example.com/login, another host, and not followed"}},
		{"a failure that leads to a page", answering(t, redirected("/sorry")), nil, smoke.Unclear,
			[]contract.Code{smoke.LoginPage, smoke.NoSessionCookie}, []string{`redirected to /sorry instead of`,
				`the title \"Something went wrong\"`, "it may be a failure that leads to a page"}},
		{"a success without a redirect", answering(t,
			withSession(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<title>In</title>") })), nil,
			smoke.LoggedIn, []contract.Code{smoke.LoginWithoutRedirect}, []string{"HTTP 200 and a cookie, without a redirect"}},
		{"a page of HTML", answering(t, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w,
				"<title>Oops</title>")
		}), nil, smoke.Unclear, []contract.Code{smoke.LoginPage},
			[]string{"without a redirect and without a cookie", `HTML with the title \"Oops\"`}},
		{"no cookie", answering(t, redirected("/spaces/tips?tab=a%20b")), nil, smoke.Unclear,
			[]contract.Code{smoke.NoSessionCookie}, []string{"No cookie was set that a guest has not"}},
		{"default spaces missed", answering(t, withSession(redirected("/spaces/tips?tab=a%20b"))),
			[]string{"--default-space", "/spaces/welcome"}, smoke.LoggedIn, []contract.Code{smoke.DefaultSpacesMissed},
			[]string{"/spaces/welcome is not shown to the member: HTTP 403"}},
		{"default spaces joined", fake(t, keyText, nil), []string{"--default-space", "/spaces/tips"}, smoke.LoggedIn, nil,
			[]string{"/spaces/tips is shown to the member"}},
		{"default spaces not looked at", fake(t, keyText, nil), nil, smoke.LoggedIn, nil, []string{"default spaces was not looked at"}},
		{"slow", answering(t, func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-stuck:
			}
		}), []string{"--timeout", "300ms"}, smoke.NotLoggedIn, []contract.Code{smoke.NoAnswer}, []string{"No answer within 300ms"}},
		{"TLS refused", untrusted.URL, nil, smoke.NotLoggedIn, []contract.Code{smoke.CertificateRefused},
			[]string{"The certificate is not trusted"}},
		{"http at an https address", strings.Replace(late, "http:", "https:", 1), nil, smoke.NotLoggedIn,
			[]contract.Code{smoke.NoAnswer}, []string{"does not speak TLS"}},
		{"nobody there", "http://127.0.0.1:1", nil, smoke.NotLoggedIn, []contract.Code{smoke.NoAnswer}, []string{"connection refused"}},
		{"another clock", serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", noon.Add(-time.Minute).Format(http.TimeFormat))
			withSession(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == contract.SSOPath {
					http.Redirect(w, r, "/spaces/tips?tab=a%20b", http.StatusFound)
				}
			})(w, r)
		}), nil, smoke.Unclear, []contract.Code{doctor.ClockDiffers, smoke.NoSessionCookie},
			[]string{"the community's is 59 s behind", `"guestHasIt": true`}},
	}
	t.Setenv(keyVariable, keyText)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"smoke", "--community", tt.community, "--sub", "user-7", "--name", "Ada", "--email",
				"ada@example.com", "--join", "tips", "--to", "/spaces/tips?tab=a%20b", "--yes"}, tt.more...)
			stdout, stderr, status := call(t, "", false, append(args, "--json")...)
			text, _, _ := call(t, "", false, args...)
			var got struct {
				LoggedIn smoke.Outcome
				Findings []struct{ Code contract.Code }
			}
			if err := json.Unmarshal([]byte(stdout), &got); err != nil {
				t.Fatalf("%v: %s%s", err, stdout, stderr)
			}
			var codes []contract.Code
			for _, f := range got.Findings {
				codes = append(codes, f.Code)
			}
			if diff := cmp.Diff(tt.codes, codes); diff != "" || got.LoggedIn != tt.loggedIn {
				t.Errorf("logged in: %q, want %q; findings (-want +got):\n%s", got.LoggedIn, tt.loggedIn, diff)
			}
			for _, want := range tt.words {
				if !strings.Contains(stdout, want) {
					t.Errorf("%q is not said: %s", want, stdout)
				}
			}
			fine := tt.loggedIn == smoke.LoggedIn && (codes == nil || codes[0] == smoke.LoginWithoutRedirect)
			if (status == 0) != fine || strings.Contains(text+stdout+stderr, "eyJ") || strings.Contains(text+stdout, "SECRET") {
				t.Errorf("exit status %d, or a secret: %s%s", status, text, stderr)
			}
		})
	}
}

func TestSmokeAsksBeforeItCreatesAMember(t *testing.T) {
	t.Setenv(keyVariable, keyText)
	for answer, want := range map[string]int{"y\n": 0, "Yes\n": 0, "n\n": 1, "\n": 1, "": 1} {
		handler, err := ssotest.NewHandler(ssotest.Config{Now: func() time.Time { return noon },
			Settings: ssotest.Settings{Key: mustKey(t), OtherLoginMethods: true}})
		if err != nil {
			t.Fatal(err)
		}
		requests := 0
		community := serve(t, func(w http.ResponseWriter, r *http.Request) {
			requests++
			handler.ServeHTTP(w, r)
		})
		_, stderr, status := call(t, answer, false, "smoke", "--community", community, "--sub", "user-7", "--name", "Ada",
			"--email", "ada@example.com")
		if _, created := handler.Member("user-7"); status != want || created != (want == 0) || !strings.Contains(stderr, "Go on? [y/N]") {
			t.Errorf("%q: exit status %d, created %v, %s", answer, status, created, stderr)
		}
		if want == 1 && requests > 0 {
			t.Errorf("%q: something was requested", answer)
		}
	}
}

func mustKey(t *testing.T) ssotoken.Key {
	t.Helper()
	key, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
