package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/examples/doors"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
)

func TestALogoutThatExpiresTheCookieEndsTheSession(t *testing.T) {
	p := newPartner()
	p.logout = func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", MaxAge: -1})
		w.WriteHeader(http.StatusNoContent)
	}
	if got := examine(t, configFor(t, serve(t, p))); len(got.Findings) > 0 {
		t.Errorf("got %+v", got.Findings)
	}
}

// stray lists requests to any address but the partner's.
type stray struct {
	partner string
	other   []string
}

func (s *stray) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != s.partner || r.URL.Path != "/login" && r.URL.Path != "/logout" {
		s.other = append(s.other, r.URL.Host+r.URL.Path)
		return nil, errors.New("not to be requested")
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestNothingIsRequestedButTheGivenAddresses(t *testing.T) {
	p := newPartner()
	p.check = func(s string) string { return s }
	server := serve(t, p)
	c := configFor(t, server)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := &stray{partner: u.Host}
	c.Transport = transport
	report := examine(t, c)
	if len(transport.other) > 0 {
		t.Errorf("requested %q", transport.other)
	}
	if report.Requests < 120 || report.Requests > 200 {
		t.Errorf("%d requests", report.Requests)
	}
}

// own returns the SDK's login and logout.
func own(t *testing.T) http.Handler {
	t.Helper()
	signer, err := ssotoken.New(ssotoken.Config{Community: community, Key: newKey(t, keyText)})
	if err != nil {
		t.Fatal(err)
	}
	var over atomic.Bool
	quiet := func(context.Context, ssotoken.Event) {}
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Observe: quiet,
		Identify: func(r *http.Request) (ssotoken.Claims, error) {
			c, err := r.Cookie("session")
			if signedIn := err == nil && c.Value == "good" && !over.Load(); !signedIn && r.Header.Get("Authorization") != "Bearer "+bearer {
				return ssotoken.Claims{}, ssotoken.ErrNoSession
			}
			return ssotoken.NewClaims().Subject("user-7").Name("Ada").VerifiedEmail("ada@example.com").Build()
		}})
	if err != nil {
		t.Fatal(err)
	}
	logout, err := ssotoken.NewLogout(ssotoken.LogoutConfig{Observe: quiet, End: func(_ http.ResponseWriter, r *http.Request) error {
		if _, err := r.Cookie("session"); err == nil {
			over.Store(true)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/login", login.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "Sign in") })))
	mux.Handle("/json", login.JSON())
	mux.Handle("/logout", logout)
	return http.NewCrossOriginProtection().Handler(mux)
}

func TestTheOwnHandlersAreClean(t *testing.T) {
	server := serve(t, own(t))
	c := configFor(t, server)
	c.JSONURL, c.Bearer, c.Now = server.URL+"/json", bearer, nil
	if report := examine(t, c); len(report.Findings) > 0 || !report.Complete {
		t.Errorf("got %+v", report.Findings)
	}
}

// A browser's cookies have the one by which the SDK counts visits.
func TestManyVisitsOfASessionAreNoLoop(t *testing.T) {
	handler := own(t)
	r := httptest.NewRequest(http.MethodGet, "/login", nil)
	r.Header.Set("Cookie", "session=good")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	set := w.Result().Cookies()
	if len(set) != 1 {
		t.Fatalf("got %v", set)
	}
	c := configFor(t, serve(t, handler))
	c.Cookie, c.Now = "session=good; "+set[0].Name+"="+set[0].Value, nil
	if report := examine(t, c); len(report.Findings) > 0 || !report.Complete {
		t.Errorf("got %+v", report.Findings)
	}
}

func TestTheDoorsExampleIsClean(t *testing.T) {
	before := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // dropped referrers are logged
	t.Cleanup(func() { slog.SetDefault(before) })
	signer, err := ssotoken.New(ssotoken.Config{Community: community, Key: newKey(t, keyText)})
	if err != nil {
		t.Fatal(err)
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "A page") })
	handler, err := doors.New(signer, doors.Site{
		SignIn: page, SignUp: page, Account: page,
		Identify: func(r *http.Request) (ssotoken.Claims, error) {
			if c, err := r.Cookie("session"); err != nil || c.Value != "good" {
				return ssotoken.Claims{}, ssotoken.ErrNoSession
			}
			return ssotoken.NewClaims().Subject("user-7").Name("Ada").VerifiedEmail("ada@example.com").Build()
		},
		SignOut: func(w http.ResponseWriter, _ *http.Request) error {
			http.SetCookie(w, &http.Cookie{Name: "session", MaxAge: -1})
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := serve(t, handler)
	c := configFor(t, server)
	c.Now = nil
	for _, page := range []string{"/community/login", "/community/sign-up"} {
		c.AuthorizationURL, c.LogoutURL = server.URL+page, server.URL+"/community/logout"
		if report := examine(t, c); len(report.Findings) > 0 {
			t.Errorf("%s: got %+v", page, report.Findings)
		}
	}
}

// direct answers without a network.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	d.ServeHTTP(w, in)
	return w.Result(), nil
}

func TestAThoroughCheckTriesEveryHostileValue(t *testing.T) {
	last := doctor.Progress{}
	report := examine(t, doctor.Config{
		AuthorizationURL: "https://www.example.com/login", Community: community, Cookie: cookie, Key: newKey(t, keyText),
		Thorough: true, Transport: direct{own(t)},
		Progress: func(p doctor.Progress) {
			if p.Total > 0 {
				last = p
			}
		},
	})
	if len(report.Findings) > 0 {
		t.Errorf("got %+v", report.Findings)
	}
	if hostile := len(redirects.Hostile()); report.Requests < hostile || last.Check != "hostile referrers" || last.Done != last.Total ||
		last.Total < hostile {
		t.Errorf("%d requests for %d hostile values, and last %+v", report.Requests, hostile, last)
	}
}

// stub answers by a function.
type stub func(*http.Request) (*http.Response, error)

func (s stub) RoundTrip(r *http.Request) (*http.Response, error) { return s(r) }

func TestTheCookieAndTheBearerTokenAreNotSentOverHTTP(t *testing.T) {
	p := newPartner()
	report := examine(t, doctor.Config{
		AuthorizationURL: "http://www.example.com/login", LogoutURL: "http://www.example.com/logout", JSONURL: "http://www.example.com/json",
		Community: community, Cookie: cookie, Bearer: bearer,
		Now: func() time.Time { return noon },
		Transport: stub(func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.Header.Get("Cookie"), "good") {
				t.Error("the cookie was sent")
			}
			if strings.Contains(r.Header.Get("Authorization"), bearer) {
				t.Error("the bearer token was sent")
			}
			return direct{p}.RoundTrip(r)
		}),
	})
	if diff := cmp.Diff([]contract.Code{doctor.AddressNotHTTPS, doctor.AddressNotHTTPS, doctor.AddressNotHTTPS}, codes(report)); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
}

func TestACheckThatCantBeMadeSaysWhy(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	tls := httptest.NewUnstartedServer(newPartner())
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	t.Cleanup(tls.Close)
	plain := serve(t, newPartner())
	hangs := stub(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	tests := []struct {
		name, url string
		transport http.RoundTripper
		timeout   time.Duration
		want      string
	}{
		{"nobody listens", gone.URL, nil, 0, "connection refused"},
		{"a certificate of nobody's", tls.URL, nil, 0, "certificate signed by unknown authority"},
		{"http at an https address", strings.Replace(plain.URL, "http:", "https:", 1), nil, 0, "the server speaks http at an https address"},
		{"no answer", "https://www.example.com", hangs, time.Millisecond, "no answer within 1ms"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			report, err := doctor.Check(t.Context(), doctor.Config{AuthorizationURL: tt.url + "/login?key=1", Community: community, Cookie: cookie,
				Transport: tt.transport, Timeout: tt.timeout})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "GET "+tt.url+"/login: ") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if report.Complete || report.Err() == nil || report.Checks[1].State != doctor.Unknown {
				t.Errorf("got %+v", report)
			}
		})
	}
}
