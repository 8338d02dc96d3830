package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// A trip is the partner's server, a fake community, and a browser that does what
// pages/app.js does.
type trip struct {
	t         *testing.T
	community *ssotest.Community
	site      string // origin
	browser   *http.Client
	log       bytes.Buffer
}

func newTrip(t *testing.T) *trip {
	t.Helper()
	tr := &trip{t: t, community: ssotest.NewCommunity(t, ssotest.Config{})}
	signer, err := ssotoken.New(ssotoken.Config{Community: tr.community.URL, Key: tr.community.Key()})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := newSite(signer, slog.New(slog.NewTextHandler(&tr.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	tr.site = server.URL
	tr.community.Configure(func(s *ssotest.Settings) {
		s.AuthorizationURL, s.LogoutURL = tr.site+loginPath, tr.site+logoutPath
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	tr.browser = &http.Client{Jar: jar}
	return tr
}

func (tr *trip) do(method, address, body string, headers ...string) (*http.Response, string) {
	tr.t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		tr.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	res, err := tr.browser.Do(r)
	if err != nil {
		tr.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		tr.t.Fatal(err)
	}
	return res, string(text)
}

// fetch is a script's, on a page of the site.
func (tr *trip) fetch(method, path, body string) (*http.Response, string) {
	tr.t.Helper()
	return tr.do(method, tr.site+path, body, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Dest: empty", "Origin: "+tr.site,
		"Content-Type: application/json")
}

func (tr *trip) signIn(member string) {
	tr.t.Helper()
	if res, body := tr.fetch("POST", sessionPath, `{"member":"`+member+`"}`); res.StatusCode != http.StatusNoContent {
		tr.t.Fatalf("sign-in: got %s, %s", res.Status, body)
	}
}

// ask is the click: it returns what the JSON door answers.
func (tr *trip) ask(search string) (status int, answer struct{ URL, Error string }) {
	tr.t.Helper()
	res, body := tr.fetch("POST", jsonPath+search, "")
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		tr.t.Fatalf("got %s, %s", res.Status, body)
	}
	return res.StatusCode, answer
}

func TestAVisitorComesBackToTheCommunitysPageLoggedIn(t *testing.T) {
	tr := newTrip(t)
	const deep = "/search?q=a%20b&tab=posts"
	page, body := tr.do("GET", tr.community.LoginButton(deep), "")
	if page.Request.URL.Path != loginPath || !strings.Contains(body, `src="/app.js"`) || page.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("the login button led to %s: %s", page.Request.URL, page.Status)
	}
	tr.signIn("u-1001")
	status, answer := tr.ask("?" + page.Request.URL.RawQuery) // location.search
	if status != http.StatusOK {
		t.Fatalf("got %d, %+v", status, answer)
	}
	landed, body := tr.do("GET", answer.URL, "") // location.assign
	if got, want := landed.Request.URL.String(), tr.community.URL+deep; got != want || !strings.Contains(body, "Ada Lovelace") {
		t.Errorf("got %s at %s, want %s", landed.Status, got, want)
	}
	member, _ := tr.community.Member("u-1001")
	want := ssotest.Member{ExternalID: "u-1001", Name: "Ada Lovelace", Email: "ada@partner.example"}
	if diff := cmp.Diff(want, member, cmpopts.IgnoreFields(ssotest.Member{}, "ID")); diff != "" {
		t.Errorf("member (-want +got):\n%s", diff)
	}
	if strings.Contains(tr.log.String(), "eyJ") || strings.Count(tr.log.String(), "event=minted") != 1 {
		t.Errorf("log: %s", &tr.log)
	}

	again, _ := tr.do("GET", tr.community.LoginButton("/spaces"), "") // signed in already: without the page
	if got, want := again.Request.URL.String(), tr.community.URL+"/spaces"; got != want {
		t.Errorf("the second login ended at %s, want %s", got, want)
	}
}

func TestNothingThatThePageLoadsMints(t *testing.T) {
	tr := newTrip(t)
	tr.signIn("u-1001")
	for path, kind := range map[string]string{"/": "text/html", "/app.js": "text/javascript", "/style.css": "text/css",
		sessionPath: "application/json"} {
		res, body := tr.fetch("GET", path, "")
		if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), kind) || strings.Contains(body, "eyJ") {
			t.Errorf("%s: got %s, %v", path, res.Status, res.Header)
		}
	}
	if strings.Contains(tr.log.String(), "event=minted") {
		t.Errorf("log: %s", &tr.log)
	}
}

var words = regexp.MustCompile(`(?m)^  "([a-z-]+)": ".+",$`)

func TestThePageHasWordsForEachErrorOfTheDoor(t *testing.T) {
	tr := newTrip(t)
	script, err := pages.ReadFile("pages/app.js")
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, match := range words.FindAllSubmatch(script, -1) {
		known = append(known, string(match[1]))
	}
	slices.Sort(known)
	want := []string{"claims-refused", "cross-origin", "email-unverified", "key-source", "loop", "may-not-enter", "method",
		"no-session", "other"}
	if diff := cmp.Diff(want, known); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
	for _, code := range known {
		if inspect.RuleOf(contract.Code(code)).Code == "" {
			t.Errorf("%s is no code of the contract", code)
		}
	}
	tests := []struct {
		member string
		status int
		code   string
	}{
		{"", http.StatusUnauthorized, "no-session"},
		{"u-1002", http.StatusForbidden, "email-unverified"},
		{"u-1003", http.StatusUnprocessableEntity, "claims-refused"},
	}
	for _, tt := range tests {
		if tt.member != "" {
			tr.signIn(tt.member)
		}
		if status, answer := tr.ask(""); status != tt.status || answer.Error != tt.code || answer.URL != "" {
			t.Errorf("%q: got %d, %q", tt.member, status, answer.Error)
		}
	}
}

func TestAPageOfAnotherOriginGetsNothing(t *testing.T) {
	tr := newTrip(t)
	tr.signIn("u-1001")
	foreign := []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example", "Content-Type: text/plain"}
	for _, request := range [][2]string{{"POST", jsonPath}, {"POST", sessionPath}, {"DELETE", sessionPath}} {
		res, body := tr.do(request[0], tr.site+request[1], `{"member":"u-1003"}`, foreign...)
		if res.StatusCode != http.StatusForbidden || strings.Contains(body, "eyJ") || len(res.Cookies()) > 0 {
			t.Errorf("%s %s: got %s, %s", request[0], request[1], res.Status, body)
		}
	}
	if status, _ := tr.ask(""); status != http.StatusOK {
		t.Errorf("the session is gone: got %d", status)
	}
}

func TestSigningOutEndsTheSession(t *testing.T) {
	tr := newTrip(t)
	for _, signOut := range []func(){
		func() { tr.fetch("DELETE", sessionPath, "") },
		func() { tr.do("GET", tr.community.URL+"/auth/logout", "") },
	} {
		tr.signIn("u-1001")
		signOut()
		if status, answer := tr.ask(""); status != http.StatusUnauthorized || answer.Error != "no-session" {
			t.Errorf("got %d, %q", status, answer.Error)
		}
	}
	if res, _ := tr.fetch("POST", sessionPath, `{"member":"nobody"}`); res.StatusCode != http.StatusBadRequest {
		t.Errorf("an unknown member: got %s", res.Status)
	}
}
