package ssotest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// A name of the internet may resolve to this machine, for a page of that name
// to read what is here (DNS rebinding).
func TestAllowRemoteAnswersOtherMachinesByNamesThatNoSiteHas(t *testing.T) {
	h := must(ssotest.NewHandler(ssotest.Config{AllowRemote: true}))
	tests := []struct {
		remote, host string
		status       int
	}{
		{"192.0.2.1:1", "community:8090", 200}, {"192.0.2.1:1", "192.0.2.2:8090", 200}, {"[2001:db8::1]:1", "[2001:db8::2]:8090", 200},
		{"172.17.0.1:1", "localhost:8090", 200}, {"127.0.0.1:1", "LOCALHOST.", 200}, {"192.0.2.1:1", "host.docker.internal:8090", 200},
		{"192.0.2.1:1", "community.test", 200}, {"192.0.2.1:1", "desk.local", 200},
		{"127.0.0.1:1", "evil.example", 403}, {"192.0.2.1:1", "community.example.com:8090", 403},
		{"192.0.2.1:1", "localhost.evil.example", 403}, {"192.0.2.1:1", "", 403}, {"192.0.2.1:1", ".", 403},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(http.MethodGet, "/_fake/members", nil)
		r.RemoteAddr, r.Host = tt.remote, tt.host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tt.status {
			t.Errorf("from %q for %q: HTTP %d, want %d", tt.remote, tt.host, w.Code, tt.status)
		}
	}
}

func TestALoginOverHTTPByAnotherNameIsTakenWithAllowRemoteAlone(t *testing.T) {
	for _, allow := range []bool{false, true} {
		c := newCommunity(t, ssotest.Config{AllowRemote: allow, Now: func() time.Time { return start }})
		r := httptest.NewRequest(http.MethodGet, "/api/auth/sso?"+url.Values{"jwt": {token(t, c, ada)}}.Encode(), nil)
		r.RemoteAddr, r.Host = "192.0.2.1:1", "community:8090"
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		logins := c.Attempts()
		if !allow {
			if w.Code != http.StatusForbidden || len(logins) > 0 {
				t.Errorf("without it: HTTP %d", w.Code)
			}
			continue
		}
		if w.Code != http.StatusFound || len(logins) != 1 || logins[0].Report.URL.Community != "http://community:8090" ||
			logins[0].Report.URL.Length != len("http://community:8090"+r.RequestURI) {
			t.Errorf("HTTP %d, logins %+v", w.Code, logins)
		}
	}
}
