package ssotoken_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

const (
	vectorsFolder = "testdata/vectors"
	vectorsJSON   = vectorsFolder + "/vectors.json"
)

var update = flag.Bool("update", false, "write "+vectorsJSON)

// A vector is one text file of another maker: a header, an empty line, and a
// body that README.md beside the files describes.
type vector struct {
	File       string          `json:"file"`
	Title      string          `json:"title"`
	Maker      string          `json:"maker"`
	Kind       string          `json:"kind"`
	Expect     string          `json:"expect"`
	Differs    string          `json:"differs,omitempty"`
	RefusedFor []inspect.Code  `json:"refusedFor,omitempty"`
	WarnedOf   []inspect.Code  `json:"warnedOf,omitempty"`
	Key        string          `json:"key,omitempty"`
	BinaryKey  string          `json:"keyBase64url,omitempty"`
	Now        int64           `json:"now,omitempty"`
	Lifetime   int64           `json:"lifetime,omitempty"`
	Member     json.RawMessage `json:"member,omitempty"`
	Claims     json.RawMessage `json:"claims,omitempty"`
	Stored     json.RawMessage `json:"stored,omitempty"`
	Input      string          `json:"signingInput,omitempty"`
	Signature  string          `json:"signature,omitempty"`
	Token      string          `json:"token,omitempty"`
}

// vectorHeaders are the lines that each expectation of a kind must have
// besides title, maker, kind and expect, and those it may have.
var vectorHeaders = map[string]struct{ must, may []string }{
	"mint, same bytes":  {must: []string{"key", "now", "lifetime"}},
	"mint, same claims": {must: []string{"differs", "key", "now", "lifetime"}},
	"judge, accepted":   {must: []string{"key", "now"}, may: []string{"warned-of"}},
	"judge, refused":    {must: []string{"refused-for", "key", "now"}, may: []string{"warned-of"}},
	"signature, valid":  {must: []string{"key-base64url"}},
}

func parseVector(file, text string) (*vector, error) {
	head, body, _ := strings.Cut(text, "\n\n")
	lines := map[string]string{}
	for line := range strings.SplitSeq(head, "\n") {
		name, value, ok := strings.Cut(line, ": ")
		if _, repeated := lines[name]; !ok || repeated || value == "" {
			return nil, fmt.Errorf("bad or repeated header line %q", name)
		}
		lines[name] = value
	}
	v := &vector{
		File: file, Title: lines["title"], Maker: lines["maker"], Kind: lines["kind"], Expect: lines["expect"],
		Differs: lines["differs"], Key: lines["key"], BinaryKey: lines["key-base64url"],
	}
	names, known := vectorHeaders[v.Kind+", "+v.Expect]
	if !known {
		return nil, fmt.Errorf("no kind %q with expectation %q", v.Kind, v.Expect)
	}
	must := append([]string{"title", "maker", "kind", "expect"}, names.must...)
	for _, name := range must {
		if lines[name] == "" {
			return nil, fmt.Errorf("no header line %q", name)
		}
	}
	for name := range lines {
		if !slices.Contains(must, name) && !slices.Contains(names.may, name) {
			return nil, fmt.Errorf("unknown header line %q", name)
		}
	}
	for name, field := range map[string]*int64{"now": &v.Now, "lifetime": &v.Lifetime} {
		n, err := strconv.ParseInt(lines[name], 10, 64)
		if lines[name] != "" && err != nil {
			return nil, err
		}
		*field = n
	}
	for name, field := range map[string]*[]inspect.Code{"refused-for": &v.RefusedFor, "warned-of": &v.WarnedOf} {
		for code := range strings.FieldsSeq(lines[name]) {
			if inspect.Code(code).Rule().Code == "" {
				return nil, fmt.Errorf("no rule %q", code)
			}
			*field = append(*field, inspect.Code(code))
		}
	}
	return v, v.parseBody(body)
}

// parseBody takes one line feed from the end: a second one is the token's.
func (v *vector) parseBody(body string) error {
	body, ended := strings.CutSuffix(body, "\n")
	first, second, two := strings.Cut(body, "\n\n")
	switch {
	case !ended || body == "":
		return errors.New("no body, or no line feed at its end")
	case v.Expect == "refused":
		v.Token = body
		return nil
	case !two:
		return errors.New("no empty line in the body")
	case v.Kind == "signature":
		v.Input, v.Signature = first, second
		return nil
	case v.Kind == "judge":
		v.Stored, v.Token = json.RawMessage(first), second
		return nil
	}
	v.Member, v.Token = json.RawMessage(first), second
	var err error
	v.Claims, err = base64.RawURLEncoding.DecodeString(strings.Split(v.Token+"..", ".")[1])
	return err
}

// vectorsOf gives the vectors of a kind, of all makers; "" is every kind.
func vectorsOf(t *testing.T, kind string) []*vector {
	t.Helper()
	files, err := filepath.Glob(vectorsFolder + "/*/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []*vector
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := filepath.Rel(vectorsFolder, file)
		v, err := parseVector(filepath.ToSlash(name), string(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if kind == "" || v.Kind == kind {
			vectors = append(vectors, v)
		}
	}
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

func TestAVectorWithABadHeaderOrBodyFails(t *testing.T) {
	const good = "title: a\nmaker: b\nkind: judge\nexpect: refused\nrefused-for: exp-missing\nkey: k\nnow: 1\n\ntoken\n"
	if _, err := parseVector("good", good); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, old, new, want string }{
		{"an unknown line", "now: 1\n", "now: 1\nlater: 2\n", `unknown header line "later"`},
		{"a line of another kind", "now: 1\n", "now: 1\nlifetime: 60\n", `unknown header line "lifetime"`},
		{"a line twice", "now: 1\n", "now: 1\nnow: 1\n", `bad or repeated header line "now"`},
		{"a line without a value", "key: k\n", "key:\n", `bad or repeated header line "key:"`},
		{"a line missing", "now: 1\n", "", `no header line "now"`},
		{"no title", "title: a\n", "", `no header line "title"`},
		{"a reason missing", "refused-for: exp-missing\n", "", `no header line "refused-for"`},
		{"another kind", "kind: judge", "kind: guess", `no kind "guess" with expectation "refused"`},
		{"another expectation", "expect: refused", "expect: valid", `no kind "judge" with expectation "valid"`},
		{"an unknown rule", "exp-missing", "exp-mising", `no rule "exp-mising"`},
		{"a clock of text", "now: 1", "now: noon", `strconv.ParseInt: parsing "noon": invalid syntax`},
		{"no body", "token\n", "", "no body, or no line feed at its end"},
		{"a body without an end", "token\n", "token", "no body, or no line feed at its end"},
		{"no member", "expect: refused\nrefused-for: exp-missing", "expect: accepted", "no empty line in the body"},
	}
	for _, tt := range tests {
		_, err := parseVector(tt.name, strings.Replace(good, tt.old, tt.new, 1))
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

func memberOf(t *testing.T, raw json.RawMessage) *ssotoken.ClaimsBuilder {
	t.Helper()
	m := decodeAs[struct {
		Subject, Name, Email, Tagline, Picture string
		Spaces                                 struct {
			Operation string
			IDs       []string
			Changes   []struct{ Join, Leave string }
		}
		Custom []typedField
	}](t, raw)
	plan := spaces.Plan{}
	switch m.Spaces.Operation {
	case "ADD":
		plan = spaces.Add(m.Spaces.IDs...)
	case "REPLACE":
		plan = spaces.Replace(m.Spaces.IDs...)
	case "":
		var changes []spaces.Change
		for _, c := range m.Spaces.Changes {
			change := spaces.Join(c.Join)
			if c.Leave != "" {
				change = spaces.Leave(c.Leave)
			}
			changes = append(changes, change)
		}
		plan = spaces.Apply(changes...)
	default:
		t.Fatalf("no operation %q", m.Spaces.Operation)
	}
	return ssotoken.NewClaims().Subject(m.Subject).Name(m.Name).VerifiedEmail(m.Email).Tagline(m.Tagline).Picture(m.Picture).
		Spaces(plan).Custom(customfields.Of(fieldsOf(t, m.Custom)...))
}

type typedField struct {
	Key, Type, Of string
	Value         json.RawMessage
}

func fieldsOf(t *testing.T, typed []typedField) []customfields.Field {
	t.Helper()
	var fields []customfields.Field
	for _, f := range typed {
		switch kind := strings.TrimSpace(f.Type + " " + f.Of); kind {
		case "object":
			fields = append(fields, customfields.Object(f.Key, fieldsOf(t, decodeAs[[]typedField](t, f.Value))...))
		case "array object":
			var elements [][]customfields.Field
			for _, element := range decodeAs[[][]typedField](t, f.Value) {
				elements = append(elements, fieldsOf(t, element))
			}
			fields = append(fields, customfields.Array(f.Key, elements))
		default:
			field, known := plainFields[kind]
			if !known {
				t.Fatalf("no field type %q", kind)
			}
			fields = append(fields, field(t, f))
		}
	}
	return fields
}

var plainFields = map[string]func(*testing.T, typedField) customfields.Field{
	"text":           made(customfields.Text),
	"richText":       made(customfields.RichText),
	"relation":       made(customfields.Relation),
	"integer":        made(customfields.Integer),
	"number":         made(customfields.Number),
	"boolean":        made(customfields.Boolean),
	"date":           made(customfields.Date),
	"datetime":       made(customfields.DateTime),
	"array text":     made(customfields.Array[string]),
	"array integer":  made(customfields.Array[int64]),
	"array number":   made(customfields.Array[float64]),
	"array boolean":  made(customfields.Array[bool]),
	"array datetime": made(customfields.Array[time.Time]),
}

func made[T any](field func(string, T) customfields.Field) func(*testing.T, typedField) customfields.Field {
	return func(t *testing.T, f typedField) customfields.Field { return field(f.Key, decodeAs[T](t, f.Value)) }
}

func decodeAs[T any](t *testing.T, raw []byte) T {
	t.Helper()
	var value T
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return value
}
