package ssotoken

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// FromStruct starts a builder with the fields of a struct, or of a pointer to
// one, that have a tag sso or customfield. What has no tag is not sent, so no
// column of a database row is sent by accident.
//
//	type Member struct {
//		ID       int64      `sso:"sub"`
//		Tenant   int64      `sso:"tenant"`
//		Name     string     `sso:"name"`
//		Email    string     `sso:"email,verified"`
//		Bio      *string    `sso:"tagline"`
//		Avatar   string     `sso:"picture"`
//		Spaces   []string   `sso:"spaceIds,replace"`
//		Company  string     `customfield:"company"`
//		Renewal  *time.Time `customfield:"renewal,date"`
//		Password string     // not sent
//	}
//
// A tag sso names a claim: a text by its name in the token, with verified after a
// comma for email, since only so does the struct say that the address is; spaceIds for
// a []string, with add or replace after a comma; or tenant, for [ClaimsBuilder.Tenant].
// A text is a string, or an [encoding.TextMarshaler] such as a UUID; sub and tenant may
// be an integer too, of which 0 is empty.
//
// A tag customfield names a key and, after a comma, a type: text, richtext or relation
// (for strings), integer, number, boolean, date or datetime (for [time.Time]), array,
// object. Without it the Go type decides; a time is then a datetime. The Go types are
// strings, integers, floats, booleans, times, structs (an object of their tagged
// fields), and slices and arrays of these.
//
// A pointer counts as what it points to; a nil one is left out. The fields of an
// embedded struct without a tag count as fields of the outer struct. The tag "-" skips
// a field.
//
// The error joins a [*FieldError] with [contract.StructTag] for each field that does
// not fit its tag, and for a type that holds itself. It is about the struct's type, not
// about a member. Build reports the rest, such as a reserved key.
func FromStruct(v any) (*ClaimsBuilder, error) {
	s, isNil := pointedTo(reflect.ValueOf(v))
	if s.Kind() != reflect.Struct {
		err := contract.StructTag.Errorf("is no struct: pass a struct or a pointer to one")
		return nil, &FieldError{Field: fmt.Sprintf("%T", v), Err: err}
	}
	var errs []error
	r := structReader{errs: &errs, path: s.Type().Name(), b: NewClaims(), seen: map[string]bool{}}
	fields := r.fields(s, isNil)
	if errs != nil {
		return nil, errors.Join(errs...)
	}
	return r.b.Custom(customfields.Of(fields...)), nil
}

// pointedTo follows pointers, but not without end: one can point to itself. What is
// behind a nil pointer is the zero value.
func pointedTo(v reflect.Value) (_ reflect.Value, isNil bool) {
	for range contract.MaxDepth {
		switch {
		case v.Kind() != reflect.Pointer:
			return v, isNil
		case v.IsNil():
			isNil, v = true, reflect.Zero(v.Type().Elem())
		default:
			v = v.Elem()
		}
	}
	return v, isNil
}

// A structReader reads one place in a struct. What is behind a nil pointer, or in an
// empty list, is read too, for its type.
type structReader struct {
	errs *[]error
	path string
	open []reflect.Type  // being read, of which path is a part
	b    *ClaimsBuilder  // nil in an object, which has no claims
	seen map[string]bool // tags of this struct or object, without options
}

func (r structReader) refuse(format string, args ...any) {
	*r.errs = append(*r.errs, &FieldError{Field: r.path, Err: contract.StructTag.Errorf(format, args...)})
}

func (r structReader) at(path string) structReader {
	r.path += path
	return r
}

// enter starts to read a type, unless that would not end.
func (r *structReader) enter(t reflect.Type) bool {
	if slices.Contains(r.open, t) {
		r.refuse("has a type that holds itself: %s", t)
		return false
	}
	r.open = append(slices.Clip(r.open), t)
	return true
}

// fields returns the custom fields of a struct, and sets the claims that its tags sso
// name.
func (r structReader) fields(v reflect.Value, isNil bool) (out []customfields.Field) {
	if !r.enter(v.Type()) {
		return nil
	}
	if isNil && r.b != nil {
		r.b = NewClaims() // set by nobody
	}
	for i := range v.NumField() {
		sf, tagged := v.Type().Field(i), false
		field := r.at("." + sf.Name)
		for _, kind := range []string{"sso", "customfield"} {
			tag, ok := sf.Tag.Lookup(kind)
			tagged = tagged || ok
			name, option, _ := strings.Cut(tag, ",")
			switch twice := r.seen[kind+":"+name]; {
			case !ok, tag == "-", kind == "sso" && r.b == nil:
				continue
			case !sf.IsExported():
				field.refuse("is unexported, and can't be read: export it, or remove the tag")
			case name == "":
				field.refuse(`has a tag without a name: write %s:"NAME", or "-" to skip the field`, kind)
			case twice:
				field.refuse("has the tag of a field before it: %s", name)
			case kind == "sso":
				field.claim(v.Field(i), tag)
			default:
				if f, ok := field.value(v.Field(i), name, option); ok {
					out = append(out, f)
				}
			}
			r.seen[kind+":"+name] = true
		}
		if inner, innerNil := pointedTo(v.Field(i)); sf.Anonymous && !tagged && inner.Kind() == reflect.Struct {
			out = append(out, field.fields(inner, isNil || innerNil)...)
		}
	}
	if isNil {
		return nil
	}
	return out
}

// claim sets the claim that a tag sso names.
func (r structReader) claim(v reflect.Value, tag string) {
	name, isVerified := strings.CutSuffix(tag, ",verified")
	i := textClaim(0)
	for i < textCount && i.name() != name {
		i++
	}
	ids, isList := v.Interface().([]string)
	text, isText := textOf(v, name == contract.Sub || name == "tenant")
	switch {
	case isList && tag == contract.SpaceIDs+",add":
		r.b.Spaces(spaces.Add(ids...))
	case isList && tag == contract.SpaceIDs+",replace":
		r.b.Spaces(spaces.Replace(ids...))
	case isText && tag == "tenant":
		r.b.Tenant(text)
	case isText && i < textCount && isVerified == (i == textEmail):
		r.b.set(i, text)
	default:
		r.refuse(`is a Go %s, and can't have the tag sso:%q: a text has the name of a claim or tenant (sub and tenant may be `+
			`integers), an address that your site has verified "email,verified", a []string "spaceIds,add" or "spaceIds,replace"`,
			v.Type(), tag)
	}
}

// textOf returns the text of a field; of an integer too, where a number is an id.
func textOf(v reflect.Value, isID bool) (string, bool) {
	v, isNil := pointedTo(v)
	copied := reflect.New(v.Type()) // some marshal by a pointer
	copied.Elem().Set(v)
	m, isMarshaler := copied.Interface().(encoding.TextMarshaler)
	isID = isID && (v.CanInt() || v.CanUint())
	switch {
	case isMarshaler && isNil, isID && v.IsZero():
		return "", true
	case isMarshaler:
		text, err := m.MarshalText()
		return string(text), err == nil
	case isID && v.CanInt():
		return strconv.FormatInt(v.Int(), 10), true
	case isID:
		return strconv.FormatUint(v.Uint(), 10), true
	}
	return v.String(), v.Kind() == reflect.String
}

// value makes a custom field; want is the tag's type, or empty. It returns none for a
// nil pointer and after an error.
func (r structReader) value(v reflect.Value, key, want string) (f customfields.Field, ok bool) {
	typ := v.Type()
	v, isNil := pointedTo(v)
	fitting := "" // types
	switch kind := v.Kind(); {
	case v.CanInt():
		fitting, f = "integer number", customfields.Integer(key, v.Int())
	case v.CanUint():
		// A number that int64 can't hold stays too large: Build reports it.
		fitting, f = "integer number", customfields.Integer(key, int64(min(v.Uint(), contract.MaxInteger+1)))
	case v.CanFloat():
		fitting, f = "number", customfields.Number(key, v.Float())
	case kind == reflect.String:
		fitting, f = "text richtext relation", customfields.Text(key, v.String())
	case kind == reflect.Bool:
		fitting, f = "boolean", customfields.Boolean(key, v.Bool())
	case v.Type() == reflect.TypeFor[time.Time]():
		t := v.Interface().(time.Time)
		fitting, f = "datetime date", customfields.DateTime(key, t)
		if want == "date" {
			f = customfields.Date(key, t)
		}
	case kind == reflect.Struct:
		r.b, r.seen = nil, map[string]bool{}
		fitting, f = "object", customfields.Object(key, r.fields(v, isNil)...)
	case kind == reflect.Slice || kind == reflect.Array:
		if v.Type().Elem().Kind() != reflect.Uint8 { // bytes are not a list of numbers
			fitting, f = "array", customfields.Array(key, r.elements(v))
		}
	}
	switch {
	case fitting == "":
		r.refuse("is a Go %s: use a string, number, boolean, time.Time, struct, or a slice or pointer of these", typ)
	case want != "" && !slices.Contains(strings.Fields(fitting), want):
		r.refuse("has the type %q, which does not fit a Go %s: use %s, or leave it out",
			want, typ, strings.ReplaceAll(fitting, " ", " or "))
	default:
		return f, !isNil
	}
	return f, false
}

func (r structReader) elements(v reflect.Value) (out []customfields.Field) {
	if !r.enter(v.Type()) {
		return nil
	}
	for i := range v.Len() {
		if e, ok := r.at(fmt.Sprintf("[%d]", i)).value(v.Index(i), "", ""); ok {
			out = append(out, e)
		}
	}
	if v.Len() == 0 { // its type must fit too
		r.at("[]").value(reflect.Zero(v.Type().Elem()), "", "")
	}
	return out
}
