package ssotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/internal/jsontext"
)

// ParseConfig reads settings and members from one JSON object. The settings
// have the names of /_fake/settings, and "members" is a list in the form of
// /_fake/members. An error names a key that is unknown, comes twice or has
// another type; NewHandler checks the values. The key is not among them.
func ParseConfig(data []byte) (c Config, err error) {
	if err := decode(data, &c); err != nil {
		return Config{}, malformed(jsonProblem(err))
	}
	return c, nil
}

// readJSON changes the settings that a JSON object names. A list takes the
// place of the one before.
func (s *Settings) readJSON(data []byte) error {
	spaces, fields := s.Spaces, s.CustomFields
	s.Spaces, s.CustomFields = nil, nil // elements that are there would be filled up
	err := decode(data, s)
	if s.Spaces == nil {
		s.Spaces = spaces
	}
	if s.CustomFields == nil {
		s.CustomFields = fields
	}
	return err
}

// jsonProblem says what is wrong with JSON from outside, without its values.
func jsonProblem(err error) string {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, contract.Malformed):
		return err.Error()
	case errors.As(err, &kind) && kind.Field == "":
		return "is not a JSON object"
	case errors.As(err, &kind):
		field := strings.NewReplacer("Settings.", "", "Trouble.", "").Replace(kind.Field)
		return fmt.Sprintf("has %s as a JSON %s, which is not its type", field, strings.Fields(kind.Value)[0])
	}
	return "is not one JSON object"
}

// jsonName is what a field of [Settings] or [Config] is called in JSON.
func jsonName(field string) string {
	parts := strings.Split(strings.ReplaceAll(field, "URL", "Url"), ".")
	for i, part := range parts {
		parts[i] = strings.ToLower(part[:1]) + part[1:]
	}
	return strings.Join(parts, ".")
}

// encode leaves <, > and & as they are: a value that is read back is the same text.
// A claim of a token may not be UTF-8: what isn't is replaced.
func encode(v any) ([]byte, error) {
	filled := reflect.New(reflect.TypeOf(v)).Elem()
	filled.Set(reflect.ValueOf(v))
	fillLists(filled)
	v = filled.Interface()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.ToValidUTF8(b.Bytes(), []byte("\ufffd")), err
}

// decode reads one value, whose objects have known names only, exactly so and
// each once: encoding/json folds case, and takes the last. The known names are
// those that the value has in JSON.
func decode(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return err
	}
	again, err := encode(v)
	if err != nil {
		return err
	}
	var known any
	if err := json.Unmarshal(again, &known); err != nil {
		return err
	}
	return checkNames(data, known)
}

func checkNames(data []byte, known any) error {
	var list []json.RawMessage
	switch known := known.(type) {
	case []any:
		if err := json.Unmarshal(data, &list); err != nil {
			return err
		}
		for i, element := range list {
			if err := checkNames(element, known[i]); err != nil {
				return err
			}
		}
	case map[string]any:
		if string(data) == "null" {
			return nil
		}
		members, err := jsontext.Members(data)
		if err != nil {
			return malformed(strings.Replace(err.Error(), "it has the name", "has the key", 1))
		}
		for _, name := range slices.Sorted(maps.Keys(members)) {
			value, ok := known[name]
			if !ok {
				return malformed(fmt.Sprintf("has the unknown key %q", name))
			}
			if err := checkNames(members[name], value); err != nil {
				return err
			}
		}
	}
	return nil
}

var marshaler = reflect.TypeFor[json.Marshaler]()

// fillLists makes empty lists of those that are nil, so that none is null in JSON.
func fillLists(v reflect.Value) {
	if v.Type().Implements(marshaler) {
		return // the type does it itself
	}
	switch v.Kind() {
	case reflect.Slice:
		if v.IsNil() && v.CanSet() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			fillLists(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fillLists(v.Field(i))
		}
	}
}

type plainMember Member

type memberJSON struct {
	plainMember
	Fields map[string]json.RawMessage `json:"fields"`
}

// MarshalJSON writes the member as /_fake/members has it.
func (m Member) MarshalJSON() ([]byte, error) {
	w := memberJSON{plainMember(m), map[string]json.RawMessage{}}
	for name, value := range m.Fields {
		w.Fields[name] = json.RawMessage(value)
	}
	return encode(w)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (m *Member) UnmarshalJSON(data []byte) error {
	var w memberJSON
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*m = Member(w.plainMember)
	for name, value := range w.Fields {
		if m.Fields == nil {
			m.Fields = map[string]string{}
		}
		m.Fields[name] = compact(value)
	}
	return nil
}

// revive gives a login that was read from JSON what isn't in there: rules and
// errors, which have their codes and texts again.
func (l *login) revive() (ok bool) {
	if l == nil || l.Report == nil || l.Report.URL == nil {
		return false
	}
	for i, f := range l.Report.Findings {
		l.Report.Findings[i].Rule = inspect.RuleOf(f.Code)
	}
	for _, entries := range [][]inspect.Entry{l.Report.Header, l.Report.Claims} {
		for i, e := range entries {
			entries[i].Rule = inspect.RuleOf(e.Code)
		}
	}
	if l.Err = l.Report.Err(); l.Err == nil && len(l.Refused) > 0 {
		l.Err = l.Refused[0].Errorf("%s", l.Error)
	}
	l.After = l.Member.clone()
	return (l.Err == nil) == l.Accepted && l.Accepted == (l.After.ID != "")
}
