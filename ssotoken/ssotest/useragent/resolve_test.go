package useragent_test

import (
	"net/url"
	"testing"

	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

func TestAnAddressIsReadAsBrowsersDo(t *testing.T) {
	base, err := url.Parse("https://community.example.com/deep/page?a=b")
	if err != nil {
		t.Fatal(err)
	}
	const own, nowhere = "https://community.example.com", ""
	tests := []struct{ ref, origin, path string }{
		{"", own, "/deep/page"},
		{"/spaces?q=100%#x", own, "/spaces"},
		{"spaces", own, "/deep/spaces"},
		{"a:b", "null", ""},
		{"@evil.example", own, "/deep/@evil.example"},
		{"//evil.example/a", "https://evil.example", "/a"},
		{`/\evil.example`, "https://evil.example", "/"},
		{"/\t/evil.example", "https://evil.example", "/"},
		{"\x01 //evil.example \x1f", "https://evil.example", "/"},
		{"////evil.example", "https://evil.example", "/"},
		{"/?//evil.example", own, "/"},
		{`/?\\evil.example`, own, "/"},
		{"/%2fevil.example", own, "//evil.example"},
		{"https:evil.example", own, "/deep/evil.example"},
		{"https:/evil.example", own, "/evil.example"},
		{`https:/\evil.example`, "https://evil.example", "/"},
		{"http:evil.example", "http://evil.example", "/"},
		{"HTTPS://EVIL.example:443", "https://evil.example", "/"},
		{"//community.example.com:443/a", own, "/a"},
		{"//community.example.com:0443/a", own, "/a"},
		{"//community.example.com:8443/a", own + ":8443", "/a"},
		{"//a@b@community.example.com/a", own, "/a"},
		{"//COMMUNITY\uff0eexample\u3002com/a", own, "/a"},
		{"//comm\u00adunity.example.com/", own, "/"},
		{"//a//evil.example/b", "https://a", "//evil.example/b"},
		{`file:\\a b`, "null", ""},
		{"//evil%2eexample", "https://evil.example", "/"},
		{"//%65vil.example", "https://evil.example", "/"},
		{"//evil%2fexample", nowhere, ""},
		{"//evil example", nowhere, ""},
		{"//evil\u2024example", nowhere, ""},
		{"//\u200b", nowhere, ""},
		{"//", nowhere, ""},
		{"//a@", nowhere, ""},
		{"//a:b/", nowhere, ""},
		{"//a:65536", nowhere, ""},
		{"//%", nowhere, ""},
		{"//0x7f.1/", "https://127.0.0.1", "/"},
		{"//0177.1", "https://127.0.0.1", "/"},
		{"//256.1.1.1", nowhere, ""},
		{"//1.2.3.4.5", nowhere, ""},
		{"//[::1]/", "https://[::1]", "/"},
		{"//[::1", nowhere, ""},
		{"//[1]", nowhere, ""},
		{"javascript:alert(1)", "null", ""},
		{"data:,a", "null", ""},
		{"file:///etc", "null", ""},
		{"x://a b", "null", ""},
		{"1x:a", own, "/deep/1x:a"},
		{":a", own, "/deep/:a"},
	}
	for _, tt := range tests {
		origin, path := nowhere, ""
		if u, err := useragent.Resolve(base, tt.ref); err == nil {
			origin, path = useragent.Origin(u), u.Path
		}
		if origin != tt.origin || path != tt.path {
			t.Errorf("%q leads to %q, %q, want %q, %q", tt.ref, origin, path, tt.origin, tt.path)
		}
	}
}

func TestUserInfoIsKept(t *testing.T) {
	base := &url.URL{Scheme: "http", Host: "127.0.0.1:80"}
	u, err := useragent.Resolve(base, "//ada:secret@127.0.0.1/")
	if err != nil || u.User == nil || useragent.Origin(u) != useragent.Origin(base) {
		t.Errorf("got %v, %v", u, err)
	}
}
