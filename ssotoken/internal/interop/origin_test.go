package interop_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

func TestAnAddressLeadsWhereNodeSays(t *testing.T) {
	base := &url.URL{Scheme: "https", Host: "community.example.com", Path: "/"}
	values := slices.Concat(redirects.Hostile(), redirects.Good())
	input, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	var origins []string
	output := run(t, input, "node", "origin.js", origin)
	if err := json.Unmarshal([]byte(output), &origins); err != nil || len(origins) != len(values) {
		t.Fatalf("%d origins of %d values: %v", len(origins), len(values), err)
	}
	for i, value := range values {
		theirs, ours := origins[i], ""
		if u, err := useragent.Resolve(base, value); err == nil {
			ours = useragent.Origin(u)
		}
		isElsewhere := theirs == "" && ours == "null" // of a scheme without an origin, which Node refuses
		isASCII := !strings.Contains(theirs, "xn--")  // which ours leaves as it is
		if isASCII && ours != theirs && !isElsewhere || !isASCII && (ours == "" || ours == origin) {
			t.Errorf("%q leads to %q, Node says %q", value, ours, theirs)
		}
	}
}
