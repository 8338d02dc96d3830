package ssotest_test

import (
	"net/http"
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
		Paths   map[string]map[string]any
	}](t, send(t, c, http.MethodGet, "openapi.json", ""))
	if !strings.HasPrefix(document.OpenAPI, "3.1.") {
		t.Errorf("its version is %q", document.OpenAPI)
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
