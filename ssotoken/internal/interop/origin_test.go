package interop_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/internal/browser"
	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
)

// A redirect_uri is off the community for package inspect, and so for doctor,
// exactly where Node's URL parser says so.
func TestAValueLeavesTheCommunityWhereNodeSaysSo(t *testing.T) {
	const community = "https://community.example.com"
	base, err := url.Parse(community + "/")
	if err != nil {
		t.Fatal(err)
	}
	values := slices.Concat(redirects.Hostile(), redirects.Good())
	input, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	var origins []string
	if err := json.Unmarshal([]byte(run(t, input, "node", "origin.js", community)), &origins); err != nil || len(origins) != len(values) {
		t.Fatalf("%d origins of %d values: %v", len(origins), len(values), err)
	}
	off := 0
	for i, value := range values {
		theirs, ours := origins[i], ""
		if u, err := browser.Resolve(base, value); err == nil {
			ours = browser.Origin(u)
		}
		isASCII := !strings.Contains(theirs, "xn--") // which we leave as it is
		if isASCII && ours != theirs || !isASCII && (ours == "" || ours == community) {
			t.Errorf("%q leads to %q, Node says %q", value, ours, theirs)
		}
		leaves := theirs != "" && theirs != community
		if leaves {
			off++
		}
		if got := inspect.Land(value, community); (got.Off != "") != leaves {
			t.Errorf("%q: got %+v, Node says %q", value, got, theirs)
		}
	}
	if off < 2000 {
		t.Errorf("only %d of %d values leave the community", off, len(values))
	}
	t.Logf("%d of %d values leave the community", off, len(values))
}
