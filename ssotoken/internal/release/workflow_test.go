package release_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func TestATagOfEachReleasedModuleStartsTheReleaseWorkflow(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(checkout(t), ".github", "workflows", "release.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var workflow struct {
		On struct {
			Push struct{ Tags []string }
		}
	}
	if err := yaml.Unmarshal(text, &workflow); err != nil {
		t.Fatal(err)
	}
	// GitHub's * stops at a slash, and ** does not.
	inWords := strings.NewReplacer("**", ".*", "*", "[^/]*", ".", `\.`)
	starts := func(tag string) bool {
		return slices.ContainsFunc(workflow.On.Push.Tags, func(pattern string) bool {
			return regexp.MustCompile("^" + inWords.Replace(pattern) + "$").MatchString(tag)
		})
	}
	for _, f := range released(t) {
		if tag := f.tag("v1.12.3-rc.1"); !starts(tag) {
			t.Errorf("%s starts nothing", tag)
		}
	}
	for _, tag := range []string{"nightly", "ssotoken/samesite", "vendor"} {
		if starts(tag) {
			t.Errorf("%s starts a release", tag)
		}
	}
}
