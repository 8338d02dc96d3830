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
		".":                             nil,
		"ssotoken/contract":             nil,
		"ssotoken/internal/loopback":    nil,
		"ssotoken/internal/jsontext":    nil,
		"ssotoken/internal/spelling":    nil,
		"ssotoken/internal/browser":     nil,
		"ssotoken/internal/punycode":    nil,
		"ssotoken/internal/mutants":     nil,
		"spaces":                        ours("ssotoken/contract"),
		"customfields":                  ours("ssotoken/contract"),
		"ssotoken":                      append(ours("spaces", "customfields", "ssotoken/contract", "ssotoken/internal/loopback", "ssotoken/internal/punycode"), jwt),
		"ssotoken/inspect":              append(ours("ssotoken", "ssotoken/contract", "ssotoken/internal/browser", "ssotoken/internal/jsontext", "ssotoken/internal/loopback", "ssotoken/internal/punycode", "ssotoken/internal/spelling"), jwt),
		"ssotoken/ssotest":              ours("ssotoken", "ssotoken/contract", "ssotoken/inspect", "ssotoken/internal/loopback"),
		"ssotoken/ssotest/redirects":    nil,
		"ssotoken/vectors":              nil,
		"examples":                      nil,
		"examples/login":                ours("spaces", "customfields", "ssotoken", "ssotoken/ssotest", "examples/internal/servers"),
		"examples/internal/servers":     nil,
		"examples/internal/serverstest": nil,
		"examples/doors":                ours("ssotoken"),
		"examples/embed":                ours("ssotoken", "ssotoken/ssotest", "examples/internal/servers"),
		"examples/spa":                  ours("ssotoken", "ssotoken/ssotest", "examples/internal/servers"),
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

// packages are the folders of the public packages and the command, without the
// contract.
func packages(t *testing.T) []string {
	t.Helper()
	var folders []string
	for _, f := range sourceFiles(t) {
		if !f.test && f.pkg != "ssotoken/contract" && !strings.HasPrefix(f.pkg, "examples/") && !strings.Contains(f.pkg, "/internal/") && !slices.Contains(folders, f.pkg) {
			folders = append(folders, f.pkg)
		}
	}
	return folders
}

// declaredCodes gives the codes of the contract by the names of their constants.
func declaredCodes(t *testing.T) map[string]contract.Code {
	t.Helper()
	codes := map[string]contract.Code{}
	for _, file := range parsed(t, "ssotoken/contract") {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Code" {
				text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				codes[spec.Names[0].Name] = contract.Code(text)
			}
			return true
		})
	}
	return codes
}

// A public variable is an error: a Reason over a code of the contract, so that no
// error is without a code or without a text. No two have one code, since errors.Is
// could not tell them apart.
func TestEverySentinelIsAReasonOfTheContract(t *testing.T) {
	codes, sentinels := declaredCodes(t), map[contract.Code]string{}
	for _, folder := range packages(t) {
		for name, file := range parsed(t, folder) {
			for _, d := range file.Decls {
				decl, ok := d.(*ast.GenDecl)
				if !ok || decl.Tok != token.VAR {
					continue
				}
				for _, s := range decl.Specs {
					spec := s.(*ast.ValueSpec)
					if !slices.ContainsFunc(spec.Names, (*ast.Ident).IsExported) {
						continue
					}
					code := codes[reasonOf(spec)]
					if code.Rule().Error == "" || sentinels[code] != "" {
						t.Errorf("%s: %s is no contract.Reason of its own, with a text (code %q, which %q has)", name, spec.Names[0], code, sentinels[code])
					}
					sentinels[code] = spec.Names[0].Name
				}
			}
		}
	}
	if len(sentinels) < 30 {
		t.Errorf("only %d sentinels were found", len(sentinels))
	}
}

// reasonOf gives NAME of a variable that is contract.Reason(contract.NAME), or
// nothing.
func reasonOf(spec *ast.ValueSpec) string {
	if len(spec.Names) != 1 || len(spec.Values) != 1 {
		return ""
	}
	call, ok := spec.Values[0].(*ast.CallExpr)
	if !ok || len(call.Args) != 1 || !isOfContract(call.Fun, "Reason") || !isOfContract(call.Args[0], "") {
		return ""
	}
	return call.Args[0].(*ast.SelectorExpr).Sel.Name
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
	for _, folder := range packages(t) {
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
					if _, isText := firstArg(n).(*ast.BasicLit); isText && slices.Contains([]string{"find", "once", "because", "Code", "Reason"}, function) {
						t.Errorf("%s: %s is given a code as text", name, function)
					}
				}
				return true
			})
		}
	}
	for name := range declaredCodes(t) {
		if !used[name] && name != "CustomField" { // a note on other claims
			t.Errorf("no package finds %s", name)
		}
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
	for name, code := range declaredCodes(t) {
		if code.Rule().Area == contract.Site && !strings.Contains(tests.String(), "contract."+name+"}") {
			t.Errorf("no row of doctor's tests breaks %s", code)
		}
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
