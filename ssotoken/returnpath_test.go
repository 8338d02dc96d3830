package ssotoken_test

import (
	"errors"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
)

func TestAGoodPathComesBackExactly(t *testing.T) {
	for _, p := range []string{
		"/spaces", "/spaces/", "/search?q=a%20b&tab=posts#top", "/search?q=100%", "/100%-fun", "/a%zz", "/a%u", "/a%u00", "/x?q=%u002f", "/a b", "/é/日本語/🚀", "/%E6%97%A5%E6%9C%AC",
		"/post/wait…", "/post/what？", "/a//b", "/a/b//", "/.well-known/x", "/a/...", "/..a/b", "/a..b", "/x?next=//evil.example", "/x?next=https%3A%2F%2Fevil.example",
		`/x?path=C:\dir`, "/x#//evil.example", "/x?a=%0a", "/x?a=%ff", "/apiary", "/authors", "/logout-help", "/post/auth", "/spaces/api/x", "/post/logout",
		"/embed/space/news?readonly=true&header=false", "/tag/a%2Fb", "/tag/50%25", "/tag/https%3A%2F%2Fx", "/a?b?c#d#e", "/a:b@c", "/~ada", "/%7Eada",
		"/" + times("a", 1999), "/%" + times("25", 6), "/👩\u200d🚀", "/می\u200cخواهم",
	} {
		got, err := ssotoken.ParseReturnPath(p)
		if err != nil || got.String() != p || got.IsHome() {
			t.Errorf("%q: got %q, %v", p, got, err)
		}
	}
}

func TestNoPathAndASlashAreHome(t *testing.T) {
	for _, p := range []string{"", "/"} {
		if got, err := ssotoken.ParseReturnPath(p); err != nil || !got.IsHome() || got != (ssotoken.ReturnPath{}) {
			t.Errorf("%q: got %q, %v", p, got, err)
		}
	}
}

func TestAPathThatCouldLeadAwayIsDropped(t *testing.T) {
	tests := []struct{ class, paths string }{
		{"no slash at the start", "evil.example|evil|?a=b|#top|.|..|./x|../x|%2Fx|@evil.example"},
		{"another scheme", "https://evil.example|http:evil.example|javascript:alert(1)|data:text/html,x|HTTPS:/evil.example|mailto:x@evil.example"},
		{"a host", "//evil.example|///evil.example|////evil.example|//evil.example/%2F..|//|///|//%20|//user@evil.example"},
		{"a backslash", `\evil.example|/\evil.example|\/evil.example|\\evil.example|/\/evil.example|/a\b|/.\evil|/..\..\evil`},
		{"tab, newline, carriage return", "/\t/evil.example|/\n/evil.example|/\r/evil.example|\t//evil.example|/a\nb|/\x00/evil.example|/\x7f/x|/\u0085/x"},
		{"white space at the start", " //evil.example| /x|\u00a0//evil.example"},
		{"dot segments", "/./x|/../x|/.|/..|/a/../b|/.//evil.example|/..//evil.example|/a/..//evil.example|/a/./..//x|/../\\evil.example"},
		{"encoded once", "/%2fevil.example|/%2Fevil.example|/%5cevil.example|/%5Cevil.example|/%09/evil.example|/%0a/evil.example|/%0d%0aLocation:%20x|/%00|/%2e/%2fevil.example|/%2e%2e/x|/.%2e/x|/a/%2e%2e//x|/a%5cb"},
		{"encoded twice", "/%252fevil.example|/%252Fevil.example|/%255cevil.example|/%252e%252e/x|/%2509/evil.example|/%25%32%66evil.example|/%2%35%32fevil.example"},
		{"encoded more", "/%25252fevil.example|/%2525252fevil.example|/%252525252fevil.example|/%25252525252fevil.example|/%2525252525252525252525252fx"},
		{"full-width", "/／evil.example|／／evil.example|/＼evil.example|/．/x|/．．/x|/%EF%BC%8Fevil.example|/％2fevil.example|/％２ｆevil.example|/%25EF%25BC%258Fevil.example"},
		{"other look-alikes", "/⁄evil.example|/∕evil.example|/﹨evil.example|/∖evil.example|/‥/x|/․․/x|/﹒﹒/x|/\u200b/evil.example|/\u2060/evil.example|/\u00ad/evil.example|/%E2%81%84evil.example"},
		{"escapes of some servers", "/%u002fevil.example|/%U002Fevil.example|/%uff0fevil.example|/%25u002fevil.example|/a/%u002e%u002e/b"},
		{"overlong and invalid UTF-8", "/\xc0\xafevil.example|/%c0%afevil.example|/%c0%ae%c0%ae/x|/%ff/x|/\xff|/%e0%80%af"},
		{"the SSO endpoint", "/api/auth/sso|/api/auth/sso?jwt=x|/API/auth/sso|/%61pi/auth/sso|/api%2fauth%2fsso|/api|/api/|/ａｐｉ/auth/sso|/api;x/auth/sso|/%2561pi/x"},
		{"login and logout", "/auth/login|/auth/logout|/auth|/Auth/x|/logout|/logout?x|/logout/|/sign-out|/signout|/log%6fut|/auth%2flogout|/login"},
		{"behind the path", "/x?a=\x00|/x#\n|/x?\u0085|/x?a=\xff|/x#\xc3"},
		{"encoded 7 times", "/%" + times("25", 7)},
		{"too long", "/" + times("a", 2000)},
	}
	s := newSigner(t)
	for _, tt := range tests {
		for _, p := range strings.Split(tt.paths, "|") {
			got, err := ssotoken.ParseReturnPath(p)
			if !errors.Is(err, ssotoken.ErrReturnPath) || !got.IsHome() {
				t.Errorf("%s: %q: got %q, %v", tt.class, p, got, err)
			}
			if got, err := s.Community().ReturnPath(p); !errors.Is(err, ssotoken.ErrReturnPath) || !got.IsHome() {
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
		{"https://kommunity.example.com/a", "", ssotoken.ErrReturnPath},
		{"https://evil.example/https://community.example.com/", "", ssotoken.ErrReturnPath},
	}
	for _, tt := range tests {
		got, err := s.Community().ReturnPath(tt.in)
		if !errors.Is(err, tt.err) || got.String() != tt.want {
			t.Errorf("%q: got %q, %v, want %q, %v", tt.in, got, err, tt.want, tt.err)
		}
	}
	if _, err := ssotoken.ParseReturnPath("https://community.example.com/a"); !errors.Is(err, ssotoken.ErrReturnPath) {
		t.Errorf("ParseReturnPath knows no community: got %v", err)
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
	}
	for _, tt := range tests {
		got, err := s.Community().ReturnPathOf(httptest.NewRequest("GET", "/community/login?"+tt.query, nil))
		if !errors.Is(err, tt.err) || got.String() != tt.want {
			t.Errorf("%q: got %q, %v, want %q, %v", tt.query, got, err, tt.want, tt.err)
		}
	}
}

func FuzzAReturnPathStaysOnTheCommunity(f *testing.F) {
	for _, s := range []string{"/a", "/search?q=a%20b#top", "//evil.example", `/\evil.example`, "/%2fevil.example", "/%252fx", "/a/..//x", "/／x", "/.//x", "/%", "/é"} {
		f.Add(s)
	}
	base := &url.URL{Scheme: "https", Host: "community.example.com", Path: "/"}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ssotoken.ParseReturnPath(s)
		if err != nil {
			if !p.IsHome() || !errors.Is(err, ssotoken.ErrReturnPath) {
				t.Fatalf("%q: got %q beside %v", s, p, err)
			}
			return
		}
		if got := p.String(); got != s && s != "/" {
			t.Fatalf("%q became %q", s, got)
		}
		// A reader that decodes up to three more times and resolves the
		// path stays on the community, where net/url can read it at all.
		for reading, i := p.String(), 0; i <= 3; i++ {
			if u, err := base.Parse(reading); err == nil && (u.Host != base.Host || strings.HasPrefix(u.Path, "//")) {
				t.Fatalf("%q leads to %q once decoded %d times", s, u, i)
			}
			next, err := url.PathUnescape(reading)
			if err != nil {
				break
			}
			reading = next
		}
	})
}
