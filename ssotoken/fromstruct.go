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
// A tag sso names a claim: one that is a text by its name in the token, and
// spaceIds for a list of ids, with add or replace after a comma; tenant is that of
// [ClaimsBuilder.Tenant]. email needs verified after a comma: only so does the
// struct say that the address is. A text is a string, a pointer to one (nil is
// empty), or an [encoding.TextMarshaler] such as a UUID; sub and tenant may be an
// integer too, of which 0 is empty.
//
// A tag customfield names a key and, after a comma, a type: text, richtext or
// relation (for strings), integer, number, boolean, date or datetime (for
// [time.Time]), array, object. Without it the Go type decides; a time is then a
// datetime. The Go types are strings, all integers, floats, booleans, times, structs
// (an object of their tagged fields), slices and arrays of these, and pointers to
// these. A nil pointer is left out.
//
// The fields of an embedded struct without a tag count as fields of the outer
// struct. The tag "-" skips a field.
//
// The error joins a [*FieldError] with [contract.StructTag] for each field that does
// not fit its tag. It is about the struct's type, not about a member. Build reports
// the rest, such as a reserved key.
func FromStruct(v any) (*ClaimsBuilder, error) {
	rv, isNil := pointedTo(reflect.ValueOf(v))
	if rv.Kind() != reflect.Struct {
		err := contract.StructTag.Errorf("is no struct: pass a struct or a pointer to one")
		return nil, &FieldError{Field: fmt.Sprintf("%T", v), Err: err}
	}
	r := structReader{b: NewClaims(), types: []reflect.Type{rv.Type()}}
	fields := r.fields(rv, rv.Type().Name(), isNil, &object{sso: true, seen: map[string]bool{}})
	if r.errs != nil {
		return nil, errors.Join(r.errs...)
	}
	return r.b.Custom(customfields.Of(fields...)), nil
}

// pointedTo follows pointers. It returns the zero value behind a nil pointer, and the
// zero Value behind too many: a pointer can point to itself.
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
	return reflect.Value{}, false
}

type structReader struct {
	b       *ClaimsBuilder
	errs    []error
	types   []reflect.Type // of the objects and arrays being read
	values  int            // that were read
	stopped bool           // for a ring of pointers, or many to the same values: reading on could take forever
}

// An object is one struct, with those embedded in it.
type object struct {
	sso      bool            // tags sso are read
	seen     map[string]bool // tags, without options
	embedded []reflect.Type  // being read
}

func (r *structReader) refuse(path, format string, args ...any) {
	r.errs = append(r.errs, &FieldError{Field: path, Err: contract.StructTag.Errorf(format, args...)})
}

func (r *structReader) stop(path, format string, args ...any) {
	r.stopped = true
	r.refuse(path, format, args...)
}

// fields returns the custom fields of a struct, and sets the claims that its tags sso
// name.
func (r *structReader) fields(v reflect.Value, path string, isNil bool, o *object) (out []customfields.Field) {
	if slices.Contains(o.embedded, v.Type()) {
		r.refuse(path, "is embedded in itself")
		return nil
	}
	o.embedded = append(o.embedded, v.Type())
	defer func() { o.embedded = o.embedded[:len(o.embedded)-1] }()
	for i := range v.NumField() {
		sf, tagged := v.Type().Field(i), false
		at := path + "." + sf.Name
		for _, kind := range []string{"sso", "customfield"} {
			tag, ok := sf.Tag.Lookup(kind)
			tagged = tagged || ok
			name, option, _ := strings.Cut(tag, ",")
			twice := o.seen[kind+":"+name]
			switch {
			case !ok, tag == "-", kind == "sso" && !o.sso:
				continue
			case !sf.IsExported():
				r.refuse(at, "is unexported, and can't be read: export it, or remove the tag")
			case name == "":
				r.refuse(at, `has a tag without a name: write %s:"NAME", or "-" to skip the field`, kind)
			case twice:
				r.refuse(at, "has the tag of a field before it: %s", name)
			case kind == "sso":
				b := r.b
				if isNil {
					b = NewClaims() // only the type is read
				}
				r.claim(b, v.Field(i), at, tag)
			default:
				if f, ok := r.value(v.Field(i), at, name, option); ok {
					out = append(out, f)
				}
			}
			o.seen[kind+":"+name] = true
		}
		if inner, innerNil := pointedTo(v.Field(i)); sf.Anonymous && !tagged && inner.Kind() == reflect.Struct {
			out = append(out, r.fields(inner, at, isNil || innerNil, o)...)
		}
	}
	if isNil {
		return nil
	}
	return out
}

// claim sets the claim that a tag sso names.
func (r *structReader) claim(b *ClaimsBuilder, v reflect.Value, path, tag string) {
	name, isVerified := strings.CutSuffix(tag, ",verified")
	i := slices.IndexFunc(texts[:], func(t textClaim) bool { return t.name == name })
	ids, isList := v.Interface().([]string)
	text, isText := textOf(v, name == contract.Sub || name == "tenant")
	switch {
	case isList && tag == contract.SpaceIDs+",add":
		b.Spaces(spaces.Add(ids...))
	case isList && tag == contract.SpaceIDs+",replace":
		b.Spaces(spaces.Replace(ids...))
	case isText && tag == "tenant":
		b.Tenant(text)
	case isText && i >= 0 && isVerified == (i == email):
		b.set(i, text)
	default:
		var names []string
		for _, t := range texts {
			if t.name != contract.Email {
				names = append(names, t.name)
			}
		}
		r.refuse(path, "is a Go %s with the tag %q: a tag sso is tenant, %s of a text (tenant and sub of an integer "+
			"too), email,verified of a text where your site has verified the address, or spaceIds,add or spaceIds,replace "+
			"of a []string", v.Type(), tag, strings.Join(names, ", "))
	}
}

// textOf returns the text of a field; of an integer too, where a number is an id.
func textOf(v reflect.Value, isID bool) (string, bool) {
	v, isNil := pointedTo(v)
	if !v.IsValid() {
		return "", false
	}
	copied := reflect.New(v.Type()) // some marshal by a pointer
	copied.Elem().Set(v)
	m, isMarshaler := copied.Interface().(encoding.TextMarshaler)
	switch {
	case isMarshaler && isNil:
		return "", true
	case isMarshaler:
		text, err := m.MarshalText()
		return string(text), err == nil
	case v.Kind() == reflect.String:
		return v.String(), true
	case isID && (v.CanInt() || v.CanUint()) && v.IsZero():
		return "", true
	case isID && v.CanInt():
		return strconv.FormatInt(v.Int(), 10), true
	case isID && v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), true
	}
	return "", false
}

// value makes a custom field; want is the tag's type, or empty. It returns none for a
// nil pointer and after an error.
func (r *structReader) value(v reflect.Value, path, key, want string) (f customfields.Field, ok bool) {
	typ := v.Type()
	v, isNil := pointedTo(v)
	fitting := "" // types
	if r.values++; r.values == contract.MaxToken {
		r.stop(path, "has more values than a token can hold")
	}
	switch {
	case r.stopped:
		return f, false
	case !v.IsValid():
	case v.CanInt():
		fitting, f = "integer number", customfields.Integer(key, v.Int())
	case v.CanUint():
		// A number that int64 can't hold stays too large: Build reports it.
		fitting, f = "integer number", customfields.Integer(key, int64(min(v.Uint(), contract.MaxInteger+1)))
	case v.CanFloat():
		fitting, f = "number", customfields.Number(key, v.Float())
	case v.Kind() == reflect.String:
		fitting, f = "text richtext relation", customfields.Text(key, v.String())
	case v.Kind() == reflect.Bool:
		fitting, f = "boolean", customfields.Boolean(key, v.Bool())
	case v.Kind() == reflect.Struct, v.Kind() == reflect.Slice, v.Kind() == reflect.Array:
		fitting, f = r.composite(v, path, key, want, isNil)
	}
	switch {
	case fitting == "":
		r.refuse(path, "is a Go %s: use a string, number, boolean, time.Time, struct, or a slice or pointer of these", typ)
	case want != "" && !slices.Contains(strings.Fields(fitting), want):
		r.refuse(path, "has the type %q, which does not fit a Go %s: use %s, or leave it out",
			want, typ, strings.ReplaceAll(fitting, " ", " or "))
	default:
		return f, !isNil
	}
	return f, false
}

func (r *structReader) composite(v reflect.Value, path, key, want string, isNil bool) (fitting string, f customfields.Field) {
	if t, ok := v.Interface().(time.Time); ok && want == "date" {
		return "date", customfields.Date(key, t)
	} else if ok {
		return "datetime date", customfields.DateTime(key, t)
	}
	known := isNil && slices.Contains(r.types, v.Type())
	if len(r.types) > contract.MaxDepth {
		r.stop(path, "has arrays and objects nested more than %d deep", contract.MaxDepth)
	}
	r.types = append(r.types, v.Type())
	defer func() { r.types = r.types[:len(r.types)-1] }()
	switch {
	case v.Kind() == reflect.Struct && (known || r.stopped):
		return "object", f
	case v.Kind() == reflect.Struct:
		return "object", customfields.Object(key, r.fields(v, path, isNil, &object{seen: map[string]bool{}})...)
	case v.Type().Elem().Kind() == reflect.Uint8: // bytes are not a list of numbers
		return "", f
	}
	var elements []customfields.Field
	for i := range v.Len() {
		if e, ok := r.value(v.Index(i), fmt.Sprintf("%s[%d]", path, i), "", ""); ok {
			elements = append(elements, e)
		}
	}
	if v.Len() == 0 { // its type must fit too
		r.value(reflect.Zero(reflect.PointerTo(v.Type().Elem())), path+"[]", "", "")
	}
	return "array", customfields.Array(key, elements)
}
