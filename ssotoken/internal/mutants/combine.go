package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// selector is the environment variable that chooses a mutant of a combined build.
const selector = "MUTANT"

// A build is the module with all mutants of functions in it: each function that is
// broken stands there whole, and once for each mutant, and the environment says
// which of them is called. So a package is compiled once for all of its mutants.
type build struct {
	dir      string
	overlay  string       // the path of the list for go build -overlay
	combined map[int]bool // the rows that are in it; the others break no function
}

func combine(root string, rows []mutant) (*build, error) {
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return nil, err
	}
	b := &build{dir, filepath.Join(dir, "overlay.json"), map[int]bool{}}
	files := map[string]*combinedFile{}
	replace := map[string]string{}
	for i, m := range rows {
		f := files[m.file]
		if f == nil {
			if f, err = newCombinedFile(filepath.Join(root, m.file)); err != nil {
				return nil, err
			}
			files[m.file] = f
		}
		broken, err := m.apply(root)
		if err != nil {
			return nil, err
		}
		if b.combined[i], err = f.add(i+1, broken); err != nil {
			return nil, err
		}
	}
	write := func(original string, text []byte) error {
		to := filepath.Join(dir, fmt.Sprintf("%d.go", len(replace)))
		replace[original] = to
		return os.WriteFile(to, text, 0o600)
	}
	for name, f := range files {
		if err := write(filepath.Join(root, name), f.text()); err != nil {
			return nil, err
		}
		chosen := fmt.Sprintf("package %s\n\nimport (\n\t\"os\"\n\t\"strconv\"\n)\n\nvar chosenMutant = func() int { n, _ := strconv.Atoi(os.Getenv(%q)); return n }()\n", f.syntax.Name.Name, selector)
		if at := filepath.Join(root, path.Dir(name), "chosen_mutant.go"); replace[at] == "" {
			if err := write(at, []byte(chosen)); err != nil {
				return nil, err
			}
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, err
	}
	return b, os.WriteFile(b.overlay, list, 0o600)
}

// A combinedFile is a file with the mutants of its functions.
type combinedFile struct {
	source  []byte
	fset    *token.FileSet
	syntax  *ast.File
	mutants map[*ast.FuncDecl][]int
	more    bytes.Buffer // the broken functions
}

func newCombinedFile(name string) (*combinedFile, error) {
	source, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	f := &combinedFile{source: source, fset: token.NewFileSet(), mutants: map[*ast.FuncDecl][]int{}}
	f.syntax, err = parser.ParseFile(f.fset, name, source, 0)
	return f, err
}

// add takes a broken form of the file, and reports false where it is not a
// function that is broken.
func (f *combinedFile) add(number int, broken []byte) (bool, error) {
	fset := token.NewFileSet()
	syntax, err := parser.ParseFile(fset, "", broken, 0)
	if err != nil {
		return false, err
	}
	for i, decl := range f.syntax.Decls {
		text := textOf(fset, broken, syntax.Decls[i])
		if text == textOf(f.fset, f.source, decl) {
			continue
		}
		function, ok := decl.(*ast.FuncDecl)
		if !ok {
			return false, nil
		}
		f.mutants[function] = append(f.mutants[function], number)
		name := syntax.Decls[i].(*ast.FuncDecl).Name
		end := int(name.End() - syntax.Decls[i].Pos())
		fmt.Fprintf(&f.more, "\n%s_mutant%d%s\n", text[:end], number, text[end:])
	}
	return true, nil
}

func textOf(fset *token.FileSet, source []byte, n ast.Node) string {
	return string(source[fset.Position(n.Pos()).Offset:fset.Position(n.End()).Offset])
}

// text is the file with each function that has mutants under another name, and in
// its place one that calls what is chosen.
func (f *combinedFile) text() []byte {
	var functions []*ast.FuncDecl
	for function := range f.mutants {
		functions = append(functions, function)
	}
	slices.SortFunc(functions, func(a, b *ast.FuncDecl) int { return int(b.Pos() - a.Pos()) })
	out := slices.Clone(f.source)
	for _, function := range functions { // from the last on: the places of the others stay
		out = slices.Insert(out, f.fset.Position(function.Name.End()).Offset, []byte("_mutant0")...)
	}
	out = append(out, f.more.Bytes()...)
	for _, function := range functions {
		out = append(out, f.chooser(function)...)
	}
	return out
}

func (f *combinedFile) chooser(function *ast.FuncDecl) string {
	of := func(n ast.Node) string { return textOf(f.fset, f.source, n) }
	receiver, call := "", function.Name.Name
	if function.Recv != nil {
		receiver, call = "(self "+of(function.Recv.List[0].Type)+") ", "self."+call
	}
	var parameters, arguments []string
	for _, field := range function.Type.Params.List {
		for range max(1, len(field.Names)) {
			name := fmt.Sprintf("p%d", len(parameters))
			parameters = append(parameters, name+" "+of(field.Type))
			if _, ok := field.Type.(*ast.Ellipsis); ok {
				name += "..."
			}
			arguments = append(arguments, name)
		}
	}
	results, give, leave := "", "", "; return"
	if function.Type.Results != nil {
		results, give, leave = of(function.Type.Results), "return ", ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nfunc %s%s(%s) %s {\n\tswitch chosenMutant {\n", receiver, function.Name.Name, strings.Join(parameters, ", "), results)
	for _, number := range f.mutants[function] {
		fmt.Fprintf(&b, "\tcase %d:\n\t\t%s%s_mutant%d(%s)%s\n", number, give, call, number, strings.Join(arguments, ", "), leave)
	}
	fmt.Fprintf(&b, "\t}\n\t%s%s_mutant0(%s)\n}\n", give, call, strings.Join(arguments, ", "))
	return b.String()
}
