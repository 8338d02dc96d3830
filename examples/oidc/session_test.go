package main

import (
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

func TestACallbackThatComesAgainIsFineWhileTheMemberIsSignedIn(t *testing.T) {
	j := newJourney(t)
	address := j.callback()
	for range 2 {
		j.landed(j.open(address), "Ada Lovelace")
	}
	codes := 0
	for _, u := range j.requests {
		if u.Path == "/oauth/token" {
			codes++
		}
	}
	if codes != 1 {
		t.Errorf("the code was used %d times", codes)
	}
}

func TestEachTabGoesBackToItsOwnPage(t *testing.T) {
	j := newJourney(t)
	first := j.callback()
	second := j.open(j.partner + loginPath + "?referrer_uri=/spaces/help") // silent: the provider's session is there
	if got := second.url.String(); got != j.community.URL+"/spaces/help" {
		t.Errorf("the second tab is at %s", got)
	}
	j.landed(j.open(first), "Ada Lovelace")
}

func TestASessionKeepsOnlySomeSignInsUnderWay(t *testing.T) {
	j := newJourney(t)
	first := j.callback()
	j.stopAt = "/authorize"
	for range maxTrips {
		j.open(j.partner + loginPath)
	}
	j.stopAt = ""
	j.told(j.open(first), http.StatusBadRequest, "This sign-in was not begun here")
}

func TestALogOutInTheCommunityEndsAllThreeSessions(t *testing.T) {
	j := newJourney(t)
	j.choose(j.start(), ada)
	for range 2 { // with sessions, and without
		at := j.open(j.community.URL + "/auth/logout")
		if got := at.url.String(); got != j.partner+"/" || !strings.Contains(at.body, "You are not signed in") {
			t.Errorf("ended at %s: %s", got, at.body)
		}
	}
	ended := slices.IndexFunc(j.requests, func(u *url.URL) bool { return u.Path == "/end_session" })
	if ended < 0 || j.requests[ended].Query().Get("id_token_hint") == "" {
		t.Fatal("the provider was not asked to end its session")
	}
	if at := j.start(); at.url.Path != "/login" {
		t.Errorf("the provider's session is still there: %s", at.url)
	}
}

func TestTheSitesOwnButtonSignsOutHereAndAtTheProvider(t *testing.T) {
	j := newJourney(t)
	j.choose(j.start(), ada)
	if at := j.open(j.partner + "/"); !strings.Contains(at.body, "Hello, Ada Lovelace") {
		t.Fatalf("the site shows %s", at.body)
	}
	if at := j.visit("POST", j.partner+logoutPath, nil); at.url.String() != j.partner+"/" ||
		!strings.Contains(at.body, "You are not signed in") {
		t.Errorf("ended at %s: %s", at.url, at.body)
	}
	if at := j.open(j.partner + loginPath); at.url.Path != "/login" {
		t.Errorf("the provider's session is still there: %s", at.url)
	}
}

func TestALogOutWithoutTheProviderEndsTheSitesSession(t *testing.T) {
	j := newJourney(t)
	j.choose(j.start(), ada)
	j.stopAt = "/end_session" // where the browser would see its own error page
	j.open(j.partner + logoutPath)
	if at := j.open(j.partner + "/"); !strings.Contains(at.body, "You are not signed in") {
		t.Errorf("the site shows %s", at.body)
	}
}

// /community/logout refuses an image, and so does the address that it leads to.
func TestNoOtherPageEndsOrFinishesASignInByAnImage(t *testing.T) {
	for _, path := range []string{leavePath, callbackPath, logoutPath} {
		j := newJourney(t)
		address := j.callback()
		if path != callbackPath {
			j.open(address)
			address = j.partner + path
		}
		r, err := http.NewRequest("GET", address, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Sec-Fetch-Dest", "image")
		r.Header.Set("Sec-Fetch-Mode", "no-cors")
		r.Header.Set("Sec-Fetch-Site", "same-site")
		j.requests = nil
		res, err := j.browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		at := j.open(j.partner + "/")
		if signedIn := strings.Contains(at.body, "Hello, Ada"); signedIn != (path != callbackPath) {
			t.Errorf("%s: signed in %v", path, signedIn)
		}
		if res.StatusCode != http.StatusForbidden || len(j.requests) > 0 {
			t.Errorf("%s: got %s, and the provider was asked %v", path, res.Status, j.requests)
		}
	}
}

func TestOnlyASignOutHereGoesOnToTheProvider(t *testing.T) {
	j := newJourney(t)
	j.choose(j.start(), ada)
	if at := j.open(j.partner + leavePath); at.url.String() != j.partner+"/" || !strings.Contains(at.body, "Hello, Ada") {
		t.Errorf("at %s: %s", at.url, at.body)
	}
	if at := j.open(j.community.URL + "/auth/logout"); !strings.Contains(at.body, "You are not signed in") {
		t.Errorf("at %s: %s", at.url, at.body)
	}
	if !slices.ContainsFunc(j.requests, func(u *url.URL) bool { return u.Path == "/end_session" }) {
		t.Error("the provider's session was not ended")
	}
}

func TestTheReturnPathDoesNotOutliveASignOut(t *testing.T) {
	j := newJourney(t)
	address := j.callback()
	j.open(address)
	j.open(j.partner + loginPath + "?" + contract.ReferrerURI + "=" + url.QueryEscape(deep)) // a second login
	j.open(j.partner + logoutPath)
	at := j.open(address)
	j.told(at, http.StatusBadRequest, "This sign-in is over")
	if strings.Contains(at.body, "search") {
		t.Errorf("the page still leads to where the visitor was: %s", at.body)
	}
	j.forget("fake_community_session")
	begun := j.start()
	j.open(j.partner + logoutPath) // in another tab, before the sign-in is done
	if at := j.choose(begun, ada); strings.Contains(at.body, "search") {
		t.Errorf("the page still leads to where the visitor was: %s", at.body)
	}
}

// A token that was issued to another site may name this one as an audience too.
func TestAnIDTokenThatAnotherSiteAskedForIsRefused(t *testing.T) {
	verifier := oidc.NewVerifier("https://id.example", nil, &oidc.Config{
		ClientID: "partner", InsecureSkipSignatureCheck: true, SkipExpiryCheck: true,
	})
	tests := []struct {
		claims string
		want   bool
	}{
		{`"aud":"partner"`, true},
		{`"aud":"partner","azp":"partner"`, true},
		{`"aud":["partner","other"],"azp":"partner"`, true},
		{`"aud":"partner","azp":"other"`, false},
		{`"aud":["partner","other"],"azp":"other"`, false},
		{`"aud":["partner","other"]`, false},
		{`"aud":"partner","azp":""`, false},
		{`"aud":"partner","azp":["partner"]`, false},
		{`"aud":"partner","azp":"other","AZP":"partner"`, false},
	}
	for _, tt := range tests {
		part := base64.RawURLEncoding.EncodeToString
		raw := part([]byte(`{"alg":"RS256"}`)) + "." + part([]byte(`{"iss":"https://id.example",`+tt.claims+`}`)) + "." + part([]byte("x"))
		token, err := verifier.Verify(t.Context(), raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := authorized(token, "partner"); got != tt.want {
			t.Errorf("%s: got %v", tt.claims, got)
		}
	}
}

func TestTwoSessionCookiesAreNone(t *testing.T) {
	j := newJourney(t)
	j.choose(j.start(), ada)
	u, _ := url.Parse(j.partner)
	r, err := http.NewRequest("GET", j.partner+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range j.browser.Jar.Cookies(u) {
		r.AddCookie(c)
	}
	r.AddCookie(&http.Cookie{Name: "partner_session", Value: "planted"})
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); !strings.Contains(string(body), "You are not signed in") {
		t.Errorf("got %s", body)
	}
}

func TestByHTTPSOnlyThisHostCanSetTheCookies(t *testing.T) {
	j := newJourney(t)
	secure := siteConfig{origin: "https://www.example.com", issuer: j.provider, clientID: "partner"}
	signer, err := ssotoken.New(ssotoken.Config{Community: j.community.URL, Key: j.community.Key()})
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSite(secure, signer, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", loginPath+"?"+contract.ReferrerURI+"=/spaces", nil))
	cookies := w.Result().Cookies()
	for _, name := range []string{"__Host-partner_session", "__Host-return_to"} {
		i := slices.IndexFunc(cookies, func(c *http.Cookie) bool { return c.Name == name })
		if i < 0 || !cookies[i].Secure || !cookies[i].HttpOnly || cookies[i].Path != "/" || cookies[i].Domain != "" {
			t.Errorf("no %s in %v", name, cookies)
		}
	}
}

func TestTheSessionIDIsNewAtSignInAndTheCookieIsLaxAndHTTPOnly(t *testing.T) {
	j := newJourney(t)
	var cookies []*http.Cookie
	j.browser.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		res, err := http.DefaultTransport.RoundTrip(r)
		if err == nil {
			for _, c := range res.Cookies() {
				if c.Name == "partner_session" {
					cookies = append(cookies, c)
				}
			}
		}
		return res, err
	})
	j.choose(j.start(), ada)
	if len(cookies) != 2 || cookies[0].Value == cookies[1].Value || len(cookies[1].Value) < 26 {
		t.Fatalf("got cookies %v", cookies)
	}
	for _, c := range cookies {
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
			t.Errorf("got cookie %v", c)
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAHostileReferrerIsDroppedAndTheMemberLandsAtHome(t *testing.T) {
	for _, hostile := range []string{"//evil.example", `/\evil.example`, "/%2fevil.example", "https://evil.example/",
		"/api/auth/sso?jwt=x", "/auth/logout"} {
		j := newJourney(t)
		at := j.choose(j.open(j.partner+loginPath+"?referrer_uri="+url.QueryEscape(hostile)), ada)
		if got := at.url.String(); got != j.community.URL+"/" || !strings.Contains(j.log.String(), "return path dropped") {
			t.Errorf("%q: ended at %s; the log says %s", hostile, got, &j.log)
		}
	}
}

func TestAReturnPathThatTheVisitorChangedIsCheckedAgain(t *testing.T) {
	j := newJourney(t)
	u, _ := url.Parse(j.partner + callbackPath)
	j.browser.Jar.SetCookies(u, []*http.Cookie{{Name: returnCookie, Value: "Ly9ldmlsLmV4YW1wbGU", Path: "/"}}) // //evil.example
	at := j.open(u.String())
	j.told(at, http.StatusBadRequest, "This sign-in is over")
	if strings.Contains(at.body, "evil") || strings.Contains(at.body, "referrer_uri") {
		t.Errorf("the page leads to %s", at.body)
	}
}

func TestNoTokenCodeOrPersonalDataIsLogged(t *testing.T) {
	j := newJourney(t)
	address := j.callback()
	j.open(address)
	j.open(j.community.URL + "/auth/logout")
	j.open(edit(address, "state", "forged"))
	j.choose(j.open(j.partner+loginPath), grace)
	u, _ := url.Parse(address)
	for _, secret := range []string{"eyJ", u.Query().Get("code"), u.Query().Get("state"), "partner.example", "Ada", ada, grace,
		j.community.Key().Reveal(), "a secret of the test"} {
		if strings.Contains(j.log.String(), secret) {
			t.Errorf("the log holds %q: %s", secret, &j.log)
		}
	}
	if !strings.Contains(j.log.String(), "event=minted") || !strings.Contains(j.log.String(), "no sign-in") {
		t.Errorf("the log says %s", &j.log)
	}
}

func TestNoAnswerWithACodeOrATokenIsKeptOrGivenAway(t *testing.T) {
	j := newJourney(t)
	callback := j.callback()
	steps := []struct{ address, stopAt string }{
		{edit(callback, "state", "forged"), ""},
		{callback, "/api/auth/sso"},
		{j.partner + logoutPath, leavePath},
		{j.partner + leavePath, "/end_session"}, // the ID token is in the redirect
	}
	for _, step := range steps {
		j.stopAt = step.stopAt
		res, err := j.browser.Get(step.address)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if h := res.Header; h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" ||
			step.stopAt != "" && res.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: got %s, %q, %q", step.address, res.Status, h.Get("Referrer-Policy"), h["Cache-Control"])
		}
	}
}

func TestDoctorFindsNothing(t *testing.T) {
	j := newJourney(t)
	j.choose(j.start(), ada)
	u, _ := url.Parse(j.partner)
	cookies := j.browser.Jar.Cookies(u)
	session := cookies[slices.IndexFunc(cookies, func(c *http.Cookie) bool { return c.Name == "partner_session" })]
	diagnosis, err := doctor.Check(t.Context(), doctor.Config{
		AuthorizationURL: j.partner + loginPath, LogoutURL: j.partner + logoutPath, Community: j.community.URL,
		Key: j.community.Key(), Cookie: session.String(),
	})
	if err == nil {
		err = diagnosis.Err()
	}
	if err != nil {
		t.Error(err)
	}
}

// failingStore is a database of sessions that is down.
type failingStore struct{}

func (failingStore) Find(string) ([]byte, bool, error)      { return nil, false, errStore }
func (failingStore) Commit(string, []byte, time.Time) error { return errStore }
func (failingStore) Delete(string) error                    { return errStore }

var errStore = errors.New("the database is down")

func TestAFailingSessionStoreLogsNobodyIn(t *testing.T) {
	j := newJourney(t)
	address := j.callback()
	j.site.sessions.Store = failingStore{}
	at := j.open(address)
	if at.status != http.StatusInternalServerError || len(j.community.Attempts()) > 0 ||
		!strings.Contains(j.log.String(), "the database is down") {
		t.Errorf("got %d at %s; the log says %s", at.status, at.url, &j.log)
	}
}

// deletingFails is a store that reads and writes, but can't renew a session.
type deletingFails struct{ scs.Store }

func (deletingFails) Delete(string) error { return errStore }

func TestASessionThatCantBeRenewedIsNotKept(t *testing.T) {
	j := newJourney(t)
	address := j.callback()
	working := j.site.sessions.Store
	j.site.sessions.Store = deletingFails{working}
	j.told(j.open(address), http.StatusInternalServerError, "Something went wrong on this site")
	if !strings.Contains(j.log.String(), "the database is down") || len(j.community.Attempts()) > 0 {
		t.Errorf("the log says %s", &j.log)
	}
	if at := j.open(j.partner + "/"); !strings.Contains(at.body, "You are not signed in") {
		t.Errorf("somebody is signed in: %s", at.body)
	}
}
