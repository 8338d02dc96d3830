package interop_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
)

const origin = "https://community.example.com"

// nodeReads hands paths to redirects.js, one by one.
func nodeReads(t *testing.T, each func(yield func(path string))) (counts struct{ Paths, Away int }) {
	t.Helper()
	var input bytes.Buffer
	lines := json.NewEncoder(&input)
	lines.SetEscapeHTML(false)
	if err := lines.Encode(map[string]any{"origin": origin, "endpoints": contract.Endpoints()}); err != nil {
		t.Fatal(err)
	}
	each(func(path string) { lines.Encode(path) })
	if err := json.Unmarshal([]byte(run(t, input.Bytes(), "node", "redirects.js")), &counts); err != nil {
		t.Fatal(err)
	}
	return counts
}

// Node's URL parser and its tables of Unicode follow each path that is kept.
func TestNodeFollowsNoKeptPathAway(t *testing.T) {
	nightly(t)
	hostile, kept := redirects.Hostile(), 0
	all := func(yield func(string)) {
		for _, path := range hostile {
			yield(path)
		}
		for path := range redirects.Combined() {
			yield(path)
		}
	}
	counts := nodeReads(t, func(yield func(string)) {
		all(func(path string) {
			if to, err := ssotoken.ParseReturnPath(path); err == nil {
				kept++
				yield(to.String())
			}
		})
	})
	if counts.Paths != kept || kept < 100_000 || counts.Away != 0 {
		t.Errorf("Node follows %+v, of %d kept", counts, kept)
	}
	t.Logf("%+v", counts)
	counts = nodeReads(t, func(yield func(string)) {
		for _, path := range hostile {
			yield(path)
		}
	})
	if counts.Away < 10_000 { // the script must see what it looks for
		t.Errorf("of the hostile list only %+v", counts)
	}
}

// No letter of Unicode spells an endpoint, after NFKC or a change of case.
func TestNodeKnowsNoLetterThatSpellsAnEndpoint(t *testing.T) {
	var letters map[string]string
	if err := json.Unmarshal([]byte(run(t, nil, "node", "letters.js")), &letters); err != nil || len(letters) < 800 {
		t.Fatalf("%d letters, %v", len(letters), err)
	}
	for letter, ascii := range letters {
		for _, endpoint := range contract.Endpoints() {
			for _, to := range []string{strings.Replace(endpoint, ascii, letter, 1),
				strings.ReplaceAll(endpoint, ascii, letter)} {
				if _, err := ssotoken.ParseReturnPath("/" + to + "/x"); err == nil {
					t.Errorf("%s is kept, and may be read as /%s", fmt.Sprintf("%q", "/"+to), endpoint)
				}
			}
		}
	}
}
