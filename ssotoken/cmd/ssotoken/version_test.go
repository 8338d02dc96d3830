package main

import (
	"runtime/debug"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVersionTellsWhatWasRecordedOfTheBuild(t *testing.T) {
	settings := func(more ...debug.BuildSetting) []debug.BuildSetting {
		return append(more, debug.BuildSetting{Key: "GOARCH", Value: "arm64"}, debug.BuildSetting{Key: "GOOS", Value: "linux"})
	}
	checkout := []debug.BuildSetting{{Key: "vcs.revision", Value: "4f9c2e7a"}, {Key: "vcs.time", Value: "2026-11-23T12:00:00Z"}}
	const path = "github.com/bettermode-go/sso"
	tests := []struct {
		name  string
		build debug.BuildInfo
		want  string
	}{
		{"installed by its version", debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Path: path, Version: "v0.1.0",
			Sum: "h1:abc="}, Settings: settings()},
			"ssotoken v0.1.0\nmodule    " + path + "\nsum       h1:abc=\ngo        go1.26.8 linux/arm64\n"},
		{"built in a checkout", debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Path: path, Version: "v0.1.0"},
			Settings: settings(checkout...)},
			"ssotoken v0.1.0\nmodule    " + path + "\nrevision  4f9c2e7a\ntime      2026-11-23T12:00:00Z\ngo        go1.26.8 linux/arm64\n"},
		{"built with changes", debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Path: path},
			Settings: settings(checkout[0], debug.BuildSetting{Key: "vcs.modified", Value: "true"})},
			"ssotoken (devel)\nmodule    " + path + "\nrevision  4f9c2e7a, with changes\ngo        go1.26.8 linux/arm64\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sh, out, _ := newShell("")
			sh.build = &tt.build
			status := run(t.Context(), []string{"version"}, sh)
			if diff := cmp.Diff(tt.want, out.String()); diff != "" || status != 0 {
				t.Errorf("exit status %d, output (-want +got):\n%s", status, diff)
			}
		})
	}
}
