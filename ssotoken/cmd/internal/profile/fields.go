package profile

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// FieldOf makes a custom field with the type that the JSON value has.
func FieldOf(key string, value jsontext.Value) (customfields.Field, error) {
	switch value.Kind() {
	case '"':
		return customfields.Text(key, textOf(value)), nil
	case 't', 'f':
		return customfields.Boolean(key, value.Kind() == 't'), nil
	case '0':
		if n, err := strconv.ParseInt(string(value), 10, 64); err == nil {
			return customfields.Integer(key, n), nil
		}
		f, err := strconv.ParseFloat(string(value), 64)
		if err != nil {
			return customfields.Field{}, malformed("is a number that is too large")
		}
		return customfields.Number(key, f), nil
	case '{':
		members, err := fieldsOf(value)
		return customfields.Object(key, members...), err
	case '[':
		return fieldOfArray(key, value)
	}
	return customfields.Field{}, malformed("is null, which is not a value")
}

// fieldsOf leaves out members that are null, as a community would.
func fieldsOf(object jsontext.Value) (fields []customfields.Field, bad error) {
	err := Members(object, func(name string, value jsontext.Value) {
		if value.Kind() == 'n' || bad != nil {
			return
		}
		var f customfields.Field
		f, bad = FieldOf(name, value)
		fields = append(fields, f)
	})
	return fields, cmp.Or(bad, err)
}

func fieldOfArray(key string, value jsontext.Value) (customfields.Field, error) {
	values, kind := elements(value)
	switch kind {
	case '"', ']':
		return arrayOf[string](key, value)
	case 't':
		return arrayOf[bool](key, value)
	case '0':
		if f, err := arrayOf[int64](key, value); err == nil {
			return f, nil
		}
		return arrayOf[float64](key, value)
	case '{':
		var objects [][]customfields.Field
		for _, v := range values {
			members, err := fieldsOf(v)
			if err != nil {
				return customfields.Field{}, err
			}
			objects = append(objects, members)
		}
		return customfields.Array(key, objects), nil
	}
	return customfields.Field{}, malformed("is not an array of only texts, only numbers, only booleans or only objects")
}

func arrayOf[T string | bool | int64 | float64](key string, value jsontext.Value) (customfields.Field, error) {
	var values []T
	if json.Unmarshal(value, &values) != nil {
		return customfields.Field{}, malformed("holds a number that is too large")
	}
	return customfields.Array(key, values), nil
}

// elements returns those of an array, and the kind that all of them have: that of true for both booleans, that of ]
// if there are none, 0 if they differ or the value is no array.
func elements(array jsontext.Value) ([]jsontext.Value, jsontext.Kind) {
	var values []jsontext.Value
	if !bytes.HasPrefix(array, []byte("[")) || json.Unmarshal(array, &values, jsontext.AllowDuplicateNames(true)) != nil {
		return nil, 0
	}
	all := jsontext.Kind(']')
	for i, v := range values {
		kind := v.Kind()
		if kind == 'f' {
			kind = 't'
		}
		if i > 0 && kind != all {
			return values, 0
		}
		all = kind
	}
	return values, all
}

// TypedField makes a custom field of a text, by the contract's name of its type.
func TypedField(key, kind, value string) (f customfields.Field, err error) {
	want := "" // where the value may be wrong
	switch kind {
	case "text":
		f = customfields.Text(key, value)
	case "richtext":
		f = customfields.RichText(key, value)
	case "relation":
		f = customfields.Relation(key, value)
	case "integer":
		var n int64
		n, err = strconv.ParseInt(value, 10, 64)
		f, want = customfields.Integer(key, n), "a whole number"
	case "number":
		var n float64
		n, err = strconv.ParseFloat(value, 64)
		f, want = customfields.Number(key, n), "a number"
	case "boolean":
		var yes bool
		yes, err = ParseBool(value)
		f, want = customfields.Boolean(key, yes), "true or false"
	case "date":
		var t time.Time
		t, err = parseTime(value, dates)
		f, want = customfields.Date(key, t), "a date such as 2006-01-02"
	case "datetime":
		var t time.Time
		t, err = parseTime(value, timestamps)
		f, want = customfields.DateTime(key, t), "a time such as 2006-01-02T15:04:05Z"
	case "array", "object":
		json := jsontext.Value(strings.TrimSpace(value))
		starts := map[string]jsontext.Kind{"array": '[', "object": '{'}
		if json.Kind() == starts[kind] && json.IsValid(jsontext.AllowDuplicateNames(true)) {
			return FieldOf(key, json)
		}
		return f, malformed("is not a JSON " + kind)
	default:
		return f, malformed("has a TYPE that is not one of " + FieldTypeNames())
	}
	if err != nil {
		err = malformed("is not " + want)
	}
	return f, err
}

// timestamps are RFC 3339, and what databases write: without a zone they are UTC.
var timestamps = []string{
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z07", "2006-01-02 15:04:05", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 UTC",
	"2006-01-02 15:04:05Z0700", "2006-01-02 15:04:05 Z0700", "2006-01-02 15:04:05 -0700 MST", "2006-01-02 15:04",
}

var dates = append([]string{time.DateOnly}, timestamps...)

func parseTime(value string, layouts []string) (t time.Time, err error) {
	for _, layout := range layouts {
		if t, err = time.Parse(layout, value); err == nil {
			break
		}
	}
	return t, err
}

// ParseBool reads true and false as databases and spreadsheets write them.
func ParseBool(value string) (yes bool, err error) {
	switch value = strings.ToLower(strings.TrimSpace(value)); value {
	case "yes", "y", "on":
		return true, nil
	case "no", "n", "off":
		return false, nil
	}
	return strconv.ParseBool(value)
}

// FieldTypeNames lists the types of custom fields for people.
func FieldTypeNames() string {
	var names []string
	for _, t := range contract.FieldTypes() {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}
