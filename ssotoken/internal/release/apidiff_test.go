package release_test

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestTheNumberOfATagMustSayWhatChangedInItsModule(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sso")
	clone(t, dir)
	git := func(args ...string) {
		run(t, dir, author, "git", args...)
	}
	for _, tag := range strings.Fields(run(t, dir, nil, "git", "tag")) {
		git("tag", "-d", tag) // those of the real releases
	}
	compare := func(args []string, isRefused bool, wants ...string) {
		t.Helper()
		_, got, err := try(t, dir, nil, "bash", append([]string{".ci/apidiff"}, args...)...)
		for _, want := range wants {
			if (err != nil) != isRefused || !strings.Contains(got, want) {
				t.Errorf("%s: got %v and %s, want %q", args, err, got, want)
			}
		}
	}
	release := func(tag string, isRefused bool, want string) {
		t.Helper()
		git("tag", tag)
		compare([]string{tag}, isRefused, want)
	}

	const samesite = "ssotoken/samesite/" // a module that is quickly compared
	release("v0.1.0", false, ".: no release to compare v0.1.0 with\n")
	release(samesite+"v0.1.0", false, "ssotoken/samesite: no release to compare ssotoken/samesite/v0.1.0 with\n")
	release("examples/opentelemetry/v0.1.0", true, "the tag of no released module")
	write(t, filepath.Join(dir, samesite, "more.go"), "package samesite\n\nfunc More() {}\n")
	git("add", ".")
	git("commit", "-qm", "Add")
	release(samesite+"v0.1.1", false, "ssotoken/samesite/v0.1.1 is compatible with ssotoken/samesite/v0.1.0\n")
	git("rm", "-q", samesite+"more.go")
	git("commit", "-qm", "Break")
	compare(nil, false, ".: HEAD is compatible with v0.1.0\n", "ssotoken/samesite: HEAD breaks ssotoken/samesite/v0.1.1:\n")
	release(samesite+"v0.1.2", true, "ssotoken/samesite/v0.1.2 breaks ssotoken/samesite/v0.1.1, and its number does not say so:\n")
	git("tag", "-d", samesite+"v0.1.2")
	release(samesite+"v0.2.0", false, "ssotoken/samesite/v0.2.0 breaks ssotoken/samesite/v0.1.1:\n")
}
