package main

import (
	"bytes"
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestAFailureIsOneClearLine(t *testing.T) {
	taken := httptest.NewServer(nil)
	defer taken.Close()
	const key = "Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&"
	tests := []struct {
		name, key, args, want string
		status                int
	}{
		{"port taken", "", "-addr " + taken.Listener.Addr().String(), "address already in use", 1},
		{"fake not on loopback", "", "-addr localhost:0 -community-addr 0.0.0.0:0", "is not on loopback", 1},
		{"origin with a path", "", "-addr localhost:0 -origin https://www.example.com/", "-origin is no origin", 1},
		{"origin without a scheme", "", "-addr localhost:0 -origin www.example.com", "-origin is no origin", 1},
		{"no key", "", "-addr localhost:0 -community community.example.com", "environment variable BETTERMODE_SSO_KEY is empty", 1},
		{"bad community", key, "-addr localhost:0 -community http://community.example.com", "Community: must be https", 1},
		{"database is a folder", "", "-addr localhost:0 -community-addr 127.0.0.1:0 -db " + t.TempDir(), "database ", 1},
		{"unknown flag", "", "-x", "flag provided but not defined: -x", 2},
		{"argument", "", "x", `unexpected argument "x"`, 2},
		{"suspend nobody", "", "suspend nobody@partner.example", "there is no such member", 1},
		{"help", "", "-h", "-premium-space", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(keyVariable, tt.key)
			t.Setenv("PARTNER_DB", filepath.Join(t.TempDir(), "partner.db"))
			var stdout, stderr bytes.Buffer
			if got := run(t.Context(), strings.Fields(tt.args), &stdout, &stderr); got != tt.status {
				t.Errorf("got exit status %d, want %d", got, tt.status)
			}
			if lines := strings.Count(stderr.String(), "\n"); !strings.Contains(stderr.String(), tt.want) || stdout.Len() > 0 ||
				tt.status == 1 && lines != 1 {
				t.Errorf("got %q and %q, want %q", &stderr, &stdout, tt.want)
			}
			if strings.Contains(stderr.String(), key) {
				t.Error("the error holds the key")
			}
		})
	}
}

func TestEachFlagHasAVariableAndTheFlagWins(t *testing.T) {
	var names []string
	new(settings).flags().VisitAll(func(f *flag.Flag) {
		names = append(names, f.Name)
		t.Setenv(variable(f.Name), "of "+f.Name)
	})
	var s settings
	flags := s.flags()
	flags.VisitAll(func(f *flag.Flag) {
		if f.Value.String() != "of "+f.Name {
			t.Errorf("-%s is %q", f.Name, f.Value)
		}
	})
	if err := flags.Parse([]string{"-client-header", "X-Real-IP"}); err != nil || s.clientHeader != "X-Real-IP" || len(names) != 10 {
		t.Errorf("got %q, %v, of %q", s.clientHeader, err, names)
	}
}

// No engine builds the image here, so its file is read.
func TestTheImageSetsVariablesThatThereAre(t *testing.T) {
	dockerfile, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{keyVariable: true, secretVariable: true}
	new(settings).flags().VisitAll(func(f *flag.Flag) { known[variable(f.Name)] = true })
	found := regexp.MustCompile(`\b((?:PARTNER|BETTERMODE)_\w+)=`).FindAllSubmatch(dockerfile, -1)
	if len(found) < 5 {
		t.Errorf("only %d variables", len(found))
	}
	for _, name := range found {
		if !known[string(name[1])] {
			t.Errorf("nothing reads %s", name[1])
		}
	}
	for _, names := range regexp.MustCompile(`(?m)^COPY ((?:[\w./]+ )+)[\w./]+$`).FindAllSubmatch(dockerfile, -1) {
		for _, name := range strings.Fields(string(names[1])) {
			if _, err := os.Stat(filepath.Join("../..", name)); err != nil {
				t.Errorf("it copies %s: %v", name, err)
			}
		}
	}
}
