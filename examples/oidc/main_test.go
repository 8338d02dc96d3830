package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

var addresses = regexp.MustCompile(`Partner site: (http://localhost:[1-9]\d*)\nProvider:     (http://127\.0\.0\.1:[1-9]\d*)\nCommunity:    (http://127\.0\.0\.1:[1-9]\d*)\n`)

func TestThreeServersStartAndStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stdout, stderr := make(pipe, 1), &bytes.Buffer{}
	status := make(chan int)
	go func() {
		status <- run(ctx, strings.Fields("-addr localhost:0 -community-addr 127.0.0.1:0 -provider-addr 127.0.0.1:0"), stdout, stderr)
	}()
	found := addresses.FindStringSubmatch(<-stdout)
	if found == nil {
		t.Fatal("no addresses")
	}
	for _, origin := range append(found[1:], found[2]+"/.well-known/openid-configuration") {
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
type pipe chan string

func (p pipe) Write(b []byte) (int, error) {
	p <- string(b)
	return len(b), nil
}

func TestAFailureIsOneClearLine(t *testing.T) {
	taken := httptest.NewServer(nil)
	defer taken.Close()
	tests := []struct {
		name, args, want string
		status           int
	}{
		{"port taken", "-addr " + taken.Listener.Addr().String(), "address already in use", 1},
		{"fake not on loopback", "-addr localhost:0 -community-addr 0.0.0.0:0", "0.0.0.0:0 is not on loopback", 1},
		{"provider not on loopback", "-addr localhost:0 -community-addr 127.0.0.1:0 -provider-addr 0.0.0.0:0", "0.0.0.0:0 is not on loopback", 1},
		{"unknown flag", "-x", "flag provided but not defined: -x", 2},
		{"help", "-h", "-provider-addr", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if got := run(t.Context(), strings.Fields(tt.args), &stdout, &stderr); got != tt.status {
				t.Errorf("got exit status %d, want %d", got, tt.status)
			}
			if lines := strings.Count(stderr.String(), "\n"); !strings.Contains(stderr.String(), tt.want) || stdout.Len() > 0 || tt.status == 1 && lines != 1 {
				t.Errorf("got %q and %q, want %q", &stderr, &stdout, tt.want)
			}
		})
	}
}
