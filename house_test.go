package sso_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/bettermode-go/sso"

// sourceFile is a Go file of this module, not of the nested ones.
type sourceFile struct {
	path, pkg string // pkg is the folder, "." for the root
	imports   []string
	test      bool
}

func sourceFiles(t *testing.T) []sourceFile {
	t.Helper()
	var files []sourceFile
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." {
			if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil || strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" {
				return filepath.SkipDir
			}
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		f := sourceFile{path: name, pkg: path.Dir(name), test: strings.HasSuffix(name, "_test.go")}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, imported)
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func isStandard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

func TestPackagesImportEachOtherInOneDirection(t *testing.T) {
	ours := func(names ...string) []string {
		for i, name := range names {
			names[i] = module + "/" + name
		}
		return names
	}
	const jwt = "github.com/golang-jwt/jwt/v5"
	// What each package may import besides the standard library, its tests
	// left aside.
	allowed := map[string][]string{
		".":                          nil,
		"spaces":                     nil,
		"customfields":               nil,
		"ssotoken":                   append(ours("spaces", "customfields"), jwt),
		"ssotoken/inspect":           append(ours("ssotoken"), jwt),
		"ssotoken/ssotest":           ours("ssotoken", "ssotoken/inspect"),
		"ssotoken/ssotest/redirects": nil,
		"ssotoken/vectors":           nil,
		"examples/login":             ours("spaces", "customfields", "ssotoken", "ssotoken/ssotest", "examples/internal/servers"),
		"examples/internal/servers":  nil,
		"examples/doors":             ours("ssotoken"),
		"examples/embed":             ours("ssotoken", "ssotoken/ssotest", "examples/internal/servers"),
		"ssotoken/doctor":            ours("ssotoken", "ssotoken/inspect", "ssotoken/ssotest/redirects"),
		"ssotoken/cmd/ssotoken":      ours("spaces", "customfields", "ssotoken", "ssotoken/inspect", "ssotoken/doctor"),
	}
	seen := map[string]bool{}
	for _, f := range sourceFiles(t) {
		rules, known := allowed[f.pkg]
		if !known {
			t.Errorf("%s: its package has no rule here", f.path)
		}
		seen[f.pkg] = true
		for _, imported := range f.imports {
			if !f.test && !isStandard(imported) && !slices.Contains(rules, imported) {
				t.Errorf("%s imports %s", f.path, imported)
			}
		}
	}
	for pkg := range allowed {
		if !seen[pkg] {
			t.Errorf("%s has a rule, but no files", pkg)
		}
	}
}

func TestGoCmpIsInTestsAndGolangJWTInTwoFilesAlone(t *testing.T) {
	var jwtFiles []string
	for _, f := range sourceFiles(t) {
		for _, imported := range f.imports {
			if strings.HasPrefix(imported, "github.com/google/go-cmp") && !f.test {
				t.Errorf("%s imports go-cmp", f.path)
			}
			if strings.HasPrefix(imported, "github.com/golang-jwt/") && !f.test {
				jwtFiles = append(jwtFiles, f.path)
			}
		}
	}
	if len(jwtFiles) > 2 {
		t.Errorf("golang-jwt is imported by %q", jwtFiles)
	}
}

// SECURITY.md names the tests that prove what it says.
func TestEachTestThatTheThreatTableNamesExists(t *testing.T) {
	security, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`").FindAllSubmatch(security, -1)
	if len(names) < 20 {
		t.Fatalf("only %d tests are named", len(names))
	}
	var tests strings.Builder
	err = filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		source, err := os.ReadFile(name)
		tests.Write(source)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if !strings.Contains(tests.String(), "\nfunc "+string(name[1])+"(") {
			t.Errorf("there is no %s", name[1])
		}
	}
}

func TestTheRootHoldsACommentAndNoCode(t *testing.T) {
	parsed, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	if len(parsed.Decls) > 0 || parsed.Doc == nil {
		t.Error("doc.go is more or less than a comment")
	}
}

func TestTheTopLevelHoldsNothingElse(t *testing.T) {
	want := strings.Fields("CHANGELOG.md CONTRIBUTING.md LICENSE README.md SECURITY.md customfields doc.go examples go.mod go.sum house_test.go spaces ssotoken")
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(want, e.Name()) {
			t.Errorf("%s does not belong here", e.Name())
		}
	}
}
