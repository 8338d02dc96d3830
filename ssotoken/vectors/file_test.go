package vectors_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// A vector is one element of vectors.json, which README.md describes. The JSON
// names are those of the fields, with a small letter first.
type vector struct {
	Name, Title                    string
	Also, Makers                   []string
	Kind, Expect, Differs          string
	RefusedFor, WarnedOf           []contract.Code
	Key, KeyBase64URL              string
	Now, Lifetime                  int64
	Member, Claims, Stored         json.RawMessage
	Token, SigningInput, Signature string
}

// vectorFields are those that each expectation of a kind must have besides
// name, title, makers, kind and expect, and those it may have.
var vectorFields = map[string]struct{ must, may string }{
	"mint, same bytes":  {must: "key now lifetime member claims token"},
	"mint, same claims": {must: "differs key now lifetime member claims token"},
	"judge, accepted":   {must: "key now stored token", may: "also warnedOf"},
	"judge, refused":    {must: "refusedFor key now token", may: "also warnedOf"},
	"signature, valid":  {must: "keyBase64url signingInput signature"},
}

func parseVectors(raw []byte) ([]*vector, error) {
	file, err := decode[struct {
		Makers  map[string]string
		Vectors []json.RawMessage
	}](raw)
	if err != nil {
		return nil, err
	}
	var vectors []*vector
	for i, raw := range file.Vectors {
		v, err := parseVector(raw, file.Makers)
		if err != nil {
			return nil, fmt.Errorf("vector %d: %w", i, err)
		}
		vectors = append(vectors, v)
	}
	return vectors, nil
}

// parseVector takes makers as the versions of the libraries by their names.
func parseVector(raw []byte, makers map[string]string) (*vector, error) {
	v, err := decode[*vector](raw)
	if err != nil {
		return nil, err
	}
	values, err := decode[map[string]json.RawMessage](raw)
	if err != nil {
		return nil, err
	}
	fields, known := vectorFields[v.Kind+", "+v.Expect]
	if !known {
		return nil, fmt.Errorf("no kind %q with expectation %q", v.Kind, v.Expect)
	}
	must := append([]string{"name", "title", "makers", "kind", "expect"}, strings.Fields(fields.must)...)
	for _, name := range must {
		if values[name] == nil {
			return nil, fmt.Errorf("no %q", name)
		}
	}
	for name, value := range values {
		if !slices.Contains(must, name) && !slices.Contains(strings.Fields(fields.may), name) {
			return nil, fmt.Errorf("unknown %q", name)
		}
		if slices.Contains([]string{"null", `""`, "[]", "{}", "0"}, string(value)) {
			return nil, fmt.Errorf("nothing in %q", name)
		}
	}
	for _, maker := range v.Makers {
		if makers[maker] == "" && !strings.HasPrefix(maker, "RFC ") {
			return nil, fmt.Errorf("no version of maker %q", maker)
		}
	}
	for _, code := range slices.Concat(v.RefusedFor, v.WarnedOf) {
		if inspect.RuleOf(code).Code == "" {
			return nil, fmt.Errorf("no rule %q", code)
		}
	}
	return v, nil
}

func vectorsOf(t *testing.T, kind string) []*vector {
	t.Helper()
	raw, err := os.ReadFile("vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	all, err := parseVectors(raw)
	if err != nil {
		t.Fatal(err)
	}
	vectors := slices.DeleteFunc(all, func(v *vector) bool { return v.Kind != kind })
	if len(vectors) == 0 {
		t.Fatalf("no vectors of kind %q", kind)
	}
	return vectors
}

func (v *vector) options(t *testing.T) inspect.Options {
	t.Helper()
	key, err := ssotoken.NewKey(v.Key)
	if err != nil {
		t.Fatal(err)
	}
	return inspect.Options{Key: key, Now: time.Unix(v.Now, 0)}
}

func TestAFileWithAnUnknownOrMissingFieldFails(t *testing.T) {
	const good = `{"makers":{"b":"1"},"vectors":[{"name":"n","title":"a","makers":["b"],"kind":"judge","expect":"refused",` +
		`"refusedFor":["exp-missing"],"key":"k","now":1,"token":"t"}]}`
	if _, err := parseVectors([]byte(good)); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, old, new, want string }{
		{"an unknown field", `"now":1`, `"now":1,"later":2`, `vector 0: json: unknown field "later"`},
		{"a field in other letters", `"now":1`, `"Now":1`, `vector 0: no "now"`},
		{"a field of another kind", `"now":1`, `"now":1,"lifetime":60`, `vector 0: unknown "lifetime"`},
		{"an unknown field of the file", `"vectors"`, `"version":1,"vectors"`, `json: unknown field "version"`},
		{"a field without a value", `"key":"k"`, `"key":""`, `vector 0: nothing in "key"`},
		{"a field missing", `"now":1,`, ``, `vector 0: no "now"`},
		{"no title", `"title":"a",`, ``, `vector 0: no "title"`},
		{"a reason missing", `"refusedFor":["exp-missing"],`, ``, `vector 0: no "refusedFor"`},
		{"no reasons", `"exp-missing"`, ``, `vector 0: nothing in "refusedFor"`},
		{"no member", `"expect":"refused","refusedFor":["exp-missing"]`, `"expect":"accepted"`, `vector 0: no "stored"`},
		{"another kind", `"judge"`, `"guess"`, `vector 0: no kind "guess" with expectation "refused"`},
		{"another expectation", `"refused"`, `"valid"`, `vector 0: no kind "judge" with expectation "valid"`},
		{"an unknown rule", `exp-missing`, `exp-mising`, `vector 0: no rule "exp-mising"`},
		{"an unknown maker", `["b"]`, `["c"]`, `vector 0: no version of maker "c"`},
		{"more after the file", `]}`, `]}{}`, "more than one JSON value"},
	}
	for _, tt := range tests {
		_, err := parseVectors([]byte(strings.Replace(good, tt.old, tt.new, 1)))
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

func decode[T any](raw []byte) (T, error) {
	var value T
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		return value, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return value, errors.New("more than one JSON value")
	}
	return value, nil
}

func decodeAs[T any](t *testing.T, raw []byte) T {
	t.Helper()
	value, err := decode[T](raw)
	if err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return value
}
