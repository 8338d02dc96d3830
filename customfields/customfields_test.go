package customfields_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	. "github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

var noon = time.Date(2026, 11, 23, 12, 30, 0, 0, time.FixedZone("", 2*60*60))

// object is the set as a JSON object.
func object(s Set) string {
	json := []byte{'{'}
	for f := range s.Fields {
		json = append(f.AppendJSON(json), ',')
	}
	return strings.TrimSuffix(string(json), ",") + "}"
}

func keys(s Set) []string {
	var keys []string
	for f := range s.Fields {
		keys = append(keys, f.Key())
	}
	return keys
}

func TestEachTypeHasItsPlainJSONValue(t *testing.T) {
	tests := []struct {
		name  string
		field Field
		want  string
	}{
		{"text", Text("k", "Ada"), `"Ada"`},
		{"text with signs", Text("k", "a\"\\/<>&\n\r\t\u2028é🚀"), `"a\"\\/<>&\n\r\t` + "\u2028" + `é🚀"`},
		{"blank text is a value", Text("k", " "), `" "`},
		{"rich text", RichText("k", "<b>x</b>"), `"<b>x</b>"`},
		{"relation", Relation("k", "tag-1"), `"tag-1"`},
		{"integer", Integer("k", -7), `-7`},
		{"zero integer is a value", Integer("k", 0), `0`},
		{"number", Number("k", 1.5), `1.5`},
		{"zero number is a value", Number("k", 0), `0`},
		{"negative zero", Number("k", math.Copysign(0, -1)), `0`},
		{"a large number", Number("k", 1<<53-1), `9007199254740991`},
		{"a small number", Number("k", 0.000001), `0.000001`},
		{"a tiny number", Number("k", 1.5e-7), `1.5e-7`},
		{"the tiniest number", Number("k", -5e-324), `-5e-324`},
		{"true", Boolean("k", true), `true`},
		{"false is a value", Boolean("k", false), `false`},
		{"date is the day in its own zone", Date("k", noon), `"2026-11-23"`},
		{"date before midnight UTC", Date("k", noon.Add(-12*time.Hour)), `"2026-11-23"`},
		{"datetime is in UTC", DateTime("k", noon), `"2026-11-23T10:30:00Z"`},
		{"datetime keeps its fraction", DateTime("k", noon.Add(120*time.Millisecond)), `"2026-11-23T10:30:00.12Z"`},
		{"array of text", Array("k", []string{"a", ""}), `["a",""]`},
		{"array of booleans", Array("k", []bool{false}), `[false]`},
		{"array of int", Array("k", []int{1}), `[1]`},
		{"array of int64", Array("k", []int64{1, 2}), `[1,2]`},
		{"array of numbers", Array("k", []float64{0.5}), `[0.5]`},
		{"array of instants", Array("k", []time.Time{noon, {}}), `["2026-11-23T10:30:00Z",""]`},
		{"array of objects", Array("k", [][]Field{{Text("a", "b")}, nil}), `[{"a":"b"},{}]`},
		{"array of fields", Array("k", []Field{Text("a", "b"), Array("", []int{1}), Array[int]("", nil)}), `["b",[1],[]]`},
		{"object", Object("k", Text("city", "Oslo"), Text("street", ""), Boolean("x", false)), `{"city":"Oslo","x":false}`},
		{"object in an object", Object("k", Object("in", Integer("n", 1))), `{"in":{"n":1}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := Of(tt.field)
			if err := set.Validate(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(`{"k":`+tt.want+"}", object(set)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnEmptyValueIsLeftOut(t *testing.T) {
	for name, field := range map[string]Field{
		"text": Text("k", ""), "rich text": RichText("k", ""), "relation": Relation("k", ""),
		"date": Date("k", time.Time{}), "datetime": DateTime("k", time.Time{}),
		"array": Array[string]("k", nil), "object": Object("k"), "object of empties": Object("k", Text("a", ""), Object("b")),
	} {
		set := Of(field)
		if err := set.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := keys(set); got != nil {
			t.Errorf("%s: got %q, want nothing", name, got)
		}
	}
}

type fault struct {
	Key string
	Err error
}

func faults(errs []*contract.FieldError) []fault {
	var out []fault
	for _, e := range errs {
		out = append(out, fault{e.Field, e.Err})
	}
	return out
}

var sameErr = cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) || errors.Is(b, a) })

func TestValidateReportsEveryBadField(t *testing.T) {
	deep := Object("x", Text("y", "z"))
	for range contract.MaxDepth - 1 {
		deep = Object("x", deep)
	}
	const maxInt = 1<<53 - 1
	tests := []struct {
		name string
		set  Set
		want []fault
	}{
		{"none", Set{}, nil},
		{"unicode key", Of(Text("отдел", "x"), Text("🏢", "x")), nil},
		{"legacy claims are custom fields",
			Of(Text("role", "x"), Text("source", "x"), Text("title", "x"), Text("bio", "x"), Text("locale", "x"), Text("groups", "x")), nil},
		{"empty key", Of(Text("", "x")), []fault{{"", contract.CustomKeyEmpty}}},
		{"blank key", Of(Text(" ", "x")), []fault{{" ", contract.CustomKeyEmpty}}},
		{"key with space at an end", Of(Text("a ", "x")), []fault{{"a ", contract.CustomKeyMalformed}}},
		{"key with NUL", Of(Text("a\x00b", "x")), []fault{{"a\x00b", contract.CustomKeyMalformed}}},
		{"key of invalid UTF-8", Of(Text("\xff", "x")), []fault{{"\xff", contract.CustomKeyMalformed}}},
		{"zero field", Of(Field{}), []fault{{"", contract.CustomKeyEmpty}}},
		{"same key twice", Of(Text("b", "x"), Text("a", "x"), Integer("b", 1)), []fault{{"b", contract.DuplicateName}}},
		{"same key twice, one empty", Of(Text("a", ""), Text("a", "x")), []fault{{"a", contract.DuplicateName}}},
		{"reserved with an empty value", Of(Text("sub", "")), []fault{{"sub", contract.ClaimReserved}}},
		{"largest integer", Of(Integer("a", maxInt), Integer("b", -maxInt)), nil},
		{"2^53", Of(Integer("a", maxInt+1), Integer("b", -maxInt-1)), []fault{{"a", contract.CustomValue}, {"b", contract.CustomValue}}},
		{"largest number", Of(Number("a", maxInt), Number("b", -maxInt)), nil},
		{"2^53 as a number", Of(Number("a", maxInt+1), Number("b", -maxInt-1)),
			[]fault{{"a", contract.CustomValue}, {"b", contract.CustomValue}}},
		{"NaN and infinities", Of(Number("a", math.NaN()), Number("b", math.Inf(1)), Number("c", math.Inf(-1))),
			[]fault{{"a", contract.CustomValue}, {"b", contract.CustomValue}, {"c", contract.CustomValue}}},
		{"invalid UTF-8", Of(Text("a", "\xff")), []fault{{"a", contract.CustomValue}}},
		{"NUL", Of(Text("a", "x\x00")), []fault{{"a", contract.CustomValue}}},
		{"lines and tabs", Of(Text("a", "x\r\n\ty")), nil},
		{"year 10000", Of(Date("a", noon.AddDate(8000, 0, 0)), DateTime("b", noon.AddDate(8000, 0, 0))),
			[]fault{{"a", contract.CustomValue}, {"b", contract.CustomValue}}},
		{"year -1", Of(Date("a", noon.AddDate(-2027, 0, 0))), []fault{{"a", contract.CustomValue}}},
		{"in an array", Of(Array("a", []float64{1, math.NaN()})), []fault{{"a[1]", contract.CustomValue}}},
		{"in an object", Of(Object("a", Text("b", "\xff"), Text("", "x"), Text("c", "x"), Text("c", "x"))),
			[]fault{{"a.b", contract.CustomValue}, {"a.", contract.CustomKeyEmpty}, {"a.c", contract.DuplicateName}}},
		{"__proto__ in an object", Of(Object("a", Text("__proto__", "x"))), []fault{{"a.__proto__", contract.ClaimReserved}}},
		{"name in an object", Of(Object("a", Text("name", "x"))), nil},
		{"deep", Of(deep), nil},
		{"too deep", Of(Object("x", deep)), []fault{{"x", contract.CustomValue}}},
		{"far too deep", Of(Object("x", Object("x", Array("x", [][]Field{{deep}})))), []fault{{"x.x.x[0]", contract.CustomValue}}},
		{"the zero field in an object", Of(Object("a", Field{})), []fault{{"a.", contract.CustomKeyEmpty}}},
		{"all together", Of(Text("email", "x"), Number("n", math.NaN()), Text("", "x")),
			[]fault{{"", contract.CustomKeyEmpty}, {"email", contract.ClaimReserved}, {"n", contract.CustomValue}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, faults(tt.set.Validate()), sameErr); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRegisteredAndProtocolNamesAreReserved(t *testing.T) {
	const names = "sub name email tagline picture iat exp spaceIds spaces spacesOperation " +
		"iss aud nbf jti __proto__ constructor prototype"
	for _, key := range strings.Fields(names) {
		if diff := cmp.Diff([]fault{{key, contract.ClaimReserved}}, faults(Of(Text(key, "x")).Validate()), sameErr); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	for _, key := range []string{"Sub", "company", "bio", "role", "spaceids"} {
		if got := Of(Text(key, "x")).Validate(); got != nil {
			t.Errorf("%s: got %v", key, got)
		}
	}
}

func TestAnErrorDoesNotHoldTheValue(t *testing.T) {
	errs := Of(Text("a", "hunter2\x00"), Integer("b", 1<<60), Object("c", Text("d", "hunter2\xff"))).Validate()
	if text := fmt.Sprint(errs); len(errs) != 3 || strings.Contains(text, "hunter2") || strings.Contains(text, fmt.Sprint(1<<60)) {
		t.Errorf("got %v", errs)
	}
}

func TestASetIsSortedByKeyAndImmutable(t *testing.T) {
	fields := []Field{Text("b", "2"), Text("a", "1")}
	members := []Field{Text("m", "1")}
	set := Of(fields...)
	nested := Of(Object("o", members...))
	fields[0], members[0] = Text("z", "9"), Text("z", "9")
	if got, want := keys(set), []string{"a", "b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if diff := cmp.Diff(`{"o":{"m":"1"}}`, object(nested)); diff != "" {
		t.Errorf("object (-want +got):\n%s", diff)
	}
}

func TestASetKeepsItsGoodFields(t *testing.T) {
	set := Of(Text("a", "1"), Text("a", "2"), Text("b", "\x00"), Text("sub", "x"), Text("c", ""), Text("d", "4"))
	if diff := cmp.Diff(`{"a":"1","d":"4"}`, object(set)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
