package ssotest_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// Another module of this repository validates real answers against it.
func TestTheOpenAPIDocumentDescribesEveryAddressAndMethodOfTheJSON(t *testing.T) {
	c := newCommunity(t, ssotest.Config{})
	document := parse[struct {
		OpenAPI string
		Servers []struct{ URL string }
		Paths   map[string]map[string]any
	}](t, send(t, c, http.MethodGet, "openapi.json", ""))
	if !strings.HasPrefix(document.OpenAPI, "3.1.") {
		t.Errorf("its version is %q", document.OpenAPI)
	}
	at := must(url.Parse("http://localhost:8090/hub/_fake/openapi.json"))
	if got := must(at.Parse(document.Servers[0].URL)).String(); got != "http://localhost:8090/hub/" {
		t.Errorf("a community under a path is at %s", got)
	}
	var described []string
	for path, methods := range document.Paths {
		path, _, _ = strings.Cut(path, "{")
		for method := range methods {
			described = append(described, strings.ToUpper(method)+" "+path)
			if method == "get" {
				described = append(described, "HEAD "+path) // as for any GET
			}
		}
	}
	calls := c.Calls()
	slices.Sort(calls)
	slices.Sort(described)
	diff(t, "calls", calls, described)
}
