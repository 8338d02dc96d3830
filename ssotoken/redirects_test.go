package ssotoken_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
)

var endpoints = contract.Endpoints()

// leaves reports whether some plain reader of a redirect is led off the community's
// pages: one that decodes it up to three times, ends the path where a ? or # comes
// out, or drops path parameters, and then removes dot segments. Nested module
// ssotoken/internal/interop asks Node, with its tables of Unicode.
func leaves(redirect string) bool {
	reading, _, _ := strings.Cut(redirect, "?")
	reading, _, _ = strings.Cut(reading, "#")
	for range 4 {
		at := strings.ReplaceAll(reading, `\`, "/")
		if isAway(at) {
			return true
		}
		for _, end := range []string{"?", "#", ";"} {
			if page, _, found := strings.Cut(at, end); found && isAway(page) {
				return true
			}
		}
		next, err := url.PathUnescape(reading)
		if err != nil || next == reading {
			break
		}
		reading = next
	}
	return false
}

func isAway(path string) bool {
	path = strings.TrimSpace(removeDots(path))
	first, _, _ := strings.Cut(strings.TrimLeft(path, "/"), "/")
	return strings.HasPrefix(path, "//") || slices.Contains(endpoints, strings.ToLower(first))
}

// removeDots is RFC 3986, section 5.2.4.
func removeDots(path string) string {
	if !strings.Contains(path, "/.") {
		return path
	}
	var kept []string
	for _, segment := range strings.Split(path, "/")[1:] {
		switch {
		case segment == "..":
			kept = kept[:max(0, len(kept)-1)]
		case segment != ".":
			kept = append(kept, segment)
		}
	}
	return "/" + strings.Join(kept, "/")
}

// None of the paths that the builder keeps leads away, and the judge, which asks the
// same package, keeps the same.
func TestAMillionPathsLeadNowhereElse(t *testing.T) {
	t.Parallel()
	paths, kept, away := 0, 0, 0
	for path := range redirects.Combined() {
		paths++
		_, refused := ssotoken.ParseReturnPath(path)
		switch {
		case refused == nil && leaves(path):
			t.Fatalf("%q is kept", path)
		case refused == nil:
			kept++
		}
		if paths%10 != 0 {
			continue
		}
		if _, err := inspect.RedirectURI(path); (err == nil) != (refused == nil) {
			t.Fatalf("%q: the builder says %v, the judge %v", path, refused, err)
		}
		if leaves(path) { // the test must see what it looks for
			away++
		}
	}
	if paths < 1_000_000 || kept < 50_000 || away < 10_000 {
		t.Errorf("of %d paths %d are kept, and %d of every tenth lead away", paths, kept, away)
	}
	t.Logf("%d paths, %d kept", paths, kept)
}

func TestNoHostileReferrerLeavesTheCommunity(t *testing.T) {
	hostile := redirects.Hostile()
	if len(hostile) < 20_000 {
		t.Fatalf("only %d payloads", len(hostile))
	}
	s, c := newSigner(t), build(t, ada())
	kept := 0
	for _, payload := range hostile {
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
		if leaves(emitted[0]) {
			t.Errorf("%q is kept", payload)
		}
	}
	t.Logf("%d payloads, %d kept, 0 lead away", len(hostile), kept)
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
