package main

import (
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A row that no longer fits its file would break nothing, and prove nothing.
func TestEachMutantBreaksItsFileInOnePlace(t *testing.T) {
	root, err := libraryRoot()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, m := range mutants {
		broken, err := m.apply(root)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := format.Source(broken); err != nil {
			t.Errorf("%s with %q is no Go: %v", m.file, m.new, err)
		}
		if seen[string(broken)+m.file] {
			t.Errorf("%s with %q is there twice", m.file, m.new)
		}
		seen[string(broken)+m.file] = true
		if !declares(t, filepath.Join(root, m.folder()), m.test) {
			t.Errorf("%s has no test %s", m.folder(), m.test)
		}
	}
	if len(seen) < 50 {
		t.Errorf("%d mutants", len(seen))
	}
	t.Logf("%d mutants", len(seen))
}

func declares(t *testing.T, folder, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(name string) bool {
		text, err := os.ReadFile(name)
		return err == nil && strings.Contains(string(text), "func "+test+"(")
	})
}

// The tests of SECURITY.md that need neither a browser nor Node, nor look for a new
// input, prove their sentence only if a mutant turns them red.
func TestEachTestOfSECURITYHasAMutant(t *testing.T) {
	root, err := libraryRoot()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test[A-Za-z0-9]+)`( \\((?:Chromium|nightly)\\))?").FindAllStringSubmatch(string(text), -1)
	if len(named) < 20 {
		t.Fatalf("SECURITY.md names %d tests", len(named))
	}
	for _, n := range named {
		if n[2] != "" || strings.HasPrefix(n[1], "TestNode") {
			continue
		}
		if !slices.ContainsFunc(mutants, func(m mutant) bool { return m.test == n[1] }) {
			t.Errorf("no mutant for %s", n[1])
		}
	}
}
