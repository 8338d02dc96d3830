// Package examples_test holds the table of README.md to the examples.
package examples_test

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	row  = regexp.MustCompile("(?m)^\\| \\[(\\w+)\\]\\(\\S+\\) \\|.*\\| `([^`]+)` \\| (.*) \\| (\\d+) \\|$")
	file = regexp.MustCompile("\\[\\w+\\.go\\]\\(([^)]+)\\)((?: `\\w+`)*)")
)

func table(t *testing.T) [][]string {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return row.FindAllStringSubmatch(string(readme), -1)
}

func TestTheTableCountsTheLinesOfSSOCode(t *testing.T) {
	for _, r := range table(t) {
		name, files, want := r[1], file.FindAllStringSubmatch(r[3], -1), r[4]
		if len(files) == 0 {
			t.Errorf("%s names no file", name)
		}
		n := 0
		for _, f := range files {
			n += codeLines(t, f[1], strings.Fields(strings.ReplaceAll(f[2], "`", "")))
		}
		if got := strconv.Itoa(n); got != want {
			t.Errorf("%s has %s lines of SSO code; the table says %s", name, got, want)
		}
	}
}

// codeLines counts the lines of a file, or of its functions of these names, without
// blank lines and comments.
func codeLines(t *testing.T, path string, functions []string) (n int) {
	t.Helper()
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, path, nil, 0) // without comments
	if err != nil {
		t.Fatal(err)
	}
	count := func(node any) {
		var source bytes.Buffer
		if err := format.Node(&source, files, node); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(source.String()) {
			if strings.TrimSpace(line) != "" {
				n++
			}
		}
	}
	if len(functions) == 0 {
		count(parsed)
		return n
	}
	for _, decl := range parsed.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && slices.Contains(functions, f.Name.Name) {
			count(f)
			functions = slices.DeleteFunc(functions, func(name string) bool { return name == f.Name.Name })
		}
	}
	if len(functions) > 0 {
		t.Errorf("%s has no functions %q", path, functions)
	}
	return n
}

func TestEveryExampleIsInTheTableWithACommandThatFindsIt(t *testing.T) {
	var listed []string
	for _, r := range table(t) {
		name, command := r[1], r[2]
		listed = append(listed, name)
		at, ok := strings.CutPrefix(command, "go run ./examples/")
		if !ok {
			at, ok = strings.CutPrefix(command, "go test ./examples/")
		}
		if _, err := os.Stat(name + "/go.mod"); err == nil { // a nested module
			at, ok = strings.CutPrefix(command, "cd examples/")
			at, _, _ = strings.Cut(at, " && ")
		}
		if !ok || at != name {
			t.Errorf("%s: %s does not start it", name, command)
		}
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() != "browser" && e.Name() != "internal" && !slices.Contains(listed, e.Name()) {
			t.Errorf("%s is not in the table", e.Name())
		}
	}
}
