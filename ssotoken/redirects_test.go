package ssotoken_test

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/internal/browser"
	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
)

var communityPage = &url.URL{Scheme: "https", Host: "community.example.com", Path: "/"}

// leavesInBrowser says whether a redirect leads a browser off the community, or
// would once it is read again as the path that the browser makes of it.
func leavesInBrowser(s string) bool {
	u, err := browser.Resolve(communityPage, s)
	return err == nil && (browser.Origin(u) != browser.Origin(communityPage) || strings.HasPrefix(u.Path, "//"))
}

// readings are what a chain of readers may make of a redirect: as it is, its
// path alone, cleaned as by http.Redirect, and decoded up to three times more.
func readings(s string) []string {
	var out []string
	for range 4 {
		out = append(out, s)
		plain, _, _ := strings.Cut(s, "?")
		plain, _, _ = strings.Cut(plain, "#")
		out = append(out, plain, path.Clean(plain))
		decoded, err := url.PathUnescape(s)
		if err != nil || decoded == s {
			break
		}
		s = decoded
	}
	return out
}

func TestNoHostileReferrerLeavesTheCommunity(t *testing.T) {
	hostile := redirects.Hostile()
	if len(hostile) < 20_000 {
		t.Fatalf("only %d payloads", len(hostile))
	}
	s, c := newSigner(t), build(t, ada())
	kept, hostileAsTheyAre := 0, 0
	for _, payload := range hostile {
		if leavesInBrowser(payload) {
			hostileAsTheyAre++
		}
		to, _ := s.Community().ReturnPath(payload)
		login, err := s.LoginURL(t.Context(), c, to)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(login)
		if err != nil || u.Host != "community.example.com" {
			t.Fatalf("%q: the login URL is %q, %v", payload, u.Host, err)
		}
		emitted := u.Query()["redirect_uri"]
		if len(emitted) == 0 {
			continue
		}
		kept++
		if len(emitted) > 1 || emitted[0] != payload {
			t.Errorf("%q became %q", payload, emitted)
		}
		for _, r := range readings(emitted[0]) {
			if leavesInBrowser(r) {
				t.Errorf("%q is kept, and leaves as %q", payload, r)
			}
		}
	}
	// The check itself must see what it looks for.
	if hostileAsTheyAre < 500 {
		t.Errorf("only %d payloads would lead away by themselves", hostileAsTheyAre)
	}
	t.Logf("%d payloads, %d of which lead away by themselves; %d kept, 0 lead away", len(hostile), hostileAsTheyAre, kept)
}

func TestEveryGoodPathIsKept(t *testing.T) {
	good := redirects.Good()
	if len(good) < 100 {
		t.Fatalf("only %d paths", len(good))
	}
	for _, want := range good {
		if got, err := ssotoken.ParseReturnPath(want); err != nil || got.String() != want {
			t.Errorf("%q: got %q, %v", want, got, err)
		}
	}
}
