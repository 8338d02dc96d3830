package ssotoken

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// FromStruct starts a builder with the fields of a struct, or of a pointer to
// one, that have a tag sso or customfield.
//
//	type Member struct {
//		ID      int64    `sso:"sub"`
//		Tenant  int64    `sso:"tenant"`
//		Name    string   `sso:"name"`
//		Email   string   `sso:"email,verified"`
//		Bio     *string  `sso:"tagline"`
//		Avatar  string   `sso:"picture"`
//		Spaces  []string `sso:"spaceIds,replace"`
//		Company string   `customfield:"company"`
//	}
//
// A tag sso names a claim: sub, name, email, tagline or picture for text, and
// spaceIds for a list of ids, with add or replace after a comma; tenant is that of
// [ClaimsBuilder.Tenant]. email needs verified after a comma: only so does the
// struct say that the address is. A text is a string, a pointer to one (nil is
// empty), or an [encoding.TextMarshaler] such as a UUID; sub and tenant may be an
// integer too, of which 0 is empty. For the tag customfield see
// [customfields.FromStruct]. What has no tag is not sent.
//
// The error joins a [*customfields.StructError] for each field whose type or tag
// does not fit; it is about the struct's type, not about a member.
func FromStruct(v any) (*ClaimsBuilder, error) {
	set, err := customfields.FromStruct(v)
	if err != nil {
		return nil, err
	}
	b := NewClaims().Custom(set)
	rv := reflect.ValueOf(v)
	for rv.Kind() == reflect.Pointer {
		if rv.IsNil() {
			return b, nil // which lacks what is required
		}
		rv = rv.Elem()
	}
	if err := errors.Join(b.read(rv, rv.Type().Name())...); err != nil {
		return nil, err
	}
	return b, nil
}

func (b *ClaimsBuilder) read(rv reflect.Value, path string) (errs []error) {
	for i := range rv.NumField() {
		field := rv.Type().Field(i)
		at := path + "." + field.Name
		tag, tagged := field.Tag.Lookup("sso")
		refuse := func(reason error, text string) {
			errs = append(errs, &customfields.StructError{Field: at, Err: fmt.Errorf("%w: %s", reason, text)})
		}
		switch {
		case tag == "-":
		case !tagged && field.Anonymous && reflect.Indirect(rv.Field(i)).Kind() == reflect.Struct:
			errs = append(errs, b.read(reflect.Indirect(rv.Field(i)), at)...)
		case !tagged:
		case !field.IsExported():
			refuse(customfields.ErrTag, "an unexported field can't be read: export it, or remove the tag")
		default:
			if text, reason := b.readField(rv.Field(i), tag); reason != nil {
				refuse(reason, text)
			}
		}
	}
	return errs
}

// readField gives a text and a reason where the field does not fit its tag.
func (b *ClaimsBuilder) readField(v reflect.Value, tag string) (text string, reason error) {
	claim, option, _ := strings.Cut(tag, ",")
	if claim == contract.SpaceIDs {
		ids, ok := v.Interface().([]string)
		switch {
		case !ok:
			return "spaceIds is a []string", customfields.ErrType
		case option == "add":
			b.Spaces(spaces.Add(ids...))
		case option == "replace":
			b.Spaces(spaces.Replace(ids...))
		default:
			return `write sso:"spaceIds,add" or sso:"spaceIds,replace"`, customfields.ErrTag
		}
		return "", nil
	}
	isTenant := claim == "tenant"
	i := slices.IndexFunc(texts[:], func(t textClaim) bool { return t.name == claim })
	switch {
	case i < 0 && !isTenant:
		return "a tag sso can name sub, name, email, tagline, picture, spaceIds and tenant", customfields.ErrTag
	case i == email && option != "verified":
		return `write sso:"email,verified" where the address is verified: the community takes it as such`, customfields.ErrTag
	case i != email && option != "":
		return "only email and spaceIds have an option", customfields.ErrTag
	}
	value, ok := textOf(v, i == subject || isTenant)
	switch {
	case !ok:
		return fmt.Sprintf("a Go %s is no text: use a string, or a pointer to one", v.Type()), customfields.ErrType
	case isTenant:
		b.Tenant(value)
	default:
		b.set(i, value)
	}
	return "", nil
}

// textOf gives the text of a field; of an integer too, where a number is an id.
func textOf(v reflect.Value, id bool) (string, bool) {
	for {
		if m, ok := v.Interface().(encoding.TextMarshaler); ok && !(v.Kind() == reflect.Pointer && v.IsNil()) {
			text, err := m.MarshalText()
			return string(text), err == nil
		}
		if v.Kind() != reflect.Pointer {
			break
		}
		if v.IsNil() {
			v = reflect.Zero(v.Type().Elem())
			if v.Kind() == reflect.Pointer || v.Kind() == reflect.String || id && (v.CanInt() || v.CanUint()) {
				return "", true
			}
			return "", v.Type().Implements(reflect.TypeFor[encoding.TextMarshaler]()) || reflect.PointerTo(v.Type()).Implements(reflect.TypeFor[encoding.TextMarshaler]())
		}
		v = v.Elem()
	}
	switch {
	case v.Kind() == reflect.String:
		return v.String(), true
	case id && (v.CanInt() || v.CanUint()) && v.IsZero():
		return "", true
	case id && v.CanInt():
		return strconv.FormatInt(v.Int(), 10), true
	case id && v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), true
	}
	return "", false
}
