package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/ssotoken/cmd/internal/jsontext"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// An Object is a JSON object with its members in order, duplicates too.
type Object []Member

// A Member of an object.
type Member struct {
	Name  string
	Value any // nil, string, bool, json.Number, []any or Object
}

var errNotObject = errors.New("the claims are JSON, but not one object")

// ParseObject reads one JSON object. An error says where the text is wrong, and
// holds none of it.
func ParseObject(data []byte) (Object, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := jsontext.Check(data); err != nil {
		return nil, fmt.Errorf("the claims are not JSON in UTF-8: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	o, ok := parseValue(dec).(Object)
	if !ok {
		return nil, errNotObject
	}
	return o, nil
}

// parseValue reads one value of valid JSON, so the decoder can't fail.
func parseValue(dec *json.Decoder) any {
	t, _ := dec.Token()
	switch t {
	case json.Delim('{'):
		o := Object{}
		for dec.More() {
			name, _ := dec.Token()
			o = append(o, Member{name.(string), parseValue(dec)})
		}
		dec.Token()
		return o
	case json.Delim('['):
		values := []any{}
		for dec.More() {
			values = append(values, parseValue(dec))
		}
		dec.Token()
		return values
	}
	return t
}

// FieldOf makes a custom field with the type that the JSON value has.
func FieldOf(key string, value any) (customfields.Field, error) {
	switch v := value.(type) {
	case string:
		return customfields.Text(key, v), nil
	case bool:
		return customfields.Boolean(key, v), nil
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return customfields.Integer(key, n), nil
		}
		f, err := v.Float64()
		if err != nil {
			return customfields.Field{}, malformed("is a number that is too large")
		}
		return customfields.Number(key, f), nil
	case Object:
		members, err := toFields(v)
		return customfields.Object(key, members...), err
	case []any:
		return toArray(key, v)
	}
	return customfields.Field{}, malformed("is null, which is not a value")
}

// toFields leaves out members that are null, as a community would.
func toFields(o Object) ([]customfields.Field, error) {
	var fields []customfields.Field
	for _, m := range o {
		if m.Value == nil {
			continue
		}
		f, err := FieldOf(m.Name, m.Value)
		if err != nil {
			return nil, err
		}
		fields = append(fields, f)
	}
	return fields, nil
}

func toArray(key string, values []any) (customfields.Field, error) {
	var texts []string
	var flags []bool
	var whole []int64
	var numbers []float64
	var objects [][]customfields.Field
	for _, value := range values {
		switch v := value.(type) {
		case string:
			texts = append(texts, v)
		case bool:
			flags = append(flags, v)
		case json.Number:
			if n, err := v.Int64(); err == nil {
				whole = append(whole, n)
			}
			f, err := v.Float64()
			if err != nil {
				return customfields.Field{}, malformed("holds a number that is too large")
			}
			numbers = append(numbers, f)
		case Object:
			members, err := toFields(v)
			if err != nil {
				return customfields.Field{}, err
			}
			objects = append(objects, members)
		}
	}
	switch len(values) {
	case len(texts):
		return customfields.Array(key, texts), nil
	case len(flags):
		return customfields.Array(key, flags), nil
	case len(whole):
		return customfields.Array(key, whole), nil
	case len(numbers):
		return customfields.Array(key, numbers), nil
	case len(objects):
		return customfields.Array(key, objects), nil
	}
	return customfields.Field{}, malformed("is not an array of only texts, only numbers, only booleans or only objects")
}

// parseField reads KEY=VALUE or KEY:TYPE=VALUE. It returns the key even with an
// error.
func parseField(s string) (key string, f customfields.Field, err error) {
	key, value, _ := strings.Cut(s, "=")
	kind := "text"
	if i := strings.LastIndexByte(key, ':'); i >= 0 {
		key, kind = key[:i], key[i+1:]
	}
	f, err = TypedField(key, kind, value)
	return key, f, err
}

// TypedField makes a custom field of a text, by the name that the contract has for
// its type.
func TypedField(key, kind, value string) (customfields.Field, error) {
	bad := func(want string) (customfields.Field, error) {
		return customfields.Field{}, malformed("is not " + want)
	}
	switch kind {
	case "text":
		return customfields.Text(key, value), nil
	case "richtext":
		return customfields.RichText(key, value), nil
	case "relation":
		return customfields.Relation(key, value), nil
	case "integer":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return customfields.Integer(key, n), nil
		}
		return bad("a whole number")
	case "number":
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			return customfields.Number(key, n), nil
		}
		return bad("a number")
	case "boolean":
		if yes, ok := ParseBool(value); ok {
			return customfields.Boolean(key, yes), nil
		}
		return bad("true or false")
	case "date":
		if t, ok := parseTime(value, append(timestamps, time.DateOnly)); ok {
			return customfields.Date(key, t), nil
		}
		return bad("a date such as 2006-01-02")
	case "datetime":
		if t, ok := parseTime(value, timestamps); ok {
			return customfields.DateTime(key, t), nil
		}
		return bad("a time such as 2006-01-02T15:04:05Z")
	case "array", "object":
		return jsonField(key, kind, value)
	}
	return customfields.Field{}, malformed("has a TYPE that is not one of " + FieldTypeNames())
}

// timestamps are RFC 3339, and what databases write: without a zone they are UTC.
var timestamps = []string{
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z07", "2006-01-02 15:04:05", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 UTC",
}

func parseTime(value string, layouts []string) (time.Time, bool) {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, value); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// ParseBool reads true and false as databases and spreadsheets write them.
func ParseBool(value string) (yes, ok bool) {
	switch strings.ToLower(value) {
	case "true", "t", "yes", "y", "1", "on":
		return true, true
	case "false", "f", "no", "n", "0", "off":
		return false, true
	}
	return false, false
}

// FieldTypeNames lists the types of custom fields for people.
func FieldTypeNames() string {
	var names []string
	for _, t := range contract.FieldTypes() {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}

func jsonField(key, kind, value string) (customfields.Field, error) {
	o, err := ParseObject([]byte(`{"value":` + value + `}`))
	if err == nil && len(o) == 1 {
		_, isArray := o[0].Value.([]any)
		_, isObject := o[0].Value.(Object)
		if isArray && kind == "array" || isObject && kind == "object" {
			return FieldOf(key, o[0].Value)
		}
	}
	return customfields.Field{}, malformed("is not a JSON " + kind)
}
