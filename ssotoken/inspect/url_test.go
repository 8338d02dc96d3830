package inspect_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

const (
	sso = "https://community.example.com/api/auth/sso"
	hub = "https://example.com/hub/api/auth/sso"
)

var tokenInOrder = sign(plainHeader, plain)

// padded is a login URL of n bytes.
func padded(n int) string {
	url := sso + "?jwt=" + tokenInOrder + "&redirect_uri=/"
	return url + strings.Repeat("a", n-len(url))
}

var urlRows = []struct {
	name, url string
	want      []string
}{
	{"home", sso + "?jwt=" + tokenInOrder, []string{}},
	{"deep link", sso + "?jwt=" + tokenInOrder + "&redirect_uri=%2Fspaces%3Fa%3Db", []string{}},
	{"empty redirect_uri", sso + "?jwt=" + tokenInOrder + "&redirect_uri=", []string{}},
	{"relative", "/api/auth/sso?jwt=" + tokenInOrder, []string{"url-malformed"}},
	{"unreadable", "https://%zz/", []string{"url-malformed"}},
	{"http", "http://community.example.com/api/auth/sso?jwt=" + tokenInOrder, []string{"url-scheme"}},
	{"http on the loopback", "http://127.0.0.1:8081/api/auth/sso?jwt=" + tokenInOrder, []string{}},
	{"http on localhost", "http://localhost/api/auth/sso?jwt=" + tokenInOrder, []string{}},
	{"http on IPv6 loopback", "http://[::1]:80/api/auth/sso?jwt=" + tokenInOrder, []string{}},
	{"http on a name like localhost", "http://localhost.example.com/api/auth/sso?jwt=" + tokenInOrder,
		[]string{"url-scheme"}},
	{"user info", "https://a:b@community.example.com/api/auth/sso?jwt=" + tokenInOrder, []string{"url-userinfo"}},
	{"another path", "https://community.example.com/api/auth/sso/?jwt=" + tokenInOrder, []string{"url-path"}},
	{"a path", hub + "?jwt=" + tokenInOrder + "&redirect_uri=/hub/a", []string{}},
	{"a path, and an endpoint under it", hub + "?jwt=" + tokenInOrder + "&redirect_uri=/hub//auth%252flogin",
		[]string{"redirect-loop at redirect_uri"}},
	{"a path, and an endpoint beside it", hub + "?jwt=" + tokenInOrder + "&redirect_uri=/login", []string{"redirect-loop at redirect_uri"}},
	{"a path with a dot segment", "https://example.com/hub/.." + contract.SSOPath + "?jwt=" + tokenInOrder, []string{"url-path"}},
	{"a path that is encoded", "https://example.com/h%75b" + contract.SSOPath + "?jwt=" + tokenInOrder, []string{"url-path"}},
	{"two slashes", "https://example.com/" + contract.SSOPath + "?jwt=" + tokenInOrder, []string{"url-path"}},
	{"bad escape", sso + "?jwt=" + tokenInOrder + "&redirect_uri=%zz", []string{"url-query"}},
	{"fragment", sso + "?jwt=" + tokenInOrder + "&redirect_uri=/a#b", []string{"url-fragment"}},
	{"8000 bytes", padded(8000), []string{}},
	{"8001 bytes", padded(8001), []string{"url-too-long"}},
	{"no token", sso, []string{"jwt-missing at jwt"}},
	{"empty token", sso + "?jwt=", []string{"jwt-missing at jwt"}},
	{"two tokens", sso + "?jwt=" + tokenInOrder + "&jwt=" + tokenInOrder, []string{"jwt-repeated at jwt"}},
	{"old names", sso + "?ssoToken=" + tokenInOrder + "&redirect=/a",
		[]string{"parameter-legacy at redirect", "parameter-legacy at ssoToken", "jwt-missing at jwt"}},
	{"unencoded redirect_uri", sso + "?jwt=" + tokenInOrder + "&redirect_uri=/search?q=a&tab=b",
		[]string{"parameter-unknown at tab"}},
	{"two redirects", sso + "?jwt=" + tokenInOrder + "&redirect_uri=/a&redirect_uri=/b",
		[]string{"redirect-repeated at redirect_uri"}},
	{"redirect off the community", sso + "?jwt=" + tokenInOrder + "&redirect_uri=https://evil.example/",
		[]string{"redirect-refused at redirect_uri"}},
	{"redirect that a careless server decodes", sso + "?jwt=" + tokenInOrder + "&redirect_uri=/%252fevil.example",
		[]string{"redirect-fragile at redirect_uri"}},
	{"redirect to logging out", sso + "?jwt=" + tokenInOrder + "&redirect_uri=/auth/logout",
		[]string{"redirect-loop at redirect_uri"}},
	{"token findings follow", sso + "?jwt=x", []string{"token-parts"}},
}

func TestLoginURLHasOneJWTAndAtMostOneRedirectURI(t *testing.T) {
	for _, tt := range urlRows {
		t.Run(tt.name, func(t *testing.T) {
			r := inspect.LoginURL(tt.url, inspect.Options{Key: key(t), Now: now})
			if diff := cmp.Diff(tt.want, found(r)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			agree(t, r)
		})
	}
}

func TestTheAddressOfACommunityHasThePathThatItIsUnder(t *testing.T) {
	for address, want := range map[string][3]string{
		sso: {"https://community.example.com", "/api/auth/sso", "/"}, hub: {"https://example.com/hub", "/api/auth/sso", "/hub/"},
		"https://example.com/hub/": {"https://example.com", "/hub/", "/"},
	} {
		u := inspect.LoginURL(address, inspect.Options{}).URL
		if got := [3]string{u.Community, u.Path, u.Location}; got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

func TestLoginURLIsTakenApart(t *testing.T) {
	raw := sso + "?jwt=" + tokenInOrder + "&redirect_uri=%2Fsearch%3Fq%3Da%2520b%26tab%3Dposts%23top"
	r := inspect.LoginURL(raw, inspect.Options{Key: key(t), Now: now})
	want := &inspect.URL{
		Community: "https://community.example.com", Path: "/api/auth/sso", Length: len(raw),
		RedirectURI: "/search?q=a%20b&tab=posts#top", Location: "/search?q=a%20b&tab=posts#top",
	}
	if diff := cmp.Diff(want, r.URL); diff != "" {
		t.Errorf("URL (-want +got):\n%s", diff)
	}
	if got := r.Effects[len(r.Effects)-1]; !strings.Contains(got, "goes to redirect_uri") {
		t.Errorf("last effect %q", got)
	}
	r = inspect.LoginURL(sso+"?jwt="+tokenInOrder+"&redirect_uri=//evil.example",
		inspect.Options{Key: key(t), Now: now})
	got := r.Effects[len(r.Effects)-1]
	if !strings.Contains(got, "drops redirect_uri") || r.URL.Location != "/" || !r.Accepted() {
		t.Errorf("a bad redirect_uri: last effect %q, location %q, accepted %v", got, r.URL.Location, r.Accepted())
	}
}

// good are paths of a community and what goes into a Location header.
var good = map[string]string{
	"/": "/", "/spaces": "/spaces", "/spaces/tips/post/42?sort=new#c7": "/spaces/tips/post/42?sort=new#c7",
	"/search?q=a%20b&tab=posts#top": "/search?q=a%20b&tab=posts#top", "/search?q=a b": "/search?q=a%20b",
	"/größe": "/gr%C3%B6%C3%9Fe", "/100%": "/100%25", "/50%25": "/50%25", "/a//b": "/a//b",
	"/?next=https://example.com//x": "/?next=https://example.com//x", "/?a=\\b": "/?a=%5Cb", "/#//x": "/#//x",
	"/@x": "/@x", "/a:b": "/a:b",
	"/embed/space/tips?readonly=true": "/embed/space/tips?readonly=true", "/a%2fb": "/a%2fb", "/a;b,c=d": "/a;b,c=d",
	"/authors": "/authors", "/apis/auth": "/apis/auth", "/😀": "/%F0%9F%98%80", "/a+b": "/a+b",
	"/spaces/auth/login": "/spaces/auth/login",
}

var bad = []string{
	"", "x", "spaces", " /x", "?x", "#x", ".", "..", "./x", "\t/x", "https://evil.example", "HTTPS:evil.example",
	"javascript:alert(1)", "data:,x",
	"//evil.example", "///evil.example", "////x", "//", "/\\evil.example", "\\\\x", "\\/x", "/a\\b", "/\t/x", "/\n/x",
	"/\r/x", "/x\n", "/\x00/x", "/\x7f",
	"//.", "//..", "/./\\x", "/../\\x",
	"/\xff", "/a\u0085b",
}

// fragile stay on the community in a browser.
var fragile = []string{
	"/.//x", "/..//x", "/a/..//x", "/a/b/../..//x", "/.%2f/x", "/%2e//x", "/%2e%2e//x", "/%2E/%2e//x",
	"/.//.", "/%5c.", "/%2f..", "/%2fx", "/%2Fx", "/%5cx", "/%5Cx", "/%252fx", "/%255cx", "/%25252fx", "/%25255cx",
	"/%2f%2fx", "/%09/x", "/%0a/x", "/%0d/x", "/%250a/x",
	"/\uff0fx", "/\uff3cx", "/\ufe68x", "/\uff0e/\uff0fx", "/\u2024//x", "/%ef%bc%8fx", "/%25ef%25bc%258fx",
	"/%2e%2e%2f%2fx",
	"/a%2f..%2f%2fx", "/%5c..%5c%5cx",
	"/a/../b", "/a/./", "/x%3F/%2e%2e/b", "/x%23/.%2E//evil.example", "/;x/evil.example", "/a/..;/b", "/a%5cb",
}

func TestRedirectURIIsARelativePathStartingWithASlash(t *testing.T) {
	for value, want := range good {
		got, err := inspect.RedirectURI(value)
		if err != nil || got != want {
			t.Errorf("RedirectURI(%q) = %q, %v, want %q", value, got, err, want)
		}
	}
	for _, value := range bad {
		got, err := inspect.RedirectURI(value)
		if !errors.Is(err, contract.RedirectRefused) || got != "" {
			t.Errorf("RedirectURI(%q) = %q, %v, want %s", value, got, err, contract.RedirectRefused)
		}
	}
	for _, value := range fragile {
		got, err := inspect.RedirectURI(value)
		if !errors.Is(err, contract.RedirectFragile) || got != "" {
			t.Errorf("RedirectURI(%q) = %q, %v, want %s", value, got, err, contract.RedirectFragile)
		}
	}
}

func TestRedirectURIDoesNotLeadToLoggingInOrOut(t *testing.T) {
	for _, value := range []string{"/api/auth/sso?jwt=x", "/API/auth/SSO", "/auth/logout", "/auth/login",
		"/auth/login/direct", "/auth", "/auth/", "/x/../auth/logout", "/./auth//logout", "/%61uth/logout",
		"/auth%2flogout", "/%2561uth/logout", "/auth/logout%3fx",
		"/x%3F/%2e%2e/api/auth/sso?jwt=x", "/x%23/.%2E/logout", "/api ;/x", "/ⓐpi/x", "/ssos/x"} {
		if got, err := inspect.RedirectURI(value); !errors.Is(err, contract.RedirectLoop) || got != "" {
			t.Errorf("RedirectURI(%q) = %q, %v, want %s", value, got, err, contract.RedirectLoop)
		}
	}
}

// What is accepted stays on its origin, however it is read.
func FuzzRedirectURI(f *testing.F) {
	for value := range good {
		f.Add(value)
	}
	for _, value := range append(bad, fragile...) {
		f.Add(value)
	}
	base := &url.URL{Scheme: "https", Host: "community.example.com", Path: "/deep/page"}
	f.Fuzz(func(t *testing.T, value string) {
		location, err := inspect.RedirectURI(value)
		if err != nil {
			return
		}
		for range 4 {
			u, err := base.Parse(location)
			if err != nil || u.Host != base.Host || u.Scheme != base.Scheme {
				t.Fatalf("%q leads to %v, %v", value, u, err)
			}
			if strings.HasPrefix(u.Path, "//") || strings.HasPrefix(u.Path, `/\`) {
				t.Fatalf("%q has the path %q", value, u.Path)
			}
			location = (&url.URL{Path: u.Path}).EscapedPath()
			if next, err := url.PathUnescape(location); err == nil {
				location = (&url.URL{Path: next}).EscapedPath()
			}
		}
	})
}

func TestRedirectURIIsReadAsOftenAsItCanBeDecoded(t *testing.T) {
	for decodings := range 9 {
		path := "/%" + strings.Repeat("25", decodings) + "2fevil.example"
		if _, err := inspect.RedirectURI(path); !errors.Is(err, contract.RedirectFragile) {
			t.Errorf("%s: got %v", path, err)
		}
	}
}
