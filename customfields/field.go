package customfields

import (
	"math"
	"slices"
	"time"
)

// A Kind is the JSON form of a field's value.
type Kind uint8

const (
	KindString  Kind = iota + 1 // [Field.Text]
	KindTime                    // [Field.AppendTime]
	KindInteger                 // [Field.Int64]
	KindNumber                  // [Field.Float64]
	KindBoolean                 // [Field.Bool]
	KindArray                   // [Field.Len] and [Field.At], without keys
	KindObject                  // [Field.Len] and [Field.At], with keys
)

// A Field is one custom field: a key and a typed value. Make it with one of
// the functions named after the community's field types.
type Field struct {
	key     string
	kind    Kind
	dayOnly bool  // of a time
	nanos   int32 // of a time
	text    string
	bits    uint64 // of a time, its Unix seconds
	members []Field
}

// Text is a short or full text. An empty one is left out of the token.
func Text(key, value string) Field { return Field{key: key, kind: KindString, text: value} }

// RichText is HTML or markup. It is sent as it is: the community decides what
// it allows. An empty one is left out.
func RichText(key, value string) Field { return Text(key, value) }

// Relation is the id of a media, member, post or tag of the community. An
// empty one is left out.
func Relation(key, id string) Field { return Text(key, id) }

// Integer is a whole number from −(2^53−1) to 2^53−1. 0 is a value.
func Integer(key string, value int64) Field {
	return Field{key: key, kind: KindInteger, bits: uint64(value)}
}

// Number is a finite number from −(2^53−1) to 2^53−1. 0 is a value.
func Number(key string, value float64) Field {
	return Field{key: key, kind: KindNumber, bits: math.Float64bits(value)}
}

// Boolean is true or false. False is a value.
func Boolean(key string, value bool) Field {
	f := Field{key: key, kind: KindBoolean}
	if value {
		f.bits = 1
	}
	return f
}

// Date is the day of value in its own time zone, as 2006-01-02 (RFC 3339,
// full-date). The zero time is left out.
func Date(key string, value time.Time) Field {
	if value.IsZero() {
		return Text(key, "")
	}
	year, month, day := value.Date()
	midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return Field{key: key, kind: KindTime, bits: uint64(midnight.Unix()), dayOnly: true}
}

// DateTime is an instant, in UTC, as 2006-01-02T15:04:05Z (RFC 3339,
// date-time) with as many fractional digits as it has. The zero time is left
// out.
func DateTime(key string, value time.Time) Field {
	if value.IsZero() {
		return Text(key, "")
	}
	return Field{key: key, kind: KindTime, bits: uint64(value.Unix()), nanos: int32(value.Nanosecond())}
}

// time is the value of a [KindTime].
func (f *Field) time() time.Time { return time.Unix(int64(f.bits), int64(f.nanos)).UTC() }

// An Element is what an [Array] holds: text, numbers, booleans, instants (see
// [DateTime]), or objects given by their members.
type Element interface {
	string | bool | int | int64 | float64 | time.Time | []Field
}

// Array is a list. An empty list is left out; an empty element is kept.
func Array[T Element](key string, values []T) Field {
	members := make([]Field, len(values))
	for i, v := range values {
		switch v := any(v).(type) {
		case string:
			members[i] = Text("", v)
		case bool:
			members[i] = Boolean("", v)
		case int:
			members[i] = Integer("", int64(v))
		case int64:
			members[i] = Integer("", v)
		case float64:
			members[i] = Number("", v)
		case time.Time:
			members[i] = DateTime("", v)
		case []Field:
			members[i] = Object("", v...)
		}
	}
	return Field{key: key, kind: KindArray, members: members}
}

// Object is a group of fields under one key, in the order given. Empty members
// are left out, and so is an object without members.
func Object(key string, members ...Field) Field {
	return Field{key: key, kind: KindObject, members: slices.Clone(members)}
}

// Key is the field's key: one of the external keys that the community's
// administration lists for the profile field.
func (f Field) Key() string { return f.key }

// Kind says which of the accessors below gives the value.
func (f Field) Kind() Kind { return f.kind }

// Text is the value of a [KindString].
func (f Field) Text() string { return f.text }

// AppendTime appends the RFC 3339 form of a [KindTime]: a full-date or a
// date-time.
func (f *Field) AppendTime(dst []byte) []byte {
	if f.dayOnly {
		return f.time().AppendFormat(dst, time.DateOnly)
	}
	return f.time().AppendFormat(dst, time.RFC3339Nano)
}

// Int64 is the value of a [KindInteger].
func (f Field) Int64() int64 { return int64(f.bits) }

// Float64 is the value of a [KindNumber].
func (f Field) Float64() float64 { return math.Float64frombits(f.bits) }

// Bool is the value of a [KindBoolean].
func (f Field) Bool() bool { return f.bits != 0 }

// Len is the number of elements of a [KindArray], or of members of a
// [KindObject].
func (f *Field) Len() int { return len(f.members) }

// At is element or member i, counted from 0. An empty member of an object is left
// out of the token; see [Field.IsEmpty].
func (f *Field) At(i int) Field { return f.members[i] }

// IsEmpty reports whether the field is left out of the token: an empty text, a
// zero time, a list without elements or an object without members. The
// community ignores an empty value, and a member without a value must still be
// able to log in.
func (f Field) IsEmpty() bool {
	switch f.kind {
	case 0:
		return true
	case KindString:
		return f.text == ""
	case KindArray:
		return len(f.members) == 0
	case KindObject:
		return !slices.ContainsFunc(f.members, func(m Field) bool { return !m.IsEmpty() })
	}
	return false
}

// Equal reports whether both fields put the same into a token.
func (f Field) Equal(other Field) bool {
	return f.key == other.key && f.kind == other.kind && f.dayOnly == other.dayOnly && f.nanos == other.nanos && f.text == other.text &&
		f.bits == other.bits && slices.EqualFunc(f.members, other.members, Field.Equal)
}
