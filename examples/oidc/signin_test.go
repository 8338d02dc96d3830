package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

func TestANewMemberSignsInAtTheProviderAndLandsWhereTheVisitorStarted(t *testing.T) {
	j := newJourney(t)
	j.landed(j.choose(j.start(), ada), "Ada Lovelace")
	got, _ := j.community.Member(ada)
	want := ssotest.Member{ExternalID: ada, Name: "Ada Lovelace", Email: "ada@partner.example"}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(ssotest.Member{}, "ID", "Spaces", "Fields")); diff != "" {
		t.Errorf("member (-want +got):\n%s", diff)
	}
}

func TestWhoIsSignedInIsAskedNothing(t *testing.T) {
	tests := []struct{ name, forget string }{
		{"at the site", ""},
		{"at the provider only", "partner_session"},
	}
	for _, tt := range tests {
		j := newJourney(t)
		j.choose(j.start(), ada)
		j.forget("fake_community_session")
		j.forget(tt.forget)
		asked := len(j.requests)
		j.landed(j.start(), "Ada Lovelace")
		if again := len(j.requests) > asked; again != (tt.forget != "") {
			t.Errorf("%s: the provider was asked: %v", tt.name, again)
		}
	}
}

func TestTheProviderIsAskedWithStateNonceAndPKCENewEachTime(t *testing.T) {
	j := newJourney(t)
	j.start()
	j.start()
	var asked []url.Values
	discovered := 0
	for _, u := range j.requests {
		if u.Path == "/.well-known/openid-configuration" {
			discovered++
		}
		if u.Path == "/authorize" {
			asked = append(asked, u.Query())
		}
	}
	if len(asked) != 2 || discovered != 1 {
		t.Fatalf("the provider was asked %d times, and %d times for its endpoints", len(asked), discovered)
	}
	for _, key := range []string{"state", "nonce", "code_challenge"} {
		if a, b := asked[0].Get(key), asked[1].Get(key); len(a) < 26 || a == b {
			t.Errorf("%s: got %q and %q", key, a, b)
		}
	}
	if got := asked[0].Get("code_challenge_method") + " " + asked[0].Get("scope"); got != "S256 openid profile email" {
		t.Errorf("got %q", got)
	}
	for _, values := range asked {
		if strings.Contains(fmt.Sprint(values), "search") {
			t.Error("the provider learns where the visitor was")
		}
	}
}

func TestAnUnverifiedEmailIsToldSoUntilItIsVerified(t *testing.T) {
	j := newJourney(t)
	at := j.choose(j.start(), grace)
	j.told(at, http.StatusForbidden, "Please verify your email address")
	if !strings.Contains(j.log.String(), "email_verified is not true") || strings.Contains(j.log.String(), "grace@") ||
		len(j.community.Attempts()) > 0 {
		t.Errorf("%d logins, and the log says %s", len(j.community.Attempts()), &j.log)
	}
	j.told(j.open(at.url.String()), http.StatusBadRequest, "This sign-in is over") // reloaded
	at = j.link(at, "again")
	j.told(at, http.StatusForbidden, "Please verify your email address")
	if account := j.link(at, "provider"); !strings.Contains(account.body, "Grace Hopper") {
		t.Fatalf("the provider shows %s", account.body)
	}
	j.visit("POST", j.provider+"/verify", nil)
	j.landed(j.link(at, "again"), "Grace Hopper")
}

func TestAnotherAccountCanBeChosen(t *testing.T) {
	for _, first := range []string{grace, nameless} {
		j := newJourney(t)
		at := j.link(j.choose(j.start(), first), "other") // the provider would else take the first again
		j.landed(j.choose(at, ada), "Ada Lovelace")
	}
}

func TestAProfileWithoutANameIsToldSo(t *testing.T) {
	j := newJourney(t)
	j.told(j.choose(j.start(), nameless), http.StatusForbidden, "Your profile is not complete")
}

// drop ends the connection without an answer, as a server that is down.
func drop(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// edit changes one parameter of an address.
func edit(address, key, value string) string {
	u, _ := url.Parse(address)
	query := u.Query()
	query.Set(key, value)
	u.RawQuery = query.Encode()
	return u.String()
}

func TestEachFailureHasAPageFromWhichTheSignInGoesOn(t *testing.T) {
	cancel := func(j *journey) screen {
		return j.visit("POST", j.start().url.String(), url.Values{"cancel": {"1"}})
	}
	down := func(path string, h http.HandlerFunc) func(*journey) screen {
		return func(j *journey) screen {
			address := j.callback()
			j.answer(path, h)
			return j.open(address)
		}
	}
	callback := func(key, value string) func(*journey) screen {
		return func(j *journey) screen { return j.open(edit(j.callback(), key, value)) }
	}
	const (
		unreachable = "The sign-in service can't be reached"
		refused     = "The sign-in service did not sign you in"
		over        = "This sign-in is over"
		notHere     = "This sign-in was not begun here"
	)
	tests := []struct {
		name   string
		fail   func(*journey) screen
		status int
		title  string
	}{
		{"the visitor cancels", cancel, 403, "You cancelled the sign-in"},
		{"access_denied comes again", func(j *journey) screen { return j.open(cancel(j).url.String()) }, 403, "You cancelled the sign-in"},
		{"provider down at the start", func(j *journey) screen { j.answer("", drop); return j.start() }, 502, unreachable},
		{"provider answers 500 at the start", func(j *journey) screen { j.answer("", says(500, "")); return j.start() }, 502, unreachable},
		{"provider down at the end", down("", drop), 502, unreachable},
		{"provider answers 503 at the end", down("/oauth/token", says(503, "")), 502, unreachable},
		{"UserInfo down", down("/userinfo", drop), 502, unreachable},
		{"keys wrong", down("/keys", says(200, `{"keys":[]}`)), 502, refused},
		{"no ID token", down("/oauth/token", says(200, `{"access_token":"x","token_type":"Bearer"}`)), 502, refused},
		{
			"UserInfo of somebody else",
			down("/userinfo", says(200, `{"sub":"248289761009","name":"Mallory","email":"m@partner.example","email_verified":true}`)),
			502,
			refused,
		},
		{"UserInfo refused", down("/userinfo", says(401, "")), 502, refused},
		{"provider error", callback("error", "server_error"), 502, refused},
		{"code forged", callback("code", "forged"), 502, refused},
		{"code of another sign-in", func(j *journey) screen {
			other, _ := url.Parse(j.callback())
			return j.open(edit(j.callback(), "code", other.Query().Get("code")))
		}, 502, refused},
		{"nonce of another sign-in", func(j *journey) screen {
			j.stopAt = "/authorize"
			begun := j.open(j.partner + loginPath + "?referrer_uri=" + url.QueryEscape(deep))
			j.stopAt = ""
			return j.choose(j.open(edit(begun.next, "nonce", "another")), ada)
		}, 502, refused},
		{"state forged", callback("state", "forged"), 400, notHere},
		{"state empty", callback("state", ""), 400, notHere},
		{"forged access_denied", func(j *journey) screen {
			return j.open(edit(edit(j.callback(), "error", "access_denied"), "state", "forged"))
		}, 400, notHere},
		{"session expired", func(j *journey) screen {
			address := j.callback()
			j.forget("partner_session")
			return j.open(address)
		}, 400, over},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := newJourney(t)
			at := tt.fail(j)
			j.told(at, tt.status, tt.title)
			if logins := j.community.Attempts(); len(logins) > 0 {
				t.Errorf("the community saw %d logins", len(logins))
			}
			j.answer("", nil) // the provider is back
			for _, path := range []string{"/oauth/token", "/userinfo", "/keys"} {
				j.answer(path, nil)
			}
			if at = j.link(at, "again"); at.url.Path == "/login" {
				at = j.choose(at, ada)
			}
			j.landed(at, "Ada Lovelace")
		})
	}
}
