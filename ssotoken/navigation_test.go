package ssotoken_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
)

// sends builds a request as a browser does, with headers as "Name: value".
func sends(method, target string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func TestATokenIsMintedOnlyForAPersonWhoNavigates(t *testing.T) {
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: signedIn(t)})
	if err != nil {
		t.Fatal(err)
	}
	handlers := map[string]http.Handler{
		"Middleware": login.Middleware(http.NotFoundHandler()),
		"Redirect":   http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { login.Redirect(w, r, build(t, ada())) }),
		"RedirectTo": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			login.RedirectTo(w, r, build(t, ada()), ssotoken.ReturnPath{})
		}),
	}
	matrix := map[string][]string{
		"no headers: older browsers": nil,
		"document":                   {"Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: cross-site", "Sec-Fetch-User: ?1"},
		"iframe":                     {"Sec-Fetch-Dest: iframe"},
		"frame":                      {"Sec-Fetch-Dest: frame"},
	}
	for name, headers := range matrix {
		for handler, h := range handlers {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, sends("GET", "/community/login", headers...))
			expectPrivate(t, w)
			if w.Code != http.StatusSeeOther || !strings.Contains(w.Header().Get("Location"), "jwt=") {
				t.Errorf("%s, %s: got %d", handler, name, w.Code)
			}
		}
	}
	refused := [][]string{{"Sec-Purpose: prefetch"}, {"Sec-Purpose: prefetch;prerender"}, {"Sec-Purpose: prefetch;anonymous-client-ip"}, {"Purpose: prefetch"}, {"X-Purpose: preview"}, {"X-Moz: prefetch"},
		{"Sec-Purpose: prefetch", "Sec-Fetch-Dest: document"}, {"Purpose: Prefetch"}}
	for _, dest := range strings.Fields("audio audioworklet embed empty fencedframe font image json manifest object paintworklet report script serviceworker sharedworker style track video webidentity worker xslt Document unknown") {
		refused = append(refused, []string{"Sec-Fetch-Dest: " + dest})
	}
	for _, headers := range refused {
		for handler, h := range handlers {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, sends("GET", "/community/login", headers...))
			expectPrivate(t, w)
			if w.Code != http.StatusForbidden || w.Header().Get("Location") != "" || len(w.Result().Cookies()) > 0 {
				t.Errorf("%s, %s: got %d", handler, headers, w.Code)
			}
		}
	}
}

func expectPrivate(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	got := []string{w.Header().Get("Cache-Control"), w.Header().Get("Referrer-Policy")}
	if diff := cmp.Diff([]string{"no-store", "no-referrer"}, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestWithoutASessionAPrefetchSeesTheSignInPage(t *testing.T) {
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: nobody})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	login.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "sign in") })).ServeHTTP(w, sends("GET", "/", "Sec-Purpose: prefetch"))
	if w.Body.String() != "sign in" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

// The fifth trip to one page within 15 seconds is one too many.
const (
	maxTrips   = 4
	tripWindow = 15 * time.Second
)

func TestALoopIsBrokenByAPageWithTheDirectLogin(t *testing.T) {
	now := noon
	signer := newSigner(t, func(c *ssotoken.Config) { c.Now = func() time.Time { return now } })
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Identify: signedIn(t)})
	if err != nil {
		t.Fatal(err)
	}
	handler := login.Middleware(http.NotFoundHandler())
	var cookies []*http.Cookie
	visit := func(target string) *httptest.ResponseRecorder {
		r := sends("GET", target)
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		expectPrivate(t, w)
		if set := w.Result().Cookies(); len(set) > 0 {
			cookies = set
			if !set[0].HttpOnly || set[0].SameSite != http.SameSiteLaxMode || set[0].MaxAge != int(tripWindow/time.Second) {
				t.Errorf("the cookie is %v", set[0])
			}
		}
		return w
	}
	const page = "/community/login?referrer_uri=/a"
	for i := range maxTrips {
		if w := visit(page); w.Code != http.StatusSeeOther {
			t.Fatalf("trip %d: got %d", i+1, w.Code)
		}
		now = now.Add(time.Second)
	}
	w := visit(page)
	if w.Code != http.StatusLoopDetected || !strings.Contains(w.Body.String(), `href="https://community.example.com/auth/login/direct"`) || w.Header().Get("Location") != "" {
		t.Fatalf("one trip more: got %d %s", w.Code, w.Body)
	}
	if w := visit("/community/login?referrer_uri=/b"); w.Code != http.StatusSeeOther {
		t.Errorf("another page: got %d", w.Code)
	}
	cookies = nil
	for range maxTrips {
		visit(page)
	}
	now = now.Add(tripWindow)
	if w := visit(page); w.Code != http.StatusSeeOther {
		t.Errorf("after the window: got %d", w.Code)
	}
}

// Only a bounce has the community on its way: it comes as cross-site, or as
// none when the visitor typed the community's address.
func TestOnlyABounceCountsAsATrip(t *testing.T) {
	for site, looped := range map[string]bool{"same-origin": false, "cross-site": true, "same-site": true, "none": true} {
		login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: signedIn(t)})
		if err != nil {
			t.Fatal(err)
		}
		var cookies []*http.Cookie
		var w *httptest.ResponseRecorder
		for range maxTrips + 1 {
			r := sends("GET", "/", "Sec-Fetch-Site: "+site, "Sec-Fetch-Dest: iframe")
			for _, c := range cookies {
				r.AddCookie(c)
			}
			w = httptest.NewRecorder()
			login.Middleware(http.NotFoundHandler()).ServeHTTP(w, r)
			cookies = w.Result().Cookies()
		}
		if (w.Code == http.StatusLoopDetected) != looped {
			t.Errorf("%s: got %d", site, w.Code)
		}
	}
}

func TestAForgedTripCookieHarmsNobody(t *testing.T) {
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), Identify: signedIn(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"", "x", "811c9dc5", "811c9dc5.1.1", "811c9dc5.99999999999999999999.9", fmt.Sprintf("811c9dc5.%d.-5", noon.Unix()), fmt.Sprintf("811c9dc5.%d.99", noon.Unix()+100)} {
		w := httptest.NewRecorder()
		r := sends("GET", "/")
		r.AddCookie(&http.Cookie{Name: "sso_trips", Value: value})
		login.Middleware(http.NotFoundHandler()).ServeHTTP(w, r)
		if w.Code != http.StatusSeeOther {
			t.Errorf("%q: got %d", value, w.Code)
		}
	}
}

func TestEachTenantHasItsOwnCommunityAndKey(t *testing.T) {
	unknown := errors.New("no such tenant")
	signers := map[string]*ssotoken.Signer{}
	for _, tenant := range []string{"a", "b"} {
		key, err := ssotoken.NewKey(times(tenant+"!", 16))
		if err != nil {
			t.Fatal(err)
		}
		signers[tenant+".example.com"] = newSigner(t, func(c *ssotoken.Config) { c.Community, c.Key = tenant+".community.example", key })
	}
	var told error
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{
		SignerFor: func(r *http.Request) (*ssotoken.Signer, error) {
			if r.Host == "nil.example.com" {
				return nil, nil
			}
			if s, ok := signers[r.Host]; ok {
				return s, nil
			}
			return nil, unknown
		},
		Identify: signedIn(t),
		OnError:  func(w http.ResponseWriter, _ *http.Request, err error) { told = err; w.WriteHeader(404) },
	})
	if err != nil {
		t.Fatal(err)
	}
	handler := login.Middleware(http.NotFoundHandler())
	for host, signer := range signers {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, sends("GET", "http://"+host+"/login?referrer_uri="+signer.Community().String()+"/a"))
		want, err := signer.LoginURL(t.Context(), build(t, ada()), returnPath(t, "/a"))
		if err != nil || w.Header().Get("Location") != want {
			t.Errorf("%s: went to another community or has another key: %v", host, err)
		}
	}
	for _, host := range []string{"c.example.com", "nil.example.com"} {
		told = nil
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, sends("GET", "http://"+host+"/login"))
		expectPrivate(t, w)
		if w.Code != 404 || told == nil || host == "c.example.com" && !errors.Is(told, unknown) {
			t.Errorf("%s: got %d, %v", host, w.Code, told)
		}
	}
	if _, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: newSigner(t), SignerFor: func(*http.Request) (*ssotoken.Signer, error) { return nil, nil }, Identify: nobody}); !errors.Is(err, ssotoken.ErrMalformed) {
		t.Errorf("both Signer and SignerFor: got %v", err)
	}
}

func TestAReturnPathSurvivesASession(t *testing.T) {
	for _, want := range []string{"", "/search?q=a%20b#top"} {
		b, err := json.Marshal(map[string]ssotoken.ReturnPath{"to": returnPath(t, want)})
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ To ssotoken.ReturnPath }
		if err := json.Unmarshal(b, &got); err != nil || got.To.String() != want {
			t.Errorf("%q came back as %q, %v", want, got.To, err)
		}
	}
	got := returnPath(t, "/a")
	if err := got.UnmarshalText([]byte("//evil.example")); !errors.Is(err, ssotoken.ErrReturnPath) || !got.IsHome() {
		t.Errorf("got %q, %v", got, err)
	}
}
