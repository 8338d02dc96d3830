package release_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A module of examples has no tags, and needs a version of the SDK that is only
// in the checkout.
func TestAnExampleThatCannotBeImportedSaysSo(t *testing.T) {
	saysSo := regexp.MustCompile(`(?m)^// .*(to copy, not to import|holds no code)`)
	modules := strings.Fields(run(t, checkout(t), nil, "git", "ls-files", "examples/**/go.mod"))
	if len(modules) < 3 {
		t.Fatalf("got %q", modules)
	}
	for _, file := range modules {
		dir := filepath.Join(checkout(t), filepath.FromSlash(path.Dir(file)))
		packages := run(t, dir, nil, "go", "list", "-f", `{{if and .GoFiles (ne .Name "main")}}{{.ImportPath}}{{end}}`, "./...")
		packages = regexp.MustCompile(`(?m)^.*/internal(/.*)?$`).ReplaceAllString(packages, "")
		if strings.TrimSpace(packages) == "" {
			continue
		}
		var text []byte
		files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
		inFolders, _ := filepath.Glob(filepath.Join(dir, "*", "*.go"))
		for _, name := range append(files, inFolders...) {
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			text = append(text, source...)
		}
		if !saysSo.Match(text) {
			t.Errorf("%s: no comment says that these are to copy, not to import:\n%s", file, packages)
		}
	}
}
