package sso_test

import (
	"go/ast"
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

	"github.com/bettermode-go/sso/ssotoken/contract"
)

const module = "github.com/bettermode-go/sso"

// sourceFile is a Go file of this module, not of a nested one.
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
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		f := sourceFile{path: name, pkg: path.Dir(name), test: strings.HasSuffix(name, "_test.go")}
		for _, spec := range file.Imports {
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
	// What each package may import besides the standard library, except in its
	// tests.
	allowed := map[string][]string{
		".":                          nil,
		"ssotoken/contract":          nil,
		"ssotoken/internal/loopback": nil,
		"spaces":                     ours("ssotoken/contract"),
		"customfields":               ours("ssotoken/contract"),
		"ssotoken":                   append(ours("spaces", "customfields", "ssotoken/contract", "ssotoken/internal/loopback"), jwt),
		"ssotoken/inspect":           append(ours("ssotoken", "ssotoken/contract", "ssotoken/internal/loopback"), jwt),
		"ssotoken/ssotest":           ours("ssotoken", "ssotoken/contract", "ssotoken/inspect", "ssotoken/internal/loopback"),
		"ssotoken/ssotest/redirects": nil,
		"ssotoken/doctor":            ours("ssotoken", "ssotoken/contract", "ssotoken/inspect", "ssotoken/ssotest/redirects", "ssotoken/internal/loopback"),
		"ssotoken/internal/profile":  ours("spaces", "customfields", "ssotoken", "ssotoken/contract"),
		"ssotoken/check":             ours("customfields", "ssotoken", "ssotoken/contract", "ssotoken/internal/profile"),
		"ssotoken/cmd/ssotoken":      ours("ssotoken", "ssotoken/contract", "ssotoken/inspect", "ssotoken/doctor", "ssotoken/check", "ssotoken/internal/profile"),
		"ssotoken/vectors":           nil,
		"examples/login":             ours("spaces", "customfields", "ssotoken", "ssotoken/ssotest", "examples/internal/servers"),
		"examples/internal/servers":  nil,
		"examples/doors":             ours("ssotoken"),
		"examples/embed":             ours("ssotoken", "ssotoken/ssotest", "examples/internal/servers"),
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

func TestGoCmpIsInTestsAndGolangJWTInOnlyTwoFiles(t *testing.T) {
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

// parsed gives the syntax of a folder's files, without tests.
func parsed(t *testing.T, folder string) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob(folder + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = file
	}
	return files
}

// A sentinel is a Reason over a code of the contract, so that every error has a
// code.
func TestEverySentinelIsAReasonOfTheContract(t *testing.T) {
	found := 0
	for _, folder := range []string{"spaces", "customfields", "ssotoken", "ssotoken/inspect", "ssotoken/doctor", "ssotoken/ssotest"} {
		for name, file := range parsed(t, folder) {
			ast.Inspect(file, func(n ast.Node) bool {
				spec, ok := n.(*ast.ValueSpec)
				if !ok || !strings.HasPrefix(spec.Names[0].Name, "Err") {
					return true
				}
				found++
				if len(spec.Values) != 1 {
					t.Errorf("%s: %s does not have its own value", name, spec.Names[0])
					return true
				}
				call, ok := spec.Values[0].(*ast.CallExpr)
				if !ok || len(call.Args) != 1 || !isOfContract(call.Fun, "Reason") || !isOfContract(call.Args[0], "") {
					t.Errorf("%s: %s is not a contract.Reason", name, spec.Names[0])
				}
				return true
			})
		}
	}
	if found < 30 {
		t.Errorf("only %d sentinels were found", found)
	}
}

// isOfContract reports whether an expression is contract.NAME. "" is any name.
func isOfContract(e ast.Expr, name string) bool {
	selector, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := selector.X.(*ast.Ident)
	return ok && pkg.Name == "contract" && (name == "" || selector.Sel.Name == name)
}

// A finding or a reason names its code by the contract's constant, since a code
// that is written as text could have no rule. A code that nothing names is
// useless.
func TestEveryCodeIsNamedByTheContractAndUsed(t *testing.T) {
	used := map[string]bool{}
	for _, folder := range []string{"spaces", "customfields", "ssotoken", "ssotoken/inspect", "ssotoken/doctor", "ssotoken/ssotest", "ssotoken/check", "ssotoken/cmd/ssotoken"} {
		for name, file := range parsed(t, folder) {
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					if isOfContract(n, "") {
						used[n.Sel.Name] = true
					}
				case *ast.CallExpr:
					function := ""
					switch f := n.Fun.(type) {
					case *ast.Ident:
						function = f.Name
					case *ast.SelectorExpr:
						function = f.Sel.Name
					}
					if _, isText := firstArg(n).(*ast.BasicLit); isText && slices.Contains([]string{"find", "once", "because"}, function) {
						t.Errorf("%s: %s is given a code as text", name, function)
					}
				}
				return true
			})
		}
	}
	for _, file := range parsed(t, "ssotoken/contract") {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			kind, ok := spec.Type.(*ast.Ident)
			if ok && kind.Name == "Code" && !used[spec.Names[0].Name] && spec.Names[0].Name != "CustomField" { // nothing breaks this rule
				t.Errorf("no package finds %s", spec.Names[0])
			}
			return true
		})
	}
}

// For each rule about a partner's site, doctor's tests have a handler or a
// setting that breaks it.
func TestEveryRuleOfASiteIsBrokenInATest(t *testing.T) {
	names, err := filepath.Glob("ssotoken/doctor/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(source)
	}
	for _, file := range parsed(t, "ssotoken/contract") {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			value, ok := spec.Values[0].(*ast.BasicLit)
			if !ok || value.Kind != token.STRING {
				return true
			}
			code, err := strconv.Unquote(value.Value)
			if err != nil {
				t.Fatal(err)
			}
			if contract.Code(code).Rule().Area == contract.Site && !strings.Contains(tests.String(), "contract."+spec.Names[0].Name+"}") {
				t.Errorf("no row of doctor's tests breaks %s", code)
			}
			return true
		})
	}
}

func firstArg(call *ast.CallExpr) ast.Expr {
	if len(call.Args) == 0 {
		return nil
	}
	return call.Args[0]
}

// Each type of custom field in the contract has one function.
func TestEachFieldTypeOfTheContractHasItsConstructor(t *testing.T) {
	var got, want []string
	for _, file := range parsed(t, "customfields") {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !f.Name.IsExported() || f.Type.Results.NumFields() != 1 {
				continue
			}
			if result, ok := f.Type.Results.List[0].Type.(*ast.Ident); ok && result.Name == "Field" {
				got = append(got, f.Name.Name)
			}
		}
	}
	for _, f := range contract.FieldTypes() {
		want = append(want, f.Constructor)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("customfields has %q, the contract %q", got, want)
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
	doc, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Decls) > 0 || doc.Doc == nil {
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
