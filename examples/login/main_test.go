package main

import (
	"regexp"
	"testing"

	"github.com/bettermode-go/sso/examples/internal/serverstest"
)

func TestTwoServersStartAndStop(t *testing.T) {
	e := serverstest.Start(t, run, "-addr", "localhost:0", "-community-addr", "127.0.0.1:0")
	found := regexp.MustCompile(`Partner site: (http://localhost:[1-9]\d*)\nCommunity:    (http://127\.0\.0\.1:[1-9]\d*)\n`).
		FindStringSubmatch(e.Output)
	if found == nil {
		t.Fatalf("no addresses in %q", e.Output)
	}
	e.Answers(found[1:]...)
	if log := e.Stop(); log != "" {
		t.Errorf("logged %s", log)
	}
}

func TestAFailureIsOneClearLine(t *testing.T) {
	serverstest.Fails(t, run, "-addr TAKEN", "address already in use", 1)
	serverstest.Fails(t, run, "-addr localhost:0 -community-addr TAKEN", "address already in use", 1)
	serverstest.Fails(t, run, "-addr localhost", "missing port", 1)
	serverstest.Fails(t, run, "-addr localhost:0 -community-addr 0.0.0.0:0", "is not on loopback", 1)
	serverstest.Fails(t, run, "-x", "flag provided but not defined: -x", 2)
	serverstest.Fails(t, run, "x", `unexpected argument "x"`, 2)
	serverstest.Fails(t, run, "-h", "-community-addr", 0)
}
