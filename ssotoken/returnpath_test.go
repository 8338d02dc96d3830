package ssotoken_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// returnPathVectors is the table of the rule, which other languages have too.
func returnPathVectors(t *testing.T) (kept []string, dropped map[string][]string) {
	t.Helper()
	raw, err := os.ReadFile("vectors/returnpaths.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		MaxBytes int
		Kept     []string
		Dropped  map[string][]string
	}
	if err := json.Unmarshal(raw, &file); err != nil || file.MaxBytes != contract.MaxReturnPath {
		t.Fatalf("at most %d bytes, %v", file.MaxBytes, err)
	}
	for _, endpoint := range contract.Endpoints() {
		if !slices.Contains(file.Dropped["each endpoint"], "/"+endpoint) {
			t.Errorf("no vector for %s", endpoint)
		}
	}
	return file.Kept, file.Dropped
}

func TestAGoodPathComesBackExactly(t *testing.T) {
	kept, _ := returnPathVectors(t)
	for _, p := range append(kept, "/"+times("a", contract.MaxReturnPath-1)) {
		got, err := ssotoken.ParseReturnPath(p)
		if err != nil || got.String() != p || got.String() == "" {
			t.Errorf("%q: got %q, %v", p, got, err)
		}
	}
}

// Session stores keep any value in a map, as scs does by gob.
func TestAReturnPathSurvivesASession(t *testing.T) {
	for _, want := range []string{"", "/search?q=a%20b#top"} {
		b, err := json.Marshal(map[string]ssotoken.ReturnPath{"to": returnPath(t, want)})
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ To ssotoken.ReturnPath }
		if err := json.Unmarshal(b, &got); err != nil || got.To.String() != want {
			t.Errorf("by JSON: %q came back as %q, %v", want, got.To, err)
		}
		var buffer bytes.Buffer
		if err := gob.NewEncoder(&buffer).Encode(map[string]any{"to": returnPath(t, want)}); err != nil {
			t.Fatal(err)
		}
		var kept map[string]any
		if err := gob.NewDecoder(&buffer).Decode(&kept); err != nil || kept["to"] != returnPath(t, want) {
			t.Errorf("by gob: %q came back as %v, %v", want, kept["to"], err)
		}
	}
}

func TestAReturnPathThatComesBackIsCheckedAgain(t *testing.T) {
	for name, read := range map[string]func(*ssotoken.ReturnPath, []byte) error{
		"text": (*ssotoken.ReturnPath).UnmarshalText, "binary": (*ssotoken.ReturnPath).UnmarshalBinary,
	} {
		for _, bad := range []string{"//evil.example", `/\evil.example`, "/api/auth/sso?jwt=x", "a", "\xff"} {
			got := returnPath(t, "/a")
			if err := read(&got, []byte(bad)); !errors.Is(err, ssotoken.ErrReturnPath) || got.String() != "" {
				t.Errorf("%s %q: got %q, %v", name, bad, got, err)
			}
		}
	}
}

func TestNoPathAndASlashAreHome(t *testing.T) {
	for _, p := range []string{"", "/"} {
		if got, err := ssotoken.ParseReturnPath(p); err != nil || got.String() != "" || got != (ssotoken.ReturnPath{}) {
			t.Errorf("%q: got %q, %v", p, got, err)
		}
	}
}

func TestAPathThatCouldLeadAwayIsDropped(t *testing.T) {
	_, dropped := returnPathVectors(t)
	dropped["not UTF-8, which JSON can't hold"] = []string{"/\xc0\xafevil.example", "/\xff", "/x?a=\xff", "/x#\xc3"}
	dropped["too long"] = []string{"/" + times("a", contract.MaxReturnPath)}
	s := newSigner(t)
	for class, paths := range dropped {
		for _, p := range paths {
			got, err := ssotoken.ParseReturnPath(p)
			if !errors.Is(err, ssotoken.ErrReturnPath) || got.String() != "" {
				t.Errorf("%s: %q: got %q, %v", class, p, got, err)
			}
			if got, err := s.Community().ReturnPath(p); !errors.Is(err, ssotoken.ErrReturnPath) || got.String() != "" {
				t.Errorf("%s: Signer.ReturnPath %q: got %q, %v", class, p, got, err)
			}
			if err != nil && strings.Contains(err.Error(), "evil") {
				t.Errorf("%q: the error holds the value: %v", p, err)
			}
		}
	}
}

func TestTheCommunitysOwnURLsAreTaken(t *testing.T) {
	s := newSigner(t)
	tests := []struct {
		in, want string
		err      error
	}{
		{"https://community.example.com", "", nil},
		{"https://community.example.com/", "", nil},
		{"https://community.example.com/a?b#c", "/a?b#c", nil},
		{"HTTPS://Community.Example.com/a", "/a", nil},
		{"https://community.example.com?b=c", "/?b=c", nil},
		{"https://community.example.com#top", "/#top", nil},
		{"/a", "/a", nil},
		{"https://community.example.com.evil.example/", "", ssotoken.ErrReturnPath},
		{"https://community.example.com@evil.example/", "", ssotoken.ErrReturnPath},
		{"https://community.example.com:8443/", "", ssotoken.ErrReturnPath},
		{`https://community.example.com\@evil.example/`, "", ssotoken.ErrReturnPath},
		{"https://community.example.com//evil.example", "", ssotoken.ErrReturnPath},
		{"https://community.example.com/api/auth/sso", "", ssotoken.ErrReturnPath},
		{"http://community.example.com/a", "", ssotoken.ErrReturnPath},
		{"https://community.example.com:443/a?b", "/a?b", nil},
		{"HTTPS://COMMUNITY.example.com:443#top", "/#top", nil},
		{"https://community.example.com:443", "", nil},
		{"https://community.example.com:80/a", "", ssotoken.ErrReturnPath},
		{"https://community.example.com:443@evil.example/", "", ssotoken.ErrReturnPath},
		{"https://evil.example:443/community.example.com", "", ssotoken.ErrReturnPath},
		{"https://kommunity.example.com/a", "", ssotoken.ErrReturnPath},
		{"https://evil.example/https://community.example.com/", "", ssotoken.ErrReturnPath},
	}
	for _, tt := range tests {
		got, err := s.Community().ReturnPath(tt.in)
		if !errors.Is(err, tt.err) || got.String() != tt.want {
			t.Errorf("%q: got %q, %v, want %q, %v", tt.in, got, err, tt.want, tt.err)
		}
	}
	if _, err := ssotoken.ParseReturnPath("https://community.example.com/a"); !errors.Is(err,
		ssotoken.ErrReturnPath) {
		t.Errorf("ParseReturnPath knows no community: got %v", err)
	}
}

func TestThePortOfACommunitysOwnURLCounts(t *testing.T) {
	for _, tt := range []struct{ community, url, want string }{
		{"http://localhost:80", "http://localhost/a", "/a"},
		{"http://localhost", "http://localhost:80/a", "/a"},
		{"https://localhost:8443", "https://localhost:8443/a", "/a"},
		{"https://localhost:8443", "https://localhost/a", ""},
	} {
		c, err := ssotoken.ParseCommunity(tt.community)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.ReturnPath(tt.url); got.String() != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: %s: got %q, %v", tt.community, tt.url, got, err)
		}
	}
}

// A member lands on the page, or the site learns why not.
func TestALostReferrerIsReported(t *testing.T) {
	for query, want := range map[string]string{
		"referrer_uri=/post/50%-off": "/post/50%-off", "lang=de&amp;referrer_uri=/search?q=a;b": "/search?q=a",
		"lang=de":           "",
		"referrer_uri[]=/a": "dropped", "REFERRER_URI=/a": "dropped",
		"referrer_uri=" + url.QueryEscape("/x%3F/%2e%2e/api/auth/sso?jwt=x"): "dropped",
	} {
		p := newPartner(t, signedIn(t))
		res, _ := p.answer(t, "GET", "/?"+query)
		login, err := res.Location()
		if err != nil {
			t.Fatal(err)
		}
		isReported := errors.Is(p.events[0].Err,
			ssotoken.ErrReturnPath) && p.events[0].Kind == ssotoken.ReturnPathDropped
		if got := login.Query().Get("redirect_uri"); isReported != (want == "dropped") || !isReported && got != want || isReported && got != "" {
			t.Errorf("%s: lands at %q, events %v", query, got, p.events)
		}
	}
}

func TestReferrerURIIsReadFromTheQuery(t *testing.T) {
	s := newSigner(t)
	tests := []struct {
		query, want string
		err         error
	}{
		{"", "", nil},
		{"referrer_uri=", "", nil},
		{"referrer_uri=" + url.QueryEscape("/search?q=a%20b&tab=posts#top"), "/search?q=a%20b&tab=posts#top", nil},
		{"referrer_uri=" + url.QueryEscape("https://community.example.com/a"), "/a", nil},
		{"a=b&referrer_uri=/a", "/a", nil},
		{"redirect_uri=/a", "", nil},
		{"referrer_uri=//evil.example", "", ssotoken.ErrReturnPath},
		{"referrer_uri=/a&referrer_uri=/b", "", ssotoken.ErrReturnPath},
		{"referrer_uri=/search?q=a;b", "/search?q=a;b", nil},
		{"referrer_uri=/search?q=a;b&lang=de", "/search?q=a;b", nil},
		{"referrer_uri=/post/50%-off", "/post/50%-off", nil},
		{"referrer_uri=%2Fpost%2F100%", "/post/100%", nil},
		{"lang=%zz&referrer_uri=/a+b", "/a b", nil},
		{"lang=de;referrer_uri=%2Fa%3Bb", "/a;b", nil},
		{"lang=de&amp;referrer_uri=/a&amp;x=y", "/a", nil},
		{"lang=de;referrer_uri=/a;referrer_uri=/b", "", ssotoken.ErrReturnPath},
		{"lang=de;referrer_uri=//evil.example", "", ssotoken.ErrReturnPath},
		{"%72eferrer_uri=/a", "/a", nil},
		{"referrer_uri[]=/a", "", ssotoken.ErrReturnPath},
		{"referrer_uri%5B%5D=/a", "", ssotoken.ErrReturnPath},
		{"Referrer_URI=/a", "", ssotoken.ErrReturnPath},
		{"REFERRER%5FURI=/a", "", ssotoken.ErrReturnPath},
		{"referrer_uri+=/a", "", ssotoken.ErrReturnPath},
		{"a=b%26referrer_uri=/a", "", ssotoken.ErrReturnPath},
		{"a=b&amp;amp;referrer_uri=/a", "/a", nil},
		{"lang=de?referrer_uri=/a", "", ssotoken.ErrReturnPath},
		{"referrer_uri=%ff", "", ssotoken.ErrReturnPath},
		{"lang=a;b&x=%", "", nil},
	}
	for _, tt := range tests {
		got, err := s.Community().ReturnPathOf(httptest.NewRequest("GET", "/community/login?"+tt.query, nil))
		if !errors.Is(err, tt.err) || got.String() != tt.want {
			t.Errorf("%q: got %q, %v, want %q, %v", tt.query, got, err, tt.want, tt.err)
		}
	}
}

// Builder and judge agree on any path, and no plain reader is led away by one that
// is kept.
func FuzzAReturnPathStaysOnTheCommunity(f *testing.F) {
	for _, s := range []string{"/a", "/search?q=a%20b#top", "//evil.example", `/\evil.example`, "/%2fevil.example",
		"/%252fx", "/a/..//x", "/／x", "/.//x", "/%", "/é",
		"/x%3F/%2e%2e/api/auth/sso?jwt=x", "/x%23/.%2E/logout", "/api ;/x", "/ⓐpi/x", "/;x/y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ssotoken.ParseReturnPath(s)
		if _,
			judged := inspect.RedirectURI(s); (judged == nil) != (err == nil) && s != "" && len(s) <= contract.MaxReturnPath {
			t.Fatalf("%q: the builder says %v, the judge %v", s, err, judged)
		}
		if err != nil {
			if p.String() != "" || !errors.Is(err, ssotoken.ErrReturnPath) {
				t.Fatalf("%q: got %q beside %v", s, p, err)
			}
			return
		}
		if got := p.String(); got != s && s != "/" || leaves(got) {
			t.Fatalf("%q became %q", s, got)
		}
	})
}
