package browser_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken/cmd/internal/browser"
)

func TestAnAddressIsReadAsABrowserReadsIt(t *testing.T) {
	base, err := url.Parse("https://www.example.com/a/b?c=d#e")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ ref, want string }{
		{"", "https://www.example.com/a/b?c=d"},
		{"x", "https://www.example.com/a/x"},
		{"/x/../y?z=100%", "https://www.example.com/y?z=100%"},
		{"/x%zz", "https://www.example.com/x%25zz"},
		{"//evil.example/x", "https://evil.example/x"},
		{` /\	\evil.example`, "https://evil.example/"},
		{"HTTPS:/evil.example", "https://www.example.com/evil.example"},
		{"http:evil.example", "http://evil.example/"},
		{"https://ada:b@evil.example:443/", "https://ada@evil.example/"},
		{"https://evil．example", "https://evil.example/"},
		{"https://0x7f.1", "https://127.0.0.1/"},
		{"javascript:alert(1)", "javascript:alert(1)"},
		{"https://ex ample", ""},
		{"//" + strings.Repeat("@", 1<<20), ""},
		{strings.Repeat("/a", 1<<20), ""},
	}
	for _, tt := range tests {
		got := ""
		if u, err := browser.Resolve(base, tt.ref); err == nil {
			got = u.String()
		}
		if got != tt.want {
			t.Errorf("%.40q leads to %q, want %q", tt.ref, got, tt.want)
		}
	}
}

func TestAnOriginHasNoDefaultPort(t *testing.T) {
	for address, want := range map[string]string{
		"HTTPS://Www.Example.com:443/a": "https://www.example.com", "http://a:443": "http://a:443", "http://[::1]:80": "http://[::1]",
		"file:///a": "null", "javascript:x": "null",
	} {
		u, err := url.Parse(address)
		if err != nil || browser.Origin(u) != want {
			t.Errorf("%q: got %q, %v", address, browser.Origin(u), err)
		}
	}
}
