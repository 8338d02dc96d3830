package customfields_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	. "github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

type address struct {
	City string `customfield:"city"`
	Note string
}

type Base struct {
	Team string `customfield:"team"`
}

type hidden struct {
	Desk int `customfield:"desk"`
}

type ring struct {
	Next *ring `customfield:"next"`
}

type list []list

func pointer[T any](v T) *T { return &v }

func TestFromStructReadsTaggedFields(t *testing.T) {
	tests := []struct {
		name string
		in   any
		want map[string]any
	}{
		{"untagged and skipped", struct {
			Password string
			Skipped  string `customfield:"-"`
		}{"x", "y"}, map[string]any{}},
		{"strings", struct {
			A string `customfield:"a"`
			B string `customfield:"b,richtext"`
			C string `customfield:"c,relation"`
			D string `customfield:"d,text"`
		}{"1", "2", "3", ""}, map[string]any{"a": "1", "b": "2", "c": "3"}},
		{"numbers", struct {
			A int8    `customfield:"a"`
			B uint16  `customfield:"b,integer"`
			C float32 `customfield:"c,number"`
			D int     `customfield:"d,number"`
			E bool    `customfield:"e,boolean"`
		}{-1, 2, 0.5, 4, false}, map[string]any{"a": int64(-1), "b": int64(2), "c": 0.5, "d": int64(4), "e": false}},
		{"times", struct {
			A time.Time  `customfield:"a"`
			B time.Time  `customfield:"b,date"`
			C *time.Time `customfield:"c,datetime"`
			D time.Time  `customfield:"d"`
		}{noon, noon, &noon, time.Time{}}, map[string]any{"a": "2026-11-23T10:30:00Z", "b": "2026-11-23", "c": "2026-11-23T10:30:00Z"}},
		{"pointers", struct {
			A *string   `customfield:"a"`
			B *string   `customfield:"b"`
			C **int     `customfield:"c"`
			D *address  `customfield:"d"`
			E *[]string `customfield:"e"`
		}{pointer("x"), nil, pointer(pointer(0)), nil, nil}, map[string]any{"a": "x", "c": int64(0)}},
		{"slices and arrays", struct {
			A []string  `customfield:"a,array"`
			B []*int    `customfield:"b"`
			C []address `customfield:"c"`
			D [2]bool   `customfield:"d"`
			E []string  `customfield:"e"`
			F [][]int   `customfield:"f"`
		}{[]string{"x", ""}, []*int{pointer(1), nil}, []address{{City: "Oslo"}}, [2]bool{true, false}, nil, [][]int{{1}}},
			map[string]any{"a": []any{"x", ""}, "b": []any{int64(1)}, "c": []any{map[string]any{"city": "Oslo"}}, "d": []any{true, false}, "f": []any{[]any{int64(1)}}}},
		{"structs", struct {
			A address  `customfield:"a"`
			B *address `customfield:"b,object"`
		}{address{"Oslo", "not sent"}, &address{}}, map[string]any{"a": map[string]any{"city": "Oslo"}}},
		{"embedded", struct {
			Base
			*hidden
		}{Base{"red"}, &hidden{7}}, map[string]any{"team": "red", "desk": int64(7)}},
		{"embedded nil", struct{ *Base }{}, map[string]any{}},
		{"embedded with a tag", struct {
			Base `customfield:"base"`
		}{Base{"red"}}, map[string]any{"base": map[string]any{"team": "red"}}},
		{"pointer to a struct", &address{City: "Oslo"}, map[string]any{"city": "Oslo"}},
		{"nil pointer to a struct", (*address)(nil), map[string]any{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set, err := FromStruct(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, object(set.Fields)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFromStructNamesTheFieldThatDoesNotFit(t *testing.T) {
	loop := &ring{}
	loop.Next = loop
	type member struct {
		A map[string]string `customfield:"a"`
	}
	tests := []struct {
		name  string
		in    any
		field string
		err   error
	}{
		{"nil", nil, "<nil>", ErrType},
		{"no struct", 5, "int", ErrType},
		{"nil pointer to no struct", (*int)(nil), "*int", ErrType},
		{"map", member{}, "member.A", ErrType},
		{"type of a nil pointer's struct", (*member)(nil), "member.A", ErrType},
		{"channel behind a nil pointer", struct {
			A *chan int `customfield:"a"`
		}{}, ".A", ErrType},
		{"interface", struct {
			A any `customfield:"a"`
		}{5}, ".A", ErrType},
		{"bytes", struct {
			A []byte `customfield:"a"`
		}{}, ".A", ErrType},
		{"elements of an empty slice", struct {
			A []complex64 `customfield:"a"`
		}{}, ".A[]", ErrType},
		{"in a struct", struct {
			In struct {
				A func() `customfield:"a"`
			} `customfield:"in"`
		}{}, ".In.A", ErrType},
		{"ring of pointers", loop, "", ErrType},
		{"list of itself", struct {
			A list `customfield:"a"`
		}{}, "", ErrType},
		{"unexported", struct {
			a string `customfield:"a"`
		}{}, ".a", ErrTag},
		{"tag without a key", struct {
			A string `customfield:",text"`
		}{}, ".A", ErrTag},
		{"unknown tag type", struct {
			A string `customfield:"a,varchar"`
		}{}, ".A", ErrTag},
		{"tag type that does not fit", struct {
			A string `customfield:"a,date"`
		}{}, ".A", ErrTag},
		{"date for a number", struct {
			A int `customfield:"a,date"`
		}{}, ".A", ErrTag},
		{"tag type behind a nil pointer", struct {
			A *string `customfield:"a,integer"`
		}{}, ".A", ErrTag},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set, err := FromStruct(tt.in)
			var where *StructError
			if !errors.As(err, &where) || !errors.Is(err, tt.err) {
				t.Fatalf("got %v, want a *StructError over %v", err, tt.err)
			}
			if tt.field != "" && where.Field != tt.field {
				t.Errorf("got field %q, want %q", where.Field, tt.field)
			}
			if !set.Equal(Set{}) {
				t.Error("the set is not empty")
			}
		})
	}
}

// The type alone is looked at: the lists are empty.
func TestAStructIsAsDeepAsTheContractAllows(t *testing.T) {
	for depth, want := range map[int]error{contract.MaxDepth: nil, contract.MaxDepth + 1: ErrType} {
		typ := reflect.TypeFor[string]()
		for range depth - 1 {
			typ = reflect.SliceOf(typ)
		}
		v := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "K", Type: typ, Tag: `customfield:"k"`}}))
		if _, err := FromStruct(v.Interface()); !errors.Is(err, want) {
			t.Errorf("%d deep: got %v, want %v", depth, err, want)
		}
	}
}

func TestBadKeysAndValuesOfAStructAreForBuildToReport(t *testing.T) {
	set, err := FromStruct(struct {
		A string `customfield:"email"`
		B string `customfield:"x"`
		C string `customfield:"x"`
		D uint64 `customfield:"big"`
	}{"hunter2", "1", "2", 1 << 63})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]fault{{"big", ErrValue}, {"email", ErrReserved}, {"x", ErrDuplicate}}, faults(set.Validate()), sameErr); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEveryFieldTypeOfTheContractIsATag(t *testing.T) {
	types := map[string]reflect.Type{
		"string": reflect.TypeFor[string](), "number": reflect.TypeFor[int](), "boolean": reflect.TypeFor[bool](), "array": reflect.TypeFor[[]string](), "object": reflect.TypeFor[address](),
	}
	for _, f := range contract.FieldTypes() {
		typ := types[f.JSON]
		if f.Vendor == "date" {
			typ = reflect.TypeFor[time.Time]()
		}
		v := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "K", Type: typ, Tag: reflect.StructTag(`customfield:"k,` + f.Name + `"`)}}))
		if _, err := FromStruct(v.Interface()); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}
