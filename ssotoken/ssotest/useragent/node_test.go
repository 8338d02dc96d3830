package useragent_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

// An address leads where Node's URL parser says.
func TestAnAddressLeadsWhereNodeSays(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node.js is not installed")
	}
	base := &url.URL{Scheme: "https", Host: "community.example.com", Path: "/"}
	values := slices.Concat(redirects.Hostile(), redirects.Good())
	input, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), node, "origin.js", useragent.Origin(base))
	command.Stdin = bytes.NewReader(input)
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var origins []string
	if err := json.Unmarshal(output, &origins); err != nil || len(origins) != len(values) {
		t.Fatalf("%d origins of %d values: %v", len(origins), len(values), err)
	}
	for i, value := range values {
		theirs, ours := origins[i], ""
		if u, err := useragent.Resolve(base, value); err == nil {
			ours = useragent.Origin(u)
		}
		isElsewhere := theirs == "" && ours == "null" // of a scheme without an origin, which Node refuses
		isASCII := !strings.Contains(theirs, "xn--")  // which ours leaves as it is
		if isASCII && ours != theirs && !isElsewhere || !isASCII && (ours == "" || ours == useragent.Origin(base)) {
			t.Errorf("%q leads to %q, Node says %q", value, ours, theirs)
		}
	}
}
