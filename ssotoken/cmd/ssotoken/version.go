package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"runtime/debug"
)

var versionVerb = verb{
	name:    "version",
	summary: "say which ssotoken this is, and which Go built it",
	about: `Says which version this is, its checksum, the revision it was built from, and the Go that
built it. go install of a version records the version and the checksum, and a build in
a checkout the revision; what was not recorded is left out.`,
	example: "  ssotoken version",
	flags: func(*flag.FlagSet) func(context.Context, *shell) error {
		return func(_ context.Context, sh *shell) error {
			printVersion(sh.stdout, sh.build)
			return nil
		}
	},
}

func printVersion(w io.Writer, build *debug.BuildInfo) {
	settings := map[string]string{}
	for _, s := range build.Settings {
		settings[s.Key] = s.Value
	}
	revision := settings["vcs.revision"]
	if revision != "" && settings["vcs.modified"] == "true" {
		revision += ", with changes"
	}
	fmt.Fprintln(w, "ssotoken", cmp.Or(build.Main.Version, "(devel)"))
	for _, row := range [][2]string{
		{"module", build.Main.Path},
		{"sum", build.Main.Sum},
		{"revision", revision},
		{"time", settings["vcs.time"]},
		{"go", build.GoVersion + " " + settings["GOOS"] + "/" + settings["GOARCH"]},
	} {
		if row[1] != "" {
			fmt.Fprintln(w, pad(row[0], 9), row[1])
		}
	}
}
