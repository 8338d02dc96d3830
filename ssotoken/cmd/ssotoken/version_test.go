package main

import (
	"runtime/debug"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVersionTellsWhatWasRecordedOfTheBuild(t *testing.T) {
	const path = "github.com/bettermode-go/sso/ssotoken/cmd"
	for name, tt := range map[string]struct {
		build debug.BuildInfo
		want  string
	}{
		"installed by its version": {debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Path: path, Version: "v0.1.0", Sum: "h1:abc="},
			Deps: []*debug.Module{{Path: "golang.org/x/text", Version: "v0.30.0"}}},
			"ssotoken v0.1.0\ngo\tgo1.26.8\nmod\t" + path + "\tv0.1.0\th1:abc=\n"},
		"built in a checkout": {debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Path: path},
			Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "4f9c2e7a"}}},
			"ssotoken (devel)\ngo\tgo1.26.8\nmod\t" + path + "\t\t\nbuild\tvcs.revision=4f9c2e7a\n"},
	} {
		sh, out, _ := newShell("")
		sh.build = &tt.build
		status := run(t.Context(), []string{"version"}, sh)
		if diff := cmp.Diff(tt.want, out.String()); diff != "" || status != 0 {
			t.Errorf("%s: exit status %d, output (-want +got):\n%s", name, status, diff)
		}
	}
}
