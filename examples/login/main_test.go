package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTwoServersStartAndStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stdout, stderr := &pipe{lines: make(chan string, 20)}, &bytes.Buffer{}
	status := make(chan int)
	go func() {
		status <- run(ctx, []string{"-addr", "localhost:0", "-community-addr", "127.0.0.1:0"}, stdout, stderr)
	}()
	started := <-stdout.lines
	for _, prefix := range []string{"Partner site: http://localhost:", "Community:    http://127.0.0.1:"} {
		_, rest, ok := strings.Cut(started, prefix)
		port, _, _ := strings.Cut(rest, "\n")
		if !ok || port == "0" {
			t.Fatalf("no address in %q", started)
		}
		origin := strings.TrimPrefix(strings.TrimPrefix(prefix, "Partner site: "), "Community:    ") + port
		res, err := http.Get(origin)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: got %s", origin, res.Status)
		}
	}
	cancel()
	if got := <-status; got != 0 || stderr.Len() > 0 {
		t.Errorf("got exit status %d, %s", got, stderr)
	}
}

// pipe hands over what is written, one write at a time.
type pipe struct{ lines chan string }

func (p *pipe) Write(b []byte) (int, error) {
	p.lines <- string(b)
	return len(b), nil
}

func TestAFailureIsOneClearLine(t *testing.T) {
	taken := httptest.NewServer(nil)
	defer taken.Close()
	const key = "Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&"
	tests := []struct {
		name, key, args, want string
		status                int
	}{
		{"port taken", "", "-addr " + taken.Listener.Addr().String(), "address already in use", 1},
		{"community's port taken", "", "-addr localhost:0 -community-addr " + taken.Listener.Addr().String(), "address already in use", 1},
		{"no port", "", "-addr localhost", "missing port", 1},
		{"fake not on loopback", "", "-addr localhost:0 -community-addr 0.0.0.0:0", "is not on loopback", 1},
		{"no key", "", "-addr localhost:0 -community community.example.com", "environment variable BETTERMODE_SSO_KEY is empty", 1},
		{"sample key", "{Your Private Key}", "-addr localhost:0 -community community.example.com", "the key is a sample", 1},
		{"bad community", key, "-addr localhost:0 -community http://community.example.com", "Community: must be https", 1},
		{"unknown flag", "", "-x", "flag provided but not defined: -x", 2},
		{"argument", "", "x", `unexpected argument "x"`, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(keyVariable, tt.key)
			var stdout, stderr bytes.Buffer
			if got := run(t.Context(), strings.Fields(tt.args), &stdout, &stderr); got != tt.status {
				t.Errorf("got exit status %d, want %d", got, tt.status)
			}
			if !strings.Contains(stderr.String(), tt.want) || stdout.Len() > 0 {
				t.Errorf("got %q and %q, want %q", &stderr, &stdout, tt.want)
			}
			if lines := strings.Count(stderr.String(), "\n"); lines != 1 && tt.status == 1 {
				t.Errorf("%d lines: %q", lines, &stderr)
			}
			if tt.key != "" && strings.Contains(stderr.String(), tt.key) {
				t.Error("the error holds the key")
			}
		})
	}
}

func TestHelpExitsWith0(t *testing.T) {
	var out bytes.Buffer
	if got := run(t.Context(), []string{"-h"}, &out, &out); got != 0 || !strings.Contains(out.String(), "-community-addr") {
		t.Errorf("got %d, %s", got, &out)
	}
}
