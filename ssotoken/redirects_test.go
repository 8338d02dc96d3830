package ssotoken_test

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
)

// leavesInBrowser reads a redirect as the URL standard has browsers do, for
// what can name a host, and says whether it leads off the site.
func leavesInBrowser(s string) bool {
	s = strings.Trim(s, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f ")
	s = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)
	if end := strings.IndexAny(s, "?#"); end >= 0 {
		s = s[:end]
	}
	s = strings.ReplaceAll(s, `\`, "/")
	if !strings.HasPrefix(s, "/") { // a scheme, or relative to the login URL
		return true
	}
	if strings.HasPrefix(s, "//") {
		return true
	}
	var kept []string // the path after dot segments, which may come out as //host
	for _, segment := range strings.Split(s[1:], "/") {
		switch strings.ToLower(strings.ReplaceAll(strings.ToLower(segment), "%2e", ".")) {
		case ".":
		case "..":
			kept = kept[:max(len(kept)-1, 0)]
		default:
			kept = append(kept, segment)
		}
	}
	return len(kept) > 1 && kept[0] == ""
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
