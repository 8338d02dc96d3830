package release_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/xeipuuv/gojsonschema"
)

// command builds the command ssotoken.
func command(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "ssotoken.exe")
	run(t, checkout(t), nil, "go", "build", "-o", program, "./ssotoken/cmd/ssotoken")
	return program
}

// partner redirects to the community with something that is no token.
func partner(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("session"); err != nil {
			fmt.Fprint(w, "Sign in")
			return
		}
		http.Redirect(w, r, "https://community.example.com/api/auth/sso?jwt=none&redirect_uri="+url.QueryEscape(r.URL.Query().Get("referrer_uri")), http.StatusFound)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/login"
}

func TestTheReportIsSARIFByTheSchemaOfTheStandard(t *testing.T) {
	file := filepath.Join(t.TempDir(), "doctor.sarif")
	_, out, err := try(t, t.TempDir(), nil, command(t), "doctor", "-url", partner(t), "-community", "community.example.com", "-cookie", "session=s-7f3a", "-sarif", file)
	if err == nil {
		t.Fatalf("doctor found nothing:\n%s", out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	schema := schemaOfSARIF(t)
	if got := violations(t, schema, text); got != nil {
		t.Errorf("got %q in\n%s", got, text)
	}
	for _, required := range []string{"version", "name", "text", "id", "executionSuccessful"} {
		without := bytes.ReplaceAll(text, []byte(`"`+required+`"`), []byte(`"properties"`))
		if violations(t, schema, without) == nil {
			t.Errorf("the schema does not ask for %s", required)
		}
	}
}

func violations(t *testing.T, schema *gojsonschema.Schema, text []byte) []gojsonschema.ResultError {
	t.Helper()
	result, err := schema.Validate(gojsonschema.NewBytesLoader(text))
	if err != nil {
		t.Fatal(err)
	}
	return result.Errors()
}

// schemaOfSARIF takes the standard's schema from the source of a package that
// does not export it: its own check would look at what it understood, not at what
// is in the file.
func schemaOfSARIF(t *testing.T) *gojsonschema.Schema {
	t.Helper()
	dir := run(t, ".", nil, "go", "list", "-f", "{{.Dir}}", reflect.TypeFor[sarif.Report]().PkgPath())
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(dir), "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	literal := file.Decls[0].(*ast.GenDecl).Specs[0].(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value
	text, err := strconv.Unquote(literal)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(text))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
