package main

import (
	"regexp"
	"strings"
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
	const key = "Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&"
	tests := []struct {
		key, args, want string
		status          int
	}{
		{"", "-addr TAKEN", "address already in use", 1},
		{"", "-addr localhost:0 -community-addr TAKEN", "address already in use", 1},
		{"", "-addr localhost", "missing port", 1},
		{"", "-addr localhost:0 -community-addr 0.0.0.0:0", "is not on loopback", 1},
		{"", "-addr localhost:0 -community community.example.com", "environment variable BETTERMODE_SSO_KEY is empty", 1},
		{"{Your Private Key}", "-addr localhost:0 -community community.example.com", "the key is a sample", 1},
		{key, "-addr localhost:0 -community http://community.example.com", "Community: must be https", 1},
		{"", "-x", "flag provided but not defined: -x", 2},
		{"", "x", `unexpected argument "x"`, 2},
		{"", "-h", "-community-addr", 0},
	}
	for _, tt := range tests {
		t.Setenv(keyVariable, tt.key)
		if printed := serverstest.Fails(t, run, tt.args, tt.want, tt.status); tt.key != "" && strings.Contains(printed, tt.key) {
			t.Errorf("%s: the error holds the key", tt.args)
		}
	}
}
