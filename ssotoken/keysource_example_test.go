package ssotoken_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
)

// The lines of docs/keys.md.

func newSource(ctx context.Context, path string, logger *slog.Logger) (ssotoken.KeySource, error) {
	source, err := ssotoken.FileKeySource(path, ssotoken.ReloadConfig{
		OnChange: func(key ssotoken.Key) { logger.Info("SSO key changed", "key", key.Fingerprint()) },
	})
	if err != nil {
		return nil, err
	}
	key, err := source(ctx)
	logger.Info("SSO key", "key", key.Fingerprint())
	return source, err
}

func health(source ssotoken.KeySource) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key, err := source(r.Context()) // starts a load when one is due
		if err != nil {
			http.Error(w, "no key", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, key.Fingerprint())
	}
}

func TestEachGoLineOfThePageOnKeysIsOneThatATestRuns(t *testing.T) {
	read := func(path string) string {
		text, err := os.ReadFile(filepath.FromSlash(path))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	tested := map[string]bool{}
	for _, path := range []string{"keysource_example_test.go", "../examples/keys/keys.go", "../examples/keys/keys_test.go"} {
		for line := range strings.Lines(read(path)) {
			tested[strings.TrimSpace(line)] = true
		}
	}
	blocks := strings.Split(read("docs/keys.md"), "```go\n")[1:]
	for _, block := range blocks {
		code, _, _ := strings.Cut(block, "```")
		for line := range strings.Lines(code) {
			if line = strings.TrimSpace(line); line != "" && !tested[line] {
				t.Errorf("no test has the line %s", line)
			}
		}
	}
	if len(blocks) < 3 {
		t.Errorf("%d blocks", len(blocks))
	}
}

// Two regions with two servers each. Health checks come every ten seconds.
func TestTheDrillForAChangeOfKeyGoesAsThePageSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, after := numberedKey(t, 1), numberedKey(t, 2)
		community := before // its key
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, nil)) // one: it locks
		var sources []ssotoken.KeySource
		regions := []string{writeKeyFile(t, before.Reveal()), writeKeyFile(t, before.Reveal())}
		for _, path := range []string{regions[0], regions[0], regions[1], regions[1]} {
			source, err := newSource(t.Context(), path, logger)
			if err != nil {
				t.Fatal(err)
			}
			sources = append(sources, source)
		}
		expect := func(when string, keys ...ssotoken.Key) {
			t.Helper()
			for range 4 { // until every server has asked, and ten seconds more
				for _, source := range sources {
					health(source)(httptest.NewRecorder(), httptest.NewRequest("GET", "/healthz", nil))
					synctest.Wait()
				}
				time.Sleep(10 * time.Second)
			}
			for i, source := range sources {
				shown := httptest.NewRecorder()
				health(source)(shown, httptest.NewRequest("GET", "/healthz", nil))
				if got := shown.Body.String(); got != keys[i].Fingerprint()+"\n" {
					t.Errorf("%s: server %d has the key %s", when, i, got)
				}
				signer := newSigner(t, func(c *ssotoken.Config) { c.Key, c.KeySource = ssotoken.Key{}, source })
				token, err := signer.Sign(t.Context(), build(t, ada()))
				if err != nil || verifies(token.JWT(), community) != keys[i].Equal(community) {
					t.Errorf("%s: server %d mints with another key, or %v", when, i, err)
				}
			}
		}
		expect("before", before, before, before, before)
		community = after
		expect("changed in the community", before, before, before, before)
		for i, when := range []string{"stored in one region", "stored in both"} {
			if err := os.Rename(writeKeyFile(t, after.Reveal()+"\n"), regions[i]); err != nil {
				t.Fatal(err)
			}
			other := []ssotoken.Key{before, after}[i]
			expect(when, after, after, other, other)
		}
		synctest.Wait()
		got := log.String()
		if strings.Count(got, `"SSO key" key=`+before.Fingerprint()) != 4 || strings.Contains(got, "ERROR") ||
			strings.Count(got, `"SSO key changed" key=`+after.Fingerprint()) != 4 {
			t.Errorf("the log is\n%s", got)
		}
	})
}
