package loopback_test

import (
	"testing"

	"github.com/bettermode-go/sso/ssotoken/internal/loopback"
)

func TestAHostMeansThisMachine(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "localhost.": true, "a.localhost": true, "a.localhost.": true,
		"127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, ".": false, "localhost..": false, "notlocalhost": false, "localhost.example.com": false,
		"128.0.0.1": false, "0.0.0.0": false, "::2": false, "127.1": false, "[::1]": false,
	} {
		if got := loopback.Is(host); got != want {
			t.Errorf("%q: got %v, want %v", host, got, want)
		}
	}
}
