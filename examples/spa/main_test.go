package main

import (
	"regexp"
	"testing"

	"github.com/bettermode-go/sso/examples/internal/serverstest"
)

var addresses = regexp.MustCompile(`Partner site: (http://localhost:[1-9]\d*)\nCommunity:    (http://127\.0\.0\.1:[1-9]\d*)\n`)

func TestTwoServersStartAndStop(t *testing.T) {
	e := serverstest.Start(t, run, "-addr", "localhost:0", "-community-addr", "127.0.0.1:0")
	found := addresses.FindStringSubmatch(e.Output)
	if found == nil {
		t.Fatalf("no addresses in %q", e.Output)
	}
	e.Answers(found[1:]...)
	if log := e.Stop(); log != "" {
		t.Errorf("logged %s", log)
	}
}
