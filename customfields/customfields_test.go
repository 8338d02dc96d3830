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
)

var noon = time.Date(2026, 11, 23, 12, 30, 0, 0, time.FixedZone("", 2*60*60))

// plain turns a field into plain Go values, to compare whole sets.
func plain(f Field) any {
	switch f.Kind() {
	case KindString:
		return f.Text()
	case KindTime:
		return string(f.AppendTime(nil))
	case KindInteger:
		return f.Int64()
	case KindNumber:
		return f.Float64()
	case KindBoolean:
		return f.Bool()
	case KindArray:
		list := []any{}
		for m := range members(f) {
			list = append(list, plain(m))
		}
		return list
	case KindObject:
		return object(members(f))
	}
	return nil
}

// members are those of an array, or those of an object that a token carries.
func members(f Field) func(func(Field) bool) {
	return func(yield func(Field) bool) {
		for i := range f.Len() {
			if m := f.At(i); (f.Kind() == KindArray || !m.IsEmpty()) && !yield(m) {
				return
			}
		}
	}
}

func object(fields func(func(Field) bool)) map[string]any {
	m := map[string]any{}
	for f := range fields {
		m[f.Key()] = plain(f)
	}
	return m
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
		want  any
	}{
		{"text", Text("k", "Ada"), "Ada"},
		{"blank text is a value", Text("k", " "), " "},
		{"rich text", RichText("k", "<b>x</b>"), "<b>x</b>"},
		{"relation", Relation("k", "tag-1"), "tag-1"},
		{"integer", Integer("k", -7), int64(-7)},
		{"zero integer is a value", Integer("k", 0), int64(0)},
		{"number", Number("k", 1.5), 1.5},
		{"zero number is a value", Number("k", 0), 0.0},
		{"true", Boolean("k", true), true},
		{"false is a value", Boolean("k", false), false},
		{"date is the day of its own zone", Date("k", noon), "2026-11-23"},
		{"date before midnight UTC", Date("k", noon.Add(-12*time.Hour)), "2026-11-23"},
		{"datetime is in UTC", DateTime("k", noon), "2026-11-23T10:30:00Z"},
		{"datetime keeps its fraction", DateTime("k", noon.Add(120*time.Millisecond)), "2026-11-23T10:30:00.12Z"},
		{"array of text", Array("k", []string{"a", ""}), []any{"a", ""}},
		{"array of booleans", Array("k", []bool{false}), []any{false}},
		{"array of int", Array("k", []int{1}), []any{int64(1)}},
		{"array of int64", Array("k", []int64{1}), []any{int64(1)}},
		{"array of numbers", Array("k", []float64{0.5}), []any{0.5}},
		{"array of instants", Array("k", []time.Time{noon}), []any{"2026-11-23T10:30:00Z"}},
		{"array of objects", Array("k", [][]Field{{Text("a", "b")}}), []any{map[string]any{"a": "b"}}},
		{"object", Object("k", Text("city", "Oslo"), Text("street", ""), Boolean("x", false)), map[string]any{"city": "Oslo", "x": false}},
		{"object in an object", Object("k", Object("in", Integer("n", 1))), map[string]any{"in": map[string]any{"n": int64(1)}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := Of(tt.field)
			if err := set.Validate(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]any{"k": tt.want}, object(set.Fields)); diff != "" {
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

func faults(errs []*KeyError) []fault {
	var out []fault
	for _, e := range errs {
		out = append(out, fault{e.Key, e.Err})
	}
	return out
}

var sameErr = cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) || errors.Is(b, a) })

func TestValidateReportsEveryBadField(t *testing.T) {
	const maxDepth = 16
	deep := Object("x", Text("y", "z"))
	for range maxDepth {
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
		{"legacy claims are custom fields", Of(Text("role", "x"), Text("source", "x"), Text("title", "x"), Text("bio", "x"), Text("locale", "x"), Text("groups", "x")), nil},
		{"empty key", Of(Text("", "x")), []fault{{"", ErrEmptyKey}}},
		{"blank key", Of(Text(" ", "x")), []fault{{" ", ErrEmptyKey}}},
		{"key with space at an end", Of(Text("a ", "x")), []fault{{"a ", ErrMalformedKey}}},
		{"key with NUL", Of(Text("a\x00b", "x")), []fault{{"a\x00b", ErrMalformedKey}}},
		{"key of invalid UTF-8", Of(Text("\xff", "x")), []fault{{"\xff", ErrMalformedKey}}},
		{"zero field", Of(Field{}), []fault{{"", ErrEmptyKey}}},
		{"same key twice", Of(Text("b", "x"), Text("a", "x"), Integer("b", 1)), []fault{{"b", ErrDuplicate}}},
		{"same key twice, one empty", Of(Text("a", ""), Text("a", "x")), []fault{{"a", ErrDuplicate}}},
		{"reserved with an empty value", Of(Text("sub", "")), []fault{{"sub", ErrReserved}}},
		{"largest integer", Of(Integer("a", maxInt), Integer("b", -maxInt)), nil},
		{"2^53", Of(Integer("a", maxInt+1), Integer("b", -maxInt-1)), []fault{{"a", ErrValue}, {"b", ErrValue}}},
		{"largest number", Of(Number("a", maxInt), Number("b", -maxInt)), nil},
		{"2^53 as a number", Of(Number("a", maxInt+1), Number("b", -maxInt-1)), []fault{{"a", ErrValue}, {"b", ErrValue}}},
		{"NaN and infinities", Of(Number("a", math.NaN()), Number("b", math.Inf(1)), Number("c", math.Inf(-1))), []fault{{"a", ErrValue}, {"b", ErrValue}, {"c", ErrValue}}},
		{"invalid UTF-8", Of(Text("a", "\xff")), []fault{{"a", ErrValue}}},
		{"NUL", Of(Text("a", "x\x00")), []fault{{"a", ErrValue}}},
		{"lines and tabs", Of(Text("a", "x\r\n\ty")), nil},
		{"year 10000", Of(Date("a", noon.AddDate(8000, 0, 0)), DateTime("b", noon.AddDate(8000, 0, 0))), []fault{{"a", ErrValue}, {"b", ErrValue}}},
		{"year -1", Of(Date("a", noon.AddDate(-2027, 0, 0))), []fault{{"a", ErrValue}}},
		{"in an array", Of(Array("a", []float64{1, math.NaN()})), []fault{{"a[1]", ErrValue}}},
		{"in an object", Of(Object("a", Text("b", "\xff"), Text("", "x"), Text("c", "x"), Text("c", "x"))), []fault{{"a.b", ErrValue}, {"a.", ErrEmptyKey}, {"a.c", ErrDuplicate}}},
		{"__proto__ in an object", Of(Object("a", Text("__proto__", "x"))), []fault{{"a.__proto__", ErrReserved}}},
		{"name in an object", Of(Object("a", Text("name", "x"))), nil},
		{"too deep", Of(deep), []fault{{strings.TrimSuffix(strings.Repeat("x.", maxDepth), "x.") + "x.x", ErrValue}}},
		{"all at once", Of(Text("email", "x"), Number("n", math.NaN()), Text("", "x")), []fault{{"", ErrEmptyKey}, {"email", ErrReserved}, {"n", ErrValue}}},
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
	for _, key := range strings.Fields("sub name email tagline picture iat exp spaceIds spaces spacesOperation iss aud nbf jti __proto__ constructor prototype") {
		if diff := cmp.Diff([]fault{{key, ErrReserved}}, faults(Of(Text(key, "x")).Validate()), sameErr); diff != "" {
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
	more := set.With(Text("aa", "3"))
	fields[0], members[0] = Text("z", "9"), Text("z", "9")
	if got, want := keys(set), []string{"a", "b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := keys(more), []string{"a", "aa", "b"}; !slices.Equal(got, want) {
		t.Errorf("With: got %q, want %q", got, want)
	}
	if diff := cmp.Diff(map[string]any{"o": map[string]any{"m": "1"}}, object(nested.Fields)); diff != "" {
		t.Errorf("object (-want +got):\n%s", diff)
	}
}

func TestSetsAreEqualWhenTheirClaimsAre(t *testing.T) {
	tests := []struct {
		name string
		a, b Set
		want bool
	}{
		{"other order", Of(Text("a", "1"), Text("b", "2")), Of(Text("b", "2"), Text("a", "1")), true},
		{"an empty field more", Of(Text("a", "1")), Of(Text("a", "1"), Text("b", "")), true},
		{"rich text is text on the wire", Of(Text("a", "1")), Of(RichText("a", "1")), true},
		{"other value", Of(Text("a", "1")), Of(Text("a", "2")), false},
		{"other key", Of(Text("a", "1")), Of(Text("b", "1")), false},
		{"other type", Of(Integer("a", 1)), Of(Text("a", "1")), false},
		{"other members", Of(Array("a", []int{1})), Of(Array("a", []int{2})), false},
	}
	for _, tt := range tests {
		if got := tt.a.Equal(tt.b); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
