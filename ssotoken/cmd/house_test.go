package cmd_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

const module = "github.com/bettermode-go/sso/ssotoken/cmd/"

// layers are the packages of this module. One imports only those before it, in code that is no test.
var layers = strings.Fields("internal/browser internal/loopback internal/statefile internal/profile " +
	"check doctor smoke ssotoken")

// finders are the packages with their own codes.
var finders = strings.Fields("check doctor smoke")

// parsed returns the syntax of the Go files of this module by their paths, tests too.
func parsed(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".go" {
			return err
		}
		files[filepath.ToSlash(name)], err = parser.ParseFile(token.NewFileSet(), name, nil, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func folderOf(name string) string { return filepath.ToSlash(filepath.Dir(name)) }

func isTest(name string) bool { return strings.HasSuffix(name, "_test.go") }

// The go command would allow ssotoken/internal by its path. A partner's program could not use it.
func TestTheToolsUseOnlyWhatTheLibraryExports(t *testing.T) {
	for name, file := range parsed(t) {
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if strings.HasPrefix(imported, "github.com/bettermode-go/sso/ssotoken/internal") {
				t.Errorf("%s imports %s", name, imported)
			}
		}
	}
}

func TestPackagesImportEachOtherInOneDirection(t *testing.T) {
	for name, file := range parsed(t) {
		at := slices.Index(layers, folderOf(name))
		if at < 0 && !isTest(name) {
			t.Errorf("%s: its package is in no layer", name)
		}
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if ours, isOurs := strings.CutPrefix(imported, module); isOurs && !isTest(name) {
				if other := slices.Index(layers, ours); other < 0 || other >= at {
					t.Errorf("%s imports %s, which is not in a layer before its own", name, ours)
				}
			}
		}
	}
}

// declaredCodes returns the names of the constants of type Code in a folder, and their values.
func declaredCodes(t *testing.T, folder string) map[string]contract.Code {
	t.Helper()
	codes := map[string]contract.Code{}
	names, err := filepath.Glob(folder + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 || isTest(name) {
				return true
			}
			kind := ""
			switch e := spec.Type.(type) {
			case *ast.Ident: // Code, in the contract
				kind = e.Name
			case *ast.SelectorExpr: // contract.Code
				kind = e.Sel.Name
			}
			if value, isText := spec.Values[0].(*ast.BasicLit); isText && kind == "Code" {
				text, _ := strconv.Unquote(value.Value)
				codes[spec.Names[0].Name] = contract.Code(text)
			}
			return true
		})
	}
	return codes
}

// uses returns every name that the files of a folder use, of tests or of the others. The file of the codes and their
// rules finds nothing.
func uses(files map[string]*ast.File, folder string, tests bool) map[string]bool {
	used := map[string]bool{}
	for name, file := range files {
		if folderOf(name) == folder && isTest(name) == tests && filepath.Base(name) != "codes.go" {
			ast.Inspect(file, func(n ast.Node) bool {
				if name, ok := n.(*ast.Ident); ok {
					used[name.Name] = true
				}
				return true
			})
		}
	}
	return used
}

// A code that nothing finds is useless. One that no test finds may never be found.
func TestEveryCodeIsFoundByItsPackageAndByATest(t *testing.T) {
	files := parsed(t)
	for _, folder := range finders {
		found, tested := uses(files, folder, false), uses(files, folder, true)
		for name := range uses(files, "ssotoken", true) { // whose tests are those of smoke
			tested[name] = true
		}
		for name := range declaredCodes(t, folder) {
			if !found[name] {
				t.Errorf("%s: nothing finds %s", folder, name)
			}
			if !tested[name] {
				t.Errorf("%s: no test finds %s", folder, name)
			}
		}
	}
}
