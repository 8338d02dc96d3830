package main

import (
	"regexp"
	"testing"

	"github.com/bettermode-go/sso/examples/internal/serverstest"
)

var addresses = regexp.MustCompile(
	`Partner site: (http://localhost:[1-9]\d*)\nProvider:     (http://127\.0\.0\.1:[1-9]\d*)\nCommunity:    (http://127\.0\.0\.1:[1-9]\d*)\n`,
)

func TestThreeServersStartAndStop(t *testing.T) {
	e := serverstest.Start(t, run, "-addr", "localhost:0", "-community-addr", "127.0.0.1:0", "-provider-addr", "127.0.0.1:0")
	found := addresses.FindStringSubmatch(e.Output)
	if found == nil {
		t.Fatalf("no addresses in %q", e.Output)
	}
	e.Answers(append(found[1:], found[2]+"/.well-known/openid-configuration")...)
	if log := e.Stop(); log != "" {
		t.Errorf("logged %s", log)
	}
}

func TestAFailureIsOneClearLine(t *testing.T) {
	serverstest.Fails(t, run, "-addr TAKEN", "address already in use", 1)
	serverstest.Fails(t, run, "-addr localhost:0 -community-addr 0.0.0.0:0", "0.0.0.0:0 is not on loopback", 1)
	serverstest.Fails(t, run, "-addr localhost:0 -community-addr 127.0.0.1:0 -provider-addr 0.0.0.0:0", "0.0.0.0:0 is not on loopback", 1)
	serverstest.Fails(t, run, "-x", "flag provided but not defined: -x", 2)
	serverstest.Fails(t, run, "-h", "-provider-addr", 0)
}
