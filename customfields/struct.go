package customfields

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// The reasons why [FromStruct] refuses a struct's type.
var (
	ErrType error = contract.Reason(contract.StructType)
	ErrTag  error = contract.Reason(contract.StructTag)
)

// A StructError says which field of a Go struct can't be a custom field. Field
// is its Go path ("Member.Address.City"). The text does not hold the value.
type StructError struct {
	Field string
	Err   error
}

func (e *StructError) Error() string { return e.Field + ": " + e.Err.Error() }

func (e *StructError) Unwrap() error { return e.Err }

// FromStruct makes a set from the fields of a struct, or of a pointer to one,
// that have a customfield tag. Fields without a tag are not sent, so no column
// of a database row is sent by accident.
//
//	type Member struct {
//		Company  string     `customfield:"company"`
//		Bio      string     `customfield:"bio,richtext"`
//		Renewal  *time.Time `customfield:"renewal,date"`
//		Password string     // no tag: not sent
//	}
//
// A type may follow the key: text, richtext or relation (for strings),
// integer, number, boolean, date or datetime (for [time.Time]), array, object.
// Without it the Go type decides; a [time.Time] is then a datetime. The Go
// types are strings, all integers, floats, booleans, times, structs (an object
// of their tagged fields), slices and arrays of these, and pointers to these. A
// nil pointer is left out. The fields of an embedded struct without a tag count
// as fields of the outer struct. The tag "-" skips a field.
//
// The error joins a [*StructError] for each field whose type or tag does not
// fit; the set is then empty. The claims builder reports what [Set.Validate]
// finds, such as a reserved key.
func FromStruct(v any) (Set, error) {
	rv := reflect.ValueOf(v)
	for rv.Kind() == reflect.Pointer && !rv.IsNil() {
		rv = rv.Elem()
	}
	if !rv.IsValid() || rv.Kind() != reflect.Struct && rv.Kind() != reflect.Pointer {
		return Set{}, &StructError{fmt.Sprintf("%T", v), fmt.Errorf("%w: give a struct or a pointer to one", ErrType)}
	}
	if rv.Kind() == reflect.Pointer { // nil: no member, but the type must fit
		rv = reflect.Zero(rv.Type().Elem())
		if rv.Kind() != reflect.Struct {
			return Set{}, &StructError{fmt.Sprintf("%T", v), fmt.Errorf("%w: give a struct or a pointer to one", ErrType)}
		}
		_, err := FromStruct(rv.Interface())
		return Set{}, err
	}
	var r structReader
	set := Of(r.fields(rv, rv.Type().Name())...)
	if err := errors.Join(r.errs...); err != nil {
		return Set{}, err
	}
	return set, nil
}

type structReader struct {
	errs  []error
	depth int // of nested arrays and objects; pointers can form a ring
}

func (r *structReader) refuse(path string, reason error, text string) {
	r.errs = append(r.errs, &StructError{path, fmt.Errorf("%w: %s", reason, text)})
}

func (r *structReader) fields(rv reflect.Value, path string) []Field {
	var out []Field
	for i := range rv.NumField() {
		sf := rv.Type().Field(i)
		at := path + "." + sf.Name
		tag, tagged := sf.Tag.Lookup("customfield")
		key, want, _ := strings.Cut(tag, ",")
		switch {
		case tag == "-":
		case !tagged && sf.Anonymous:
			if inner, ok := embedded(rv.Field(i)); ok {
				out = append(out, r.fields(inner, at)...)
			}
		case !tagged:
		case !sf.IsExported():
			r.refuse(at, ErrTag, "an unexported field can't be read: export it, or remove the tag")
		case key == "":
			r.refuse(at, ErrTag, `no key: write customfield:"company", or "-" to skip the field`)
		default:
			if f, ok := r.field(rv.Field(i), at, key, want); ok {
				out = append(out, f)
			}
		}
	}
	return out
}

func embedded(v reflect.Value) (reflect.Value, bool) {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	return v, v.Kind() == reflect.Struct
}

var timeType = reflect.TypeFor[time.Time]()

// field reads one value; want is the tag's type, or empty. It gives no field
// for a nil pointer and after an error.
func (r *structReader) field(v reflect.Value, path, key, want string) (Field, bool) {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			// The zero value shows whether the type fits.
			if t := v.Type().Elem(); t.Kind() != reflect.Struct || t == timeType {
				r.field(reflect.Zero(t), path, key, want)
			}
			return Field{}, false
		}
		v = v.Elem()
	}
	kinds, f := r.value(v, path, key, want)
	if kinds == nil {
		return Field{}, false
	}
	for _, k := range kinds {
		if want == "" || want == k {
			return f, true
		}
	}
	r.refuse(path, ErrTag, fmt.Sprintf("type %q does not fit a Go %s: use %s, or leave it out", want, v.Type(), strings.Join(kinds, " or ")))
	return Field{}, false
}

// value gives the field and the tag types that fit it, or nil where none does.
func (r *structReader) value(v reflect.Value, path, key, want string) ([]string, Field) {
	switch {
	case v.Type() == timeType:
		t := v.Interface().(time.Time)
		if want == "date" {
			return []string{"date"}, Date(key, t)
		}
		return []string{"datetime", "date"}, DateTime(key, t)
	case v.CanInt():
		return []string{"integer", "number"}, Integer(key, v.Int())
	case v.CanUint():
		// A number that int64 can't hold stays too large: Validate reports it.
		return []string{"integer", "number"}, Integer(key, int64(min(v.Uint(), contract.MaxInteger+1)))
	case v.CanFloat():
		return []string{"number"}, Number(key, v.Float())
	}
	if r.depth++; r.depth > contract.MaxDepth {
		r.refuse(path, ErrType, fmt.Sprintf("arrays and objects are nested more than %d deep", contract.MaxDepth))
		return nil, Field{}
	}
	defer func() { r.depth-- }()
	switch v.Kind() {
	case reflect.String:
		return []string{"text", "richtext", "relation"}, Text(key, v.String())
	case reflect.Bool:
		return []string{"boolean"}, Boolean(key, v.Bool())
	case reflect.Struct:
		return []string{"object"}, Object(key, r.fields(v, path)...)
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			break // bytes are not a list of numbers
		}
		f := Field{key: key, kind: KindArray}
		for i := range v.Len() {
			if m, ok := r.field(v.Index(i), fmt.Sprintf("%s[%d]", path, i), "", ""); ok {
				f.members = append(f.members, m)
			}
		}
		if v.Len() == 0 && v.Type().Elem().Kind() != reflect.Struct {
			r.field(reflect.Zero(v.Type().Elem()), path+"[]", "", "")
		}
		return []string{"array"}, f
	}
	r.refuse(path, ErrType, fmt.Sprintf("a Go %s: use a string, number, boolean, time.Time, struct, a slice or a pointer of these", v.Type()))
	return nil, Field{}
}
