package sso_test

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

const module = "github.com/bettermode-go/sso/"

// layers are the packages of this module. One imports only those before it, in code that is no test.
var layers = strings.Fields(`
	.
	ssotoken/contract
	ssotoken/internal/localpath ssotoken/internal/jsontext ssotoken/internal/loopback
	spaces customfields ssotoken
	ssotoken/inspect
	ssotoken/ssotest/redirects ssotoken/ssotest/useragent
	ssotoken/ssotest
	ssotoken/vectors
	examples examples/internal/servers examples/internal/serverstest examples/internal/sessions
	examples/login examples/doors examples/embed examples/spa`)

// tracked lists the files in git. Whatever else is in the folder is nobody's.
func tracked(t *testing.T, patterns ...string) []string {
	t.Helper()
	out, err := exec.Command("git", append([]string{"ls-files", "-z", "--"}, patterns...)...).Output()
	if err != nil || len(out) == 0 {
		t.Skip("this is not a checkout of git")
	}
	var files []string
	for name := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
		if _, err := os.Stat(string(name)); err == nil { // one that was removed is still listed
			files = append(files, string(name))
		}
	}
	return files
}

// A goFile is a Go file that is no test.
type goFile struct {
	name, folder string
	syntax       *ast.File
}

// goFiles are those of this module, without nested ones.
func goFiles(t *testing.T) []goFile {
	t.Helper()
	var nested []string
	for _, name := range tracked(t, "*/go.mod") {
		nested = append(nested, path.Dir(name)+"/")
	}
	var files []goFile
	for _, name := range tracked(t, "*.go") {
		inNested := slices.ContainsFunc(nested, func(folder string) bool { return strings.HasPrefix(name, folder) })
		if inNested || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "/testdata/") {
			continue
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, goFile{name, path.Dir(name), syntax})
	}
	return files
}

func TestPackagesImportEachOtherInOneDirection(t *testing.T) {
	for _, f := range goFiles(t) {
		at := slices.Index(layers, f.folder)
		if at < 0 {
			t.Errorf("%s: its package is in no layer", f.name)
		}
		for _, spec := range f.syntax.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			first, _, _ := strings.Cut(imported, "/")
			switch ours, isOurs := strings.CutPrefix(imported, module); {
			case isOurs:
				if other := slices.Index(layers, ours); other < 0 || other >= at {
					t.Errorf("%s imports %s, which is not in a layer before its own", f.name, ours)
				}
			case !strings.Contains(first, "."):
			case imported == "github.com/golang-jwt/jwt/v5" && slices.Contains([]string{"ssotoken", "ssotoken/inspect"}, f.folder):
			default:
				t.Errorf("%s imports %s", f.name, imported)
			}
		}
	}
}

// nameOf returns NAME of contract.NAME, or nothing.
func nameOf(e ast.Expr) string {
	selector, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if pkg, ok := selector.X.(*ast.Ident); !ok || pkg.Name != "contract" {
		return ""
	}
	return selector.Sel.Name
}

// codes returns the codes that the contract declares, by the names of their constants.
func codes(t *testing.T, files []goFile) map[string]contract.Code {
	t.Helper()
	codes := map[string]contract.Code{}
	for _, f := range files {
		if f.folder != "ssotoken/contract" {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				kind, _ := spec.Type.(*ast.Ident)
				value, _ := spec.Values[0].(*ast.BasicLit)
				if kind != nil && value != nil && kind.Name == "Code" {
					text, _ := strconv.Unquote(value.Value)
					codes[spec.Names[0].Name] = contract.Code(text)
				}
			}
			return true
		})
	}
	if len(codes) == 0 {
		t.Fatal("the contract declares no codes")
	}
	return codes
}

// A public variable is an error: a code of the contract. No two are the same, since errors.Is could not tell them apart.
func TestEverySentinelIsACodeOfTheContract(t *testing.T) {
	files := goFiles(t)
	codes, sentinels := codes(t, files), map[contract.Code]string{}
	for _, f := range files {
		if f.folder == "ssotoken/contract" {
			continue
		}
		for _, d := range f.syntax.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.VAR {
				continue
			}
			for _, s := range decl.Specs {
				spec := s.(*ast.ValueSpec)
				if !slices.ContainsFunc(spec.Names, (*ast.Ident).IsExported) {
					continue
				}
				code := codes[nameOf(spec.Values[0])]
				if code == "" || sentinels[code] != "" {
					t.Errorf("%s: %s is no code of the contract, or that of another", f.name, spec.Names[0])
				}
				sentinels[code] = spec.Names[0].Name
			}
		}
	}
}

// A code that nothing names is useless. One that is written as text could have no rule.
func TestEveryCodeIsNamedByTheContractAndUsed(t *testing.T) {
	files := goFiles(t)
	used := map[string]bool{"CustomField": true} // a note on other claims
	for _, f := range files {
		if f.folder == "ssotoken/contract" {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				used[nameOf(n)] = true
			case *ast.CallExpr:
				if kind := nameOf(n.Fun); kind == "Code" {
					if _, isText := n.Args[0].(*ast.BasicLit); isText {
						t.Errorf("%s writes a code as text", f.name)
					}
				}
			}
			return true
		})
	}
	for name := range codes(t, files) {
		if !used[name] {
			t.Errorf("no package uses %s", name)
		}
	}
}

// Each type of custom field in the contract has one function of its name.
func TestEachFieldTypeOfTheContractHasItsConstructor(t *testing.T) {
	var got, want []string
	for _, f := range goFiles(t) {
		for _, d := range f.syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || f.folder != "customfields" || fn.Recv != nil || !fn.Name.IsExported() || fn.Type.Results.NumFields() != 1 {
				continue
			}
			if result, ok := fn.Type.Results.List[0].Type.(*ast.Ident); ok && result.Name == "Field" {
				got = append(got, strings.ToLower(fn.Name.Name))
			}
		}
	}
	for _, f := range contract.FieldTypes() {
		want = append(want, f.Name)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("customfields has %q, the contract %q", got, want)
	}
}

// A limit is a constant of the contract. Code compares with it by name, and a comment that repeats it has its value.
func TestALimitIsWrittenOnceAndRepeatedRightly(t *testing.T) {
	limits := map[string]bool{}
	standards := map[string]bool{"65535": true, "9999": true} // the last port, the last year of RFC 3339
	numberIn := func(e ast.Expr) string {                     // of two digits or more, in decimal
		literal, ok := e.(*ast.BasicLit)
		if !ok || literal.Kind != token.INT || len(literal.Value) < 2 || strings.HasPrefix(literal.Value, "0x") {
			return ""
		}
		return literal.Value
	}
	files := goFiles(t)
	for _, f := range files {
		if f.name == "ssotoken/contract/limits.go" {
			ast.Inspect(f.syntax, func(n ast.Node) bool {
				if e, ok := n.(ast.Expr); ok {
					limits[numberIn(e)] = true
				}
				return true
			})
		}
	}
	repeated := regexp.MustCompile(`\b(?:at most|at least|more than|under|over|0 is) (\d[\d,]*\d)\b`)
	for _, f := range files {
		if f.folder != "ssotoken" && f.folder != "spaces" && f.folder != "customfields" {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			compares := []token.Token{token.LSS, token.LEQ, token.GTR, token.GEQ}
			if n, ok := n.(*ast.BinaryExpr); ok && slices.Contains(compares, n.Op) {
				if number := numberIn(n.X) + numberIn(n.Y); number != "" && !standards[number] {
					t.Errorf("%s compares with %s, which is no constant of the contract", f.name, number)
				}
			}
			return true
		})
		for _, comment := range f.syntax.Comments {
			for _, found := range repeated.FindAllStringSubmatch(strings.ReplaceAll(comment.Text(), "\n", " "), -1) {
				if !limits[strings.ReplaceAll(found[1], ",", "")] {
					t.Errorf("%s: %q is no limit of the contract", f.name, found[0])
				}
			}
		}
	}
}

// A kind of event that nothing reports, or a setting that nothing reads, is half-done, and so is one without a test.
func TestEveryEventKindAndSettingIsInUseAndTested(t *testing.T) {
	declared, used := map[string]bool{}, map[string]bool{}
	for _, f := range goFiles(t) {
		if f.folder != "ssotoken" {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if kind, ok := n.Type.(*ast.Ident); ok && kind.Name == "EventKind" {
					declared[n.Names[0].Name] = true
					return false
				}
			case *ast.TypeSpec:
				if settings, ok := n.Type.(*ast.StructType); ok && strings.HasSuffix(n.Name.Name, "Config") {
					for _, field := range settings.Fields.List {
						declared[field.Names[0].Name] = true
					}
					return false
				}
			case *ast.Ident:
				used[n.Name] = true
			}
			return true
		})
	}
	var tests bytes.Buffer
	for _, name := range tracked(t, "ssotoken/*_test.go") {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(source)
	}
	for name := range declared {
		if !used[name] || !regexp.MustCompile(`\b`+name+`\b`).Match(tests.Bytes()) {
			t.Errorf("%s is not in use, or not in a test", name)
		}
	}
	if len(declared) < 20 {
		t.Errorf("only %d are declared", len(declared))
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
	var tests bytes.Buffer
	for _, name := range tracked(t, "*_test.go") {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(source)
	}
	for _, name := range names {
		if !bytes.Contains(tests.Bytes(), []byte("\nfunc "+string(name[1])+"(")) {
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
	want := strings.Fields("CHANGELOG.md CONTRIBUTING.md LICENSE README.md SECURITY.md customfields doc.go examples go.mod go.sum " +
		"house_test.go spaces ssotoken")
	for _, name := range tracked(t) {
		if first, _, _ := strings.Cut(name, "/"); !strings.HasPrefix(first, ".") && !slices.Contains(want, first) {
			t.Errorf("%s does not belong here", name)
		}
	}
}

// The root holds few files, so the figures that the house keeps to are here too: go test . -run Weight -v
func TestTheHouseKeepsItsWeight(t *testing.T) {
	files, tools, wide := goFiles(t), 0, 0
	lines, names := map[string]int{}, map[string]int{}
	for _, f := range files {
		n := linesOf(t, f.name)
		lines["all"] += n
		if slices.Contains([]string{"ssotoken", "spaces", "customfields", "ssotoken/contract"}, f.folder) {
			lines["production"] += n
		}
		if !strings.Contains(f.folder, "internal/") && !strings.HasPrefix(f.folder, "examples") {
			names["all"] += exported(f.syntax)
			names[f.folder] += exported(f.syntax)
		}
	}
	for _, name := range tracked(t, "*.go") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 140 {
				wide++
			}
		}
		if strings.HasPrefix(name, "ssotoken/cmd/") && !strings.HasSuffix(name, "_test.go") {
			tools += linesOf(t, name)
		}
	}
	for _, figure := range []struct {
		what            string
		got, most, goal int
	}{
		{"lines that production imports, without tests", lines["production"], 4_600, 4_600},
		{"lines of the root module, without tests", lines["all"], 12_500, 12_000},
		{"lines of ssotoken/cmd, without tests", tools, 11_145, 11_000},
		{"exported names of ssotoken, with methods and fields", names["ssotoken"], 150, 150},
		{"exported names of ssotoken/contract", names["ssotoken/contract"], 155, 220},
		{"exported names of the root module", names["all"], 630, 630},
		{"arrows among the files of ssotoken from which others lead back", arrowsBack(t, files), 0, 5},
		{"Go lines over 140 columns, in tests and nested modules too", wide, 0, 0},
	} {
		t.Logf("%6d of at most %6d (goal %6d) %s", figure.got, figure.most, figure.goal, figure.what)
		if figure.got > figure.most {
			t.Errorf("too many %s", figure.what)
		}
	}
}

func linesOf(t *testing.T, name string) int {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(text, []byte{'\n'})
}

// exported counts what a file offers: package-level names, methods of exported types, fields and methods in them.
func exported(file *ast.File) (n int) {
	count := func(names ...*ast.Ident) {
		for _, name := range names {
			if name.IsExported() {
				n++
			}
		}
	}
	members := func(kind ast.Expr) {
		var list *ast.FieldList
		switch kind := kind.(type) {
		case *ast.StructType:
			list = kind.Fields
		case *ast.InterfaceType:
			list = kind.Methods
		}
		if list != nil {
			for _, field := range list.List {
				count(field.Names...)
			}
		}
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil || ast.IsExported(strings.Trim(types.ExprString(d.Recv.List[0].Type), "*")) {
				count(d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.ValueSpec:
					count(spec.Names...)
				case *ast.TypeSpec:
					if count(spec.Name); spec.Name.IsExported() {
						members(spec.Type)
					}
				}
			}
		}
	}
	return n
}

// arrowsBack counts the arrows, from a file to one that it uses, from which arrows lead back.
func arrowsBack(t *testing.T, files []goFile) (back int) {
	t.Helper()
	fset, index := token.NewFileSet(), map[string]int{}
	var parsed []*ast.File
	for _, f := range files {
		if f.folder == "ssotoken" {
			file, err := parser.ParseFile(fset, f.name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			index[f.name] = len(parsed)
			parsed = append(parsed, file)
		}
	}
	// Other packages are not needed to know which of its own names a package uses.
	ignore := types.Config{Importer: nowhere{}, Error: func(error) {}}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	pkg, _ := ignore.Check("ssotoken", fset, parsed, info)
	uses, reaches := make([][]bool, len(parsed)), make([][]bool, len(parsed))
	for i := range parsed {
		uses[i], reaches[i] = make([]bool, len(parsed)), make([]bool, len(parsed))
	}
	for name, object := range info.Uses {
		if object.Pkg() == pkg && object.Pos().IsValid() {
			from, to := index[fset.Position(name.Pos()).Filename], index[fset.Position(object.Pos()).Filename]
			uses[from][to], reaches[from][to] = from != to, from != to
		}
	}
	for over := range parsed {
		for from := range parsed {
			for to := range parsed {
				reaches[from][to] = reaches[from][to] || reaches[from][over] && reaches[over][to]
			}
		}
	}
	for from := range parsed {
		for to := range parsed {
			if uses[from][to] && reaches[to][from] {
				t.Logf("%s uses %s, from which arrows lead back", fset.File(parsed[from].Pos()).Name(), fset.File(parsed[to].Pos()).Name())
				back++
			}
		}
	}
	return back
}

// nowhere imports nothing.
type nowhere struct{}

func (nowhere) Import(string) (*types.Package, error) { return nil, errors.New("not needed") }
