package samesite_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken/samesite"
)

func TestOneSiteIsOneSchemeAndOneRegistrableDomain(t *testing.T) {
	tests := []struct {
		name, partner, community string
		want                     bool
	}{
		{"a subdomain", "https://example.com", "https://community.example.com", true},
		{"two subdomains", "https://www.example.com", "https://community.example.com", true},
		{"deep subdomains", "https://a.b.c.example.com", "https://x.y.z.example.com", true},
		{"itself", "https://example.com", "https://example.com", true},
		{"another domain", "https://www.example.com", "https://example.bettermode.io", false},
		{"the same label under another suffix", "https://example.com", "https://example.org", false},
		{"a name that ends alike", "https://example.com", "https://notexample.com", false},
		{"a suffix of two labels", "https://www.example.co.uk", "https://community.example.co.uk", true},
		{"neighbours under a suffix of two labels", "https://example.co.uk", "https://other.co.uk", false},
		{"neighbours under a private suffix", "https://ada.github.io", "https://grace.github.io", false},
		{"below a name of a private suffix", "https://ada.github.io", "https://community.ada.github.io", true},
		{"a public suffix and a name below it", "https://github.io", "https://ada.github.io", false},
		{"a public suffix and itself", "https://github.io", "https://github.io", true},
		{"a wildcard suffix", "https://a.b.ck", "https://c.b.ck", false},
		{"below a wildcard suffix", "https://x.a.b.ck", "https://y.a.b.ck", true},
		{"the exception to a wildcard suffix", "https://a.www.ck", "https://b.www.ck", true},
		{"an unlisted suffix", "https://www.shop.internal", "https://community.shop.internal", true},
		{"neighbours under an unlisted suffix", "https://shop.internal", "https://community.internal", false},

		{"http and https", "http://www.example.com", "https://community.example.com", false},
		{"https and http", "https://www.example.com", "http://community.example.com", false},
		{"http on both", "http://www.example.com", "http://community.example.com", true},
		{"another port", "https://www.example.com:8443", "https://community.example.com", true},
		{"capitals", "HTTPS://WWW.Example.COM", "https://community.example.com", true},
		{"a slash at the end", "https://www.example.com/", "https://community.example.com/", true},
		{"an underscore", "https://my_shop.example.com", "https://community.example.com", true},
		{"hyphens that IDNA refuses", "https://r3---sn.example.com", "https://community.example.com", true},

		{"a dot at the end of one", "https://www.example.com.", "https://community.example.com", false},
		{"a dot at the end of both", "https://www.example.com.", "https://community.example.com.", true},

		{"an international name", "https://www.bücher.example", "https://community.bücher.example", true},
		{"an international name and its ASCII form", "https://www.bücher.example", "https://community.xn--bcher-kva.example", true},
		{"an international name in capitals", "https://www.BÜCHER.example", "https://community.bücher.example", true},
		{"an international name, composed and not", "https://b\u00fccher.example", "https://bu\u0308cher.example", true},
		{"a sharp s is not a double s", "https://straße.example", "https://strasse.example", false},
		{"an international suffix", "https://www.例.公司.cn", "https://community.例.公司.cn", true},
		{"neighbours under an international suffix", "https://例.公司.cn", "https://書.公司.cn", false},
		{"an ideographic full stop", "https://www。example。com", "https://community.example.com", true},
		{"look-alike letters", "https://example.com", "https://community.ex\u0430mple.com", false},

		{"localhost and itself", "http://localhost:8080", "http://localhost:8081", true},
		{"localhost and 127.0.0.1", "http://localhost:8080", "http://127.0.0.1:8081", false},
		{"names below localhost", "http://partner.localhost", "http://community.localhost", false},
		{"127.0.0.1 and itself", "http://127.0.0.1:8080", "http://127.0.0.1:8081", true},
		{"addresses that end alike", "http://10.0.0.1", "http://20.0.0.1", false},
		{"addresses that start alike", "http://127.0.0.1", "http://127.0.0.2", false},
		{"IPv6 and itself", "http://[::1]:8080", "http://[0:0:0:0:0:0:0:1]:8081", true},
		{"IPv6 and another", "http://[2001:db8::1]", "http://[2001:db8::2]", false},
		{"IPv6 and IPv4", "http://[::1]", "http://127.0.0.1", false},
		{"IPv4 in IPv6", "http://[::ffff:127.0.0.1]", "http://127.0.0.1", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := samesite.Same(tt.partner, tt.community)
			if err != nil || got != tt.want {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
			if back, err := samesite.Same(tt.community, tt.partner); err != nil || back != got {
				t.Errorf("the other way round: got %v, %v", back, err)
			}
		})
	}
}

func TestOnlyOriginsAreTaken(t *testing.T) {
	const good = "https://www.example.com"
	for _, bad := range []string{
		"", "example.com", "//example.com", "localhost:8080", "ftp://example.com", "javascript:alert(1)", "about:blank", "null",
		"https://", "https:///", "https:example.com", "https://example.com/path", "https://example.com?",
		"https://example.com?q", "https://example.com#", "https://ada@example.com",
		"https://example.com:http", "https://example.com:65536", "https://exa mple.com", "https://example..com",
		"https://.example.com", "https://example.com..", "https://.", "https://ex%61mple.com/x",
		"https://exa\x00mple.com", "https://example.com\\@evil.example", "https://*.example.com", "https://xn--a.example",
		"https://" + strings.Repeat("a", 64) + ".com",
		"http://127.1", "http://0x7f.1", "http://2130706433", "http://0x7f000001", "http://127.0.0.01", "http://1.2.3.4.5",
		"http://127.0.0.1.", "http://a.0x1", "http://a.0x", "http://１２７.0.0.1", "http://[::1%25eth0]", "http://[::1",
		"http://[127.0.0.1]", "http://[example.com]", "http://::1",
	} {
		for _, args := range [][2]string{{bad, good}, {good, bad}} {
			if got, err := samesite.Same(args[0], args[1]); got || !errors.Is(err, samesite.ErrOrigin) {
				t.Errorf("Same(%q, %q): got %v, %v", args[0], args[1], got, err)
			}
		}
	}
}

func TestTheErrorNamesTheArgument(t *testing.T) {
	const good = "https://www.example.com"
	tests := []struct{ partner, community, want string }{
		{"example.com", good, "samesite: the partner's address is not an origin such as https://www.example.com: it does not " +
			"start with https:// or http://"},
		{good, "https://community.example.com/home",
			"samesite: the community's address is not an origin such as https://www.example.com: it goes on after the host"},
		{good, "http://127.1", "samesite: the community's address is not an origin such as https://www.example.com: its host " +
			"ends in a number, but is not an IP address in four decimal parts"},
	}
	for _, tt := range tests {
		if _, err := samesite.Same(tt.partner, tt.community); err == nil || err.Error() != tt.want {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
	}
}

func ExampleSame() {
	for _, community := range []string{"https://community.example.com", "https://example.bettermode.io"} {
		ok, err := samesite.Same("https://www.example.com", community)
		fmt.Println(community, ok, err)
	}
	// Output:
	// https://community.example.com true <nil>
	// https://example.bettermode.io false <nil>
}
