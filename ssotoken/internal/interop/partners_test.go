package interop_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
)

// loggedIn is what the community's JSON says of a login, and what a partner's
// test in any language would look at.
type loggedIn struct {
	Number     int
	Accepted   bool
	Created    bool
	Status     int
	RefusedFor []string
	Codes      []string
	Member     map[string]any
	Changes    []struct{ Field, Before, After string }
	Landing    struct{ Location string }
}

func TestPartnersInExpressPHPAndGoLogInToTheCommunity(t *testing.T) {
	partners := map[string]func(t *testing.T, key, community string) (origin string){
		"Express": func(t *testing.T, key, community string) string {
			return startPartner(t, key, community, "node", "express/server.js")
		},
		"PHP": func(t *testing.T, key, community string) string {
			return startPartner(t, key, community, "php", "-S", "127.0.0.1:0", "php/partner.php")
		},
		"Go": startGo,
	}
	for name, start := range partners {
		t.Run(name, func(t *testing.T) {
			community := startCommunity(t, "--field", "Bio:text=tagline_of_ours").address(t)

			partner := start(t, keyText, community)
			sendJSON(t, http.MethodPatch, community+"/_fake/settings", `{"authorizationUrl": "`+partner+`/login"}`)
			trip(t, community, partner, "/spaces/news?tab=posts")
			trip(t, community, partner, "")
			got := fromJSON[struct{ Logins []loggedIn }](t, community, "logins").Logins
			if len(got) != 2 {
				t.Fatalf("%d logins", len(got))
			}
			ada := map[string]any{"id": "member-1", "externalId": "42", "name": "Ada Lovelace", "email": "ada@example.com",
				"tagline": "Mathematician", "picture": "", "suspended": false, "spaces": []any{}, "fields": map[string]any{}}
			first := loggedIn{Number: 1, Accepted: true, Created: true, Status: 302, RefusedFor: []string{}, Codes: []string{}, Member: ada}
			first.Changes = []struct{ Field, Before, After string }{{"ExternalID", "", "42"}, {"Name", "", "Ada Lovelace"},
				{"Email", "", "ada@example.com"}, {"Tagline", "", "Mathematician"}}
			first.Landing.Location = "/spaces/news?tab=posts"
			second := loggedIn{Number: 2, Accepted: true, Status: 302, RefusedFor: []string{}, Codes: []string{}, Member: ada,
				Changes: first.Changes[:0]}
			second.Landing.Location = "/"
			if diff := cmp.Diff([]loggedIn{first, second}, got); diff != "" {
				t.Errorf("logins (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(ada, fromJSON[map[string]any](t, community, "members/42")); diff != "" {
				t.Errorf("member (-want +got):\n%s", diff)
			}

			sendJSON(t, http.MethodPost, community+"/_fake/reset", `{}`)
			wrong := start(t, "a-key-that-this-community-never-had", community)
			sendJSON(t, http.MethodPatch, community+"/_fake/settings", `{"authorizationUrl": "`+wrong+`/login"}`)
			trip(t, community, wrong, "/spaces/news")
			refused := fromJSON[loggedIn](t, community, "logins/1")
			want := loggedIn{Number: 1, Status: 401, RefusedFor: []string{"signature-wrong"},
				Codes: []string{"signature-wrong"}, Changes: first.Changes[:0]}
			if diff := cmp.Diff(want, refused); diff != "" {
				t.Errorf("with another key (-want +got):\n%s", diff)
			}
			if n := len(fromJSON[struct{ Members []any }](t, community, "members").Members); n != 0 {
				t.Errorf("%d members after a refused login", n)
			}
		})
	}
}

// trip presses the login button as a browser does whose visitor is signed in
// at the partner.
func trip(t *testing.T, community, partner, from string) {
	t.Helper()
	toPartner := follow(t, community+"/auth/login?"+url.Values{"from": {from}}.Encode())
	if want := partner + "/login?referrer_uri="; len(toPartner) < len(want) || toPartner[:len(want)] != want {
		t.Fatalf("the login button leads to %s", toPartner)
	}
	follow(t, follow(t, toPartner))
}

// follow returns the Location of an answer; empty where there is none.
func follow(t *testing.T, address string) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", "session=good")
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.Header.Get("Location")
}

// startGo is a partner with this SDK.
func startGo(t *testing.T, key, community string) string {
	secret, err := ssotoken.NewKey(key)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssotoken.New(ssotoken.Config{Community: community, Key: secret})
	if err != nil {
		t.Fatal(err)
	}
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Identify: func(r *http.Request) (ssotoken.Claims, error) {
		if c, err := r.Cookie("session"); err != nil || c.Value != "good" {
			return ssotoken.Claims{}, ssotoken.ErrNoSession
		}
		return ssotoken.NewClaims().Subject("42").Name("Ada Lovelace").VerifiedEmail("ada@example.com").Tagline("Mathematician").Build()
	}})
	if err != nil {
		t.Fatal(err)
	}
	signIn := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("Sign in")) })
	server := httptest.NewServer(login.Middleware(signIn))
	t.Cleanup(server.Close)
	return server.URL
}

func TestTokensOfNodePythonAndRubyLogInToTheCommunity(t *testing.T) {
	community := startCommunity(t).address(t)
	for number, maker := range [][]string{{"node", "jsonwebtoken/mint.js"}, {"/usr/bin/python3", "pyjwt/mint.py"},
		{"/usr/bin/ruby", "ruby-jwt/mint.rb"}} {
		now := time.Now().Unix()
		input := fmt.Sprintf(`{"key":%q}`+"\n"+`{"sub":%q,"name":"Ada","email":"ada@%d.example.com","iat":%d,"exp":%d}`+"\n",
			keyText, maker[1], number, now, now+60)
		token := strings.TrimSpace(run(t, []byte(input), maker...))
		follow(t, community+"/api/auth/sso?jwt="+token)
		got := fromJSON[loggedIn](t, community, fmt.Sprintf("logins/%d", number+1))
		if !got.Accepted || got.Member["externalId"] != maker[1] {
			t.Errorf("%s: %+v", maker[1], got)
		}
	}
}
