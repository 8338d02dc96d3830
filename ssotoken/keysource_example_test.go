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

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
)

// The lines of docs/keys.md.

func newSource(ctx context.Context, path string, logger *slog.Logger) (ssotoken.KeySource, error) {
	source, err := ssotoken.FileKeySource(path, ssotoken.ReloadConfig{
		OnChange: func(key ssotoken.Key) { logger.Info("SSO key changed", "key", key.Fingerprint()) },
		OnError:  func(err error) { logger.Error("SSO key not loaded", "error", err) },
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

// Two regions with two servers each, whose secrets are swapped one region after the other.
func TestADrillShowsWhichServerHasWhichKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, after := numberedKey(t, 1), numberedKey(t, 2)
		var log bytes.Buffer
		var servers []http.Handler
		regions := []string{writeKeyFile(t, before.Reveal()), writeKeyFile(t, before.Reveal())}
		for _, path := range []string{regions[0], regions[0], regions[1], regions[1]} {
			source, err := newSource(t.Context(), path, slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			servers = append(servers, health(source))
		}
		// Health checks come every ten seconds, and nobody logs in.
		expect := func(when string, keys ...ssotoken.Key) {
			t.Helper()
			var got, want []string
			for range 4 {
				got, want = nil, nil
				for i, server := range servers {
					answer := httptest.NewRecorder()
					server.ServeHTTP(answer, httptest.NewRequest("GET", "/healthz", nil))
					got, want = append(got, answer.Body.String()), append(want, keys[i].Fingerprint()+"\n")
					synctest.Wait()
				}
				time.Sleep(10 * time.Second)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", when, diff)
			}
		}
		expect("before", before, before, before, before)
		for i, path := range regions {
			next := writeKeyFile(t, after.Reveal()+"\n")
			if err := os.Rename(next, path); err != nil {
				t.Fatal(err)
			}
			expect("changed", after, after, []ssotoken.Key{before, after}[i], []ssotoken.Key{before, after}[i])
		}
		got := log.String()
		if strings.Count(got, `"SSO key" key=`+before.Fingerprint()) != 4 || strings.Contains(got, "ERROR") ||
			strings.Count(got, `"SSO key changed" key=`+after.Fingerprint()) != 4 {
			t.Errorf("the log is\n%s", got)
		}
	})
}
