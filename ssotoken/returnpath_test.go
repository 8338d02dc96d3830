package ssotoken_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

func TestAGoodPathComesBackExactly(t *testing.T) {
	for _, p := range []string{
		"/spaces", "/spaces/", "/search?q=a%20b&tab=posts#top", "/search?q=100%", "/100%-fun", "/a%zz", "/a%u",
		"/a%u00", "/x?q=%u002f", "/a b", "/é/日本語/🚀", "/%E6%97%A5%E6%9C%AC",
		"/post/wait…", "/post/what？", "/a//b", "/a/b//", "/.well-known/x", "/a/...", "/..a/b", "/a..b",
		"/x?next=//evil.example", "/x?next=https%3A%2F%2Fevil.example",
		`/x?path=C:\dir`, "/x#//evil.example", "/x?a=%0a", "/x?a=%ff", "/apiary", "/authors", "/logout-help",
		"/post/auth", "/spaces/api/x", "/post/logout",
		"/embed/space/news?readonly=true&header=false", "/tag/a%2Fb", "/tag/50%25", "/tag/https%3A%2F%2Fx",
		"/a?b?c#d#e", "/a:b@c", "/~ada", "/%7Eada",
		"/" + times("a", 1999), "/%" + times("25", 6), "/👩\u200d🚀", "/می\u200cخواهم",
		"/blog/überschrift", "/überschrift", "/空间/x", "/㈱会社", "/🚀/x", "/🚀🎉✨", "/🇩🇪", "/ℹ\ufe0f/help",
		"/1ª-divisão",
		"/brand™", "/ⅳ", "/ﬁlme", "/Ｎｅｗｓ", "/x%3Fy", "/x%23y/z", "/post/really%3F",
		"/x;a=b/y", "/x;a=../y", "/ssos-help", "/news.json", "/.well-known", "/x?/../api", "/x#/../api",
		"/x?a=%2f..%2fapi", "/x%3F//evil.example", "/api-docs", "/authority/x", "/sso",
	} {
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
	tests := []struct{ class, paths string }{
		{"no slash at the start", "evil.example|evil|?a=b|#top|.|..|./x|../x|%2Fx|@evil.example"},
		{"another scheme", "https://evil.example|http:evil.example|javascript:alert(1)|data:text/html,x|" +
			"HTTPS:/evil.example|mailto:x@evil.example"},
		{"a host", "//evil.example|///evil.example|////evil.example|//evil.example/%2F..|//|///|//%20|" +
			"//user@evil.example"},
		{"a backslash",
			`\evil.example|/\evil.example|\/evil.example|\\evil.example|/\/evil.example|/a\b|/.\evil|/..\..\evil`},
		{"tab, newline, carriage return", "/\t/evil.example|/\n/evil.example|/\r/evil.example|\t//evil.example|" +
			"/a\nb|/\x00/evil.example|/\x7f/x|/\u0085/x"},
		{"white space at the start", " //evil.example| /x|\u00a0//evil.example"},
		{"dot segments", "/./x|/../x|/.|/..|/a/../b|/.//evil.example|/..//evil.example|/a/..//evil.example|" +
			"/a/./..//x|/../\\evil.example"},
		{"encoded once", "/%2fevil.example|/%2Fevil.example|/%5cevil.example|/%5Cevil.example|/%09/evil.example|" +
			"/%0a/evil.example|/%0d%0aLocation:%20x|/%00|/%2e/%2fevil.example|/%2e%2e/x|/.%2e/x|/a/%2e%2e//x|/a%5cb"},
		{"encoded twice", "/%252fevil.example|/%252Fevil.example|/%255cevil.example|/%252e%252e/x|" +
			"/%2509/evil.example|/%25%32%66evil.example|/%2%35%32fevil.example"},
		{"encoded more", "/%25252fevil.example|/%2525252fevil.example|/%252525252fevil.example|" +
			"/%25252525252fevil.example|/%2525252525252525252525252fx"},
		{"full-width", "/／evil.example|／／evil.example|/＼evil.example|/．/x|/．．/x|/%EF%BC%8Fevil.example|" +
			"/％2fevil.example|/％２ｆevil.example|/%25EF%25BC%258Fevil.example"},
		{"other look-alikes", "/⁄evil.example|/∕evil.example|/﹨evil.example|/∖evil.example|/‥/x|/․․/x|/﹒﹒/x|" +
			"/\u200b/evil.example|/\u2060/evil.example|/\u00ad/evil.example|/%E2%81%84evil.example|/;℀evil.example|/;℅/x"},
		{"escapes of some servers", "/%u002fevil.example|/%U002Fevil.example|/%uff0fevil.example|" +
			"/%25u002fevil.example|/a/%u002e%u002e/b"},
		{"overlong and invalid UTF-8", "/\xc0\xafevil.example|/%c0%afevil.example|/%c0%ae%c0%ae/x|/%ff/x|/\xff|" +
			"/%e0%80%af"},
		{"the SSO endpoint", "/api/auth/sso|/api/auth/sso?jwt=x|/API/auth/sso|/%61pi/auth/sso|/api%2fauth%2fsso|" +
			"/api|/api/|/ａｐｉ/auth/sso|/api;x/auth/sso|/%2561pi/x"},
		{"login and logout", "/auth/login|/auth/logout|/auth|/Auth/x|/logout|/logout?x|/logout/|/sign-out|/signout|" +
			"/log%6fut|/auth%2flogout|/login"},
		{"an encoded query", "/x%3F/%2e%2e/api/auth/sso?jwt=x|/x%23/.%2E/logout|/x%3F/%2e%2e//evil.example/p|" +
			"/x%253F/%2e%2e/api|/x/..%3Fy|/..%23|/api%3Fx|/auth%23x/y|/logout%253Fx|/%3F/../x|/x％3F/．．/api"},
		{"path parameters", "/api ;/x|/api%20;x/y|/logout ;|/..;/x|/x/..;a=b/y|/.;/x|/;/evil.example|" +
			"/;x/evil.example|/%3b/evil.example|/；/evil.example|/x/%2e%2e%3b/y"},
		{"spaces at a segment's ends", "/ /evil.example|/%20/evil.example|/ api/x|/api%20/x|/x/.. /y|/x/%20..%20/y|" +
			"/\u3000/evil.example"},
		{"an endpoint with a dot", "/logout.json|/api./x|/API.x/y|/auth%2e/x|/login．html"},
		{"letters that NFKC maps", "/ⓐpi/x|/𝐚𝐩𝐢/x|/ᵃᵖⁱ/x|/🄰🄿🄸/x|/ℓogin|/ſsos/x|/Ｌogout|/log㏌|/㏒out|/㍳th/x|" +
			"/sign－out|/sign﹣in|/ⒶUTH/x|/logın|/%E2%93%90pi/x|/a\u00adpi/x|/a\ufe0fpi|/lo\u3164gin"},
		{"OAuth2's callback", "/ssos/x?code=y|/SSOS|/%73sos/x|/ssos;x/y"},
		{"behind the path", "/x?a=\x00|/x#\n|/x?\u0085|/x?a=\xff|/x#\xc3"},
		{"encoded 7 times", "/%" + times("25", 7)},
		{"too long", "/" + times("a", 2000)},
	}
	s := newSigner(t)
	for _, tt := range tests {
		for _, p := range strings.Split(tt.paths, "|") {
			got, err := ssotoken.ParseReturnPath(p)
			if !errors.Is(err, ssotoken.ErrReturnPath) || got.String() != "" {
				t.Errorf("%s: %q: got %q, %v", tt.class, p, got, err)
			}
			if got, err := s.Community().ReturnPath(p); !errors.Is(err, ssotoken.ErrReturnPath) || got.String() != "" {
				t.Errorf("%s: Signer.ReturnPath %q: got %q, %v", tt.class, p, got, err)
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
