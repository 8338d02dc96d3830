package customfields

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A Field is one custom field: a key and a value in its JSON. Make it with one of
// the functions named after the community's field types. It prints as a
// placeholder under every fmt verb.
type Field struct {
	key    string
	value  func() string // JSON, or the text of a text; printers don't look into a func
	isText bool
	empty  bool
	depth  uint8                  // of nested arrays and objects; 0 for all others
	wrong  []*contract.FieldError // each with the path below key
}

// Text is a short or full text. An empty one is left out of the token.
func Text(key, value string) Field {
	f := Field{key: key, value: func() string { return value }, isText: true, empty: value == ""}
	switch {
	case !utf8.ValidString(value):
		f.refuse("is not valid UTF-8")
	case hasControl(value, "\t\n\r"):
		f.refuse("has a control character other than tab and line endings")
	}
	return f
}

func hasControl(s, allowed string) bool {
	for _, r := range s {
		if (r < ' ' || 0x7f <= r && r <= 0x9f) && !strings.ContainsRune(allowed, r) {
			return true
		}
	}
	return false
}

// RichText is HTML or markup. It is sent as it is: the community decides what
// it allows. An empty one is left out.
func RichText(key, value string) Field { return Text(key, value) }

// Relation is the id of a media, member, post or tag of the community. An
// empty one is left out.
func Relation(key, id string) Field { return Text(key, id) }

// Integer is a whole number from −(2^53−1) to 2^53−1. 0 is a value.
func Integer(key string, value int64) Field {
	f := ofJSON(key, strconv.FormatInt(value, 10))
	if value < -contract.MaxInteger || value > contract.MaxInteger {
		f.refuse("is an integer beyond ±(2^53−1), which JavaScript can't hold")
	}
	return f
}

// Number is a finite number from −(2^53−1) to 2^53−1. 0 is a value.
func Number(key string, value float64) Field {
	f := ofJSON(key, number(value))
	if math.IsNaN(value) || value < -contract.MaxInteger || value > contract.MaxInteger {
		f.refuse("is not a number from −(2^53−1) to 2^53−1")
	}
	return f
}

// number writes a number as JavaScript does: in the shortest form that reads back
// as itself, with an exponent only where it is tiny.
func number(n float64) string {
	if n == 0 { // -0 too
		return "0"
	}
	if math.Abs(n) >= 1e-6 {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return strings.Replace(strconv.FormatFloat(n, 'e', -1, 64), "e-0", "e-", 1)
}

// Boolean is true or false. False is a value.
func Boolean(key string, value bool) Field { return ofJSON(key, strconv.FormatBool(value)) }

// Date is the day of value in its own time zone, as 2006-01-02 (RFC 3339,
// full-date). The zero time is left out.
func Date(key string, value time.Time) Field { return ofTime(key, value, time.DateOnly) }

// DateTime is an instant, in UTC, as 2006-01-02T15:04:05Z (RFC 3339,
// date-time) with as many fractional digits as it has. The zero time is left
// out.
func DateTime(key string, value time.Time) Field { return ofTime(key, value.UTC(), time.RFC3339Nano) }

func ofTime(key string, t time.Time, layout string) Field {
	if t.IsZero() {
		return Text(key, "")
	}
	text := t.Format(layout)
	f := Field{key: key, value: func() string { return text }, isText: true}
	if t.Year() < 0 || t.Year() > 9999 {
		f.refuse("has a year outside 0 to 9999, which has no RFC 3339 form")
	}
	return f
}

func ofJSON(key, json string) Field { return Field{key: key, value: func() string { return json }} }

// refuse notes why the value can't be sent.
func (f *Field) refuse(why string) {
	f.wrong = append(f.wrong, &contract.FieldError{Err: contract.CustomValue.Errorf("%s", why)})
}

// An Element is what an [Array] holds: text, numbers, booleans, instants (see
// [DateTime]), objects given by their members, or any [Field], whose key is ignored.
type Element interface {
	string | bool | int | int64 | float64 | time.Time | []Field | Field
}

// Array is a list. An empty list is left out; an empty element is kept.
func Array[T Element](key string, values []T) Field {
	f := Field{key: key, empty: len(values) == 0}
	json := append(make([]byte, 0, 256), '[')
	for i, v := range values {
		m := element(v)
		f.include(&m, "", i)
		json = append(m.appendValue(json), ',')
	}
	return f.finish(json, ']')
}

// element is a field without a key.
func element(value any) Field {
	switch v := value.(type) {
	case string:
		return Text("", v)
	case bool:
		return Boolean("", v)
	case int:
		return Integer("", int64(v))
	case int64:
		return Integer("", v)
	case float64:
		return Number("", v)
	case time.Time:
		return DateTime("", v)
	case []Field:
		return Object("", v...)
	}
	return value.(Field)
}

// Object is a group of fields under one key, in the order given. Empty members
// are left out, and so is an object without members.
func Object(key string, members ...Field) Field {
	f := Field{key: key, empty: true}
	json := append(make([]byte, 0, 256), '{')
	seen := map[string]bool{}
	for i := range members {
		m := &members[i]
		err := checkKey(m.key, m.key == "__proto__", seen[m.key])
		seen[m.key] = true
		if err != nil {
			f.wrong = append(f.wrong, &contract.FieldError{Field: "." + m.key, Err: err})
		}
		f.include(m, m.key, -1)
		if !m.empty {
			f.empty = false
			json = append(m.AppendJSON(json), ',')
		}
	}
	return f.finish(json, '}')
}

// include takes over the depth of a member, or of element i, and what is wrong with it.
func (f *Field) include(m *Field, member string, i int) {
	f.depth = max(f.depth, m.depth)
	if m.wrong == nil {
		return
	}
	path := "." + member
	if i >= 0 {
		path = fmt.Sprintf("[%d]", i)
	}
	for _, e := range m.wrong {
		f.wrong = append(f.wrong, &contract.FieldError{Field: path + e.Field, Err: e.Err})
	}
}

// finish completes an array or object, in whose JSON a comma follows each value.
func (f Field) finish(json []byte, end byte) Field {
	if last := len(json) - 1; json[last] == ',' {
		json = json[:last]
	}
	text := string(append(json, end))
	f.value = func() string { return text }
	if f.depth <= contract.MaxDepth { // else it is reported further in
		f.depth++
		if f.depth > contract.MaxDepth {
			f.refuse(fmt.Sprintf("has arrays and objects nested more than %d deep", contract.MaxDepth))
		}
	}
	return f
}

// Key is the field's key: one of the external keys that the community's
// administration lists for the profile field.
func (f Field) Key() string { return f.key }

// AppendJSON appends the field as it is in the token: the key as a JSON string, a
// colon and the value.
func (f Field) AppendJSON(dst []byte) []byte {
	return f.appendValue(append(contract.AppendString(dst, f.key), ':'))
}

func (f Field) appendValue(dst []byte) []byte {
	switch {
	case f.value == nil: // the zero Field, which has no valid key either
		return append(dst, "null"...)
	case f.isText:
		return contract.AppendString(dst, f.value())
	}
	return append(dst, f.value()...)
}

// Format writes a placeholder, whatever the verb.
func (f Field) Format(s fmt.State, _ rune) { fmt.Fprint(s, "customfields.Field(redacted)") }

func checkKey(key string, isReserved, isRepeated bool) error {
	switch trimmed := strings.TrimSpace(key); {
	case trimmed == "":
		return contract.CustomKeyEmpty.Errorf("empty or blank key")
	case trimmed != key || !utf8.ValidString(key) || hasControl(key, ""):
		return contract.CustomKeyMalformed.Errorf("key with white space at an end, a control character or invalid UTF-8")
	case isReserved:
		return contract.ClaimReserved.Errorf(
			"reserved key: it has a meaning in JWT or for the community; choose another external key")
	case isRepeated:
		return contract.DuplicateName.Errorf("the same key twice")
	}
	return nil
}
